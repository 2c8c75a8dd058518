"""What a rule says, as a tree: columns, constants and conditions, each with its place in the text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

__all__ = [
    "All", "AnyOf", "Arithmetic", "Column", "Compare", "Condition", "Constant", "Fault", "Flag", "IsIn", "IsMissing",
    "Leaf", "Not", "Place", "UnknownColumn", "Value", "columns_of", "leaves_of", "point_at",
]  # fmt: skip

Place: TypeAlias = tuple[int, int]
Kind = Literal["number", "text", "date", "boolean"]


class Fault(Exception):
    """What is wrong with a rule, and where in its text; callers turn it into a `RuleError`."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.message, self.place = message, place


@dataclass(frozen=True)
class Column:
    """A column of the table, by name."""

    name: str
    place: Place = field(compare=False)


class UnknownColumn(Fault):
    """A column that the table does not have; `detail` is its name with a hint."""

    def __init__(self, column: Column, hint: str) -> None:
        self.name, self.detail = column.name, f"{column.name!r}{hint}"
        super().__init__(f"unknown column {self.detail}", column.place)


@dataclass(frozen=True)
class Constant:
    """A number, a text, a date or a truth value."""

    value: float | str | bool | dt.date
    kind: Kind
    place: Place = field(compare=False)

    @property
    def number(self) -> float:
        """The number, or the day counted from year 1, as `frames.days` does."""
        return float(self.value.toordinal() if isinstance(self.value, dt.date) else self.value)


@dataclass(frozen=True)
class Arithmetic:
    """Two values joined by + - * / // % or **."""

    operator: str
    left: Value
    right: Value
    place: Place = field(compare=False)


@dataclass(frozen=True)
class Compare:
    """Two values compared."""

    operator: str
    left: Value
    right: Value
    place: Place = field(compare=False)


@dataclass(frozen=True)
class IsIn:
    """A value looked up in a list of constants."""

    value: Value
    options: tuple[Constant, ...]
    inside: bool
    place: Place = field(compare=False)


@dataclass(frozen=True)
class IsMissing:
    """A value asked whether it is missing."""

    value: Value
    missing: bool
    place: Place = field(compare=False)


@dataclass(frozen=True)
class Flag:
    """A true / false column that stands as a condition."""

    column: Column


@dataclass(frozen=True)
class Not:
    """The contrary of a condition."""

    part: Condition


@dataclass(frozen=True)
class All:
    """Conditions joined by `and`."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """Conditions joined by `or`."""

    parts: tuple[Condition, ...]


Value: TypeAlias = Column | Constant | Arithmetic
Leaf: TypeAlias = Compare | IsIn | IsMissing | Flag
Condition: TypeAlias = Leaf | Not | All | AnyOf


def leaves_of(condition: Condition) -> Iterator[Leaf]:
    """List the conditions that hold no other condition."""
    if isinstance(condition, Not):
        yield from leaves_of(condition.part)
    elif isinstance(condition, (All, AnyOf)):
        for part in condition.parts:
            yield from leaves_of(part)
    else:
        yield condition


def _columns_in(value: Value) -> Iterator[Column]:
    if isinstance(value, Column):
        yield value
    elif isinstance(value, Arithmetic):
        yield from _columns_in(value.left)
        yield from _columns_in(value.right)


def columns_of(condition: Condition) -> Iterator[Column]:
    """List the columns that a condition names, in the order of the text."""
    for leaf in leaves_of(condition):
        if isinstance(leaf, Flag):
            yield leaf.column
        elif isinstance(leaf, Compare):
            yield from _columns_in(leaf.left)
            yield from _columns_in(leaf.right)
        else:
            yield from _columns_in(leaf.value)


def point_at(text: str, place: Place, width: int = 90) -> str:
    """Show the place in the text, with carets underneath (only the stretch around it when the text is long)."""
    start, end = max(place[0], 0), max(place[1], place[0] + 1)
    before = text.rfind("\n", 0, start) + 1
    after = text.find("\n", start)
    after = len(text) if after < 0 else after
    left, right = max(before, start - width // 2), min(after, start + width // 2)
    head, tail = "…" if left > before else "", "…" if right < after else ""
    stretch = "".join(character if character.isprintable() else "?" for character in text[left:right])
    carets = "^" * max(1, min(end, right) - start)
    return f"    {head}{stretch}{tail}\n    {' ' * (len(head) + start - left)}{carets}"
