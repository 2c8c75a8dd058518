"""Can a rule ever be reached? A proof from the texts alone, without data.

A condition is spread out into boxes: each box says, column by column, which values are let in, and the condition is
true where one box lets a customer in. A rule whose boxes are all empty is never true; a rule whose boxes all lie
within boxes of earlier rules is never reached. What is compared otherwise than with a constant (two columns, arithmetic)
is kept as a sign that must be found again word for word. The proof may miss something; it never accuses wrongly.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from segmentclient.segments.rule_tree import (
    All,
    AnyOf,
    Column,
    Compare,
    Condition,
    Constant,
    Flag,
    IsIn,
    IsMissing,
    Leaf,
    Not,
)

__all__ = ["never_true", "taken_by"]

MOST_BOXES = 200
_INVERSE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_MIRROR = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True)
class _Range:
    """Numbers (or days) between two bounds; a bound is (value, 0 if it is inside, else ±1)."""

    low: tuple[float, int] = (-math.inf, 0)
    high: tuple[float, int] = (math.inf, 0)

    def empty(self) -> bool:
        return self.low[0] > self.high[0] or (
            self.low[0] == self.high[0] and (self.low[1], self.high[1]) != (0, 0)
        )

    def within(self, other: _Range) -> bool:
        return self.low >= other.low and self.high <= other.high


@dataclass(frozen=True)
class _Choice:
    """Texts or truth values: these ones, or all but these."""

    values: frozenset[Any]
    inside: bool

    def empty(self) -> bool:
        return self.inside and not self.values

    def within(self, other: _Choice) -> bool:
        if self.inside:
            return self.values <= other.values if other.inside else not self.values & other.values
        return not other.inside and other.values <= self.values


_State: TypeAlias = "_Range | _Choice | Literal['known', 'missing', 'true']"
_Box: TypeAlias = "Mapping[Any, _State]"


class _TooMany(Exception):
    """The condition has too many boxes, or mixes kinds; nothing is proved about it."""


def never_true(condition: Condition) -> bool:
    """Tell whether the condition contradicts itself."""
    return _boxes_or_none(condition) == []


def taken_by(condition: Condition, earlier: Sequence[Condition]) -> list[int] | None:
    """Name the earlier conditions that let in whatever this one lets in, or None when that is not proved."""
    if condition in earlier:
        return [list(earlier).index(condition)]
    mine = _boxes_or_none(condition)
    if not mine:
        return None
    theirs = [
        (position, box) for position, other in enumerate(earlier) for box in _boxes_or_none(other) or []
    ]
    takers = [next((position for position, box in theirs if _within(one, box)), None) for one in mine]
    return None if None in takers else sorted({taker for taker in takers if taker is not None})


def _boxes_or_none(condition: Condition) -> list[_Box] | None:
    try:
        return _boxes(condition, True)
    except _TooMany:
        return None


def _boxes(condition: Condition, want: bool) -> list[_Box]:
    if isinstance(condition, Not):
        return _boxes(condition.part, not want)
    if isinstance(condition, (All, AnyOf)):
        parts = [_boxes(part, want) for part in condition.parts]
        if isinstance(condition, AnyOf) is want:
            return _counted(box for part in parts for box in part)
        return _product(parts)
    return _counted(_leaf_boxes(condition, want))


def _counted(boxes: Iterable[_Box]) -> list[_Box]:
    listed = list(boxes)
    if len(listed) > MOST_BOXES:
        raise _TooMany
    return listed


def _product(parts: Sequence[list[_Box]]) -> list[_Box]:
    found: list[_Box] = [{}]
    for part in parts:
        both = (_intersection(one, other) for one in found for other in part)
        found = _counted(box for box in both if box is not None)
    return found


def _intersection(one: _Box, other: _Box) -> _Box | None:
    merged = dict(one)
    for key, state in other.items():
        both = _meet(merged.get(key, state), state)
        if both is None:
            return None
        merged[key] = both
    return merged


def _meet(one: _State, other: _State) -> _State | None:
    if one == other:
        return one
    if "missing" in (one, other):
        return None
    if "known" in (one, other):
        return other if one == "known" else one
    if isinstance(one, _Range) and isinstance(other, _Range):
        both: _Range | _Choice = _Range(max(one.low, other.low), min(one.high, other.high))
    elif isinstance(one, _Choice) and isinstance(other, _Choice):
        both = _common(one, other)
    else:
        raise _TooMany
    return None if both.empty() else both


def _common(one: _Choice, other: _Choice) -> _Choice:
    if one.inside and other.inside:
        return _Choice(one.values & other.values, True)
    if not one.inside and not other.inside:
        return _Choice(one.values | other.values, False)
    allowed, refused = (one, other) if one.inside else (other, one)
    return _Choice(allowed.values - refused.values, True)


def _within(one: _Box, other: _Box) -> bool:
    return all(_implies(one.get(key), state) for key, state in other.items())


def _implies(one: _State | None, other: _State) -> bool:
    if one is None or one == other:
        return one is not None
    if other == "known":
        return one != "missing"
    if isinstance(one, _Range) and isinstance(other, _Range):
        return one.within(other)
    return isinstance(one, _Choice) and isinstance(other, _Choice) and one.within(other)


# --- leaves -----------------------------------------------------------------------------------------------


def _leaf_boxes(leaf: Leaf, want: bool) -> Iterator[_Box]:
    if isinstance(leaf, Flag):
        yield {leaf.column: _Choice(frozenset({want}), True)}
    elif isinstance(leaf, IsMissing):
        yield {leaf.value: "missing" if leaf.missing is want else "known"}
    elif isinstance(leaf, IsIn):
        yield from _in_boxes(leaf, want)
    else:
        yield from _compare_boxes(leaf, want)


def _in_boxes(leaf: IsIn, want: bool) -> Iterator[_Box]:
    if all(option.kind in {"text", "boolean"} for option in leaf.options):
        yield {leaf.value: _Choice(frozenset(option.value for option in leaf.options), leaf.inside is want)}
        return
    points = sorted({_number(option) for option in leaf.options})
    if leaf.inside is want:
        yield from ({leaf.value: _Range((point, 0), (point, 0))} for point in points)
        return
    edges = [-math.inf, *points, math.inf]
    yield from ({leaf.value: _between(low, high)} for low, high in itertools.pairwise(edges))


def _between(low: float, high: float) -> _Range:
    return _Range((low, 1 if math.isfinite(low) else 0), (high, -1 if math.isfinite(high) else 0))


def _number(constant: Constant) -> float:
    if constant.kind not in {"number", "date"}:
        raise _TooMany
    return constant.number


def _compare_boxes(leaf: Compare, want: bool) -> Iterator[_Box]:
    sign, value, constant = leaf.operator, leaf.left, leaf.right
    if isinstance(value, Constant):
        sign, value, constant = _MIRROR[sign], leaf.right, leaf.left
    sign = sign if want else _INVERSE[sign]
    if not isinstance(constant, Constant) or (
        constant.kind in {"text", "boolean"} and sign not in {"==", "!="}
    ):
        yield {
            ("as written", value, sign, constant): "true",
            **({value: "known"} if isinstance(value, Column) else {}),
        }
        return
    if constant.kind in {"text", "boolean"}:
        yield {value: _Choice(frozenset({constant.value}), sign == "==")}
        return
    point = _number(constant)
    if sign == "!=":
        yield from ({value: _Range(high=(point, -1))}, {value: _Range(low=(point, 1))})
    else:
        yield {value: _ranges(point)[sign]}


def _ranges(point: float) -> dict[str, _Range]:
    return {
        "==": _Range((point, 0), (point, 0)),
        "<": _Range(high=(point, -1)),
        "<=": _Range(high=(point, 0)),
        ">": _Range(low=(point, 1)),
        ">=": _Range(low=(point, 0)),
    }
