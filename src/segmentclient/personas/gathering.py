"""What the cards are computed from, brought to the driver: rows in the order of the customers."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from segmentclient import frames
from segmentclient.customers.collected import sound
from segmentclient.errors import ColumnError, SegmentClientWarning
from segmentclient.personas.attributes import named_columns
from segmentclient.personas.habits import Habits, read_habits
from segmentclient.personas.picture_day import day_of, last_day
from segmentclient.personas.reading import NO_DAY, People, read_people
from segmentclient.personas.worth import WORTH_COLUMNS
from segmentclient.schema import COLUMNS, check_columns

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Material", "gather"]


@dataclass(frozen=True)
class Material:
    """Groups, customers and people row by row; habits by group; the day of the picture; what was set aside."""

    groups: pd.Series
    customers: pd.DataFrame
    people: People
    habits: Habits
    as_of: dt.date | None
    notes: tuple[str, ...]


def gather(
    customers: Any,
    by: str,
    attributes: Any,
    transactions: Any,
    columns: Mapping[str, str] | None,
    as_of: dt.date | None,
) -> Material:
    """Collect the columns that cards show, the attributes, and the counts of the order log."""
    if by == "customer_id":
        raise ColumnError(
            "customers: by='customer_id' would make a group of each customer; accepted: a column of groups, such as "
            "'segment' (segment_rfm makes it), 'cluster' (segment_kmeans) or 'relation' (lifecycle)"
        )
    frame = frames.read(customers)
    schema = frames.schema_of(frame)
    known = {name: COLUMNS[name].kind for name in WORTH_COLUMNS if name in schema and name in COLUMNS}
    check_columns(schema, {"customer_id": "any", by: "any", **known})
    own = named_columns(schema, columns or {} if attributes is None else {}, table="customers").values()
    frames.check_labels(frame, "customer_id", by)
    everyone = sound(
        frames.collect(frame, [name for name in schema if name in {"customer_id", by, *WORTH_COLUMNS, *own}])
    )
    data = everyone[everyone[by].notna()].reset_index(drop=True)
    day = as_of or day_of(data) or (last_day(transactions) if transactions is not None else None)
    people = _people(data, attributes, columns, day, skip=(by, *WORTH_COLUMNS))
    _warn_without_day(people)
    has_log = transactions is not None and len(data)
    habits = read_habits(transactions, data["customer_id"], data[by]) if has_log else Habits()
    return Material(
        data[by], data, people, habits, day, (*_left_out(len(everyone) - len(data), by), *people.notes)
    )


def _left_out(n: int, by: str) -> tuple[str, ...]:
    return (f"{n} customers without a {by} were left out",) if n else ()


def _warn_without_day(people: People) -> None:
    if NO_DAY in people.notes:
        warnings.warn(
            f"build_personas: {NO_DAY}; ages are left to complete", SegmentClientWarning, stacklevel=4
        )


def _people(
    data: pd.DataFrame,
    attributes: Any,
    columns: Mapping[str, str] | None,
    day: dt.date | None,
    skip: tuple[str, ...],
) -> People:
    """Attributes from their own table, completed by those that the customers carry."""
    keys = data["customer_id"]
    carried = data[[name for name in data if name not in skip]]
    if attributes is None:
        return read_people(keys, carried, columns=columns, as_of=day, name="customers")
    given = read_people(keys, attributes, columns=columns, as_of=day, skip=skip)
    own = read_people(keys, carried, as_of=day, name="customers")
    more = [name for name in own.data if name not in given.data]
    both = {**own.columns, **given.columns}, {**own.kinds, **given.kinds}
    return People(given.data.join(own.data[more]), given.extra, *both, given.notes)
