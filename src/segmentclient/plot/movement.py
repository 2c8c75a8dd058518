"""Who moves between two periods: the transition heat map, the flow, and the flow through the life cycle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from segmentclient import frames
from segmentclient.errors import ColumnError
from segmentclient.locale import Language, language
from segmentclient.plot import lettering, palette, style
from segmentclient.plot.chart import Chart
from segmentclient.schema import check_columns
from segmentclient.segments.migration import ABSENT, MISSING

__all__ = ["lifecycle_flow", "transition_flow", "transition_heatmap"]

STAGES = ("prospect", "potential", "current", "active", "loyal", "former", "inactive")


@dataclass(frozen=True)
class Moves:
    """Customers by group before (rows) and after (columns); `stages` when groups are those of the life cycle."""

    counts: pd.DataFrame
    stages: bool = False

    @property
    def total(self) -> float:
        """Customers in either period."""
        return float(self.counts.to_numpy().sum())

    @property
    def present(self) -> pd.DataFrame:
        """The part of the counts that concerns customers of both periods."""
        return self.counts.drop(index=ABSENT, columns=ABSENT, errors="ignore")

    @property
    def stayed(self) -> float:
        """Share of the customers of both periods that are in the same group."""
        both = self.present.to_numpy().sum()
        same = sum(self.present.at[key, key] for key in self.present.index if key in self.present.columns)
        return float(same / both) if both else float("nan")

    def labels(self, side: str, words: Language) -> list[str]:
        """Names of the rows ("before") or of the columns ("after")."""
        keys = self.counts.index if side == "before" else self.counts.columns
        return [_label(key, side, words, stages=self.stages) for key in keys]

    def largest(self) -> tuple[Any, Any, float] | None:
        """The most frequent move from one group to another."""
        held = self.present.copy()
        moved = {
            (a, b): float(held.at[a, b])
            for a in held.index
            for b in held.columns
            if a != b and held.at[a, b] > 0
        }
        if not moved:
            return None
        (a, b), count = max(moved.items(), key=lambda move: (move[1], str(move[0])))
        return a, b, count


def _label(key: Any, side: str, words: Language, *, stages: bool = False) -> str:
    if key == ABSENT:
        return words.text("not there before") if side == "before" else words.text("not there any more")
    if key == MISSING:
        return words.text("no segment")
    return _stage(key, words) if stages else palette.label(key, words.key)


def _moves(migration: Any) -> Moves:
    """Read the matrix of a `Migration`, or a frame of counts."""
    matrix = getattr(migration, "matrix", migration)
    if not isinstance(matrix, pd.DataFrame):
        raise ColumnError(
            f"migration: expected the answer of compare_periods, found {type(migration).__name__}"
        )
    counts = matrix.astype(float)
    kept_rows, kept_columns = counts.sum(axis=1) > 0, counts.sum(axis=0) > 0
    return Moves(counts.loc[kept_rows, kept_columns])


def transition_heatmap(
    migration: Any, *, ax: Axes | None = None, lang: str = "en", **artist_kwargs: Any
) -> Axes:
    """Draw where the customers of each segment (rows) are now (columns), as shares of the row.

    Parameters
    ----------
    migration : the answer of `compare_periods`, or its matrix of counts.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.pcolormesh`.

    Returns
    -------
    matplotlib.axes.Axes
        `collections[0].get_array()` holds the shares; each row sums to 1; masked where nobody moved.

    Raises
    ------
    ColumnError
        `migration` is neither.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> counts = pd.DataFrame({"loyal": [8, 1], "lost": [2, 9]}, index=["loyal", "lost"])
    >>> sc.plot.transition_heatmap(counts).collections[0].get_array().tolist()
    [[0.8, 0.2], [0.1, 0.9]]
    """
    moves, words = _moves(migration), language(lang)
    labels = _row_labels(moves, words)
    axes = style.start(ax, height=style.rows_height(ax, labels, extra=0.9))
    if not moves.total:
        return HEATMAP.sign(style.nothing(axes, words.text("No customers to show")), moves, lang)
    shares = moves.counts.div(moves.counts.sum(axis=1), axis=0)
    style.category_axis(axes, labels)
    mesh = _share_cells(axes, shares.to_numpy(), artist_kwargs)
    _column_heads(axes, moves, words)
    _write_shares(axes, shares.to_numpy(), mesh, words)
    style.x_title(axes, words.text("Rows: before; columns: now. Shares of the row."))
    return HEATMAP.sign(axes, moves, lang)


def _row_labels(moves: Moves, words: Language) -> list[str]:
    """Number the rows, so that columns too narrow for a name can refer to them."""
    return [
        f"{place + 1}  {name}" if moves.counts.index[place] != ABSENT else name
        for place, name in enumerate(moves.labels("before", words))
    ]


def _share_cells(axes: Axes, shares: np.ndarray, looks: dict[str, Any]) -> Any:
    """Colour the cells that somebody moved to; the others stay blank."""
    rows, columns = shares.shape
    options = {
        "cmap": style.QUANTITY,
        "vmin": 0.0,
        "vmax": 1.0,
        "edgecolors": style.SURFACE,
        "linewidth": 1.5,
        **looks,
    }
    held = np.ma.masked_equal(shares, 0)
    style.outline_cells(axes, np.ma.getmaskarray(held), start=0)
    return axes.pcolormesh(np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5, held, **options)


def _column_heads(axes: Axes, moves: Moves, words: Language) -> None:
    """Name the columns above where there is room for whole words, else refer to the rows by number."""
    size, names = style.size_of(axes), moves.labels("after", words)
    room = style.axes_inches(axes)[0] * 72 / len(names) - 6
    heads = [lettering.wrap(name, room, size.small) for name in names]
    crowded = (
        any("-\n" in head or head.count("\n") > 3 for head in heads)
        or lettering.widest(heads, size.small) > room
    )
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(names)), _numbers(moves) if crowded else heads)


def _numbers(moves: Moves) -> list[str]:
    known = {key: str(place + 1) for place, key in enumerate(moves.counts.index)}
    return ["–" if key == ABSENT else known.get(key, "·") for key in moves.counts.columns]


def _write_shares(axes: Axes, shares: np.ndarray, mesh: Any, words: Language) -> None:
    """Write the shares in cells wide enough for them; without the sign when that alone fits."""
    size = style.size_of(axes)
    room = style.axes_inches(axes)[0] * 72 / shares.shape[1] - 3
    colours = mesh.cmap(mesh.norm(shares))
    fits = [
        show
        for show in (lambda share: words.percent(share, 0), lambda share: words.number(100 * share))
        if lettering.text_width(show(1.0), size.small) <= room
    ]
    if not fits:
        return
    for (row, column), share in np.ndenumerate(shares):
        if share >= 0.005:
            style.write(
                axes,
                column,
                row,
                fits[0](share),
                ha="center",
                va="center_baseline",
                fontsize=size.small,
                color=palette.text_on(colours[row, column][:3]),
            )


def _say_moves(moves: Moves, words: Language) -> str:
    if not moves.total:
        return words.text("No customers to show")
    stayed, largest = moves.stayed, moves.largest()
    if stayed != stayed:
        return words.text("No customer is there in both periods")
    if largest is None:
        return words.text("All customers stayed where they were")
    before, after, count = largest
    return words.text(
        "{share} stayed where they were; the largest move: {before} → {after}, {customers}",
        share=words.percent(stayed, 0),
        before=_label(before, "before", words, stages=moves.stages),
        after=_label(after, "after", words, stages=moves.stages),
        customers=words.plural("{n} customer", "{n} customers", count),
    )  # fmt: skip


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
    return _flow(_moves(migration), FLOW, ax, lang, artist_kwargs)


def _flow(moves: Moves, chart: Chart, ax: Axes | None, lang: str, looks: dict[str, Any]) -> Axes:
    words = language(lang)
    axes = style.start(ax)
    style.hide_axes(axes)
    if not moves.total:
        return chart.sign(style.nothing(axes, words.text("No customers to show")), moves, lang)
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
            points = [
                (x0, a),
                (0.5, a),
                (0.5, b),
                (x1, b),
                (x1, b + size),
                (0.5, b + size),
                (0.5, a + size),
                (x0, a + size),
                (x0, a),
            ]
            options = {"facecolor": colours[before], "edgecolor": "none", "alpha": 0.4, **looks}
            axes.add_patch(PathPatch(Path(points, codes), **options))
            start[row], arrive[column] = a + size, b + size


def _side(
    axes: Axes, side: str, x: float, bases: Sequence[tuple[float, float]], keys: list[Any], moves: Moves,
    colours: dict[Any, str], words: Language,
) -> None:  # fmt: skip
    """Draw the bars of one side, named outside with their customers; names step aside where they would touch."""
    from matplotlib.patches import Rectangle

    size, wide = style.size_of(axes), 0.018
    for key, (top, bottom) in zip(keys, bases, strict=True):
        corner = (x if side == "before" else x - wide, top)
        axes.add_patch(
            Rectangle(corner, wide, bottom - top, facecolor=colours[key], edgecolor="none", clip_on=False)
        )
    room = axes.figure.figure.get_figwidth() * 72 * 0.28
    named = zip(moves.labels(side, words), bases, strict=True)
    told = [
        lettering.wrap(f"{name} {words.number(bottom - top)}", room, size.small)
        for name, (top, bottom) in named
    ]
    heights = [text.count("\n") + 1.0 for text in told]
    inches = axes.figure.figure.get_figheight()
    style.set_height(axes, max(inches, sum(heights) * size.small * 1.25 / 72 + 0.4))
    low, high = sorted(axes.get_ylim())
    unit = (high - low) / (style.axes_inches(axes)[1] * 72) * size.small * 1.22
    places = lettering.stack(
        [(top + bottom) / 2 for top, bottom in bases], [unit * height for height in heights], low, high
    )
    outward = -1 if side == "before" else 1
    for text, place, (top, bottom) in zip(told, places, bases, strict=True):
        middle = (top + bottom) / 2
        axes.plot(
            [x, x + outward * 0.02],
            [middle, place],
            color=style.GREY,
            linewidth=0.7,
            clip_on=False,
            scalex=False,
            scaley=False,
        )
        style.beside(
            axes,
            x + outward * 0.02,
            place,
            text,
            dx=outward * 3,
            va="center",
            ha="right" if outward < 0 else "left",
            fontsize=size.small,
        )
    head = words.text("before") if side == "before" else words.text("now")
    style.beside(
        axes,
        x,
        low,
        head,
        dy=8,
        va="bottom",
        ha="left" if side == "before" else "right",
        fontsize=size.small,
        color=style.MUTED,
    )


def lifecycle_flow(
    table: Any, *, by: str = "relation", ax: Axes | None = None, lang: str = "en", **artist_kwargs: Any
) -> Axes:
    """Draw the flow through the life cycle, in its own order: potential, current, loyal, former.

    Parameters
    ----------
    table : the answer of ``compare_periods(before, after, by="relation")`` (or ``by="status"``) for the flow between two
        periods; or a customers table with the column `by`, for the number of customers at each stage.
    by : column that holds the stage, for a customers table.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to the flows, or to `Axes.barh`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ColumnError
        The table has no column `by`.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> ax = sc.plot.lifecycle_flow(pd.DataFrame({"relation": ["current", "former", "current"]}))
    >>> [int(bar.get_width()) for bar in ax.patches]
    [2, 1]
    """
    stages = _stages(table, by=by)
    if isinstance(stages, Moves):
        return _flow(stages, LIFECYCLE, ax, lang, artist_kwargs)
    words = language(lang)
    labels = [_stage(key, words) for key in stages.index]
    axes = style.start(ax, height=style.rows_height(ax, labels, extra=0.2))
    if stages.empty:
        return LIFECYCLE.sign(style.nothing(axes, words.text("No customers to show")), stages, lang)
    style.category_axis(axes, labels)
    known = palette.colours(stages.index)
    axes.barh(
        range(len(stages)),
        stages,
        **{"height": 0.55, "color": [known[key] for key in stages.index], **artist_kwargs},
    )
    for row, (count, share) in enumerate(zip(stages, stages / stages.sum(), strict=True)):
        told = f"{words.number(count)}  ({words.percent(share, 0)})"
        style.beside(axes, count, row, told, dx=6, ha="left", va="center_baseline")
    axes.set_xticks([])
    style.base_line(axes, "left")
    return LIFECYCLE.sign(axes, stages, lang)


def _stages(table: Any, *, by: str = "relation") -> Moves | pd.Series:
    """Moves between stages, or customers a stage, in the order of the life cycle."""
    if hasattr(table, "matrix") or (
        isinstance(table, pd.DataFrame)
        and by not in table
        and set(table.index) <= {*STAGES, ABSENT, MISSING}
        and len(table)
    ):
        counts = _moves(table).counts
        return Moves(counts.loc[_in_order(counts.index), _in_order(counts.columns)], stages=True)
    frame = frames.read(table)
    check_columns(frame.collect_schema(), {by: "any"})
    counted = frames.collect(frame.group_by(by).agg(nw.len().alias("_n"))).set_index(by)["_n"].astype(float)
    return counted.loc[_in_order(counted.index)]


def _in_order(keys: Any) -> list[Any]:
    known = {key: place for place, key in enumerate(STAGES)}
    return sorted(keys, key=lambda key: (known.get(key, len(known)), str(key)))


def _say_stages(stages: Moves | pd.Series, words: Language) -> str:
    if isinstance(stages, Moves):
        return _say_moves(stages, words)
    if stages.empty:
        return words.text("No customers to show")
    key = max(stages.index, key=lambda stage: (stages[stage], str(stage)))
    return words.text(
        "{stage}: {share} of the people",
        share=words.percent(stages[key] / stages.sum(), 0),
        stage=_stage(key, words),
    )


def _stage(key: Any, words: Language) -> str:
    """Name a stage; loyal customers of the life cycle are not the segment of that name."""
    return words.text("Loyal customers") if key == "loyal" else palette.label(key, words.key)


HEATMAP = Chart(
    "transition_heatmap", "Heat map of where the customers of each segment are now.", _moves, _say_moves
)
FLOW = Chart(
    "transition_flow", "Flow of customers from their segment before to their segment now.", _moves, _say_moves
)
LIFECYCLE = Chart("lifecycle_flow", "Customers through the life cycle.", _stages, _say_stages)
CHARTS = (HEATMAP, FLOW, LIFECYCLE)
