"""Distinct rows and values of columns of numbers, in a fixed order, at the cost of one hash a row, or less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from segmentclient.errors import ModelError

__all__ = ["distinct", "levels"]

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"


def distinct(columns: Sequence[Array]) -> tuple[Array, Array]:
    """Find distinct rows: the position of one row of each kind, sorted, and for every row its kind."""
    import pandas as pd

    packed = _packed(columns)
    codes, kinds = pd.factorize(packed)
    first = np.empty(len(kinds), np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    order = np.argsort(kinds)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order], rank[codes]


def _packed(columns: Sequence[Array]) -> Array:
    """Pack each row into one whole number, ordered as the rows are."""
    packed, room = np.zeros(len(columns[0]), np.int64), 1
    for column in columns:
        steps, size = _steps(column)
        if room > 2**62 // size:
            values, packed = np.unique(packed, return_inverse=True)
            room = len(values)
        if room > 2**62 // size:
            raise ModelError(f"more than {2**62:.0e} possible histories: group the customers first")
        packed, room = packed * size + steps, room * size
    return packed


def levels(column: Array) -> tuple[Array, Array]:
    """Give some values among which are all those of a column, ascending, and the place of each row among them."""
    calendar = _calendar(column)
    if calendar is None or calendar.size > max(column.size, 1000):
        values, places = np.unique(column, return_inverse=True)
        return values, places
    return (calendar.low + np.arange(calendar.size)) / calendar.parts, calendar.steps


def _steps(column: Array) -> tuple[Array, int]:
    """Number the values of a column in their order: whole days and exact weeks directly, others by sorting."""
    calendar = _calendar(column)
    if calendar is not None:
        return calendar.steps, calendar.size
    values, steps = np.unique(column, return_inverse=True)
    return steps.astype(np.int64), max(len(values), 1)


class _Calendar(NamedTuple):
    """Whole numbers of days (or sevenths): the first, how many make one unit, each row's step, and how many steps."""

    low: float
    parts: float
    steps: Array
    size: int


def _calendar(column: Array) -> _Calendar | None:
    if not column.size or not np.isfinite(column).all() or np.abs(column).max() >= 2**31:
        return None
    for parts in (1.0, 7.0):
        steps = np.rint(column * parts)
        if np.array_equal(steps / parts, column):
            low = steps.min()
            return _Calendar(float(low), parts, (steps - low).astype(np.int64), int(steps.max() - low) + 1)
    return None
