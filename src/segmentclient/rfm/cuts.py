"""Cut points of one axis, and the ranges of values they make."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["AXES", "Cut", "cells_of", "conditions_text", "plain_value", "score_ranges"]


AXES = {"recency": "r_score", "frequency": "f_score", "monetary": "m_score"}


@dataclass(frozen=True)
class Cut:
    """The cut points of one axis, within the customers that meet every condition (column, value)."""

    axis: str
    within: tuple[tuple[str, Any], ...]
    points: tuple[float, ...]


def score_ranges(cut: Cut) -> Iterable[tuple[int, float, float]]:
    """Each score with the values it takes: above `low`, up to `high`."""
    edges = [-np.inf, *cut.points, np.inf]
    scores = range(len(cut.points) + 1, 0, -1) if cut.axis == "recency" else range(1, len(cut.points) + 2)
    return sorted(zip(scores, edges[:-1], edges[1:], strict=True))


def conditions_text(within: tuple[tuple[str, Any], ...]) -> str:
    """Say conditions in words."""
    return ", ".join(f"{name}={value}" for name, value in within)


def cells_of(cuts: Iterable[Cut], before: Sequence[str]) -> list[tuple[tuple[str, int], ...]]:
    """Every combination of the scores of the axes before."""
    sizes = dict.fromkeys(before, 1)
    for cut in cuts:
        if AXES[cut.axis] in sizes:
            sizes[AXES[cut.axis]] = max(sizes[AXES[cut.axis]], len(cut.points) + 1)
    numbers = itertools.product(*(range(1, size + 1) for size in sizes.values()))
    return [tuple(zip(before, cell, strict=True)) for cell in numbers]


def plain_value(value: Any) -> Any:
    """Turn numpy scalars into Python's."""
    return value.item() if isinstance(value, np.generic) else value
