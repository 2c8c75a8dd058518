"""From raw cells to ids, dates and amounts: one Narwhals expression for the value, one for each fault.

Every reader gives a `Cells`: `value` is null where the cell cannot be used, `faults` names why. Nothing here
raises on a cell. `cast` is the type that the value takes once the unusable rows are gone (whole numbers with
gaps do not exist on every engine). A column of a type that can never be read gives a `problem`, for the one error
of the table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient.schema import kind_of

__all__ = ["Cells", "amount_cells", "date_cells", "id_cells", "text_dates"]

EARLIEST, LATEST = 1900, 2199
SPACES = " \t\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}'’"


@dataclass(frozen=True)
class Cells:
    """A column as it will be used: its value, and the condition of each fault in order of precedence."""

    value: nw.Expr
    faults: Mapping[str, nw.Expr]
    problem: str = ""
    cast: Any = None
    used: dict[str, Any] = field(default_factory=dict, compare=False)


def _unreadable(problem: str) -> Cells:
    return Cells(nw.lit(None), {}, problem)


def _present(column: str, dtype: Any) -> nw.Expr:
    """Not null, and not NaN either on engines that tell them apart."""
    present = ~nw.col(column).is_null()
    return present & ~nw.col(column).is_nan() if dtype.is_float() else present


def id_cells(column: str, dtype: Any, *, what: str) -> Cells:
    """Ids: whole numbers, text (outer blanks removed) or anything that prints; blank text is missing."""
    missing, unreadable = f"missing_{what}", f"unreadable_{what}"
    if kind_of(dtype) == "number" and not dtype.is_integer():
        return _whole_ids(column, dtype, missing, unreadable)
    if dtype.is_integer():
        return Cells(nw.col(column), {missing: nw.col(column).is_null()})
    if kind_of(dtype) == "text" or type(dtype).__name__ == "Unknown":
        value = text_of(column, dtype)
        return Cells(value, {missing: value.is_null()})
    return _unreadable(
        f"column {column!r} holds {dtype}, which cannot be an id; accepted: text or whole numbers"
    )


def _whole_ids(column: str, dtype: Any, missing: str, unreadable: str) -> Cells:
    """Ids that were read as decimals (17850.0) become whole numbers again."""
    present = _present(column, dtype)
    number = nw.col(column).cast(nw.Float64)
    small = present & (number.abs() < 2.0**53)
    usable = small & (number.round(0) == number)
    whole = nw.when(usable).then(number)
    return Cells(whole, {missing: ~present, unreadable: present & ~usable}, cast=nw.Int64)


def text_of(column: str, dtype: Any) -> nw.Expr:
    """Give text without outer blanks; blank cells are null."""
    raw = nw.col(column)
    text = raw if type(dtype).__name__ == "String" else nw.when(~raw.is_null()).then(raw.cast(nw.String))
    stripped = text.str.strip_chars(" \t\r\n\N{NO-BREAK SPACE}\ufeff")
    return nw.when(stripped.str.len_chars() > 0).then(stripped)


def amount_cells(column: str, dtype: Any, *, decimal: str) -> Cells:
    """Amounts: numbers, or text such as `1 234,56` read with the decimal mark given."""
    kind = kind_of(dtype)
    if kind == "number":
        present = _present(column, dtype)
        number = nw.when(present).then(nw.col(column)).cast(nw.Float64)
        infinite = number.abs() == float("inf")
        return Cells(
            nw.when(~infinite).then(number),
            {"missing_amount": ~present, "unreadable_amount": present & infinite},
        )
    if kind == "text":
        return _text_amounts(column, dtype, decimal)
    return _unreadable(
        f"column {column!r} holds {dtype}, expected amounts (numbers, or text such as '12.50')"
    )


def _text_amounts(column: str, dtype: Any, decimal: str) -> Cells:
    text = text_of(column, dtype)
    bare = text.str.replace_all(f"[{SPACES}]", "")
    group = r"\." if decimal == "," else ","
    mark = "," if decimal == "," else r"\."
    shape = (
        rf"^[+-]?(?:[0-9]+|[0-9]{{1,3}}(?:{group}[0-9]{{3}})+)(?:{mark}[0-9]+)?(?:[eE][+-]?[0-9]{{1,2}})?$"
    )
    readable = bare.str.contains(shape)
    plain = bare.str.replace_all("." if decimal == "," else ",", "", literal=True)
    plain = plain.str.replace_all(",", ".", literal=True) if decimal == "," else plain
    value = nw.when(readable).then(plain).otherwise(None).cast(nw.Float64)
    return Cells(value, {"missing_amount": text.is_null(), "unreadable_amount": ~text.is_null() & ~readable})


def date_cells(column: str, dtype: Any, *, date_format: str | None, timezone: str | None) -> Cells:
    """Dates: dates, times (in the zone given, or the column's own wall clock), or text in one stated form."""
    kind, name = kind_of(dtype), type(dtype).__name__
    if name == "Datetime" and dtype.time_zone is not None:
        local = nw.col(column).dt.convert_time_zone(timezone) if timezone else nw.col(column)
        return _dated(local.dt.replace_time_zone(None))
    if kind == "date":
        return _dated(nw.col(column).cast(nw.Datetime) if name == "Date" else nw.col(column))
    if kind == "text":
        return text_dates(column, dtype, date_format)
    return _unreadable(
        f"column {column!r} holds {dtype}, expected dates; numbers such as Excel's day counts must be turned into "
        "dates first, for instance with pandas.to_datetime(column, unit='D', origin='1899-12-30')"
    )


def _dated(value: nw.Expr) -> Cells:
    in_range = value.dt.year().is_between(EARLIEST, LATEST)
    return Cells(
        nw.when(in_range).then(value),
        {"missing_date": value.is_null(), "date_out_of_range": ~value.is_null() & ~in_range},
    )


_WIDTHS = {"Y": 4, "y": 2, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}


def text_dates(column: str, dtype: Any, date_format: str | None) -> Cells:
    """Read dates from text: ISO 8601 by default, else `date_format` made of %d %m %Y %y %H %M %S."""
    text = text_of(column, dtype)
    if date_format is None:
        shape = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?$"
        places = {"Y": 0, "m": 5, "d": 8, "H": 11, "M": 14, "S": 17}
        return _text_cells(text, text, shape, places, used={"zone": text.str.slice(16)})
    parsed = _parsed_format(date_format)
    if isinstance(parsed, str):
        return _unreadable(parsed)
    shape, places = parsed
    return _text_cells(text, _padded(text, places), shape, places)


def _parsed_format(date_format: str) -> tuple[str, dict[str, int]] | str:
    """Turn a format into the shape of a fully padded text and the place of each part."""
    shape, places, at = "^", {}, 0
    for token, literal in re.findall(r"%(.)|([^%])", date_format):
        if token and (token not in _WIDTHS or token in places):
            return f"date_format={date_format!r} uses %{token}; accepted, once each: %d %m %Y %y %H %M %S"
        if token:
            places[token] = at
        shape += rf"[0-9]{{{_WIDTHS[token]}}}" if token else re.escape(literal)
        at += _WIDTHS[token] if token else 1
    if not {"m", "d"} <= set(places) or len({"Y", "y"} & set(places)) != 1:
        return f"date_format={date_format!r} needs a day, a month and one year (%d, %m, and %Y or %y)"
    return shape + "$", places


def _padded(text: nw.Expr, places: Mapping[str, int]) -> nw.Expr:
    """Write 1/2/2026 as 01/02/2026, part by part from the left, so that every part has its fixed place."""
    for token, at in sorted(places.items(), key=lambda item: item[1]):
        if _WIDTHS[token] == 2:
            short = text.str.contains(rf"^.{{{at}}}[0-9](?:[^0-9]|$)")
            padded = nw.concat_str(text.str.slice(0, at), nw.lit("0"), text.str.slice(at))
            text = nw.when(short).then(padded).otherwise(text)
    return text


def _text_cells(
    text: nw.Expr, padded: nw.Expr, shape: str, places: Mapping[str, int], used: dict[str, Any] | None = None
) -> Cells:
    shaped = padded.str.contains(shape)
    piece = {token: _piece(padded, shaped, at, _WIDTHS[token]) for token, at in places.items()}
    if "y" in piece:
        century = nw.when(_number(piece["y"]) < 69).then(nw.lit("20")).otherwise(nw.lit("19"))
        piece["Y"] = nw.concat_str(century, piece["y"])
    pieces = [piece["Y"], piece["m"], piece["d"], *(_or_zero(piece.get(token)) for token in "HMS")]
    year, month, day, hour, minute, second = (_number(one) for one in pieces)
    real = shaped & _is_day(year, month, day) & (hour < 24) & (minute < 60) & (second < 60)
    in_range = real & (year >= EARLIEST) & (year <= LATEST)
    canonical = nw.when(in_range).then(nw.concat_str(*pieces, separator="-")).otherwise(None)
    faults = {
        "missing_date": text.is_null(),
        "unreadable_date": ~text.is_null() & ~real,
        "date_out_of_range": real & ~in_range,
    }
    return Cells(canonical.str.to_datetime(format="%Y-%m-%d-%H-%M-%S"), faults, used=used or {})


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
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    february = nw.when(leap).then(nw.lit(29)).otherwise(nw.lit(28))
    short = (
        nw.when((month == 4) | (month == 6) | (month == 9) | (month == 11))
        .then(nw.lit(30))
        .otherwise(nw.lit(31))
    )
    last = nw.when(month == 2).then(february).otherwise(short)
    return (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= last)
