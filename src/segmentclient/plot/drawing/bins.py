"""Histograms: the range that most customers are in, its bins, the bars, and the note on who is beyond."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from segmentclient.locale import Language
from segmentclient.plot import style
from segmentclient.plot.drawing import scales

__all__ = ["bin_edges", "draw_bins", "hidden_note", "typical_range", "whole_edges"]


def typical_range(held: np.ndarray, cuts: Sequence[float] = ()) -> tuple[float, float]:
    """Bounds that hold nearly everybody and the cuts, when the few beyond would flatten the rest; else everybody."""
    low, high = min(0.0, float(held.min())), float(held.max())
    most = max(float(np.quantile(held, 0.95)), *(1.3 * cut for cut in cuts), 0.0)
    least = min(float(np.quantile(held, 0.01)), *(1.3 * cut for cut in cuts), 0.0)
    high = most if 0 < 1.3 * most < high else high
    return (least if low < least - 0.2 * (high - least) else low), high


def bin_edges(low: float, high: float, count: int = 30) -> np.ndarray:
    """Cut a range into about `count` bins with round edges, the last one no lower than `high`."""
    if high <= low:
        return np.array([low - 0.5, low + 0.5])
    return np.asarray(MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))


def whole_edges(low: float, high: float, most: int = 60) -> np.ndarray:
    """Cut whole numbers into bins of a whole width, with edges halfway between them."""
    step = max(1, int(np.ceil((high - low + 1) / most)))
    return np.arange(np.floor(low), high + step + 0.5, step) - 0.5


def draw_bins(ax: Axes, held: np.ndarray, edges: np.ndarray, looks: Mapping[str, Any]) -> np.ndarray:
    """Draw one bar a bin, as high as its customers, and give their numbers."""
    counts, _ = np.histogram(held[held <= edges[-1]], bins=edges)
    options = {"color": style.GREY, "align": "edge", "edgecolor": style.SURFACE, "linewidth": 0.7, **looks}
    ax.bar(edges[:-1], counts.astype(float), np.diff(edges), **options)
    beside = 2.0 if len(edges) == 2 else 0.0
    ax.set_xlim(edges[0] - beside, edges[-1] + beside)
    scales.base_line(ax)
    scales.grid_lines(ax, "y")
    return counts


def hidden_note(words: Language, held: np.ndarray, edges: np.ndarray, show: Callable[[float], str]) -> str:
    """Say how many customers are beyond the bins; nothing when nobody is."""
    above, below = int((held > edges[-1]).sum()), int((held < edges[0]).sum())
    notes = (
        words.plural(
            "{n} customer above {limit} is not drawn", "{n} customers above {limit} are not drawn",
            above, limit=show(float(np.floor(edges[-1]))),
        ) if above else "",
        words.plural(
            "{n} customer below {limit} is not drawn", "{n} customers below {limit} are not drawn",
            below, limit=show(float(np.ceil(edges[0]))),
        ) if below else "",
    )  # fmt: skip
    return words.text("; ").join(note for note in notes if note)
