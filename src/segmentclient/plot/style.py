"""How every chart looks: sizes, colours, text that is measured before it is drawn, and bare axes.

Figures are made from `matplotlib.figure.Figure`, never through pyplot, and every size and colour is set on the
artist itself: no global state is read for looks, none is changed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from segmentclient.locale import Language
from segmentclient.plot import lettering
from segmentclient.plot.palette import GREY, ON_DARK, ON_LIGHT, colours, label

__all__ = ["GREY", "ON_DARK", "ON_LIGHT", "ChartAxes", "ChartFigure", "Size", "colours", "figure", "label"]

INK = "#1b1f24"
MUTED = "#5c6670"
GRID = "#e1e5ea"
SURFACE = "#fefefe"
ACCENT = "#0072b3"
WARM = "#b84a01"
THEMED = {"ink": INK, "muted": MUTED, "grid": GRID, "surface": SURFACE, "accent": ACCENT, "warm": WARM}
QUANTITY = "cividis"


@dataclass(frozen=True)
class Size:
    """Inches of a figure and points of its text."""

    width: float
    height: float
    font: float

    @property
    def small(self) -> float:
        """Points of the secondary text: never under 9."""
        return max(9.0, self.font - 1)


SIZES: Mapping[str, Size] = {
    "page": Size(6.8, 4.1, 10.0),
    "slide": Size(10.0, 5.6, 14.0),
    "phone": Size(3.75, 4.2, 9.5),
}


class ChartAxes(Axes):
    """Axes that show themselves in a notebook without pyplot."""

    def _repr_html_(self) -> str:
        return _inline(self.figure.figure)


class ChartFigure(Figure):
    """A figure of a known `Size` that shows itself in a notebook without pyplot."""

    def __init__(self, size: Size, **options: Any) -> None:
        engine = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.07)
        super().__init__(figsize=(size.width, size.height), layout=engine, facecolor=SURFACE, **options)
        self.size = size

    def add_subplot(self, *args: Any, **options: Any) -> Any:
        """Add axes; plain ones are `ChartAxes`."""
        if not {"projection", "polar", "axes_class"} & set(options) and not isinstance(
            args[0] if args else None, Axes
        ):
            options["axes_class"] = ChartAxes
        return super().add_subplot(*args, **options)

    def _repr_html_(self) -> str:
        return _inline(self)


def _inline(shown: Any) -> str:
    from segmentclient.plot.saving import to_svg

    return str(to_svg(shown))


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
    if size not in SIZES:
        from segmentclient.errors import SegmentClientError

        raise SegmentClientError(f"size={size!r} is not known; accepted: {', '.join(map(repr, SIZES))}")
    return ChartFigure(SIZES[size])


def size_of(ax: Axes) -> Size:
    """Tell the sizes to draw with: those of our figures, else a page's."""
    return getattr(ax.figure.figure, "size", SIZES["page"])


def start(ax: Axes | None, *, height: float | None = None) -> Axes:
    """Take the caller's axes, or make some; clear them of boxes, ticks and grid."""
    axes = figure().subplots() if ax is None else ax
    if height is not None:
        set_height(axes, height)
    bare(axes)
    return axes


def panels(ax: Sequence[Axes] | None, rows: int, columns: int, *, height: float) -> list[Axes]:
    """Take the caller's axes of a multi-panel chart, or make a figure with that many."""
    from segmentclient.errors import SegmentClientError

    if ax is None:
        made = figure()
        made.set_figheight(height)
        axes = list(made.subplots(rows, columns, squeeze=False).flat)
    else:
        axes = [ax] if hasattr(ax, "plot") else list(getattr(ax, "flat", ax))
    if len(axes) != rows * columns:
        raise SegmentClientError(f"ax: this chart has {rows * columns} panels, found {len(axes)} axes")
    for one in axes:
        bare(one)
    return axes


def set_height(ax: Axes, inches: float) -> None:
    """Choose the height of one of our own figures that holds this chart alone; leave other figures be."""
    whole = ax.figure
    if isinstance(whole, ChartFigure) and len(whole.axes) == 1:
        whole.set_figheight(inches)


def make_room(ax: Axes, points: float) -> None:
    """Make one of our own figures higher until its axes are at least so many points high."""
    lacking = points / 72 - axes_inches(ax)[1]
    if lacking > 0:
        set_height(ax, ax.figure.figure.get_figheight() + lacking)


def bare(ax: Axes) -> None:
    """Take spines, ticks and grid away; what is read is put back by each chart."""
    size = size_of(ax)
    ax.set_facecolor("none")
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(
        which="both",
        length=0,
        labelsize=size.small,
        labelcolor=MUTED,
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
    ax.spines[side].set(visible=True, color=MUTED, linewidth=0.8)


def grid_lines(ax: Axes, axis: Literal["x", "y"]) -> None:
    """Draw the few thin lines that values are read against."""
    ax.grid(True, axis=axis, color=GRID, linewidth=0.8, linestyle="-")
    ax.set_axisbelow(True)


def number_axis(ax: Axes, axis: Literal["x", "y"], show: Callable[[float], str], *, most: int = 5) -> None:
    """Write an axis' numbers in the reader's language, with few round steps."""
    chosen = ax.xaxis if axis == "x" else ax.yaxis
    chosen.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
    chosen.set_major_formatter(FuncFormatter(lambda value, _: show(value)))


def date_axis(ax: Axes, days: Sequence[Any], words: Language) -> None:
    """Write a few dates of an axis that counts days or steps, the first and the last inside the chart's edges."""
    count = 2 if size_of(ax).width < 5 or len(days) < 8 else 4
    last = len(days) - 1
    places = sorted({round(last * step / (count - 1)) for step in range(count)})
    ax.set_xticks(places, [words.date(days[place]) for place in places])
    for place, tick in zip(places, ax.get_xticklabels(), strict=True):
        tick.set_horizontalalignment("left" if place == 0 else "right" if place == last else "center")


def x_title(ax: Axes, *lines: str) -> None:
    """Write what the x axis holds, and notes below it, wrapped to the width of the figure."""
    size = size_of(ax)
    room = max(axes_inches(ax)[0], 0.3 * size.width) * 69
    text = "\n".join(lettering.wrap(line, room, size.small) for line in lines if line)
    ax.set_xlabel(
        text,
        fontsize=size.small,
        color=MUTED,
        family=lettering.family(),
        loc="left",
        parse_math=False,
        labelpad=6,
    )


def y_title(ax: Axes, text: str) -> None:
    """Write what the y axis holds, flat above the axis, where it is read without turning the head."""
    size = size_of(ax)
    shown = lettering.wrap(text, max(axes_inches(ax)[0], 0.3 * size.width) * 69, size.small)
    looks: dict[str, Any] = {"ha": "left", "va": "bottom", "fontsize": size.small, "color": MUTED}
    beside(ax, 0, 1, shown, dy=6, xycoords="axes fraction", **looks)


def name_lines(ax: Axes, y_text: str, names: Sequence[tuple[str, str]]) -> None:
    """Write what the y axis holds, and above it the name of each line in its colour."""
    size, across = size_of(ax), 0.0
    y_title(ax, y_text)
    for text, colour in names:
        looks: dict[str, Any] = {"fontsize": size.small, "weight": "bold", "color": colour}
        beside(
            ax, 0, 1, text, dx=across, dy=6 + size.small * 1.5, va="bottom", xycoords="axes fraction", **looks
        )
        across += lettering.text_width(text, size.small, "bold") + 1.4 * size.small


def write(ax: Axes, x: float, y: float, text: str, **options: Any) -> Any:
    """Write text inside the axes, at a place of the data (or `transform=`); the layout makes no room for it."""
    return ax.text(x, y, text, **{**_type(ax), "in_layout": False, **options})


def beside(ax: Axes, x: float, y: float, text: str, *, dx: float = 0, dy: float = 0, **options: Any) -> Any:
    """Write text some points away from a place of the data; the layout makes room for it."""
    place = {"textcoords": "offset points", "annotation_clip": False}
    return ax.annotate(text, (x, y), (dx, dy), **{**place, **_type(ax), **options})


def _type(ax: Axes) -> dict[str, Any]:
    """The house's type; dollars stay dollars."""
    plain = {"family": lettering.family(), "parse_math": False, "linespacing": 1.15}
    return {"fontsize": size_of(ax).font, "color": INK, **plain}


def outline_cells(ax: Axes, empty: Any, *, start: int) -> None:
    """Outline the empty cells of a matrix whose first cell is at `start`."""
    for row, column in zip(*empty.nonzero(), strict=True):
        place = (column + start - 0.46, row + start - 0.46)
        ax.add_patch(Rectangle(place, 0.92, 0.92, facecolor="none", edgecolor=GRID, linewidth=0.8))


def nothing(ax: Axes, text: str) -> Axes:
    """Say plainly that there is nothing to draw."""
    hide_axes(ax)
    size = size_of(ax)
    write(
        ax,
        0.5,
        0.5,
        lettering.wrap(text, size.width * 50, size.font),
        transform=ax.transAxes,
        ha="center",
        va="center",
        color=MUTED,
    )
    return ax


def category_axis(ax: Axes, labels: Sequence[str], *, share: float = 0.3) -> None:
    """Write the names of rows at their left, wrapped to a share of the figure's width."""
    size = size_of(ax)
    room = ax.figure.figure.get_figwidth() * 72 * share
    ax.set_yticks(range(len(labels)), [lettering.wrap(label, room, size.font) for label in labels])
    for tick in ax.get_yticklabels():
        tick.set(fontsize=size.font, color=INK, family=lettering.family(), parse_math=False, linespacing=1.1)
    ax.set_ylim(len(labels) - 0.5, -0.5)


def rows_height(
    ax: Axes | None, labels: Sequence[str], *, share: float = 0.3, extra: float = 0.5, pitch: float = 2.4
) -> float:
    """Give the inches that a list of rows needs, `pitch` lines a row, with names wrapped to a share of the width."""
    size = size_of(ax) if ax is not None else SIZES["page"]
    room = size.width * 72 * share
    lines = max((lettering.wrap(label, room, size.font).count("\n") + 1 for label in labels), default=1)
    return max(1.2, len(labels) * max(size.font * pitch, (lines * 1.15 + 0.6) * size.font) / 72 + extra)


def axes_inches(ax: Axes) -> tuple[float, float]:
    """Give the width and height of axes once the layout has made room for their labels."""
    whole = settle(ax.figure.figure, rounds=1)
    box = ax.get_position()
    return box.width * whole.get_figwidth(), box.height * whole.get_figheight()


def settle(whole: Figure, rounds: int = 5) -> Figure:
    """Run the layout until it stands still: one round depends on where the last one left the axes."""
    engine = whole.get_layout_engine()
    before = None
    for _ in range(rounds if engine else 0):
        with lettering.any_letter():
            engine.execute(whole)  # type: ignore[union-attr]
        now = [round(side, 4) for ax in whole.axes for side in ax.get_position().bounds]
        if now == before:
            break
        before = now
    return whole


@contextlib.contextmanager
def still(whole: Figure) -> Iterator[Figure]:
    """Hold a settled layout, rounded, while the figure is written: the same figure gives the same bytes."""
    with lettering.any_letter():
        yield from _settled(whole)


def _settled(whole: Figure) -> Iterator[Figure]:
    engine = settle(whole).get_layout_engine()
    if engine is None:
        yield whole
        return
    whole.set_layout_engine("none")
    for ax in whole.axes:
        left, low, wide, high = (round(float(side), 5) for side in ax.get_position().bounds)
        ax._set_position((left, low, wide, high))  # type: ignore[attr-defined]
    try:
        yield whole
    finally:
        whole.set_layout_engine(engine)
