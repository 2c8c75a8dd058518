"""One 360° row a customer: orders, people and contacts in one table, on any engine."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.errors import ColumnError, SegmentClientWarning, raise_all
from segmentclient.options import check_options
from segmentclient.personas.attributes import folded
from segmentclient.schema import check_columns

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["check_people", "join_people"]

MOST_KINDS = 30
REFUSES = re.compile(r"(^|_)(opt_?out|unsubscribed|do_not_\w+|no_contact|refuse\w*|desinscri\w*)($|_)")
CONSENTS = re.compile(r"(^|_)(opt_?in|consent\w*|consentement|subscribed|accepts?_\w+|accepte_\w+)($|_)")


def join_people(customers: Any, people: Any, interactions: Any = None, *, key: str = "customer_id") -> Any:
    """Put what is known of each customer beside their orders: one row a customer, from all sources.

    Parameters
    ----------
    customers : the customers table, any engine.
    people : table of people (CRM, survey, consents) with `key`. Several rows of one person are merged: a column keeps
        the value on which its known cells agree and is missing where they differ; of consents the most restrictive
        counts.
    interactions : log of contacts (e-mails, visits, complaints, survey scores), one row a contact: `key`, and any of
        `date`, `kind` (text), `score` (number). Without `kind` and `date` it is read as a second table of people.
    key : column that the tables share: the payer, the user, the household, the account.

    Returns
    -------
    The same rows in the same kind of table (lazy stays lazy), with the columns of `people` and, from the log,
    `n_contacts` (count, 0 where there is none), `last_contact` (date), `n_<kind>` (count) and `<kind>_score` (mean of
    the scores of that kind, missing without any). The kinds of the log are collected. `check_people` reports
    duplicates, unknown ids and coverage.

    Raises
    ------
    ColumnError
        The key is missing or of another type, or both tables have a column of the same name.

    Warns
    -----
    SegmentClientWarning
        Rows of one person contradict each other, or no customer is known to `people`.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"customer_id": [1, 2], "revenue": [90.0, 15.0]})
    >>> people = pd.DataFrame({"customer_id": [1, 2, 3], "city": ["Lyon", "Paris", "Nice"]})
    >>> log = pd.DataFrame({"customer_id": [1, 1], "kind": ["visit", "complaint"]})
    >>> sc.join_people(customers, people, log)
       customer_id  revenue   city  n_contacts  n_complaint  n_visit
    0            1     90.0   Lyon           2            1        1
    1            2     15.0  Paris           0            0        0
    """
    check_options(join_people, locals())
    frame = frames.read(customers)
    check_columns(frame.collect_schema(), {key: "any"})
    frames.check_labels(frame, key)
    joined = _beside(frame, _persons(frame, people, key, "people"), key, "people")
    if interactions is None:
        return frames.give_back(joined)
    log = frames.read(interactions, name="interactions")
    if not {"kind", "date"} & set(log.collect_schema()):
        return frames.give_back(
            _beside(joined, _persons(frame, interactions, key, "interactions"), key, "interactions")
        )
    return frames.give_back(_with_contacts(joined, log, key))


def _persons(frame: frames.Frame, table: Any, key: str, name: str) -> frames.Frame:
    """One row a person, on the engine of the customers."""
    persons = frames.read(table, name=name)
    _check_key(frame, persons, key, name)
    persons = persons.filter(~nw.col(key).is_null())
    counts = frames.one_row(persons, rows=nw.len(), ids=nw.col(key).n_unique())
    if counts["rows"] > (counts["ids"] or 0):
        persons, differing = _merged(persons, key)
        _warn_if_differing(differing, name)
    return frames.keyed_like(frame, _same_engine(frame, persons), key)


def _check_key(frame: frames.Frame, other: frames.Frame, key: str, name: str) -> None:
    check_columns(other.collect_schema(), {key: "any"}, table=name)
    frames.check_labels(other, key, name=name)
    frames.check_same_keys(frame, other, key, name=name)


def _merged(persons: frames.Frame, key: str) -> tuple[frames.Frame, dict[str, int]]:
    """Keep a value where all known cells of a person agree; the order of the rows never matters."""
    schema = persons.collect_schema()
    columns = [name for name in schema if name != key]
    casts = [cast for name in columns if (cast := _ready(name, schema[name])) is not None]
    ready = persons.with_columns(*casts) if casts else persons
    ends = {f"_min_{place}": nw.col(name).min() for place, name in enumerate(columns)}
    ends |= {f"_max_{place}": nw.col(name).max() for place, name in enumerate(columns)}
    grouped = ready.group_by(key).agg(**ends)
    clashes = {name: _clash(place) for place, name in enumerate(columns)}
    kept = grouped.select(
        key, *(_agreed(name, place, schema[name], clashes[name]) for place, name in enumerate(columns))
    )
    counts = {name: clash.cast(nw.Int64).sum() for name, clash in clashes.items()}
    counted = frames.one_row(grouped, **counts) if counts else {}
    return kept, {name: int(n) for name, n in counted.items() if n}


def _ready(name: str, dtype: Any) -> Any:
    """Cast what has no smallest and largest value everywhere."""
    if dtype in (nw.Categorical, nw.Enum, nw.Object):
        return nw.col(name).cast(nw.String)
    return nw.col(name).cast(nw.Int64) if dtype == nw.Boolean else None


def _clash(place: int) -> Any:
    low, high = nw.col(f"_min_{place}"), nw.col(f"_max_{place}")
    return (low != high).fill_null(False) & ~low.is_null()


def _agreed(name: str, place: int, dtype: Any, clash: Any) -> Any:
    """Refusals keep the largest, consents the smallest of values that differ, all others become missing."""
    low, high = nw.col(f"_min_{place}"), nw.col(f"_max_{place}")
    if REFUSES.search(folded(name)):
        value = high
    elif CONSENTS.search(folded(name)):
        value = low
    else:
        value = nw.when(~clash).then(low)
    return (value.cast(nw.Boolean) if dtype == nw.Boolean else value).alias(name)


def _warn_if_differing(differing: Mapping[str, int], name: str) -> None:
    if differing:
        listed = ", ".join(f"{column} ({n})" for column, n in sorted(differing.items()))
        warnings.warn(
            f"{name}: rows of one person differ in {listed}; those cells are left missing, and of consents the most "
            "restrictive is kept; check_people lists them",
            SegmentClientWarning,
            stacklevel=4,
        )


def _same_engine(frame: frames.Frame, other: frames.Frame) -> frames.Frame:
    if (
        frame.implementation == other.implementation
        and frames.is_lazy(frame) == frames.is_lazy(other)
        and not frame.implementation.is_duckdb()
    ):
        return other
    return frames.like(frame, {name: list(values) for name, values in frames.collect(other).items()})


def _beside(frame: frames.Frame, other: frames.Frame, key: str, name: str) -> frames.Frame:
    new = [column for column in other.collect_schema() if column != key]
    raise_all(_clashes(frame, new), table=name)
    return _left_join(frame, other, key)


def _left_join(frame: frames.Frame, other: frames.Frame, key: str) -> frames.Frame:
    """A left join keeps the rows and their order; on pandas their index too."""
    if not frame.implementation.is_pandas():
        return frames.joined(frame, other, key)
    table, rows = nw.to_native(frame), nw.to_native(other)
    joined = table[[key]].merge(rows, on=key, how="left", validate="many_to_one").set_index(table.index)
    return nw.from_native(
        table.assign(**{column: joined[column] for column in rows.columns if column != key})
    )


def _clashes(frame: frames.Frame, new: Iterable[str]) -> Iterable[str]:
    both = [column for column in new if column in frame.collect_schema()]
    if both:
        yield f"columns {', '.join(both)} are in customers too; drop or rename them in one of the tables"


def _with_contacts(frame: frames.Frame, log: frames.Frame, key: str) -> frames.Frame:
    schema = log.collect_schema()
    kinds = {"date": "date", "kind": "text", "score": "number"}
    check_columns(
        schema,
        {key: "any", **{name: kind for name, kind in kinds.items() if name in schema}},
        table="interactions",
    )
    _check_key(frame, log, key, "interactions")
    log = log.filter(~nw.col(key).is_null())
    named = _kinds(log) if "kind" in schema else {}
    marked = log.with_columns(**_marks(named, "score" in schema))
    ends = {"n_contacts": nw.len(), **({"last_contact": nw.col("date").max()} if "date" in schema else {})}
    counts = {name: nw.col(name).sum() for name in _marks(named, "score" in schema)}
    grouped = frames.keyed_like(frame, _same_engine(frame, marked.group_by(key).agg(**ends, **counts)), key)
    joined = _beside(frame, grouped, key, "interactions")
    return _finished(joined, named, "score" in schema)


def _kinds(log: frames.Frame) -> dict[str, str]:
    found = sorted(frames.collect(log.select("kind").drop_nulls().unique())["kind"].astype(str))
    if len(found) > MOST_KINDS:
        raise ColumnError(
            f"interactions: {len(found)} kinds of contact found ({', '.join(found[:5])} …), at most {MOST_KINDS} are accepted; group them"
        )
    named = {kind: folded(kind) for kind in found}
    twice = sorted({name for name in named.values() if list(named.values()).count(name) > 1})
    raise_all(
        (f"several kinds of contact are spelt {name!r}; give them one spelling" for name in twice),
        table="interactions",
    )
    return named


def _marks(named: Mapping[str, str], scored: bool) -> dict[str, nw.Expr]:
    """One column a kind: 1 for a contact of that kind, its score, and 1 where the score is known."""
    marks: dict[str, nw.Expr] = {}
    for kind, name in named.items():
        mine = (nw.col("kind") == kind).fill_null(False)
        marks[f"n_{name}"] = nw.when(mine).then(nw.lit(1)).otherwise(nw.lit(0))
        if scored:
            known = mine & ~nw.col("score").is_null()
            marks[f"_{name}_sum"] = (
                nw.when(known).then(nw.col("score").cast(nw.Float64)).otherwise(nw.lit(0.0))
            )
            marks[f"_{name}_known"] = nw.when(known).then(nw.lit(1)).otherwise(nw.lit(0))
    return marks


def _finished(joined: frames.Frame, named: Mapping[str, str], scored: bool) -> frames.Frame:
    counts = ["n_contacts", *(f"n_{name}" for name in named.values())]
    joined = joined.with_columns(*(nw.col(name).fill_null(0).cast(nw.Int64) for name in counts))
    if not scored:
        return joined
    known = {name: nw.col(f"_{name}_known") for name in named.values()}
    means = {f"{name}_score": nw.when(n > 0).then(nw.col(f"_{name}_sum") / n) for name, n in known.items()}
    helpers = [f"_{name}_{part}" for name in named.values() for part in ("sum", "known")]
    joined = joined.with_columns(**means).drop(*helpers)
    empty = _never_scored(joined, named)
    return joined.drop(*empty) if empty else joined


def _never_scored(joined: frames.Frame, named: Mapping[str, str]) -> list[str]:
    """Kinds that carry no score at all need no score column."""
    names = [f"{name}_score" for name in named.values()]
    known = frames.one_row(joined, **{name: nw.col(name).count() for name in names})
    return [name for name in names if not known[name]]


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
    check_columns(frame.collect_schema(), {key: "any"})
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
        mine = known[[one in ids for one in known[key]]]
        for column in (column for column in data.columns if column != key):
            yield row("known", int(mine.loc[mine[column].notna(), key].nunique()), len(ids), column)
            answers = known[[key, column]].dropna().astype({column: "str"}).groupby(key)[column].nunique()
            if (answers > 1).any():
                yield row("contradicted", int((answers > 1).sum()), len(found), column)
