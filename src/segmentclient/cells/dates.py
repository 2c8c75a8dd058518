"""Dates: dates, times with or without a zone, or text in one stated form."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.cells.reading import STAGE, Cells, Stage, Strip, is_blank, stripped, unreadable
from segmentclient.schema import kind_of

__all__ = ["EARLIEST", "LATEST", "WALL_CLOCK", "date_cells"]

EARLIEST, LATEST = 1900, 2199
WALL_CLOCK = f"{STAGE}wall_clock"


def date_cells(column: str, dtype: Any, *, date_format: str | None, strip: Strip) -> Cells:
    """Dates: dates, times (with a time zone: through the column `WALL_CLOCK`), or text in one stated form."""
    kind, name = kind_of(dtype), type(dtype).__name__
    if name == "Datetime" and dtype.time_zone is not None:
        return _dated(nw.col(WALL_CLOCK))
    if kind == "date":
        return _dated(nw.col(column), is_day=name == "Date")
    if kind == "text":
        return _text_dates(stripped(column, dtype, strip), date_format)
    return unreadable(f"column {column!r} holds {dtype}, expected dates{_HELPS.get(kind, _CAST)}")


_HELPS = {
    "number": "; numbers such as Excel's day counts must be turned into dates first, for instance with "
    "pandas.to_datetime(column, unit='D', origin='1899-12-30')"
}
_CAST = ", or text such as '2026-12-31'; cast the column first"


def _dated(value: nw.Expr, *, is_day: bool = False) -> Cells:
    """Keep the dates of the years that are read; days become times afterwards, for DuckDB has no time of its endless day."""
    in_range = value.dt.year().is_between(EARLIEST, LATEST).fill_null(False)  # DuckDB's infinity has no year
    faults = {"missing_date": value.is_null(), "date_out_of_range": ~value.is_null() & ~in_range}
    kept = nw.when(in_range).then(value)
    return Cells(kept.cast(nw.Datetime) if is_day else kept, faults)


_WIDTHS = {"Y": 4, "y": 2, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_PARTS = {"Y": "year", "y": "short_year", "m": "month", "d": "day", "H": "hour", "M": "minute", "S": "second"}
_TEXT, _SHAPED, _REAL, _OFFSET = (f"{STAGE}date_{name}" for name in ("text", "shaped", "real", "offset"))
_CLOCK = r"Z|UTC|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?"
_ISO = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[T ][0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:[.,][0-9]+)?)?(?: ?(?:{_CLOCK}))?)?$"
_ISO_PLACES = {"Y": 0, "m": 5, "d": 8, "H": 11, "M": 14, "S": 17}


def _text_dates(raw: nw.Expr, date_format: str | None) -> Cells:
    """Read dates from text: ISO 8601 by default, else `date_format` made of %d %m %Y %y %H %M %S."""
    text: Stage = {_TEXT: raw}
    if date_format is None:
        # else an offset stands there, or nothing (texts of pandas in Arrow are compared in another type than they are searched)
        has_seconds = nw.col(_TEXT).str.slice(16, 1).str.starts_with(":")
        read = _text_cells((text,), _ISO, _ISO_PLACES, {"S": has_seconds})
        stages = (*read.stages, {_OFFSET: _offset(nw.col(_TEXT))})
        fraction = nw.when(has_seconds).then(_fraction(nw.col(_TEXT))).otherwise(nw.lit(""))
        return dataclasses.replace(read, stages=stages, offset=nw.col(_OFFSET), fraction=fraction)
    parsed = _parsed_format(date_format.strip(frames.BLANKS))
    if isinstance(parsed, str):
        return unreadable(parsed)
    shape, places = parsed
    return _text_cells((text, *_padding(places)), shape, places)


def _offset(text: nw.Expr) -> nw.Expr:
    """Cut the offset out of a well-shaped ISO text, as +0100 (+01: +0100; Z and UTC: +0000), or nothing where there is none."""
    offset = text.str.slice(16).str.replace_all(r"^:[0-9]{2}([.,][0-9]+)?", "")  # behind the minutes
    offset = offset.str.replace_all("[: ]", "").str.replace_all(r"^(Z|UTC|-00(00)?)$", "+0000")
    return nw.when(offset.str.len_chars() == 3).then(nw.concat_str(offset, nw.lit("00"))).otherwise(offset)


def _fraction(text: nw.Expr) -> nw.Expr:
    """Cut what stands behind the second out of a well-shaped ISO text: 5 of 10:00:00,500+01:00."""
    digits = text.str.slice(19).str.replace_all(r"[^0-9.,].*$", "").str.replace_all("[.,]", "")
    return digits.str.replace_all("0+$", "")


def _parsed_format(date_format: str) -> tuple[str, dict[str, int]] | str:
    """Turn a format into the shape of a fully padded text and the place of each part."""
    shape, at = "^", 0
    places: dict[str, int] = {}
    for token, literal in re.findall(r"%(.?)|([^%])", date_format, re.DOTALL):
        if not literal and (token not in _WIDTHS or token in places):
            return f"date_format={date_format!r} uses %{token}; accepted, once each: %d %m %Y %y %H %M %S"
        if token:
            places[token] = at
        shape += rf"[0-9]{{{_WIDTHS[token]}}}" if token else re.escape(literal)
        at += _WIDTHS[token] if token else 1
    if not {"m", "d"} <= set(places) or len({"Y", "y"} & set(places)) != 1:
        return f"date_format={date_format!r} needs a day, a month and one year (%d, %m, and %Y or %y)"
    return shape + "$", places


def _padding(places: Mapping[str, int]) -> Iterable[Stage]:
    """Write 1/2/2026 as 01/02/2026, part by part from the left, so that every part has its fixed place.

    A part that stands directly behind another is never short: 2026013 is a day that was cut, not the third. Nor is a
    year.
    """
    text = nw.col(_TEXT)
    ends = {at + _WIDTHS[token] for token, at in places.items()}
    for token, at in sorted(places.items(), key=lambda item: item[1]):
        if token in "mdHMS" and at not in ends:
            short = text.str.contains(rf"^.{{{at}}}[0-9](?:[^0-9]|$)")
            before = [text.str.slice(0, at)] if at else []
            padded = nw.concat_str(*before, nw.lit("0"), text.str.slice(at))
            yield {_TEXT: nw.when(short).then(padded).otherwise(text)}


def _text_cells(
    stages: tuple[Stage, ...],
    shape: str,
    places: Mapping[str, int],
    only: Mapping[str, nw.Expr] | None = None,
) -> Cells:
    """Cut the parts out of their places, some `only` where a condition holds, and put a date together."""
    text, shaped = nw.col(_TEXT), nw.col(_SHAPED)
    piece = {token: nw.col(f"{STAGE}date_{_PARTS[token]}") for token in places}
    cut: Stage = {
        f"{STAGE}date_{_PARTS[token]}": _piece(
            text, shaped & only[token] if only and token in only else shaped, at, _WIDTHS[token]
        )
        for token, at in places.items()
    }
    if "y" in piece:
        century = nw.when(_number(piece["y"]) < 69).then(nw.lit("20")).otherwise(nw.lit("19"))
        piece["Y"] = nw.concat_str(century, piece["y"])
    pieces = [piece["Y"], piece["m"], piece["d"], *(_or_zero(piece.get(token)) for token in "HMS")]
    year, month, day, hour, minute, second = (_number(one) for one in pieces)
    real = shaped & _is_day(year, month, day) & (hour < 24) & (minute < 60) & (second < 60)
    in_range = nw.col(_REAL) & (year >= EARLIEST) & (year <= LATEST)
    canonical = nw.when(in_range).then(nw.concat_str(*pieces, separator="-")).otherwise(None)
    blank = is_blank(text)
    faults = {
        "missing_date": blank,
        "unreadable_date": ~blank & ~nw.col(_REAL),
        "date_out_of_range": nw.col(_REAL) & ~in_range,
    }
    value = canonical.str.to_datetime(format="%Y-%m-%d-%H-%M-%S")
    return Cells(value, faults, (*stages, {_SHAPED: text.str.contains(shape)}, cut, {_REAL: real}))


def _piece(text: nw.Expr, shaped: nw.Expr, at: int, width: int) -> nw.Expr:
    """Cut a part out of well-shaped text; one that is left out (the time of a bare day) is null."""
    piece = text.str.slice(at, width)
    return nw.when(shaped & (piece.str.len_chars() == width)).then(piece).otherwise(None)


def _number(piece: nw.Expr) -> nw.Expr:
    """Read digits; as decimals, because whole numbers with gaps do not exist on every engine."""
    return piece.cast(nw.Float64)


def _or_zero(piece: nw.Expr | None) -> nw.Expr:
    return nw.lit("00") if piece is None else piece.fill_null("00")


def _is_day(year: nw.Expr, month: nw.Expr, day: nw.Expr) -> nw.Expr:
    leap = (_is_multiple(year, 4) & ~_is_multiple(year, 100)) | _is_multiple(year, 400)
    february = nw.when(leap).then(nw.lit(29)).otherwise(nw.lit(28))
    short = (
        nw.when((month == 4) | (month == 6) | (month == 9) | (month == 11))
        .then(nw.lit(30))
        .otherwise(nw.lit(31))
    )
    last = nw.when(month == 2).then(february).otherwise(short)
    return (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= last)


def _is_multiple(year: nw.Expr, of: int) -> nw.Expr:
    """Whether a year can be divided; pandas has no remainder of decimals that stand in Arrow."""
    return (year / of).floor() * of == year
