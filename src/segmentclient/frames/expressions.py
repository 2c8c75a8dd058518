"""Expressions that mean the same on every engine: days, local times, or."""

from __future__ import annotations

import functools
import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient.errors import ColumnError
from segmentclient.frames.door import Frame

__all__ = [
    "BLANKS",
    "any_true",
    "count_of",
    "day_column",
    "days",
    "days_between",
    "is_present",
    "stripping",
    "with_local_time",
    "with_wall_clock",
]

# Signs that nobody sees: soft hyphens, zero widths, and marks of direction, which come along where text is copied.
_UNSEEN = [0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF]
BLANKS = "".join([*(sign for sign in map(chr, range(0x3001)) if sign.isspace()), *map(chr, _UNSEEN)])


def days_between(later: nw.Expr, earlier: nw.Expr) -> nw.Expr:
    """Whole days from one date to another (durations do not exist on every engine)."""
    return days(later) - days(earlier)


def day_column(schema: Mapping[str, Any], name: str) -> nw.Expr:
    """A column of dates to be counted by `days`: as times where it holds days, which pandas cannot take from Arrow."""
    return nw.col(name).cast(nw.Datetime("us")) if schema[name] == nw.Date else nw.col(name)


def days(date: nw.Expr, *, dtype: Any = nw.Int64) -> nw.Expr:
    """Days since the year 0, counted from the year and the day of the year, on every engine.

    Missing dates need `dtype=nw.Float64`: pandas has no missing integers.
    """
    before = date.dt.year().cast(nw.Float64) - 1
    leaps = _whole(before, 4) - _whole(before, 100) + _whole(before, 400)
    return (before * 365 + leaps + date.dt.ordinal_day().cast(nw.Float64)).cast(dtype)


def _whole(number: nw.Expr, by: int) -> nw.Expr:
    """Divide whole numbers and round down, in decimals; half a step off, so that no engine's rounding matters."""
    return ((number + 0.5) / by).floor()


def with_wall_clock(frame: Frame, date: str, timezone: str, *, name: str) -> Frame:
    """Add the local time, without zone, of a column of times with a zone."""
    own = getattr(frame.collect_schema()[date], "time_zone", None)
    if timezone != own:
        zoneinfo.ZoneInfo(timezone)
    if frame.implementation.is_duckdb():  # DuckDB keeps the zone in the connection, not in the column
        column = date.replace('"', '""')
        return nw.from_native(
            nw.to_native(frame).project(f'*, timezone(\'{timezone}\', "{column}") as "{name}"')
        )
    _refuse_ibis(frame, f"column {date!r} has a time zone")
    there = nw.col(date) if timezone == own else nw.col(date).dt.convert_time_zone(timezone)
    return frame.with_columns(there.dt.replace_time_zone(None).alias(name))


def with_local_time(frame: Frame, utc: str, timezone: str, *, name: str) -> Frame:
    """Add the local time in a zone of a column of times of UTC; neither has a zone of its own."""
    if frame.implementation.is_duckdb():
        local = f"timezone('{timezone}', timezone('UTC', \"{utc}\"))"
        return nw.from_native(nw.to_native(frame).project(f'*, {local} as "{name}"'))
    _refuse_ibis(frame, f"timezone={timezone!r} is asked for")
    moment = nw.col(utc).dt.replace_time_zone("UTC").dt.convert_time_zone(timezone)
    return frame.with_columns(moment.dt.replace_time_zone(None).alias(name))


def _refuse_ibis(frame: Frame, found: str) -> None:
    """Ibis would count in the zone of its connection, which may be that of the machine."""
    if frame.implementation.is_ibis():
        raise ColumnError(
            f"transactions: {found}, and Ibis cannot tell the clock of a zone; accepted there: local times without a "
            "zone, which the database makes"
        )


def stripping(frame: Frame) -> Callable[[nw.Expr], nw.Expr]:
    """Give the function that takes outer blanks off, of any kind that Unicode knows."""
    # Ibis knows no list of signs, and DuckDB takes three times as long with one as with a pattern
    if frame.implementation.is_duckdb() or frame.implementation.is_ibis():
        return lambda text: text.str.replace_all(f"^[{BLANKS}]+|[{BLANKS}]+$", "")
    return lambda text: text.str.strip_chars(BLANKS)


def count_of(condition: nw.Expr) -> nw.Expr:
    """Count the rows of which a condition is true."""
    return condition.cast(nw.Int64).sum()


def is_present(column: str, dtype: Any) -> nw.Expr:
    """Not null, and not NaN either on engines that tell them apart."""
    present = ~nw.col(column).is_null()
    return present & ~nw.col(column).is_nan() if dtype.is_float() else present


def any_true(expressions: Iterable[nw.Expr]) -> nw.Expr:
    """Combine conditions with `or`."""
    return functools.reduce(lambda left, right: left | right, expressions)
