"""The flow of customers from where they were to where they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import palette, style
from segmentclient.plot.chart import Chart
from segmentclient.plot.drawing import scales, sheet, texts
from segmentclient.plot.drawing.stacking import stack_names
from segmentclient.plot.moves import Moves, moves_of, say_moves
from segmentclient.segments.migration import ABSENT, MISSING

__all__ = ["draw_flow", "transition_flow"]


def transition_flow(
    migration: Any, *, ax: Axes | None = None, lang: str = "en", **artist_kwargs: Any
) -> Axes:
    """Draw the flow of customers from their segment before (left) to their segment now (right).

    Parameters
    ----------
    migration : the answer of `compare_periods`, or its matrix of counts.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to the `matplotlib.patches.PathPatch` of each flow.

    Returns
    -------
    matplotlib.axes.Axes
        One patch a flow, as high as its number of customers, then the bars of both sides.

    Raises
    ------
    ColumnError
        `migration` is neither.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> counts = pd.DataFrame({"loyal": [8, 1], "lost": [2, 9]}, index=["loyal", "lost"])
    >>> ax = sc.plot.transition_flow(counts)
    >>> len(ax.patches)
    8
    """
    check_options(transition_flow, locals())
    return draw_flow(moves_of(migration), FLOW, ax, lang, artist_kwargs)


def draw_flow(moves: Moves, chart: Chart, ax: Axes | None, lang: str, looks: dict[str, Any]) -> Axes:
    """Draw moves as ribbons between two columns of bars."""
    words = language(lang)
    axes = sheet.start(ax)
    scales.hide_axes(axes)
    if not moves.total:
        return chart.sign(texts.nothing(axes, words.text("No customers to show")), moves, lang)
    colours = {
        **palette.colours([*moves.counts.index, *moves.counts.columns]),
        ABSENT: style.GREY,
        MISSING: style.GREY,
    }
    gap = 0.02 * moves.total
    left, right = _bases(moves.counts.sum(axis=1), gap), _bases(moves.counts.sum(axis=0), gap)
    axes.set(xlim=(0, 1), ylim=(max(left[-1][1], right[-1][1]), 0))
    _ribbons(axes, moves.counts, left, right, colours, looks)
    for side, x, bases, keys in (
        ("before", 0.0, left, moves.counts.index),
        ("after", 1.0, right, moves.counts.columns),
    ):
        _side(axes, side, x, bases, list(keys), moves, colours, words)
    return chart.sign(axes, moves, lang)


def _bases(sizes: pd.Series, gap: float) -> list[tuple[float, float]]:
    """Top and bottom of each bar of one side."""
    tops = np.concatenate([[0.0], np.cumsum(sizes.to_numpy() + gap)])
    return [(float(top), float(top + size)) for top, size in zip(tops, sizes, strict=False)]


def _ribbons(
    axes: Axes, counts: pd.DataFrame, left: Any, right: Any, colours: dict[Any, str], looks: dict[str, Any]
) -> None:
    """Draw one ribbon a move, in the colour of where it comes from."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    wide, start = 0.018, [top for top, _ in left]
    arrive = [top for top, _ in right]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    for row, before in enumerate(counts.index):
        for column in range(counts.shape[1]):
            size = counts.iat[row, column]
            if size <= 0:
                continue
            a, b = start[row], arrive[column]
            x0, x1 = wide, 1 - wide
            there = [(x0, a), (0.5, a), (0.5, b), (x1, b)]
            back = [(x1, b + size), (0.5, b + size), (0.5, a + size), (x0, a + size), (x0, a)]
            options = {"facecolor": colours[before], "edgecolor": "none", "alpha": 0.4, **looks}
            axes.add_patch(PathPatch(Path(there + back, codes), **options))
            start[row], arrive[column] = a + size, b + size


def _side(
    axes: Axes, side: str, x: float, bases: Sequence[tuple[float, float]], keys: list[Any], moves: Moves,
    colours: dict[Any, str], words: Language,
) -> None:  # fmt: skip
    """Draw the bars of one side, named outside with their customers; names step aside where they would touch."""
    before, wide = side == "before", 0.018
    for key, (top, bottom) in zip(keys, bases, strict=True):
        corner = (x if before else x - wide, top)
        looks: dict[str, Any] = {"facecolor": colours[key], "edgecolor": "none"}
        axes.add_patch(Rectangle(corner, wide, bottom - top, clip_on=False, **looks))
    names = moves.labels(side, words)
    told = [f"{name} {words.number(low - high)}" for name, (high, low) in zip(names, bases, strict=True)]
    middles, end = [(top + bottom) / 2 for top, bottom in bases], x - 0.02 if before else x + 0.02
    stack_names(axes, middles, told, x=(x, end), share=0.28, colours=[style.GREY] * len(told))
    small: dict[str, Any] = {"fontsize": style.size_of(axes).small, "color": style.MUTED, "va": "bottom"}
    head, at = (words.text("before"), "left") if before else (words.text("now"), "right")
    texts.beside(axes, x, min(axes.get_ylim()), head, dy=8, ha=at, **small)


FLOW = Chart(
    "transition_flow",
    "Flow of customers from their segment before to their segment now.",
    moves_of,
    say_moves,
)


CHARTS = (FLOW,)
