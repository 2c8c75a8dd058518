"""Scores: the R × F heat map, the grid of named segments, and histograms with the cut lines drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segmentclient import frames
from segmentclient.customers.collected import sound
from segmentclient.errors import ColumnError
from segmentclient.locale import Language, language
from segmentclient.plot import lettering, palette, style
from segmentclient.plot.chart import Chart
from segmentclient.plot.concentration import bin_edges
from segmentclient.plot.numbers import values, worth
from segmentclient.schema import check_columns

__all__ = ["rf_heatmap", "score_histograms"]


FEW = 10


@dataclass(frozen=True)
class Cells:
    """Customers and mean value of each R × F cell, as arrays indexed [r - 1, f - 1]."""

    count: np.ndarray
    mean: np.ndarray
    currency: str | None

    @property
    def empty(self) -> bool:
        """True when nobody is scored."""
        return self.count.sum() == 0

    @property
    def average(self) -> float:
        """Mean value over all customers."""
        return float(np.nansum(self.mean * self.count) / self.count.sum())

    @property
    def sure(self) -> np.ndarray:
        """Cells with enough customers for a mean that is not one person's; all of them when none has."""
        return self.count >= FEW if (self.count >= FEW).any() else self.count > 0

    def best(self) -> tuple[int, int]:
        """R and F scores of the sure cell with the highest mean."""
        r, f = np.unravel_index(int(np.argmax(np.where(self.sure, self.mean, -np.inf))), self.mean.shape)
        return int(r) + 1, int(f) + 1


def _cells(customers: Any, *, value: str = "revenue", currency: str | None = None) -> Cells:
    frame = frames.read(customers)
    check_columns(frame.collect_schema(), {"r_score": "number", "f_score": "number", value: "number"})
    scored = frame.filter(~nw.col("r_score").is_null(), ~nw.col("f_score").is_null())
    summed = frames.collect(
        scored.group_by("r_score", "f_score").agg(nw.len().alias("_n"), nw.col(value).sum().alias("_value"))
    )
    sound(summed)
    bins = int(max([5 if summed.empty else 2, *summed["r_score"], *summed["f_score"]]))
    count, total = np.zeros((bins, bins)), np.zeros((bins, bins))
    r, f = summed["r_score"].to_numpy(int) - 1, summed["f_score"].to_numpy(int) - 1
    count[r, f], total[r, f] = summed["_n"], pd.to_numeric(summed["_value"]).fillna(0)
    return Cells(count, np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0), currency)


def rf_heatmap(
    customers: Any,
    *,
    value: str = "revenue",
    currency: str | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw the mean value of the customers in each cell of recency and frequency scores, with their number.

    Parameters
    ----------
    customers : table with `r_score`, `f_score` and `value`, on any engine; one row a cell is collected.
        Cells of fewer than ten customers do not stretch the colour scale.
    value : column to average.
    currency : ISO code of the currency, such as "EUR"; none shows bare numbers.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.pcolormesh`.

    Returns
    -------
    matplotlib.axes.Axes
        `collections[0].get_array()` holds the means, masked where a cell is empty.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"r_score": [1, 2], "f_score": [1, 2], "revenue": [10.0, 30.0]})
    >>> ax = sc.plot.rf_heatmap(customers)
    >>> ax.collections[0].get_array().compressed().tolist()
    [10.0, 30.0]
    """
    cells, words = _cells(customers, value=value, currency=currency), language(lang)
    axes = style.start(ax)
    if cells.empty:
        return HEATMAP.sign(style.nothing(axes, words.text("No scored customers to show")), cells, lang)
    shades = draw_cells(axes, cells.mean, artist_kwargs, sure=cells.sure)
    for (r, f), mean in np.ndenumerate(cells.mean):
        if cells.count[r, f]:
            told = [worth(words, mean, currency), _headcount(words, cells.count[r, f])]
            write_cell(axes, f + 1, r + 1, told, shades[r, f])
    score_axes(axes, len(cells.mean), words)
    return HEATMAP.sign(axes, cells, lang)


def _headcount(words: Language, count: Any) -> str:
    return words.text("n = {count}", count=words.compact(count) if count >= 10_000 else words.number(count))


def draw_cells(axes: Axes, matrix: np.ndarray, looks: Mapping[str, Any], *, sure: Any = True) -> np.ndarray:
    """Draw a matrix as coloured cells (rows upwards from 1) and give each cell's colour.

    The colour scale covers the cells that are `sure`; the others take its ends.
    """
    from matplotlib.colors import PowerNorm

    rows, columns = matrix.shape
    held = np.ma.masked_invalid(matrix)
    scaled = matrix[np.isfinite(matrix) & sure]
    low, high = min(0.0, float(scaled.min())), float(scaled.max())
    style.outline_cells(axes, np.ma.getmaskarray(held), start=1)
    norm = PowerNorm(0.5, vmin=low, vmax=high if high > low else low + 1)
    options = {"cmap": style.QUANTITY, "norm": norm, "edgecolors": style.SURFACE, "linewidth": 2, **looks}
    mesh: Any = axes.pcolormesh(np.arange(columns + 1) + 0.5, np.arange(rows + 1) + 0.5, held, **options)
    return np.asarray(mesh.cmap(mesh.norm(held)))


def write_cell(axes: Axes, x: float, y: float, lines: Sequence[str], background: Any) -> None:
    """Write a number in bold and what stands below it, in black or white."""
    size, colour = style.size_of(axes), palette.text_on(background[:3])
    first, *rest = lines
    style.beside(
        axes,
        x,
        y,
        first,
        dy=1 if rest else 0,
        in_layout=False,
        ha="center",
        va="bottom" if rest else "center_baseline",
        weight="bold",
        color=colour,
    )
    if rest:
        style.beside(
            axes,
            x,
            y,
            "\n".join(rest),
            dy=-2,
            in_layout=False,
            ha="center",
            va="top",
            fontsize=size.small,
            color=colour,
        )


def score_axes(axes: Axes, bins: int, words: Language) -> None:
    """Number the scores, and say which end is good."""
    size = style.size_of(axes)
    axes.set_xticks(range(1, bins + 1))
    axes.set_yticks(range(1, bins + 1))
    axes.tick_params(labelsize=size.font)
    style.x_title(axes, words.text("Frequency score: 1 seldom, {best} often", best=bins))
    style.y_title(axes, words.text("Recency score: 1 long ago, {best} recent", best=bins))


def _say_cells(cells: Cells, words: Language) -> str:
    if cells.empty:
        return words.text("No scored customers to show")
    r, f = cells.best()
    best, average = cells.mean[r - 1, f - 1], cells.average
    if average <= 0 or best <= 0:
        return words.text("No cell has a positive value")
    return words.text(
        "Customers with R {r} and F {f} are worth {value} each, {times} times the average",
        r=r, f=f, value=worth(words, best, cells.currency), times=words.number(best / average, 1),
    )  # fmt: skip


AXES = ("recency", "frequency", "monetary")


@dataclass(frozen=True)
class Measures:
    """The three measures behind the scores, each with its cut points in ascending order."""

    held: Mapping[str, np.ndarray]
    cuts: Mapping[str, tuple[float, ...]]
    currency: str | None

    @property
    def empty(self) -> bool:
        """True when there is no customer."""
        return all(len(held) == 0 for held in self.held.values())


def _measures(
    customers: Any,
    *,
    scorer: Any = None,
    columns: Sequence[str] = ("days_since_last_order", "n_orders", "revenue"),
    currency: str | None = None,
) -> Measures:
    table = values(customers, columns)
    held = {axis: table[column].dropna().to_numpy() for axis, column in zip(AXES, columns, strict=True)}
    return Measures(held, _cuts(scorer), currency)


def _cuts(scorer: Any) -> dict[str, tuple[float, ...]]:
    """Read cut points from a scorer, from its `thresholds_`, or from a mapping of axis to cut points.

    An axis that is cut otherwise for each group of customers (nested, by market) has no common lines.
    """
    given = getattr(scorer, "thresholds_", scorer)
    if given is None:
        return dict.fromkeys(AXES, ())
    missing = [axis for axis in AXES if axis not in given]
    if missing:
        raise ColumnError(f"scorer: expected cut points of {', '.join(AXES)}; missing: {', '.join(missing)}")
    common = {axis: () if isinstance(given[axis], Mapping) else given[axis] for axis in AXES}
    return {axis: tuple(sorted(float(cut) for cut in points)) for axis, points in common.items()}


def score_histograms(
    customers: Any,
    *,
    scorer: Any = None,
    columns: Sequence[str] = ("days_since_last_order", "n_orders", "revenue"),
    currency: str | None = None,
    ax: Sequence[Axes] | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Figure:
    """Draw recency, orders and revenue of customers, with the lines that cut them into scores.

    Parameters
    ----------
    customers : table with the three `columns`, on any engine; they are collected.
    scorer : a fitted `RFMScorer`, its `thresholds_`, or a mapping of "recency", "frequency" and "monetary" to cut
        points in days, orders and money. Without it no line is drawn.
    columns : the columns behind the three scores.
    currency : ISO code of the currency, such as "EUR"; none shows bare numbers.
    ax : three axes to draw on; a new figure otherwise.
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.bar`.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels, one below the other; `axes[i].containers[0]` holds the bars.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers, or the cut points of an axis are missing.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"days_since_last_order": [3, 40], "n_orders": [5, 1], "revenue": [90.0, 20.0]})
    >>> cuts = {"recency": [20], "frequency": [2], "monetary": [50]}
    >>> figure = sc.plot.score_histograms(customers, scorer=cuts)
    >>> len(figure.axes)
    3
    """
    data, words = _measures(customers, scorer=scorer, columns=columns, currency=currency), language(lang)
    axes = style.panels(ax, 3, 1, height=6.2)
    titles = (words.text("Days since the last order"), words.text("Orders"), words.text("Revenue"))
    for panel, axis, title in zip(axes, AXES, titles, strict=True):
        _histogram(panel, axis, title, data, words, artist_kwargs)
    whole = axes[0].figure.figure
    whole.set_label(HISTOGRAMS.description(data, lang))
    return whole


def _histogram(
    panel: Axes, axis: str, title: str, data: Measures, words: Language, looks: Mapping[str, Any]
) -> None:
    """Draw one measure up to where its tail thins out, its cut lines, and the note on the tail."""
    held, cuts = data.held[axis], data.cuts[axis]
    if not len(held):
        style.nothing(panel, words.text("No customers to show"))
        return
    show = (lambda value: worth(words, value, data.currency)) if axis == "monetary" else words.number
    low, high = _range(held, cuts)
    edges = _whole_edges(low, high) if axis != "monetary" else bin_edges(low, high)
    counts, _ = np.histogram(held[held <= edges[-1]], bins=edges)
    panel.bar(
        edges[:-1],
        counts.astype(float),
        np.diff(edges),
        **{"color": style.GREY, "align": "edge", "edgecolor": style.SURFACE, "linewidth": 0.6, **looks},
    )
    style.base_line(panel)
    style.grid_lines(panel, "y")
    panel.set_xlim(edges[0], edges[-1])
    style.number_axis(panel, "x", show, most=6)
    style.number_axis(panel, "y", words.compact, most=3)
    hidden, limit = int((held > edges[-1]).sum()), show(np.floor(edges[-1]))
    note = words.plural(
        "{n} customer above {limit} is not drawn",
        "{n} customers above {limit} are not drawn",
        hidden,
        limit=limit,
    )
    style.x_title(panel, title + (f" ({note})" if hidden else ""))
    _cut_lines(panel, cuts, show, edges, 0.5 if axis == "frequency" else 0.0)


def _range(held: np.ndarray, cuts: Sequence[float]) -> tuple[float, float]:
    low, high = min(0.0, float(held.min())), float(held.max())
    typical = max(float(np.quantile(held, 0.95)), *(1.3 * cut for cut in cuts), 0.0)
    return low, typical if 0 < 1.3 * typical < high else high


def _whole_edges(low: float, high: float, most: int = 60) -> np.ndarray:
    """Cut whole numbers into bins of a whole width, with edges halfway between them."""
    step = max(1, int(np.ceil((high - low + 1) / most)))
    return np.arange(np.floor(low), high + step + 0.5, step) - 0.5


def _cut_lines(panel: Axes, cuts: Sequence[float], show: Any, edges: np.ndarray, after: float) -> None:
    """Draw the cut lines (orders: after the last bar below); the numbers above them step aside where they would touch."""
    if not cuts:
        return
    size = style.size_of(panel)
    top = panel.get_ylim()[1]
    different = sorted({cut for cut in cuts if edges[0] <= cut <= edges[-1]})
    wide = panel.figure.figure.get_figwidth() * 72 * 0.85
    told = [show(cut) for cut in different]
    scale = (edges[-1] - edges[0]) / wide
    gap = (lettering.widest(told, size.small, "bold") + 8) * scale
    half = gap / 2
    places = lettering.spread(different, gap, edges[0] + half, edges[-1] - half)
    for cut, place, text in zip(
        (cut + after for cut in different), (place + after for place in places), told, strict=True
    ):
        panel.plot(
            [cut, cut, place],
            [0, top, top * 1.1],
            color=style.WARM,
            linewidth=1.2,
            clip_on=False,
            scalex=False,
            scaley=False,
        )
        style.beside(
            panel,
            place,
            top * 1.1,
            text,
            dy=2,
            ha="center",
            va="bottom",
            fontsize=size.small,
            weight="bold",
            color=style.WARM,
        )
    panel.set_ylim(0, top)


def _say_cuts(data: Measures, words: Language) -> str:
    if data.empty:
        return words.text("No customers to show")
    if not all(data.cuts.values()):
        return words.text(
            "Half of the customers ordered in the last {days} days, at most {orders} times, for at most {value}",
            days=words.number(float(np.median(data.held["recency"]))), orders=words.number(float(np.median(data.held["frequency"]))),
            value=worth(words, float(np.median(data.held["monetary"])), data.currency),
        )  # fmt: skip
    return words.text(
        "The best scores: last order at most {days} days ago, more than {orders} orders, more than {value}",
        days=words.number(min(data.cuts["recency"])), orders=words.number(max(data.cuts["frequency"])),
        value=worth(words, max(data.cuts["monetary"]), data.currency),
    )  # fmt: skip


HEATMAP = Chart("rf_heatmap", "Heat map of mean value by recency and frequency scores.", _cells, _say_cells)
HISTOGRAMS = Chart(
    "score_histograms",
    "Histograms of days since the last order, orders and revenue, with the cut points of the scores.",
    _measures,
    _say_cuts,
)
CHARTS = (HEATMAP, HISTOGRAMS)
