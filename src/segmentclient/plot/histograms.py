"""Recency, orders and revenue of customers, with the lines that cut them into scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segmentclient.errors import ColumnError, ModelError, raise_all
from segmentclient.locale import Language, language
from segmentclient.options import check_options, shown
from segmentclient.plot import style
from segmentclient.plot.chart import Chart, joined
from segmentclient.plot.drawing import layout, lettering, scales, sheet, texts
from segmentclient.plot.drawing.bins import bin_edges, draw_bins, hidden_note, typical_range, whole_edges
from segmentclient.plot.numbers import values, worth

__all__ = ["score_histograms"]


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
    raise_all(
        (
            f"column {name!r} is missing in every row; numbers are drawn"
            for name in table
            if table[name].isna().all() and len(table)
        ),
        table="customers",
    )
    held = {axis: table[column].dropna().to_numpy() for axis, column in zip(AXES, columns, strict=True)}
    return Measures(held, _cuts(scorer), currency)


def _cuts(scorer: Any) -> dict[str, tuple[float, ...]]:
    """Read cut points from a scorer, from its `thresholds_`, or from a mapping of axis to cut points.

    An axis that is cut otherwise for each group of customers (nested, by market) has no common lines.
    """
    given = getattr(scorer, "thresholds_", scorer)
    if given is None:
        return dict.fromkeys(AXES, ())
    if not isinstance(given, Mapping):
        raise ModelError(
            f"scorer={shown(scorer)} ({type(scorer).__name__}); accepted: a fitted RFMScorer, or cut points by axis"
        )
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
    ax: Axes | Sequence[Axes] | np.ndarray | None = None,
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
    check_options(score_histograms, locals())
    data, words = _measures(customers, scorer=scorer, columns=columns, currency=currency), language(lang)
    axes = sheet.panels(ax, 3, 1, height=6.2)
    for panel, axis, title in zip(axes, AXES, _titles(words), strict=True):
        _histogram(panel, axis, title, data, words, artist_kwargs)
    if not data.empty:
        _say_scale(axes[0], data, words)
    whole = axes[0].figure.figure
    whole.set_label(HISTOGRAMS.description(data, lang))
    return whole


def _titles(words: Language) -> tuple[str, str, str]:
    """Name the three measures."""
    return words.text("Days since the last order"), words.text("Orders"), words.text("Revenue")


def _histogram(
    panel: Axes, axis: str, title: str, data: Measures, words: Language, looks: Mapping[str, Any]
) -> None:
    """Draw one measure up to where its tail thins out, its cut lines, and the note on the tail."""
    held, cuts = data.held[axis], data.cuts[axis]
    if not len(held):
        texts.nothing(panel, words.text("No customers to show"))
        return

    def show(value: float) -> str:
        return worth(words, value, data.currency) if axis == "monetary" else words.number(value)

    low, high = typical_range(held, cuts)
    edges = bin_edges(low, high) if axis == "monetary" else whole_edges(low, high)
    draw_bins(panel, held, edges, looks)
    scales.number_axis(panel, "x", lambda value, _: show(value), most=6, whole=axis != "monetary")
    if len(edges) == 2:
        panel.set_xticks([held[0]])
    scales.count_axis(panel, "y", words, most=4)
    note = hidden_note(words, held, edges, show)
    texts.x_title(panel, f"{title} ({note})" if note else title)
    _cut_lines(panel, cuts, show, edges, 0.5 if axis == "frequency" else 0.0)


def _say_scale(panel: Axes, data: Measures, words: Language) -> None:
    """Say above the first panel what the bars count and what the lines are."""
    size = style.size_of(panel)
    told = f"{words.text('Customers')} ({texts.count_note(words, len(data.held['recency']))})"
    lines = any(data.cuts.values())
    if lines:
        told += words.text("; ") + words.text("lines: the limits of the scores")
    up = 0.1 * layout.axes_inches(panel)[1] * 72 + 1.6 * size.small if lines else 0
    looks: dict[str, Any] = {"fontsize": size.small, "color": style.MUTED, "va": "bottom"}
    texts.beside(panel, 0, 1, told, dy=6 + up, xycoords="axes fraction", **looks)


def _cut_lines(panel: Axes, cuts: Sequence[float], show: Any, edges: np.ndarray, after: float) -> None:
    """Draw the cut lines (orders: after the last bar below); the numbers above them step aside where they would touch."""
    if not cuts:
        return
    size = style.size_of(panel)
    top = panel.get_ylim()[1]
    different = sorted({cut for cut in cuts if edges[0] <= cut <= edges[-1]})
    wide = style.size_of(panel).width * 72 * 0.85
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
        texts.beside(
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


def _tell_cuts(data: Measures, words: Language) -> str:
    """List the limits of each score."""
    shows = {
        "recency": words.number,
        "frequency": words.number,
        "monetary": lambda cut: worth(words, cut, data.currency),
    }
    names = dict(zip(AXES, _titles(words), strict=True))
    return joined(
        (
            f"{names[axis]}{words.text(': ')}{words.listed([*dict.fromkeys(map(shows[axis], cuts))])}"
            for axis, cuts in data.cuts.items()
            if cuts
        ),
        words,
    )


HISTOGRAMS = Chart(
    "score_histograms",
    "Histograms of days since the last order, orders and revenue, with the cut points of the scores.",
    _measures,
    _say_cuts,
    _tell_cuts,
)


CHARTS = (HISTOGRAMS,)
