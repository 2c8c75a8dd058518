"""Which clock decides the day: that of a column's time zone, of the offsets written in its texts, or of `timezone=`."""

from __future__ import annotations

import functools
import zoneinfo
from collections.abc import Sequence

import narwhals.stable.v2 as nw

from segmentclient import cells, frames
from segmentclient.cells import Cells
from segmentclient.errors import ColumnError, SegmentClientError
from segmentclient.transactions.reasons import DATE

__all__ = ["offsets_in", "on_clock_of", "on_wall_clock", "refuse_mixed_zones"]

_MOST_OFFSETS = 50  # the zones of this world keep some forty
_LOCAL = "_segmentclient_local"


def on_wall_clock(frame: frames.Frame, date: str, timezone: str | None) -> frames.Frame:
    """Put the local time of dates that have a time zone beside them."""
    if timezone is not None:
        _check_zone(timezone)
    zone = getattr(frame.collect_schema()[date], "time_zone", None)
    return frames.with_wall_clock(frame, date, timezone or zone, name=cells.WALL_CLOCK) if zone else frame


def _check_zone(timezone: str) -> None:
    try:
        zoneinfo.ZoneInfo(timezone)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise SegmentClientError(
            f"timezone={timezone!r} is not known ({error}); accepted: IANA names such as 'Europe/Paris'"
        ) from None


def offsets_in(staged: frames.Frame, read: Cells) -> list[str]:
    """Collect the different offsets of the text dates that can be read, such as +0100; an empty text is none."""
    if read.offset is None:
        return []
    readable = staged.filter(~frames.any_true(read.faults.values()))
    return sorted(frames.collect(readable.select(_offset=read.offset).unique())["_offset"])


def on_clock_of(
    typed: frames.Frame, read: Cells, offsets: Sequence[str], timezone: str | None
) -> frames.Frame:
    """Turn text dates with an offset into the local time of a zone; a year out of range leaves no date."""
    if timezone is None or read.offset is None or not any(offsets):
        return typed
    utc = functools.reduce(functools.partial(_shifted, read.offset), filter(None, offsets), nw.col(DATE))
    local = frames.with_local_time(typed.with_columns(utc.alias(DATE)), DATE, timezone, name=_LOCAL)
    in_range = nw.col(_LOCAL).dt.year().is_between(cells.EARLIEST, cells.LATEST)
    return local.with_columns(nw.when(in_range).then(nw.col(_LOCAL)).alias(DATE)).drop(_LOCAL)


def _shifted(offset: nw.Expr, others: nw.Expr, one: str) -> nw.Expr:
    """Take one offset off the times that have it."""
    minutes = int(one[1:3]) * 60 + int(one[3:5])
    moved = nw.col(DATE).dt.offset_by(f"{'-' if one[0] == '+' else ''}{minutes}m")
    return nw.when(offset == one).then(moved).otherwise(others)


def refuse_mixed_zones(offsets: Sequence[str], column: str, timezone: str | None) -> None:
    """Text dates may carry an offset, but only one: +01:00 beside +02:00 is one clock only under `timezone=`."""
    if len(offsets) > 1 and (timezone is None or not all(offsets) or len(offsets) > _MOST_OFFSETS):
        remedy = (
            "name the zone whose clock decides with timezone="
            if all(offsets)
            else "give every date an offset, or none"
        )
        raise ColumnError(
            f"transactions: column {column!r} mixes time zones ({offsets[0] or 'none'} and {offsets[-1]}); {remedy}"
        )
