"""Rows with a name at their left: their marks, what is written at the ends of the marks, and how many stand behind each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from matplotlib.axes import Axes

from segmentclient.locale import Language
from segmentclient.plot import style
from segmentclient.plot.drawing import layout, lettering, scales, sheet, texts

__all__ = ["count_column", "keep_rows", "leave_room", "start_rows", "write_ends"]


def start_rows(
    ax: Axes | None, names: Sequence[str], *, extra: float, share: float = 0.3, pitch: float = 2.4
) -> Axes:
    """Take the caller's axes, or make some as high as the rows need, and name the rows.

    `extra` is the height in inches of what stands above and below, `share` the width of the names, `pitch` the lines a row.
    """
    height = sheet.rows_height(ax, names, share=share, extra=extra, pitch=pitch)
    axes = sheet.start(ax, height=height)
    if names:
        scales.category_axis(axes, names, share=share)
    return axes


def keep_rows(ax: Axes, names: Sequence[str], *, pitch: float = 2.4) -> None:
    """Make our own figure higher where notes have taken height from the rows."""
    sheet.make_room(ax, 72 * sheet.rows_inches(ax, names, pitch=pitch))


def leave_room(
    ax: Axes, low: float, high: float, told: Iterable[str], *, both: bool = False, gap: float = 1.4
) -> None:
    """Set x limits that leave room for what is written right of the marks, or at `both` ends, and a gap of so many letters."""
    size, sides = style.size_of(ax), 2 if both else 1
    text = lettering.widest(told, size.font, "bold") + gap * size.font
    wide = layout.axes_inches(ax)[0] * 72
    room = text * (high - low) / max(wide - sides * text, text)
    ax.set_xlim(low - room if both else low, high + room)


def write_ends(
    ax: Axes, ends: Iterable[float], told: Iterable[str], *, left: Iterable[bool] | None = None, **looks: Any
) -> None:
    """Write a text at the right end of each row's mark, or at its left where `left` says so."""
    size, rows = style.size_of(ax), list(zip(ends, told, strict=True))
    sides = [False] * len(rows) if left is None else list(left)
    for row, ((end, text), leftwards) in enumerate(zip(rows, sides, strict=True)):
        side: dict[str, Any] = (
            {"dx": -0.5 * size.font, "ha": "right"} if leftwards else {"dx": 0.5 * size.font, "ha": "left"}
        )
        texts.beside(ax, end, row, text, va="center_baseline", **side, **looks)


def count_column(ax: Axes, counts: Iterable[float], words: Language) -> None:
    """Write in grey, right of each row, how many customers stand behind it."""
    looks: dict[str, Any] = {"fontsize": style.size_of(ax).small, "color": style.MUTED, "ha": "left"}
    texts.beside(ax, 1, 1, "n", dx=6, dy=6, va="bottom", xycoords="axes fraction", **looks)
    for row, count in enumerate(counts):
        told, place = texts.brief_count(words, count), ("axes fraction", "data")
        texts.beside(ax, 1, row, told, dx=6, va="center_baseline", xycoords=place, **looks)
