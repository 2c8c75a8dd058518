"""Several rows of one person made one: what they agree on, and of consents the most restrictive."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.errors import SegmentClientWarning, raise_all
from segmentclient.personas import consents
from segmentclient.personas.attributes import folded

__all__ = ["merge_persons", "warn_if_differing"]


def merge_persons(persons: frames.Frame, key: str, table: str) -> tuple[frames.Frame, dict[str, int]]:
    """Keep a value where all known cells of a person agree; the order of the rows never matters."""
    persons = _with_comparable_texts(persons)
    schema = persons.collect_schema()
    columns = [name for name in schema if name != key]
    if not columns:
        return persons.unique(), {}
    _refuse_nested(schema, table)
    ready = persons.with_columns(*(_ready(name, schema[name]) for name in columns))
    ends = {f"_min_{place}": nw.col(name).min() for place, name in enumerate(columns)}
    ends |= {f"_max_{place}": nw.col(name).max() for place, name in enumerate(columns)}
    grouped = ready.group_by(key).agg(**ends)
    clashes = {name: _clash(name, place, schema[name]) for place, name in enumerate(columns)}
    kept = grouped.select(
        key, *(_agreed(name, place, schema[name], clashes[name]) for place, name in enumerate(columns))
    )
    counts = {name: clash.cast(nw.Int64).sum() for name, clash in clashes.items()}
    counted = frames.one_row(grouped, **counts)
    return kept, {name: int(n) for name, n in counted.items() if n}


def _refuse_nested(schema: Mapping[str, Any], table: str) -> None:
    """Refuse columns of which no engine has a smallest and a largest value."""
    raise_all(
        (
            f"column {name!r} holds {dtype}, by which several rows of one person cannot be compared; keep one row a "
            "person, or cast it to text"
            for name, dtype in schema.items()
            if isinstance(dtype, nw.List | nw.Struct | nw.Array)
        ),
        table=table,
    )


def _with_comparable_texts(persons: frames.Frame) -> frames.Frame:
    """Give texts that pandas holds as objects the type of texts: pandas 2 finds no smallest of objects and None."""
    if not persons.implementation.is_pandas():
        return persons
    import pandas as pd

    table = nw.to_native(persons)
    texts = [
        name
        for name, dtype in table.dtypes.items()
        if pd.api.types.is_object_dtype(dtype)
        and pd.api.types.infer_dtype(table[name], skipna=True) == "string"
    ]
    return nw.from_native(table.astype(dict.fromkeys(texts, "string"))) if texts else persons


def _ready(name: str, dtype: Any) -> Any:
    """Cast what has no smallest and largest value everywhere; of answers about consent the rank decides."""
    if dtype in _WORDS:
        text = nw.col(name).cast(nw.String)
        return consents.ranked(text).alias(name) if _is_about_consent(name) else text
    return nw.col(name).cast(nw.Int64) if dtype == nw.Boolean else nw.col(name)


_WORDS = (nw.String, nw.Categorical, nw.Enum, nw.Object)


def _is_about_consent(name: str) -> bool:
    plain = folded(name)
    return bool(consents.REFUSES.search(plain) or consents.CONSENTS.search(plain))


def _is_ranked(name: str, dtype: Any) -> bool:
    return dtype in _WORDS and _is_about_consent(name)


def _clash(name: str, place: int, dtype: Any) -> Any:
    low, high = nw.col(f"_min_{place}"), nw.col(f"_max_{place}")
    if _is_ranked(name, dtype):
        low, high = consents.first_letter(low), consents.first_letter(high)
    return (low != high).fill_null(False) & ~low.is_null()


def _agreed(name: str, place: int, dtype: Any, clash: Any) -> Any:
    """Refusals keep the largest, consents the smallest of values that differ, all others become missing."""
    low, high = nw.col(f"_min_{place}"), nw.col(f"_max_{place}")
    if consents.REFUSES.search(folded(name)):
        value = high
    elif consents.CONSENTS.search(folded(name)):
        value = low
    else:
        value = nw.when(~clash).then(low)
    if _is_ranked(name, dtype):
        value = consents.as_text(value)
    return (value.cast(nw.Boolean) if dtype == nw.Boolean else value).alias(name)


def warn_if_differing(differing: Mapping[str, int], name: str) -> None:
    """Say which columns of a table hold cells that contradict one another."""
    if differing:
        listed = ", ".join(f"{column} ({n})" for column, n in sorted(differing.items()))
        warnings.warn(
            f"{name}: rows of one person differ in {listed}; those cells are left missing, and of consents the most "
            "restrictive is kept; check_people lists them",
            SegmentClientWarning,
            stacklevel=4,
        )
