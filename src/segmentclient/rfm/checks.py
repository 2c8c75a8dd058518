"""What a table must hold before it is scored, told by one pass over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.errors import ColumnError, raise_all
from segmentclient.rfm.cuts import Cut, plain_value
from segmentclient.rfm.options import Options
from segmentclient.schema import check_columns

__all__ = ["group_conditions", "is_absent", "refuse_unknown_groups", "table_facts"]


def table_facts(frame: frames.Frame, options: Options) -> dict[str, Any]:
    """Check the columns; one row tells who is absent and what is missing."""
    columns = options.columns
    needed = dict.fromkeys(columns.values(), "number") | (
        {} if options.groupby is None else {options.groupby: "any"}
    )
    check_columns(frames.schema_of(frame), needed)
    absent = is_absent(frame, options.recency)
    wanted = {"rows": nw.len(), "absent": frames.count_of(absent)}
    for axis, column in columns.items():
        value = nw.col(column).cast(nw.Float64)
        wanted[f"{axis}_bad"] = frames.count_of(~absent & (nw.col(column).is_null() | ~value.is_finite()))
    facts = frames.one_row(frame, **wanted)
    raise_all(_fact_problems(facts, columns), table="customers")
    return facts


def is_absent(frame: frames.Frame, column: str) -> nw.Expr:
    """Missing recency: null, or NaN where the engine tells them apart."""
    return ~frames.is_present(column, frame.collect_schema()[column])


def _fact_problems(facts: Mapping[str, Any], columns: Mapping[str, str]) -> Iterable[str]:
    if facts["rows"] == 0 or facts["absent"] == facts["rows"]:
        yield f"nobody to score: {int(facts['rows'])} rows, {int(facts['absent'] or 0)} without {columns['recency']!r}; at least one customer with an order is needed"
    for axis, column in columns.items():
        if facts[f"{axis}_bad"]:
            yield f"column {column!r} has {int(facts[f'{axis}_bad']):,} missing or infinite cells; fill them or leave those rows out before scoring"


def group_conditions(frame: frames.Frame, groupby: str | None) -> list[tuple[tuple[str, Any], ...]]:
    """One set of conditions a group, or a single empty one without groups."""
    if groupby is None:
        return [()]
    frames.check_labels(frame, groupby)
    values = frames.collect(frame.select(groupby).unique())[groupby]
    if values.isna().any():
        raise ColumnError(
            f"customers: column {groupby!r} has missing cells, expected a group for each customer; fill them first"
        )
    return [((groupby, plain_value(value)),) for value in sorted(values.tolist())]


def refuse_unknown_groups(frame: frames.Frame, cuts: Iterable[Cut], groupby: str | None) -> None:
    """Raise when the table holds groups that the scorer has not learnt."""
    if groupby is None:
        return
    known = {dict(cut.within)[groupby] for cut in cuts}
    found = {value for ((_, value),) in group_conditions(frame, groupby)}
    if found - known:
        raise ColumnError(
            f"customers: column {groupby!r} holds groups that the scorer has not learnt: "
            f"{', '.join(map(str, sorted(found - known)[:5]))}; fit it on a table that has them"
        )
