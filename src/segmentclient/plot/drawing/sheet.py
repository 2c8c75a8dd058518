"""The sheet that charts are drawn on: figures made without pyplot, of known sizes, as high as their rows need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from segmentclient.errors import SegmentClientError
from segmentclient.plot import style
from segmentclient.plot.drawing import layout, lettering, scales
from segmentclient.plot.drawing.svg import to_svg

__all__ = [
    "ChartAxes",
    "ChartFigure",
    "figure",
    "make_room",
    "panels",
    "rows_height",
    "rows_inches",
    "set_height",
    "start",
]


class ChartAxes(Axes):
    """Axes that show themselves in a notebook without pyplot."""

    def _repr_html_(self) -> str:
        return str(to_svg(self.figure.figure))


class ChartFigure(Figure):
    """A figure of a known `style.Size` that shows itself in a notebook without pyplot."""

    def __init__(self, size: style.Size, **options: Any) -> None:
        engine = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.07)
        super().__init__(figsize=(size.width, size.height), layout=engine, facecolor=style.SURFACE, **options)
        self.size = size

    def add_subplot(self, *args: Any, **options: Any) -> Any:
        """Add axes; plain ones are `ChartAxes`."""
        if not {"projection", "polar", "axes_class"} & set(options) and not isinstance(
            args[0] if args else None, Axes
        ):
            options["axes_class"] = ChartAxes
        return super().add_subplot(*args, **options)

    def _repr_html_(self) -> str:
        return str(to_svg(self))


def figure(size: Literal["page", "slide", "phone"] = "page") -> ChartFigure:
    """Make an empty figure for a page, a slide or a phone: `ax=figure(size="slide").subplots()`.

    Parameters
    ----------
    size : "page" (6.8 inches wide), "slide" (10 inches) or "phone" (3.75 inches)
        Sets the width and the size of the text; charts that list segments choose their height.

    Returns
    -------
    matplotlib.figure.Figure
        Made without pyplot. It shows itself in a notebook.

    Examples
    --------
    >>> from segmentclient import plot
    >>> float(plot.figure(size="slide").get_figwidth())
    10.0
    """
    if size not in style.SIZES:
        raise SegmentClientError(f"size={size!r} is not known; accepted: {', '.join(map(repr, style.SIZES))}")
    return ChartFigure(style.SIZES[size])


def start(ax: Axes | None, *, height: float | None = None) -> Axes:
    """Take the caller's axes, or make some; clear them of boxes, ticks and grid."""
    axes = figure().subplots() if ax is None else ax
    if height is not None:
        set_height(axes, height)
    scales.bare(axes)
    return axes


def panels(
    ax: Axes | Sequence[Axes] | np.ndarray | None, rows: int, columns: int, *, height: float
) -> list[Axes]:
    """Take the caller's axes of a multi-panel chart, or make a figure with that many."""
    if ax is None:
        made = figure()
        made.set_figheight(height)
        axes = list(made.subplots(rows, columns, squeeze=False).flat)
    else:
        axes = [ax] if hasattr(ax, "plot") else list(getattr(ax, "flat", ax))
    if len(axes) != rows * columns or not all(isinstance(one, Axes) for one in axes):
        raise SegmentClientError(f"ax: this chart has {rows * columns} panels, found {len(axes)} axes")
    for one in axes:
        scales.bare(one)
    return axes


def set_height(ax: Axes, inches: float) -> None:
    """Choose the height of one of our own figures that holds this chart alone; leave other figures be."""
    whole = ax.figure
    if isinstance(whole, ChartFigure) and len(whole.axes) == 1:
        whole.set_figheight(inches)


def make_room(ax: Axes, points: float) -> None:
    """Make one of our own figures higher until its axes are at least so many points high."""
    lacking = points / 72 - layout.axes_inches(ax)[1]
    if lacking > 0:
        set_height(ax, ax.figure.figure.get_figheight() + lacking)


def rows_height(
    ax: Axes | None, labels: Sequence[str], *, share: float = 0.3, extra: float = 0.5, pitch: float = 2.4
) -> float:
    """Give the inches of a sheet for a list of rows, with `extra` for what stands above and below."""
    return max(1.2, rows_inches(ax, labels, share=share, pitch=pitch) + extra)


def rows_inches(ax: Axes | None, labels: Sequence[str], *, share: float = 0.3, pitch: float = 2.4) -> float:
    """Give the inches that a list of rows needs, `pitch` lines a row, with names wrapped to a share of the width."""
    size = style.size_of(ax) if ax is not None else style.SIZES["page"]
    room = size.width * 72 * share
    lines = max((lettering.wrap(label, room, size.font).count("\n") + 1 for label in labels), default=1)
    return len(labels) * max(size.font * pitch, (lines * 1.15 + 0.6) * size.font) / 72
