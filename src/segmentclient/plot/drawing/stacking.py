"""Names along an edge of the chart, each beside its mark; where they would touch, they step aside on a thin line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from segmentclient.plot import style
from segmentclient.plot.drawing import layout, lettering, sheet, texts

__all__ = ["stack_names"]


def stack_names(
    ax: Axes,
    middles: Sequence[float],
    names: Sequence[str],
    *,
    x: tuple[float, float],
    share: float,
    colours: Sequence[str] | None = None,
    points: float | None = None,
) -> None:
    """Write names outside an edge, from top to bottom in the order of their marks.

    `x` leads from the marks to the names, `share` is the width of the names within the figure, `colours` those of the lines.
    """
    size, room = points or style.size_of(ax).small, style.size_of(ax).width * 72 * share
    told = [lettering.wrap(name, room, size) for name in names]
    lines = [text.count("\n") + 1 for text in told]
    sheet.make_room(ax, sum(lines) * size * 1.25)
    places = _places(ax, middles, lines, size)
    (start, end), outward = x, 1 if x[1] > x[0] else -1
    for index, (text, place) in enumerate(zip(told, places, strict=True)):
        if colours is not None:
            line = {"color": colours[index], "linewidth": 0.8, "clip_on": False}
            ax.plot([start, end], [middles[index], place], scalex=False, scaley=False, **line)
        side = "left" if outward > 0 else "right"
        texts.beside(ax, end, place, text, dx=4 * outward, ha=side, va="center", fontsize=size)


def _places(ax: Axes, middles: Sequence[float], lines: Sequence[int], points: float) -> list[float]:
    """Move the middles apart until lines of text fit between them."""
    low, high = sorted(ax.get_ylim())
    unit = (high - low) / (layout.axes_inches(ax)[1] * 72) * points * 1.22
    order = np.argsort(middles, kind="stable")
    moved = lettering.stack(
        [middles[place] for place in order], [lines[place] * unit for place in order], low, high
    )
    return [moved[rank] for rank in np.argsort(order)]
