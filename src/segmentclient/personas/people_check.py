"""How well the tables of people and contacts fit the customers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from segmentclient import frames
from segmentclient.options import check_options
from segmentclient.schema import check_columns

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["check_people"]


def check_people(
    customers: Any, people: Any, interactions: Any = None, *, key: str = "customer_id"
) -> pd.DataFrame:
    """Report how well the sources fit together, before or after `join_people`.

    Returns
    -------
    pandas.DataFrame with `table`, `check`, `column` (empty where the check is of the whole table), `n` and `share` (0 to
    1). Checks of each table: `rows`, `without_id`, `repeated` (rows beyond the first of a person), `unknown` (ids that no
    customer has; prospects, for people), `covered` (customers found); for each column of people `known` (customers whose
    value is known) and, where rows of one person contradict each other, `contradicted` (persons).

    Examples
    --------
    >>> import pandas as pd
    >>> from segmentclient.personas import check_people
    >>> customers = pd.DataFrame({"customer_id": [1, 2]})
    >>> people = pd.DataFrame({"customer_id": [1, 1, 3, None], "city": ["Lyon", "Nice", "Paris", "Brest"]})
    >>> check_people(customers, people)[["check", "column", "n"]].values.tolist()[1:]
    [['without_id', '', 1], ['repeated', '', 1], ['unknown', '', 1], ['covered', '', 1], ['known', 'city', 1], ['contradicted', 'city', 1]]
    """
    check_options(check_people, locals())
    import pandas as pd

    frame = frames.read(customers)
    check_columns(frames.schema_of(frame), {key: "any"})
    frames.check_labels(frame, key)
    ids = set(frames.collect(frame, [key])[key].dropna())
    rows = list(_checks(frames.read(people, name="people"), ids, key, "people", by_column=True))
    if interactions is not None:
        rows += _checks(
            frames.read(interactions, name="interactions"), ids, key, "interactions", by_column=False
        )
    return pd.DataFrame(rows, columns=["table", "check", "column", "n", "share"])


def _checks(
    table: frames.Frame, ids: set[Any], key: str, name: str, *, by_column: bool
) -> Iterable[tuple[str, str, str, int, float]]:
    check_columns(table.collect_schema(), {key: "any"}, table=name)
    frames.check_labels(table, key, name=name)
    data = frames.collect(table)
    known = data[data[key].notna()]
    found = set(known[key])

    def row(check: str, n: int, of: int, column: str = "") -> tuple[str, str, str, int, float]:
        return name, check, column, n, n / of if of else float("nan")

    yield row("rows", len(data), len(data))
    yield row("without_id", len(data) - len(known), len(data))
    yield row("repeated", len(known) - len(found), len(data))
    yield row("unknown", len(found - ids), len(found))
    yield row("covered", len(found & ids), len(ids))
    if by_column:
        mine = known[np.array([one in ids for one in known[key]], dtype=bool)]
        for column in (column for column in data.columns if column != key):
            yield row("known", int(mine.loc[mine[column].notna(), key].nunique()), len(ids), column)
            told = known[[key, column]].dropna()
            answers = told[column].map(repr).groupby(told[key]).nunique()
            if (answers > 1).any():
                yield row("contradicted", int((answers > 1).sum()), len(found), column)
