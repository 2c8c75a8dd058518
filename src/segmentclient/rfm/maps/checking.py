"""What is wrong with a map, a range or a file: one sentence each; and what a check of a whole map found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentclient.schema import unknown_names

__all__ = ["MapCheck", "map_problems", "range_problems", "score_problems", "toml_problems"]


@dataclass(frozen=True)
class MapCheck:
    """What `SegmentMap.check` found; `is_partition` when every cell has exactly one segment."""

    n_cells: int
    uncovered: tuple[str, ...]
    overlapping: tuple[str, ...]
    unreachable: tuple[str, ...]

    @property
    def is_partition(self) -> bool:
        """True when no cell is uncovered or matched twice and every segment can be reached."""
        return not (self.uncovered or self.overlapping or self.unreachable)

    def __str__(self) -> str:
        if self.is_partition:
            return f"{self.n_cells} cells: each has exactly one segment, every segment can be reached"
        parts = [
            ("uncovered", self.uncovered),
            ("matched twice", self.overlapping),
            ("never reached", self.unreachable),
        ]
        found = "; ".join(f"{len(what)} {name}: {' '.join(what)}" for name, what in parts if what)
        return f"{self.n_cells} cells; {found}"

    def __repr__(self) -> str:
        return f"MapCheck: {self}"

    def _repr_html_(self) -> str:
        from segmentclient.render import html_card

        return html_card("Check of a segment map", {"partition": self.is_partition}, foot=f"{self}.")


def toml_problems(data: Mapping[str, Any]) -> Iterable[str]:
    """Say what is wrong with a map read from TOML."""
    yield from unknown_names(data, ("name", "bins", "default", "scored_by", "cells", "segments"))
    if not isinstance(data.get("bins"), int):
        yield f"bins must be a whole number from 2 to 9, found {data.get('bins')!r}"
    cells = data.get("cells")
    if not isinstance(cells, dict) or not all(isinstance(patterns, list) for patterns in cells.values()):
        yield "[cells] must list the patterns of each segment, such as champions = ['55.']"
    yield from (
        f"{key!r} must be text, found {data[key]!r}"
        for key in ("name", "default", "scored_by")
        if not isinstance(data.get(key, ""), str)
    )
    described = data.get("segments", {})
    if not isinstance(described, dict):
        yield f"[segments.<key>] describes a segment, found segments = {described!r}"
        return
    for key, words in described.items():
        if not _is_described(words):
            yield f"[segments.{key}] takes label (needed), colour, meaning and action, each a text"


def _is_described(words: Any) -> bool:
    known = {"label", "colour", "meaning", "action"}
    return (
        isinstance(words, dict)
        and "label" in words
        and set(words) <= known
        and all(isinstance(text, str) for text in words.values())
    )


def map_problems(bins: Any, cells: Mapping[str, Iterable[str]]) -> Iterable[str]:
    """Say what is wrong with the number of scores and the patterns of a map."""
    if not isinstance(bins, int) or not 2 <= bins <= 9:
        yield f"bins must be a whole number from 2 to 9, found {bins!r}"
    for key, patterns in cells.items():
        for pattern in patterns:
            if not isinstance(pattern, str) or not re.fullmatch(r"(\d|\.|\[\d+\]){3}", pattern):
                yield f"{key}: {pattern!r} is not a cell pattern; one place an axis (R, F, M): 5, [45] or ."


def range_problems(one: Mapping[str, Any], bins: int) -> Iterable[str]:
    """Say what is wrong with one range of scores."""
    if not isinstance(one, Mapping):
        yield f"each range is a mapping such as {{'segment': 'champions', 'r': (4, 5)}}, found {one!r}"
        return
    if not isinstance(one.get("segment"), str):
        yield f"each range needs a text 'segment', found {one!r}"
    odd = [key for key in one if key not in ("segment", *"rfm")]
    if odd:
        yield f"each range takes segment, r, f and m, found {', '.join(map(repr, odd))} in {one!r}"
    for axis in "rfm":
        limits = one.get(axis)
        if limits is not None and not _is_range(limits, bins):
            yield f"{one.get('segment')}: {axis}={limits!r} is not a range (low, high) within 1 to {bins}"


def _is_range(limits: Any, bins: int) -> bool:
    return (
        isinstance(limits, Sequence)
        and len(limits) == 2
        and all(isinstance(limit, int | np.integer) and not isinstance(limit, bool) for limit in limits)
        and 1 <= limits[0] <= limits[1] <= bins
    )


def score_problems(odd: Mapping[str, Any]) -> Iterable[str]:
    """Say which columns of scores hold how many values that are none: less than 1, or no whole number."""
    for column, count in odd.items():
        if count:
            yield f"column {column!r} has {int(count):,} values that are no scores; accepted: whole numbers from 1, as score_rfm makes them"
