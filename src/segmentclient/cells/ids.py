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
    is_present,
    stripped,
    unreadable,
    written_of,
)
from segmentclient.schema import kind_of

__all__ = ["id_cells"]

Kinds: TypeAlias = "Mapping[str, list[str]]"
NO_KINDS: Kinds = MappingProxyType({})


def id_cells(
    column: str, dtype: Any, *, what: str, strip: Strip, halves: bool = False, kinds: Kinds = NO_KINDS
) -> Cells:
    """Ids: whole numbers, text (outer blanks removed) or anything that prints; blank text is missing.

    Where the text `halves` characters (lone surrogates of a wrong encoding), these cells are unreadable. Of a column
    of objects, `kinds` are those that `frames.kinds_in` finds: numbers are read as such.
    """
    missing, unreadable_id = f"missing_{what}", f"unreadable_{what}"
    if kind_of(dtype) == "number" and not dtype.is_integer():
        return _whole_ids(column, dtype, missing, unreadable_id)
    if dtype.is_integer():
        return Cells(nw.col(column), {missing: nw.col(column).is_null()})
    if kind_of(dtype) == "text" or type(dtype).__name__ == "Unknown":
        name = f"{STAGE}{what}"
        text = nw.col(name)
        wrong = [text == frames.UNTELLABLE] if "number" in kinds else []
        wrong += [text.str.contains(r"[\ud800-\udfff]")] if halves else []
        faults = {missing: is_blank(text)} | ({unreadable_id: frames.any_true(wrong)} if wrong else {})
        source, held = (written_of(column), nw.String()) if "number" in kinds else (column, dtype)
        return Cells(_or_null(text), faults, stages=({name: stripped(source, held, strip)},))
    return unreadable(
        f"column {column!r} holds {dtype}, which cannot be an id; accepted: text or whole numbers"
    )


def _whole_ids(column: str, dtype: Any, missing: str, unreadable_id: str) -> Cells:
    """Ids that were read as decimals (17850.0) become whole numbers again."""
    present = is_present(column, dtype)
    number = nw.col(column).cast(nw.Float64)
    usable = present & (number.abs() < 2.0**53) & (number.round(0) == number)
    whole = nw.when(usable).then(number)
    return Cells(whole, {missing: ~present, unreadable_id: present & ~usable}, cast=nw.Int64)


def _or_null(text: nw.Expr) -> nw.Expr:
    return nw.when(text.str.len_chars() > 0).then(text)
