"""Columns of Python objects in a pandas table: numbers among texts, and the kinds that stand beside one another."""

from __future__ import annotations

import datetime as dt
import numbers
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient.frames.columns import series_like
from segmentclient.frames.door import Frame
from segmentclient.frames.letters import half_characters
from segmentclient.frames.matching import MOST_WHOLE

__all__ = [
    "UNTELLABLE",
    "kinds_in",
    "no_ids_in",
    "own_columns_with",
    "with_numbers",
    "with_truths",
    "with_written_numbers",
]

UNTELLABLE = "\0"  # what is written for a number that tells no id


def kinds_in(frame: Frame, column: str) -> Mapping[str, list[str]]:
    """Name the types in a column of objects or categories of pandas, by kind: all numbers are of one."""
    names = sorted((_is_number_type(one), one.__name__) for one in _types_in(frame, column))
    kinds: dict[str, list[str]] = {}
    for is_number, name in names:
        kinds.setdefault("number" if is_number else name, []).append(name)
    return kinds


def with_truths(frame: Frame, columns: Sequence[str] | None = None) -> Frame:
    """Give columns of objects that hold true, false and nothing else as the truth values that they are on other engines.

    pandas keeps them so as soon as one is missing, in a file it reads for instance.
    """
    if not isinstance(frame, nw.DataFrame) or not frame.implementation.is_pandas():
        return frame
    import pandas as pd

    table = nw.to_native(frame)
    looked_at = table.columns if columns is None else [name for name in columns if name in table.columns]
    truths = {
        name: table[name].astype("boolean")
        for name in looked_at
        if table[name].dtype == object and pd.api.types.infer_dtype(table[name], skipna=True) == "boolean"
    }
    return nw.from_native(table.assign(**truths)) if truths else frame


def own_columns_with(frame: Frame, worked: Frame, names: Sequence[str]) -> Frame:
    """Give a table with its columns as they came, and those that were made on a worked copy of it."""
    if worked.implementation.is_pandas() and isinstance(worked, nw.DataFrame):
        return frame.with_columns(*(worked[name] for name in names))
    return worked


def no_ids_in(frame: Frame, column: str) -> list[str]:
    """Name the types in such a column that are nobody's id: those that other engines refuse, or that tell no two apart."""
    return sorted(one.__name__ for one in _types_in(frame, column) if not _is_id_type(one))


def _types_in(frame: Frame, column: str) -> set[type]:
    """Give the types of the cells that hold something; of any other column, none."""
    if not frame.implementation.is_pandas():
        return set()
    values = nw.to_native(frame)[column]
    categories = getattr(values.dtype, "categories", None)
    if categories is None and values.dtype != object:
        return set()
    held = values[values.notna()] if categories is None else categories
    return {type(value) for value in held.tolist()}


_NO_IDS = (
    bool,
    np.bool_,
    bytes,
    bytearray,
    complex,
    dt.date,
    dt.time,
    dt.timedelta,
    np.datetime64,
    np.timedelta64,
    type,
    frozenset,  # written in an order that changes
)


def _is_id_type(kind: type) -> bool:
    """Whether objects of a type are compared by what they hold, and written as what they hold."""
    has_words = kind.__str__ is not object.__str__ or kind.__repr__ is not object.__repr__
    return kind.__hash__ is not None and has_words and not issubclass(kind, _NO_IDS)


def with_written_numbers(frame: Frame, column: str, *, name: str) -> Frame:
    """Add a column of objects as text: whole numbers as such (7.0 as 7), others as `UNTELLABLE`, the rest as it stands."""
    cells = nw.to_native(frame)[column]
    found = np.empty(len(cells), dtype=object)
    found[:] = [
        None if is_gap else _written(cell)
        for cell, is_gap in zip(cells.tolist(), cells.isna().tolist(), strict=True)
    ]
    return _beside(frame, name, found)


def _beside(frame: Frame, name: str, values: Any) -> Frame:
    series = series_like(frame, name, values)  # type: ignore[arg-type] # objects stand in pandas tables only
    return frame.with_columns(nw.from_native(series, series_only=True).alias(name))


def _written(cell: Any) -> str:
    if not _is_number_type(type(cell)):
        text = str(cell)
        return UNTELLABLE if half_characters([text], most=1) else text
    return str(int(cell)) if _is_whole(cell) else UNTELLABLE


def _is_whole(number: Any) -> bool:
    if isinstance(number, float | np.floating):
        return bool(abs(float(number)) < MOST_WHOLE and number == int(number))
    if isinstance(number, Decimal):
        return number.is_finite() and number == number.to_integral_value()
    return bool(number == int(number))


def with_numbers(frame: Frame, column: str, *, name: str) -> Frame:
    """Add the cells of a column of objects that are numbers, as decimals; the others are missing there."""
    if not isinstance(frame, nw.DataFrame) or not frame.implementation.is_pandas():
        return frame
    values = nw.to_native(frame)[column].tolist()
    found = np.fromiter((_number(value) for value in values), dtype="float64", count=len(values))
    return _beside(frame, name, found)


def _number(value: Any) -> float:
    if type(value) is str or not _is_number_type(type(value)):
        return np.nan
    try:
        return float(value)
    except OverflowError:
        return np.inf


def _is_number_type(kind: type) -> bool:
    no_amount = (bool, np.bool_, complex, np.complexfloating, np.timedelta64)
    return issubclass(kind, numbers.Number) and not issubclass(kind, no_amount)
