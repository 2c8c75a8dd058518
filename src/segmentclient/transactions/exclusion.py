"""Rows to leave out on request: ids, or a column that marks them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from decimal import Decimal
from numbers import Integral
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import cells, frames
from segmentclient.errors import ColumnError, SegmentClientWarning
from segmentclient.options import shown
from segmentclient.schema import check_columns, kind_of
from segmentclient.transactions.columns import ColumnNames
from segmentclient.transactions.reasons import ID

__all__ = ["exclusion", "warn_of_nobody"]


def exclusion(frame: frames.Frame, names: ColumnNames, exclude: str | Iterable[Any] | None) -> nw.Expr | None:
    """Turn `exclude` into a condition: a boolean column, or a set of ids compared as they are written."""
    if exclude is None:
        return None
    if isinstance(exclude, str):
        return _marked_by(frame, exclude)
    ids, held = list(exclude), frame.collect_schema()[names.customer_id]
    numeric = kind_of(held) == "number"
    if not numeric and "number" in frames.kinds_in(frame, names.customer_id):  # which are read as text here
        ids = [str(int(one)) if _is_whole(one) else one for one in ids]
    wrong = [one for one in ids if not (_is_whole(one) if numeric else isinstance(one, str))]
    if wrong:
        raise ColumnError(
            f"transactions: exclude= lists {shown(wrong[0])}, but column {names.customer_id!r} holds "
            f"{'whole numbers' if numeric else 'text'}; write the ids in the same type"
        )
    listed = _as_held(ids, held) if numeric else [one.strip(frames.BLANKS) for one in ids]
    if not listed:
        return None
    if frame.implementation.is_pyarrow() and held.is_unsigned_integer():
        # of Python's numbers it takes small ones only
        return nw.col(ID).is_in(np.array(listed, dtype="uint64"))
    return nw.col(ID).is_in(listed)


def warn_of_nobody(marked: frames.Frame, excluded: nw.Expr | None, exclude: Any) -> None:
    """Say that no id to leave out is in the log: `1` is not `001`, and staff would be counted without a word."""
    if excluded is None or isinstance(exclude, str):
        return
    if not frames.one_row(marked, rows=frames.count_of(excluded))["rows"]:
        warnings.warn(
            "transactions: none of the ids of exclude= is in the log, and nobody is left out; compare how the log "
            "writes them (capitals, leading zeros)",
            SegmentClientWarning,
            stacklevel=3,
        )


def _is_whole(value: Any) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite() and value == value.to_integral_value()
    if isinstance(value, float | np.floating):
        return bool(value % 1 == 0)
    return isinstance(value, Integral) and not isinstance(value, bool | np.timedelta64)


def _as_held(ids: Iterable[Any], held: Any) -> list[Any]:
    """Write whole numbers in the type that ids are compared in, for polars compares no others; too large is nobody."""
    if cells.is_exact(held):
        return _as_held(ids, nw.Int64())
    if not held.is_integer():
        return [float(one) for one in ids if abs(one) < frames.MOST_WHOLE]
    low, high = frames.limits_of(held)
    return [int(one) for one in ids if low <= one <= high]


TRUE, FALSE = ("true", "1", "yes", "oui"), ("false", "0", "no", "non", "")


def _marked_by(frame: frames.Frame, column: str) -> nw.Expr:
    """Read a true / false column, as such or in words (a CSV file has no other way); anything else is an error."""
    schema = frames.schema_of(frame)
    if column in schema and kind_of(schema[column]) == "text":
        text = nw.col(column) if type(schema[column]).__name__ == "String" else nw.col(column).cast(nw.String)
        word = frames.stripping(frame)(text.fill_null("")).str.to_lowercase()
        odd = frames.collect(frame.filter(~word.is_in([*TRUE, *FALSE])).select(column).head(3))[
            column
        ].tolist()
        if not odd:
            return word.is_in(list(TRUE))
        raise ColumnError(
            f"transactions: column {column!r} (exclude=) holds {', '.join(map(repr, odd))}, expected true or false"
        )
    where = "transactions (exclude= names a true / false column, or lists ids)"
    check_columns(schema, {column: "boolean"}, table=where)
    return nw.col(column).fill_null(False)
