"""One 360° row a customer: orders, people and contacts in one table, on any engine."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.errors import SegmentClientWarning, raise_all
from segmentclient.options import check_options
from segmentclient.personas.contacts import finish_contacts, kinds_of, marks_of
from segmentclient.personas.one_person import merge_persons, warn_if_differing
from segmentclient.schema import check_columns

__all__ = ["join_people"]


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
        Rows of one person contradict each other, ids have blanks around them (which `clean_transactions` takes away),
        or no customer is known to `people` or to `interactions`.

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
    check_columns(frames.schema_of(frame), {key: "any"})
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
    persons = frames.with_truths(persons.filter(~nw.col(key).is_null()))
    counts = frames.one_row(persons, rows=nw.len(), ids=nw.col(key).n_unique())
    if counts["rows"] > (counts["ids"] or 0):
        with frames.said_by_engine(name):
            persons, differing = merge_persons(persons, key, name)
        warn_if_differing(differing, name)
    return frames.keyed_like(frame, frames.beside(frame, persons, name=name), key)


def _check_key(frame: frames.Frame, other: frames.Frame, key: str, name: str) -> None:
    check_columns(frames.schema_of(other), {key: "any"}, table=name)
    frames.check_labels(other, key, name=name)
    frames.check_same_keys(frame, other, key, name=name)
    frames.warn_of_blanks(other, key, name=name)


def _beside(frame: frames.Frame, other: frames.Frame, key: str, name: str) -> frames.Frame:
    new = [column for column in other.collect_schema() if column != key]
    raise_all(_clashes(frame, new), table=name)
    _warn_if_strangers(frame, other, key, name)
    return _left_join(frame, other, key)


def _warn_if_strangers(frame: frames.Frame, other: frames.Frame, key: str, name: str) -> None:
    """Say that a table knows no customer: refusals of contact, above all, would be missed without a word."""
    both = frames.joined(frame.select(key), other.select(key), key, "inner")
    if not frames.one_row(both, rows=nw.len())["rows"]:
        warnings.warn(
            f"{name}: no {key} of the customers is found in this table; compare how the two tables write them "
            "(blanks, capitals, leading zeros)",
            SegmentClientWarning,
            stacklevel=4,
        )


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
    known = {frames.folded(frame, column) for column in frame.collect_schema()}
    both = [column for column in new if frames.folded(frame, column) in known]
    if both:
        yield f"columns {', '.join(both)} are in customers too; drop or rename them in one of the tables"


def _with_contacts(frame: frames.Frame, log: frames.Frame, key: str) -> frames.Frame:
    schema = frames.schema_of(log)
    kinds = {"date": "date", "kind": "text", "score": "number"}
    check_columns(
        schema,
        {key: "any", **{name: kind for name, kind in kinds.items() if name in schema}},
        table="interactions",
    )
    _check_key(frame, log, key, "interactions")
    log = log.filter(~nw.col(key).is_null())
    named = kinds_of(log) if "kind" in schema else {}
    scores = [f"{name}_score" for name in named.values()] if "score" in schema else []
    raise_all(_clashes(frame, scores), table="interactions")
    marked = log.with_columns(**marks_of(named, "score" in schema))
    ends = {"n_contacts": nw.len(), **({"last_contact": nw.col("date").max()} if "date" in schema else {})}
    counts = {name: nw.col(name).sum() for name in marks_of(named, "score" in schema)}
    counted = frames.beside(frame, marked.group_by(key).agg(**ends, **counts), name="interactions")
    grouped = frames.keyed_like(frame, counted, key)
    joined = _beside(frame, grouped, key, "interactions")
    return finish_contacts(joined, named, "score" in schema)
