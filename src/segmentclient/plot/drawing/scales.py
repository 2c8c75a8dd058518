"""Bare axes, and the little that is put back: lines, numbers, dates and names that are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from segmentclient.locale import Language
from segmentclient.plot import style
from segmentclient.plot.drawing import lettering

__all__ = ["bare", "base_line", "category_axis", "date_axis", "grid_lines", "hide_axes", "number_axis"]


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
        tick.set_parse_math(False)


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


def number_axis(ax: Axes, axis: Literal["x", "y"], show: Callable[[float], str], *, most: int = 5) -> None:
    """Write an axis' numbers in the reader's language, with few round steps."""
    chosen = ax.xaxis if axis == "x" else ax.yaxis
    chosen.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
    chosen.set_major_formatter(FuncFormatter(lambda value, _: show(value)))


def date_axis(ax: Axes, days: Sequence[Any], words: Language) -> None:
    """Write a few dates of an axis that counts days or steps, the first and the last inside the chart's edges."""
    count = 2 if style.size_of(ax).width < 5 or len(days) < 8 else 4
    last = len(days) - 1
    places = sorted({round(last * step / (count - 1)) for step in range(count)})
    ax.set_xticks(places, [words.date(days[place]) for place in places])
    for place, tick in zip(places, ax.get_xticklabels(), strict=True):
        tick.set_horizontalalignment("left" if place == 0 else "right" if place == last else "center")


def category_axis(ax: Axes, labels: Sequence[str], *, share: float = 0.3) -> None:
    """Write the names of rows at their left, wrapped to a share of the figure's width."""
    size = style.size_of(ax)
    room = ax.figure.figure.get_figwidth() * 72 * share
    ax.set_yticks(range(len(labels)), [lettering.wrap(label, room, size.font) for label in labels])
    for tick in ax.get_yticklabels():
        tick.set(
            fontsize=size.font, color=style.INK, family=lettering.family(), parse_math=False, linespacing=1.1
        )
    ax.set_ylim(len(labels) - 0.5, -0.5)
