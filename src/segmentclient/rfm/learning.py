"""Cut points learnt from a table: quantiles, nested quantiles, natural breaks, or the caller's own."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any, cast

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.rfm.applying import axis_expression
from segmentclient.rfm.breaks import jenks_breaks
from segmentclient.rfm.cuts import AXES, Cut
from segmentclient.rfm.options import Options

__all__ = ["learn"]


def learn(frame: frames.Frame, options: Options, group: tuple[tuple[str, Any], ...]) -> Iterable[Cut]:
    """Learn the cuts of one group, axis by axis; a nested axis is cut within the scores of those before it."""
    cuts: list[Cut] = []
    before: list[str] = []
    for axis, score in AXES.items():
        for within in _cells(cuts, before, group) if options.method_of(axis) == "nested" else [group]:
            inside = _inside(frame, options, cuts, within)
            cuts.append(Cut(axis, within, _points(inside, options, axis)))
        before.append(score)
    return cuts


def _cells(
    cuts: list[Cut], before: list[str], group: tuple[tuple[str, Any], ...]
) -> list[tuple[tuple[str, Any], ...]]:
    axes = [axis for axis, score in AXES.items() if score in before]
    sizes = [max(len(cut.points) for cut in cuts if cut.axis == axis) + 1 for axis in axes]
    numbers = itertools.product(*(range(1, size + 1) for size in sizes))
    return [(*group, *zip(before, cell, strict=True)) for cell in numbers]


def _inside(
    frame: frames.Frame, options: Options, cuts: list[Cut], within: tuple[tuple[str, Any], ...]
) -> frames.Frame:
    for axis, score in AXES.items():
        if any(name == score for name, _ in within):
            frame = frame.with_columns(axis_expression(cuts, options, axis).alias(score))
    for name, value in within:
        frame = frame.filter(nw.col(name) == value)
    return frame


def _points(frame: frames.Frame, options: Options, axis: str) -> tuple[float, ...]:
    bins, method, column = options.bins_of(axis), options.method_of(axis), options.columns[axis]
    if method == "fixed":
        return tuple(float(point) for point in bins)  # type: ignore[union-attr]
    if method == "jenks":
        values = frames.collect(frame.group_by(column).agg(nw.len().alias("_n")))
        return jenks_breaks(values[column].to_numpy(float), values["_n"].to_numpy(float), cast(int, bins))
    probabilities = [one / bins for one in range(1, bins)] if isinstance(bins, int) else list(bins)
    quantiles = _quantiles(frame, column, probabilities)
    return tuple(point + 1 for point in quantiles) if method == "r_rfm" else quantiles


def _quantiles(frame: frames.Frame, column: str, probabilities: Sequence[float]) -> tuple[float, ...]:
    """Type-7 quantiles, to twelve digits: sums of money differ in the last bits with the order of the rows."""
    value = nw.col(column).cast(nw.Float64)
    names = [f"q{place}" for place in range(len(probabilities))]
    if (
        isinstance(frame, nw.LazyFrame) and not frame.implementation.is_dask()
    ):  # Dask has none over partitions
        row = frames.one_row(
            frame, **{name: value.quantile(p, "linear") for name, p in zip(names, probabilities, strict=True)}
        )
        found = [row[name] for name in names]
    else:
        data = frames.collect(frame, [column]) if isinstance(frame, nw.LazyFrame) else frame
        values = data[column].to_numpy().astype(float)
        found = list(np.quantile(values, probabilities)) if len(values) else [None]
    if found[0] is None:  # a nested cell without customers
        return (0.0,) * len(names)
    return tuple(_twelve_digits(point) for point in found)


def _twelve_digits(value: float) -> float:
    return float(f"{value:.12g}")
