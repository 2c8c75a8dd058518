"""Bare axes, and the little that is put back: lines, numbers, dates and names that are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.ticker import Formatter, MaxNLocator

from segmentclient.locale import Language
from segmentclient.plot import style
from segmentclient.plot.drawing import layout, lettering

__all__ = [
    "bare",
    "base_line",
    "category_axis",
    "count_axis",
    "date_axis",
    "grid_lines",
    "hide_axes",
    "number_axis",
    "share_axis",
]


def bare(ax: Axes) -> None:
    """Take spines, ticks and grid away; what is read is put back by each chart."""
    size = style.size_of(ax)
    ax.set_facecolor("none")
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(
        which="both",
        length=0,
        labelsize=size.small,
        labelcolor=style.MUTED,
        labelfontfamily=lettering.family(),
        pad=0.6 * size.small,
    )
    for tick in (*ax.get_xticklabels(), *ax.get_yticklabels()):
        tick.set(parse_math=False, usetex=False)


def hide_axes(ax: Axes) -> None:
    """Show no tick at all."""
    ax.set_xticks([])
    ax.set_yticks([])


def base_line(ax: Axes, side: str = "bottom") -> None:
    """Draw the line that bars stand on."""
    ax.spines[side].set(visible=True, color=style.MUTED, linewidth=0.8)


def grid_lines(ax: Axes, axis: Literal["x", "y"]) -> None:
    """Draw the few thin lines that values are read against."""
    ax.grid(True, axis=axis, color=style.GRID, linewidth=0.8, linestyle="-")
    ax.set_axisbelow(True)


def number_axis(
    ax: Axes,
    axis: Literal["x", "y"],
    show: Callable[[float, int], str],
    *,
    most: int = 5,
    whole: bool = False,
) -> None:
    """Write an axis' numbers in the reader's language, in few round steps; `show` gets a number and its decimals."""
    chosen = ax.xaxis if axis == "x" else ax.yaxis
    chosen.set_major_locator(
        MaxNLocator(most, steps=[1, 2, 5, 10], integer=whole, min_n_ticks=1 if whole else 2)
    )
    chosen.set_major_formatter(_Numbers(show))


class _Numbers(Formatter):
    """Ticks written by one function, all with the decimals that tell them apart."""

    def __init__(self, show: Callable[[float, int], str]) -> None:
        self.show = show

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Write all ticks."""
        decimals = _decimals(values)
        return [self.show(value, decimals) for value in values]

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Write one tick by itself."""
        return self.show(x, _decimals(getattr(self.axis, "get_majorticklocs", list)()))


def count_axis(ax: Axes, axis: Literal["x", "y"], words: Language, *, most: int = 5) -> None:
    """Write an axis of whole numbers, in thousands from ten thousand on."""

    def told(value: float, _: int) -> str:
        return words.compact(value) if abs(value) >= 10_000 else words.number(value)

    number_axis(ax, axis, told, most=most, whole=True)


def share_axis(ax: Axes, axis: Literal["x", "y"], words: Language, *, most: int = 5) -> None:
    """Write an axis of shares of 1 as percentages."""
    number_axis(ax, axis, lambda share, decimals: words.percent(share, max(0, decimals - 2)), most=most)


def _decimals(ticks: Iterable[float]) -> int:
    """Count the decimals that tell the ticks apart."""
    step = min((abs(b - a) for a, b in pairwise(ticks)), default=1.0)
    return next((places for places in range(7) if abs(round(step, places) - step) < 1e-6 * step), 6)


def date_axis(ax: Axes, days: Sequence[Any], words: Language) -> None:
    """Write a few dates of an axis that counts days or steps, the first and the last inside the chart's edges."""
    count = 2 if style.size_of(ax).width < 5 or len(days) < 8 else 4
    last = len(days) - 1
    places = sorted({round(last * step / (count - 1)) for step in range(count)})
    ax.set_xticks(places, [words.date(days[place]) for place in places])
    for place, tick in zip(places, ax.get_xticklabels(), strict=True):
        tick.set_horizontalalignment("left" if place == 0 else "right" if place == last else "center")


def category_axis(ax: Axes, labels: Sequence[str], *, share: float = 0.3) -> None:
    """Write the names of rows at their left, wrapped to a share of the width, and cut where rows are too low for them."""
    size = style.size_of(ax)
    room, lines = size.width * 72 * share, _lines_a_row(ax, labels, size.font)
    ax.set_yticks(range(len(labels)), [lettering.fit(label, room, size.font, lines) for label in labels])
    for tick in ax.get_yticklabels():
        tick.set(
            fontsize=size.font,
            color=style.INK,
            family=lettering.family(),
            parse_math=False,
            usetex=False,
            linespacing=1.1,
        )
    ax.set_ylim(len(labels) - 0.5, -0.5)


def _lines_a_row(ax: Axes, labels: Sequence[str], points: float) -> float:
    """Count the lines of text that are as high as a row; on a figure of ours, rows are as high as their names need."""
    whole = ax.figure.figure
    if hasattr(whole, "size") and len(whole.axes) == 1:
        return float("inf")
    return max(1, layout.axes_inches(ax)[1] * 72 // (1.2 * points * max(len(labels), 1)))
