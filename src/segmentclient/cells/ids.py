"""Ids: whole numbers, text, or anything that prints."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.cells.reading import (
    STAGE,
    Cells,
    Strip,
    is_blank,
    stripped,
    unreadable,
    written_of,
)
from segmentclient.schema import kind_of

__all__ = ["id_cells", "is_exact"]

Kinds: TypeAlias = "Mapping[str, list[str]]"
NO_KINDS: Kinds = MappingProxyType({})
_MOST_DIGITS = 18  # that every whole number of 64 bits can have


def id_cells(
    column: str, dtype: Any, *, what: str, strip: Strip, halves: bool = False, kinds: Kinds = NO_KINDS
) -> Cells:
    """Ids: whole numbers, text (outer blanks removed) or anything that prints; blank text is missing.

    Where the text `halves` characters (lone surrogates of a wrong encoding), these cells are unreadable. Of a column
    of objects, `kinds` are those that `frames.kinds_in` finds: numbers are read as such.
    """
    missing, unreadable_id = f"missing_{what}", f"unreadable_{what}"
    if is_exact(dtype):
        return _decimal_ids(column, dtype, missing, unreadable_id)
    if kind_of(dtype) == "number" and not dtype.is_integer():
        return _whole_ids(column, dtype, missing, unreadable_id)
    if dtype.is_integer():
        return Cells(nw.col(column), {missing: nw.col(column).is_null()})
    if kind_of(dtype) == "text" or (isinstance(dtype, frames.OwnType) and dtype.is_written):
        source, held = (written_of(column), nw.String()) if "number" in kinds else (column, dtype)
        wrong = [nw.col(f"{STAGE}{what}") == frames.UNTELLABLE] if "number" in kinds else []
        wrong += [nw.col(f"{STAGE}{what}").str.contains(r"[\ud800-\udfff]")] if halves else []
        return _text_ids(what, stripped(source, held, strip), wrong)
    return unreadable(no_id(column, dtype))


def is_exact(dtype: Any) -> bool:
    """Whether decimals have no places, as whole numbers of a warehouse: NUMBER(38, 0)."""
    return isinstance(dtype, nw.Decimal) and getattr(dtype, "scale", None) == 0


def no_id(column: str, found: Any) -> str:
    """Say that what a column holds is nobody's id."""
    return f"column {column!r} holds {found}, which cannot be an id; accepted: text or whole numbers"


def _text_ids(what: str, raw: nw.Expr, wrong: list[nw.Expr]) -> Cells:
    """Take text as it stands, but for the cells that are `wrong`."""
    name = f"{STAGE}{what}"
    text, missing = nw.col(name), is_blank(nw.col(name))
    value = nw.when(text.str.len_chars() > 0).then(text)
    if not wrong:
        return Cells(value, {f"missing_{what}": missing}, ({name: raw},))
    unreadable_id = ~missing & frames.any_true(wrong)
    faults = {f"missing_{what}": missing, f"unreadable_{what}": unreadable_id}
    return Cells(nw.when(~unreadable_id).then(value), faults, ({name: raw},))


def _decimal_ids(column: str, dtype: Any, missing: str, unreadable_id: str) -> Cells:
    """Decimals without places keep all their digits, as doubles do not."""
    present = ~nw.col(column).is_null()
    low, high = frames.limits_of(nw.Int64())
    fits = nw.col(column).is_between(low, high) if dtype.precision > _MOST_DIGITS else present
    whole = nw.when(present & fits).then(nw.col(column)).cast(nw.Int64)
    return Cells(whole, {missing: ~present, unreadable_id: present & ~fits})


def _whole_ids(column: str, dtype: Any, missing: str, unreadable_id: str) -> Cells:
    """Ids that were read as decimals (17850.0) become whole numbers again."""
    present = frames.is_present(column, dtype)
    number, most = nw.col(column).cast(nw.Float64), float(frames.MOST_WHOLE)
    usable = present & (number.abs() < most) & (number.clip(-most, most).round(0) == number)
    whole = nw.when(usable).then(number)
    return Cells(whole, {missing: ~present, unreadable_id: present & ~usable}, cast=nw.Int64)
