"""What a scorer accepts, from the caller and from JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from segmentclient.errors import ModelError
from segmentclient.rfm.cuts import AXES, Cut, cells_of
from segmentclient.stored import as_number, read_stored, refuse_unknown

__all__ = [
    "METHODS",
    "OPTIONS",
    "Bins",
    "Options",
    "check_cells",
    "check_number_of_points",
    "option_problems",
    "read_json",
]


METHODS = ("quantile", "nested", "fixed", "jenks", "r_rfm")

Bins = int | Mapping[str, int | Sequence[float]]


@dataclass(frozen=True)
class Options:
    """What the caller of a scorer chose."""

    bins: Bins
    method: str | Mapping[str, str]
    recency: str
    frequency: str
    monetary: str
    weights: Sequence[float] | None
    groupby: str | None

    @property
    def columns(self) -> dict[str, str]:
        """Axis → the column that is scored."""
        return {axis: getattr(self, axis) for axis in AXES}

    def method_of(self, axis: str) -> str:
        """Name the method of an axis."""
        return self.method if isinstance(self.method, str) else self.method.get(axis, "quantile")

    def bins_of(self, axis: str) -> int | Sequence[float]:
        """Give the number of bins of an axis, or its list."""
        bins = self.bins.get(axis, 5) if isinstance(self.bins, Mapping) else self.bins
        return int(bins) if isinstance(bins, np.integer) else bins


OPTIONS = tuple(field.name for field in fields(Options))


def option_problems(options: Options) -> Iterable[str]:
    """Say what is wrong with the options, one sentence each."""
    for name in ("bins", "method"):
        value = getattr(options, name)
        if isinstance(value, Mapping) and not set(value) <= set(AXES):
            yield f"{name}={value!r}: the axes are {', '.join(AXES)}"
    for axis in AXES:
        method, bins = options.method_of(axis), options.bins_of(axis)
        if method not in METHODS:
            yield f"method={method!r}; accepted: {', '.join(METHODS)}"
        elif isinstance(bins, int):
            yield from _count_problems(axis, method, bins)
        elif isinstance(bins, Iterable) and not isinstance(bins, str):
            yield from _list_problems(axis, method, list(bins))
        else:
            yield f"bins={bins!r} for {axis}; accepted: a whole number (2 to 9) or a list"
    if options.weights is not None and (
        len(options.weights) != 3 or min(options.weights) < 0 or not 0 < sum(options.weights) < np.inf
    ):
        yield f"weights={options.weights!r}: give three numbers of 0 or more (R, F, M), finite and not all 0"


def _count_problems(axis: str, method: str, bins: int) -> Iterable[str]:
    if isinstance(bins, bool) or not 2 <= bins <= 9:
        yield f"bins={bins!r} for {axis}; accepted: 2 to 9"
    if method == "fixed":
        yield f"method='fixed' needs cut points: bins={{{axis!r}: [..]}} in its own unit, found {bins!r}"


def _list_problems(axis: str, method: str, points: list[float]) -> Iterable[str]:
    if (
        not 1 <= len(points) <= 8
        or not all(isinstance(point, int | float | np.number) and np.isfinite(point) for point in points)
        or points != sorted(points)
    ):
        yield f"bins for {axis}: give 1 to 8 finite cut points in increasing order, found {points!r}"
    elif method == "jenks":
        yield f"bins for {axis}: natural breaks take a number of bins, not a list"
    elif method != "fixed" and not all(0 < point < 1 for point in points):
        yield f"bins for {axis}: under method={method!r} a list holds probabilities between 0 and 1, found {points!r}"


def check_cells(cuts: Sequence[Cut], options: Options) -> None:
    """Raise a `ValueError` where some cell of a group has no cut points of an axis, or one is there that has none."""
    groups = {cut.within[:1] for cut in cuts} if options.groupby else {()}
    if any([name for name, _ in group] != [options.groupby] for group in groups if options.groupby):
        raise ValueError(f"cut points without a group of {options.groupby!r}")
    for place, axis in enumerate(AXES):
        nested = options.method_of(axis) == "nested"
        cells = cells_of(cuts, list(AXES.values())[:place]) if nested else [()]
        wanted = [repr((*group, *cell)) for group in groups for cell in cells]
        found = [repr(cut.within) for cut in cuts if cut.axis == axis]
        if sorted(found) != sorted(wanted):
            raise ValueError(f"{axis} has cut points of {len(found)} cells, and {len(wanted)} are needed")


def check_number_of_points(cut: Cut, options: Options) -> None:
    """Raise a `ValueError` where there are other cut points than the options ask for."""
    bins = options.bins_of(cut.axis)
    expected = bins - 1 if isinstance(bins, int) else len(bins)
    if len(cut.points) != expected:
        raise ValueError(f"{cut.axis} has {len(cut.points)} cut points, and bins={bins!r}")


def read_json(text: str) -> dict[str, Any]:
    """Read and check what `to_json` wrote."""
    try:
        data = read_stored(text, "RFMScorer", version=1)
        refuse_unknown(data, ("format", "version", "options", "cuts"), "RFMScorer")
        right = (
            data["format"] == "segmentclient.RFMScorer"
            and set(data["options"]) == set(OPTIONS)
            and {cut["axis"] for cut in data["cuts"]} == set(AXES)
            and all(_is_cut(cut) for cut in data["cuts"])
        )
    except ModelError:
        raise
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise ModelError(
            f"RFMScorer.from_json: not a scorer written by to_json ({type(error).__name__}: {error})"
        ) from None
    if not right:
        raise ModelError("RFMScorer.from_json: not a scorer written by to_json")
    return data


def _is_cut(cut: dict[str, Any]) -> bool:
    """Rising points, within conditions (column, value)."""
    refuse_unknown(cut, ("axis", "within", "points"), "RFMScorer")
    points = [as_number(point) for point in cut["points"]]
    return (
        0 < len(points) < 9
        and bool(np.isfinite(points).all())
        and points == sorted(points)
        and all(
            isinstance(name, str) and (isinstance(value, str | float) or -(2**63) <= value < 2**64)
            for name, value in cut["within"]
        )
    )
