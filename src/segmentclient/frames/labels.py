"""Ids and labels: what can be told apart, sorted and compared between two tables."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient.errors import ColumnError, SegmentClientWarning, raise_all
from segmentclient.frames.door import Frame, collect, one_row
from segmentclient.frames.expressions import count_of, stripping
from segmentclient.frames.letters import half_characters
from segmentclient.frames.types import schema_of
from segmentclient.schema import kind_of

__all__ = [
    "check_labels",
    "check_same_keys",
    "holds_half_characters",
    "label_text",
    "label_texts",
    "warn_of_blanks",
]


def check_labels(frame: Frame, *columns: str, name: str = "customers") -> None:
    """Raise when ids or labels cannot be told apart or sorted: lists, structures, binary data, times of the day.

    A pandas column of objects may, besides, hold numbers beside text.
    """
    raise_all(_type_problems(frame, columns), table=name)
    if frame.implementation.is_pandas():
        raise_all(_label_problems(nw.to_native(frame), columns), table=name)


def label_texts(labels: Any, missing: str | None = None) -> Any:
    """Write collected labels as text, and a word where they are missing; 1 and 1.0 are the same label."""
    import numpy as np
    import pandas as pd

    codes, known = pd.factorize(labels)
    return np.array([*map(label_text, known), missing], dtype=object)[codes]


def label_text(label: Any) -> str:
    """Write one label as text."""
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)


def _type_problems(frame: Frame, columns: Iterable[str]) -> Iterable[str]:
    schema = schema_of(frame)
    for column in columns:
        dtype = schema[column]
        if kind_of(dtype) == "any" and str(dtype).lower() != "uuid":
            yield f"column {column!r} holds {dtype}; accepted: text, numbers, dates or true / false"


def check_same_keys(frame: Frame, other: Frame, key: str, *, name: str) -> None:
    """Raise when a key holds one kind of thing in one table and another kind in the other."""
    ours, theirs = frame.collect_schema()[key], other.collect_schema()[key]
    if kind_of(ours) != kind_of(theirs):
        raise ColumnError(
            f"{name}: the key {key!r} holds {theirs}, and {ours} in customers; cast one of them"
        )
    if frame.implementation.is_pandas() and other.implementation.is_pandas():
        types = {
            type(value).__name__
            for table in (frame, other)
            for value in nw.to_native(table)[key].dropna().head(1)
            if kind_of(ours) == "text"
        }
        if len(types) > 1:
            raise ColumnError(
                f"{name}: the key {key!r} holds {' and '.join(sorted(types))} in the two tables; cast one of them"
            )


def warn_of_blanks(frame: Frame, key: str, *, name: str) -> None:
    """Say which ids have blanks around them, as columns of fixed width do: clean_transactions takes them away."""
    held = frame.collect_schema()[key]
    if kind_of(held) != "text":
        return
    text = nw.col(key) if held == nw.String else nw.col(key).cast(nw.String)
    bare = stripping(frame)(text)
    padded = (bare != text) & (bare.str.len_chars() > 0)
    rows = int(one_row(frame, rows=count_of(padded))["rows"] or 0)
    if rows:
        first = collect(frame.select(key).filter(padded).head(1))[key].iloc[0]
        warnings.warn(
            f"{name}: {rows:,} ids have blanks around them (for instance {first!r}), which "
            f"clean_transactions takes away; strip the column {key!r}, or they may meet no customer",
            SegmentClientWarning,
            stacklevel=4,
        )


def _label_problems(table: Any, columns: Iterable[str]) -> Iterable[str]:
    import pandas as pd

    for column in columns:
        values = table[column]
        if (
            isinstance(values.dtype, pd.IntervalDtype | pd.PeriodDtype)
            or values.dtype.kind in "cm"
            or (values.dtype.kind == "f" and values.dtype.itemsize not in (4, 8))  # no index holds these
            or "object" in {type(value).__name__ for value in values.head(1)}
        ):
            yield f"column {column!r} holds {values.dtype}; accepted: text, numbers, dates or true / false"
        if values.dtype != object:
            continue
        held = pd.api.types.infer_dtype(values, skipna=True)
        if held == "string" and (halves := half_characters(values.dropna().tolist())):
            yield f"column {column!r} holds halves of characters (lone surrogates: {halves}); read it again with the right encoding"
        if held == "datetime" and len({time.tzinfo is None for time in values.dropna()}) > 1:
            yield f"column {column!r} holds times with a time zone beside times without; accepted: values of one type"
        if held in _ONE_TYPE:
            continue
        types = sorted({type(value).__name__ for value in values[values.notna()]})
        if len(types) > 1 or not set(types) <= _SORTED:
            yield f"column {column!r} holds {' beside '.join(types[:4])}; accepted: values of one type, for instance text (column.astype(str))"


def holds_half_characters(frame: Frame, column: str) -> bool:
    """Say whether some text of a column is of no encoding (lone surrogates): only objects of pandas can hold it."""
    if not frame.implementation.is_pandas() or (values := nw.to_native(frame)[column]).dtype != object:
        return False
    return bool(half_characters([value for value in values if isinstance(value, str)], most=1))


_SORTED = frozenset({"Decimal", "Fraction", "Timestamp", "UUID", "float", "float32", "float64", "int64"})
_ONE_TYPE = frozenset({"string", "integer", "boolean", "date", "datetime", "decimal", "bytes", "empty"})
