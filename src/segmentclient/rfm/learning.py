"""Cut points learnt from a table: quantiles, nested quantiles, natural breaks, or the caller's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.rfm.applying import axis_expression
from segmentclient.rfm.breaks import jenks_breaks
from segmentclient.rfm.cuts import AXES, Cut, cells_of
from segmentclient.rfm.options import Options

__all__ = ["Learnt", "learn"]


class Learnt(NamedTuple):
    """The cut points of one axis within one cell, and the highest value there (None where nobody is)."""

    cut: Cut
    highest: float | None


def learn(frame: frames.Frame, options: Options, group: tuple[tuple[str, Any], ...]) -> Iterable[Learnt]:
    """Learn the cuts of one group, axis by axis; a nested axis is cut within the scores of those before it."""
    learnt: list[Learnt] = []
    before: list[str] = []
    inside = _meeting(frame, group)
    for axis, score in AXES.items():
        nested = options.method_of(axis) == "nested"
        for cell in cells_of([one.cut for one in learnt], before) if nested else [()]:
            points, highest = _points(_meeting(inside, cell), options, axis)
            if highest is None:  # nobody is there yet: those who come are measured by everybody
                points, _ = _points(inside, options, axis)
            learnt.append(Learnt(Cut(axis, (*group, *cell), points), highest))
        before.append(score)
        if any(options.method_of(later) == "nested" for later in list(AXES)[len(before) :]):
            cuts = [one.cut for one in learnt]
            inside = inside.with_columns(axis_expression(cuts, options, axis).alias(score))
    return learnt


def _meeting(frame: frames.Frame, within: tuple[tuple[str, Any], ...]) -> frames.Frame:
    """Keep the customers that meet every condition."""
    for name, value in within:
        frame = frame.filter(nw.col(name) == value)
    return frame


def _points(frame: frames.Frame, options: Options, axis: str) -> tuple[tuple[float, ...], float | None]:
    """Give the cut points of an axis, and its highest value."""
    bins, method, column = options.bins_of(axis), options.method_of(axis), options.columns[axis]
    if method == "fixed":
        highest = frames.one_row(frame, most=nw.col(column).cast(nw.Float64).max())["most"]
        return tuple(float(point) for point in cast("Sequence[float]", bins)), highest
    if method == "jenks":
        values = frames.collect(frame.group_by(column).agg(nw.len().alias(_COUNT)))
        held = values[column].to_numpy(float)
        points = jenks_breaks(held, values[_COUNT].to_numpy(float), cast(int, bins))
        return points, float(held.max()) if held.size else None
    probabilities = [one / bins for one in range(1, bins)] if isinstance(bins, int) else list(bins)
    quantiles, highest = _quantiles(frame, column, probabilities)
    return tuple(point + 1 for point in quantiles) if method == "r_rfm" else quantiles, highest


_COUNT = "_segmentclient_count"


def _quantiles(
    frame: frames.Frame, column: str, probabilities: Sequence[float]
) -> tuple[tuple[float, ...], float | None]:
    """Type-7 quantiles, to twelve digits: sums of money differ in the last bits with the order of the rows."""
    wanted = [*probabilities, 1.0]
    value = nw.col(column).cast(nw.Float64)
    names = [f"q{place}" for place in range(len(wanted))]
    if (
        isinstance(frame, nw.LazyFrame) and not frame.implementation.is_dask()
    ):  # Dask has none over partitions
        row = frames.one_row(
            frame, **{name: value.quantile(p, "linear") for name, p in zip(names, wanted, strict=True)}
        )
        found = [row[name] for name in names]
    else:
        values = frames.collect(frame.select(value.alias(column)))[column].to_numpy(float)
        found = list(np.quantile(values, wanted)) if len(values) else [None]
    if found[0] is None:  # a nested cell without customers
        return (0.0,) * len(probabilities), None
    return tuple(_twelve_digits(point) for point in found[:-1]), found[-1]


def _twelve_digits(value: float) -> float:
    return float(f"{value:.12g}")
