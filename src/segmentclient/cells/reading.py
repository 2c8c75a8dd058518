"""What every reader of cells gives, and what they share.

The `stages` of `Cells` are columns to add first, one after the other (so that no engine has to work a long expression
out twice); then `value` is null where the cell cannot be used, `faults` names why. `cast` is the type that the value
takes once the unusable rows are gone (whole numbers with gaps do not exist on every engine); `offset` and `fraction`, what
stands behind the second, are those of text dates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import narwhals.stable.v2 as nw

from segmentclient import frames

__all__ = [
    "STAGE",
    "Cells",
    "Stage",
    "Strip",
    "is_blank",
    "numbers_of",
    "stripped",
    "unreadable",
    "with_number_cells",
    "written_of",
]

STAGE = "_segmentclient_stage_"

Stage: TypeAlias = "dict[str, nw.Expr]"
Strip: TypeAlias = "Callable[[nw.Expr], nw.Expr]"  # what frames.stripping gives


@dataclass(frozen=True)
class Cells:
    """A column as it will be used: its value, and the condition of each fault in order of precedence."""

    value: nw.Expr
    faults: Mapping[str, nw.Expr]
    stages: tuple[Stage, ...] = ()
    problem: str = ""
    cast: Any = None
    offset: nw.Expr | None = None
    fraction: nw.Expr | None = None


def unreadable(problem: str) -> Cells:
    """Give the cells of a column that can never be read."""
    return Cells(nw.lit(None), {}, problem=problem)


def numbers_of(column: str) -> str:
    """Name the column of those cells of a column of objects that are numbers."""
    return f"{STAGE}numbers_{column}"


def written_of(column: str) -> str:
    """Name the column where a column of objects stands as text."""
    return f"{STAGE}written_{column}"


def stripped(column: str, dtype: Any, strip: Strip) -> nw.Expr:
    """Give text without outer blanks."""
    raw = nw.col(column)
    text = raw if type(dtype).__name__ == "String" else nw.when(~raw.is_null()).then(raw.cast(nw.String))
    return strip(text)


def is_blank(text: nw.Expr) -> nw.Expr:
    """Null, or without a character."""
    return text.is_null() | (text.str.len_chars() == 0)


def with_number_cells(frame: frames.Frame, columns: Iterable[str]) -> frames.Frame:
    """Put beside each column of objects those of its cells that are numbers already."""
    schema = frame.collect_schema()
    for column in columns:
        if isinstance(schema[column], nw.Object):
            frame = frames.with_numbers(frame, column, name=numbers_of(column))
    return frame
