"""What every reader of cells gives, and what they share.

The `stages` of `Cells` are columns to add first, one after the other (so that no engine has to work a long expression
out twice); then `value` is null where the cell cannot be used, `faults` names why. `cast` is the type that the value
takes once the unusable rows are gone (whole numbers with gaps do not exist on every engine).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import narwhals.stable.v2 as nw

__all__ = [
    "BLANKS",
    "STAGE",
    "Cells",
    "Stage",
    "is_blank",
    "is_present",
    "numbers_of",
    "stripped",
    "unreadable",
]

STAGE = "_segmentclient_stage_"
BLANKS = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace()) + "\N{ZERO WIDTH SPACE}\ufeff"

Stage: TypeAlias = "dict[str, nw.Expr]"


@dataclass(frozen=True)
class Cells:
    """A column as it will be used: its value, and the condition of each fault in order of precedence."""

    value: nw.Expr
    faults: Mapping[str, nw.Expr]
    stages: tuple[Stage, ...] = ()
    problem: str = ""
    cast: Any = None
    zone: nw.Expr | None = None


def unreadable(problem: str) -> Cells:
    """Give the cells of a column that can never be read."""
    return Cells(nw.lit(None), {}, problem=problem)


def numbers_of(column: str) -> str:
    """Name the column of those cells of a column of objects that are numbers."""
    return f"{STAGE}numbers_{column}"


def is_present(column: str, dtype: Any) -> nw.Expr:
    """Not null, and not NaN either on engines that tell them apart."""
    present = ~nw.col(column).is_null()
    return present & ~nw.col(column).is_nan() if dtype.is_float() else present


def stripped(column: str, dtype: Any) -> nw.Expr:
    """Give text without outer blanks, of any kind that Unicode knows."""
    raw = nw.col(column)
    text = raw if type(dtype).__name__ == "String" else nw.when(~raw.is_null()).then(raw.cast(nw.String))
    return text.str.strip_chars(BLANKS)


def is_blank(text: nw.Expr) -> nw.Expr:
    """Null, or without a character."""
    return text.is_null() | (text.str.len_chars() == 0)
