"""Words on a chart: beside a mark, along an axis, above the lines they name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from segmentclient.locale import Language
from segmentclient.plot import style
from segmentclient.plot.drawing import layout, lettering, scales

__all__ = ["beside", "brief_count", "count_note", "name_lines", "nothing", "write", "x_title", "y_title"]


def x_title(ax: Axes, *lines: str) -> None:
    """Write what the x axis holds, and notes below it, wrapped to the width of the figure."""
    size = style.size_of(ax)
    room = _room(ax, lines)
    text = "\n".join(lettering.wrap(line, room, size.small) for line in lines if line)
    ax.set_xlabel(
        text,
        fontsize=size.small,
        color=style.MUTED,
        family=lettering.family(),
        loc="left",
        parse_math=False,
        usetex=False,
        labelpad=6,
    )


def _room(ax: Axes, lines: Sequence[str]) -> float:
    """Points across the axes for lines of small text; lines that fit any axes are not measured against them."""
    size = style.size_of(ax)
    least = 0.3 * size.width * 69
    if lettering.widest(lines, size.small) <= least:
        return least
    return max(layout.axes_inches(ax)[0] * 69, least)


def y_title(ax: Axes, text: str) -> None:
    """Write what the y axis holds, flat above the axis, where it is read without turning the head."""
    size = style.size_of(ax)
    shown = lettering.wrap(text, _room(ax, [text]), size.small)
    looks: dict[str, Any] = {"ha": "left", "va": "bottom", "fontsize": size.small, "color": style.MUTED}
    beside(ax, 0, 1, shown, dy=6, xycoords="axes fraction", **looks)


def name_lines(ax: Axes, y_text: str, names: Sequence[tuple[str, str]]) -> None:
    """Write what the y axis holds, and above it the name of each line in its colour."""
    size, across = style.size_of(ax), 0.0
    y_title(ax, y_text)
    for text, colour in names:
        looks: dict[str, Any] = {"fontsize": size.small, "weight": "bold", "color": colour}
        beside(
            ax, 0, 1, text, dx=across, dy=6 + size.small * 1.5, va="bottom", xycoords="axes fraction", **looks
        )
        across += lettering.text_width(text, size.small, "bold") + 1.4 * size.small


def brief_count(words: Language, count: float) -> str:
    """Write a number of customers, in thousands from ten thousand on."""
    return words.compact(count) if count >= 10_000 else words.number(count)


def count_note(words: Language, count: float) -> str:
    """Write a number of customers as a note that no line break cuts: n = 1,234."""
    told = words.text("n = {count}", count=brief_count(words, count))
    return told.replace(" ", "\N{NO-BREAK SPACE}")


def write(ax: Axes, x: float, y: float, text: str, **options: Any) -> Any:
    """Write text inside the axes, at a place of the data (or `transform=`); the layout makes no room for it."""
    return ax.text(x, y, text, **{**_type(ax), "in_layout": False, **options})


def beside(ax: Axes, x: float, y: float, text: str, *, dx: float = 0, dy: float = 0, **options: Any) -> Any:
    """Write text some points away from a place of the data; the layout makes room for it."""
    place = {"textcoords": "offset points", "annotation_clip": False}
    return ax.annotate(text, (x, y), (dx, dy), **{**place, **_type(ax), **options})


def _type(ax: Axes) -> dict[str, Any]:
    """The house's type; dollars stay dollars."""
    plain = {"family": lettering.family(), "parse_math": False, "usetex": False, "linespacing": 1.15}
    return {"fontsize": style.size_of(ax).font, "color": style.INK, **plain}


def nothing(ax: Axes, text: str) -> Axes:
    """Say plainly that there is nothing to draw."""
    scales.hide_axes(ax)
    size = style.size_of(ax)
    write(
        ax,
        0.5,
        0.5,
        lettering.wrap(text, size.width * 50, size.font),
        transform=ax.transAxes,
        ha="center",
        va="center",
        color=style.MUTED,
    )
    return ax
