"""Where the named segments live: the grid of recency and frequency scores, each cell in its segment's colour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from segmentclient import frames
from segmentclient.customers.collected import sound
from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import palette, style
from segmentclient.plot.chart import Chart, first_of
from segmentclient.plot.drawing import layout, lettering, sheet, texts
from segmentclient.plot.drawing.cells import name_cell, outline_cells
from segmentclient.plot.groups import Groups, groups, say_top, tell_shares
from segmentclient.plot.numbers import of_value
from segmentclient.plot.score_cells import score_axes
from segmentclient.schema import check_columns

__all__ = ["segment_grid"]

Cell = tuple[int, int]


@dataclass(frozen=True)
class Grid:
    """The segment that most customers of each R × F cell belong to, and what each segment weighs."""

    owner: dict[Cell, Any]
    bins: int
    groups: Groups

    @property
    def empty(self) -> bool:
        """True when nobody is scored."""
        return not self.owner

    def home(self, key: Any) -> list[Cell]:
        """The largest rectangle of cells that belong to a segment, as (r, f) pairs."""
        best: list[Cell] = []
        cells = {cell for cell, owner in self.owner.items() if owner == key}
        for r, f in sorted(cells):
            for top in range(r, self.bins + 1):
                for right in range(f, self.bins + 1):
                    block = [(y, x) for y in range(r, top + 1) for x in range(f, right + 1)]
                    if len(block) > len(best) and cells.issuperset(block):
                        best = block
        return best


def _grid(
    customers: Any, *, by: str = "segment", value: str = "revenue", currency: str | None = None
) -> Grid:
    frame = frames.read(customers)
    check_columns(
        frames.schema_of(frame), {by: "any", "r_score": "number", "f_score": "number", value: "number"}
    )
    scored = frame.filter(~nw.col("r_score").is_null(), ~nw.col("f_score").is_null())
    weighed = groups(customers, by=by, value=value, currency=currency)
    counted = frames.collect(scored.group_by("r_score", "f_score", by).agg(nw.len().alias(_COUNT)))
    scores = ["r_score", "f_score"]
    sound(counted[scores])
    counted = counted.dropna(subset=scores)
    counted[by] = counted[by].astype(object).where(counted[by].notna(), None)
    if counted.empty:
        return Grid({}, 5, weighed)
    bins = int(max(counted["r_score"].max(), counted["f_score"].max(), 2))
    return Grid(_owners(counted, by), bins, weighed)


_COUNT, _NAME = "_segmentclient_count", "_segmentclient_name"


def _owners(counted: pd.DataFrame, by: str) -> dict[Cell, Any]:
    """Give each cell to the segment with most customers there; the first by name where two have as many."""
    ordered = counted.assign(**{_NAME: counted[by].map(str)}).sort_values(
        [_COUNT, _NAME], ascending=[False, True]
    )
    first = ordered.drop_duplicates(["r_score", "f_score"])
    return {
        (int(r), int(f)): key for r, f, key in zip(first["r_score"], first["f_score"], first[by], strict=True)
    }


def segment_grid(
    customers: Any,
    *,
    by: str = "segment",
    value: str = "revenue",
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw the named segments on the grid of recency and frequency scores, with their shares of customers and revenue.

    A cell takes the colour of the segment that most of its customers belong to. Segments without a cell of their own,
    or whose name does not fit, are named below.

    Parameters
    ----------
    customers : table with `r_score`, `f_score`, `by` and `value`, on any engine; one row a cell and segment is collected.
    by : column that holds the segment.
    value : column whose shares are shown.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to each `matplotlib.patches.Rectangle`.

    Returns
    -------
    matplotlib.axes.Axes
        One patch a cell that has customers.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"r_score": [5, 1], "f_score": [5, 1], "segment": ["champions", "lost"], "revenue": [9.0, 1.0]})
    >>> len(sc.plot.segment_grid(customers).patches)
    2
    """
    check_options(segment_grid, locals())
    grid, words = _grid(customers, by=by, value=value), language(lang)
    axes = sheet.start(ax, height=4.8)
    if grid.empty:
        return GRID.sign(texts.nothing(axes, words.text("No scored customers to show")), grid, lang)
    axes.set(xlim=(0.5, grid.bins + 0.5), ylim=(0.5, grid.bins + 0.5))
    score_axes(axes, grid.bins, words)
    _draw_cells(axes, grid, artist_kwargs)
    high = layout.axes_inches(axes)[1] * 72
    unnamed = list(_name_homes(axes, grid, words))
    below = (
        words.text("Elsewhere or too small to name: {segments}", segments=first_of(unnamed, words))
        if unnamed
        else ""
    )
    texts.x_title(axes, words.text("Frequency score: 1 seldom, {best} often", best=grid.bins), below)
    sheet.make_room(axes, high)
    return GRID.sign(axes, grid, lang)


def _draw_cells(axes: Axes, grid: Grid, looks: dict[str, Any]) -> None:
    """Colour the cells, with a gap only between different segments, and outline the cells that nobody is in."""
    colours = palette.colours(grid.groups.table["key"])
    span = range(1, grid.bins + 1)
    outline_cells(axes, np.array([[(r, f) not in grid.owner for f in span] for r in span]), start=1)
    for (r, f), key in grid.owner.items():
        colour = colours[_plain(key)]
        options = {"facecolor": colour, "edgecolor": colour, "linewidth": 0.3, **looks}
        axes.add_patch(Rectangle((f - 0.5, r - 0.5), 1, 1, **options))
        for other, ends in (((r, f + 1), ((0.5, 0.5), (-0.5, 0.5))), ((r + 1, f), ((-0.5, 0.5), (0.5, 0.5)))):
            if grid.owner.get(other) != key:
                axes.plot(
                    [f + x for x in ends[0]], [r + y for y in ends[1]], color=style.SURFACE, linewidth=2
                )


def _plain(key: Any) -> Any:
    return None if key is None or key != key else key


def _name_homes(axes: Axes, grid: Grid, words: Language) -> Iterable[str]:
    """Name each segment on its largest rectangle of cells; give the names of those without room."""
    wide, high = (inches * 72 / grid.bins for inches in layout.axes_inches(axes))
    colours = palette.colours(grid.groups.table["key"])
    for name, row in zip(grid.groups.labels(words.key), grid.groups.table.itertuples(), strict=True):
        shares = _shares(words, grid.groups.value, row.customer_share, row.value_share)
        home = grid.home(row.key)
        if not home or not _name_home(axes, home, name, shares, (wide, high), colours[row.key]):
            yield f"{name} ({', '.join(shares)})"


def _shares(words: Language, column: str, customers: Any, value: Any) -> list[str]:
    people = words.text("{share} of customers", share=words.percent(customers, 0 if customers >= 0.1 else 1))
    if value != value:
        return [people]
    return [
        people,
        words.text(
            "{share} {of_value}",
            of_value=of_value(column, words),
            share=words.percent(value, 0 if abs(value) >= 0.1 else 1),
        ),
    ]


def _name_home(
    axes: Axes, home: list[Cell], name: str, shares: list[str], cell: tuple[float, float], background: str
) -> bool:
    """Write the name, and the shares where they fit, in the middle of a rectangle of cells; False without room."""
    size = style.size_of(axes)
    rows, columns = ({place[axis] for place in home} for axis in (0, 1))
    room, high = cell[0] * len(columns) - 12, cell[1] * len(rows) - 6
    lines = lettering.wrap(name, room, size.font, "bold")
    below = "\n".join(lettering.wrap(share, room, size.small) for share in shares)
    tall, rest = (lines.count("\n") + 1) * size.font * 1.2, (below.count("\n") + 1) * size.small * 1.2
    if "-\n" in lines or lettering.widest([lines], size.font, "bold") > room or tall > high:
        return False
    fits = "-\n" not in below and tall + rest <= high and lettering.widest([below], size.small) <= room
    x, y = sum(columns) / len(columns), sum(rows) / len(rows)
    name_cell(axes, x, y, lines, below if fits else "", background, dy=(rest - tall) / 2 if fits else 0)
    return True


def _say_grid(grid: Grid, words: Language) -> str:
    return say_top(grid.groups, words)


def _tell_grid(grid: Grid, words: Language) -> str:
    return tell_shares(grid.groups, words)


GRID = Chart(
    "segment_grid",
    "Grid of recency and frequency scores, each cell in the colour of its segment.",
    _grid,
    _say_grid,
    _tell_grid,
)
CHARTS = (GRID,)
