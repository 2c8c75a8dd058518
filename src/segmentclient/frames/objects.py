"""Columns of Python objects in a pandas table: numbers among texts, and the kinds that stand beside one another."""

from __future__ import annotations

import numbers
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient.frames.columns import series_like
from segmentclient.frames.door import Frame

__all__ = ["with_numbers"]


def with_numbers(frame: Frame, column: str, *, name: str) -> Frame:
    """Add the cells of a column of objects that are numbers, as decimals; the others are missing there."""
    if not isinstance(frame, nw.DataFrame) or not frame.implementation.is_pandas():
        return frame
    values = nw.to_native(frame)[column].tolist()
    found = np.fromiter((_number(value) for value in values), dtype="float64", count=len(values))
    return frame.with_columns(nw.from_native(series_like(frame, name, found), series_only=True).alias(name))


def _number(value: Any) -> float:
    if type(value) is str or not _is_number(value):
        return np.nan
    try:
        return float(value)
    except OverflowError:
        return np.inf


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, numbers.Number)
        and not isinstance(value, bool | np.bool_)
        and not isinstance(value, complex | np.complexfloating)
    )
