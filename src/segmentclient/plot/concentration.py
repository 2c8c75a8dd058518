"""How value is spread over customers: the concentration curve and the distribution of a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes

from segmentclient.locale import Language, language
from segmentclient.plot import style
from segmentclient.plot.chart import Chart, joined
from segmentclient.plot.numbers import of_value, values, worth

__all__ = ["lorenz_curve", "value_distribution"]


@dataclass(frozen=True)
class Curve:
    """Cumulated share of value against cumulated share of customers, best customers first unless asked."""

    people: np.ndarray
    money: np.ndarray
    customers: int
    order: str
    value: str

    @property
    def empty(self) -> bool:
        """True when there is no customer, or no value to share."""
        return self.customers == 0 or not np.isfinite(self.money).all()

    def best(self, share: float) -> float:
        """Share of the value that the best `share` of customers make."""
        made = float(np.interp(share if self.order == "best" else 1 - share, self.people, self.money))
        return made if self.order == "best" else 1 - made

    @property
    def gini(self) -> float:
        """Twice the area between the curve and equality."""
        return float(abs(2 * np.trapezoid(self.money, self.people) - 1))


def _curve(
    customers: Any,
    *,
    value: str = "revenue",
    order: Literal["best", "poorest"] = "best",
    currency: str | None = None,
) -> Curve:
    held = np.sort(values(customers, [value])[value].fillna(0).to_numpy())
    held = held[::-1] if order == "best" else held
    total = held.sum()
    shares = np.cumsum(held) / (total if total > 0 else np.nan)
    people = np.linspace(0, 1, len(held) + 1)
    return _thinned(Curve(people, np.concatenate([[0.0], shares]), len(held), order, value))


def _thinned(curve: Curve, most: int = 1_000) -> Curve:
    """Keep a thousand points of a long curve: no eye sees more."""
    if len(curve.people) <= most:
        return curve
    kept = np.unique(np.linspace(0, len(curve.people) - 1, most).round().astype(int))
    return Curve(curve.people[kept], curve.money[kept], curve.customers, curve.order, curve.value)


def lorenz_curve(
    customers: Any,
    *,
    value: str = "revenue",
    order: Literal["best", "poorest"] = "best",
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw how much of the revenue the best customers make (Pareto), or the poorest (Lorenz).

    Parameters
    ----------
    customers : table with the column `value`, on any engine; that column is collected. Missing counts as 0.
    value : column to cumulate.
    order : "best" starts with the best customers (Pareto's reading), "poorest" with the others (Lorenz').
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.plot` for the curve.

    Returns
    -------
    matplotlib.axes.Axes
        `lines[0]` is the curve.

    Raises
    ------
    ColumnError
        The column is missing or does not hold numbers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> ax = sc.plot.lorenz_curve(pd.DataFrame({"revenue": [80.0, 10.0, 10.0, 0.0]}))
    >>> ax.lines[0].get_ydata().tolist()
    [0.0, 0.8, 0.9, 1.0, 1.0]
    """
    curve, words = _curve(customers, value=value, order=order), language(lang)
    axes = style.start(ax)
    if curve.empty:
        return LORENZ.sign(style.nothing(axes, words.text("Nothing to share out")), curve, lang)
    axes.plot(
        curve.people,
        curve.money,
        **{"color": style.ACCENT, "linewidth": 2.2, "solid_capstyle": "round", **artist_kwargs},
    )
    axes.plot([0, 1], [0, 1], color=style.GREY, linewidth=1)
    axes.set(xlim=(0, 1), ylim=(min(0.0, curve.money.min()), max(1.0, curve.money.max())))
    _share_axes(axes, words, curve)
    _mark_best(axes, curve, words)
    return LORENZ.sign(axes, curve, lang)


def _share_axes(axes: Axes, words: Language, curve: Curve) -> None:
    style.grid_lines(axes, "y")
    style.base_line(axes)
    style.number_axis(axes, "x", lambda share: words.percent(share, 0))
    style.number_axis(axes, "y", lambda share: words.percent(share, 0) if share else "")
    style.y_title(axes, words.text("Share {of_value}", of_value=of_value(curve.value, words)))
    first = (
        words.text("Share of customers, the best first")
        if curve.order == "best"
        else words.text("Share of customers, the poorest first")
    )
    style.x_title(axes, first)


def _mark_best(axes: Axes, curve: Curve, words: Language) -> None:
    """Point at what the best fifth of the customers make, and name the line of equality."""
    made = curve.best(0.2)
    x, y = (0.2, made) if curve.order == "best" else (0.8, 1 - made)
    axes.plot([x, x], [0, y], color=style.MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
    axes.plot([x], [y], "o", color=style.ACCENT, markersize=7, markeredgecolor=style.SURFACE)
    text = words.text(
        "The best {customers} of customers\nmake {share} {of_value}",
        customers=words.percent(0.2, 0),
        share=words.percent(made, 0),
        of_value=of_value(curve.value, words),
    )
    below = curve.order == "best"
    style.beside(
        axes, x, y, text, dx=10 if below else -10, dy=-6 if below else 6, weight="bold", color=style.INK,
        ha="left" if below else "right", va="top" if below else "bottom",
    )  # fmt: skip
    size = style.size_of(axes)
    at = (0.3 if made > 0.5 else 0.66) if below else 0.4
    style.beside(
        axes, at, at, words.text("if all were equal"), dx=8 if below else -8, dy=-4 if below else 4, color=style.MUTED,
        fontsize=size.small, ha="left" if below else "right", va="top" if below else "bottom",
    )  # fmt: skip


def _say_concentration(curve: Curve, words: Language) -> str:
    if curve.empty:
        return words.text("Nothing to share out")
    return words.text(
        "The best {customers} of customers make {share} {of_value}",
        customers=words.percent(0.2, 0), share=words.percent(curve.best(0.2), 0), of_value=of_value(curve.value, words),
    )  # fmt: skip


def _tell_concentration(curve: Curve, words: Language) -> str:
    if curve.empty:
        return ""
    points = (
        words.text(
            "the best {customers} make {share}",
            customers=words.percent(share, 0),
            share=words.percent(curve.best(share), 0),
        )
        for share in (0.01, 0.05, 0.1, 0.5)
    )
    return joined([*points, words.text("Gini index {gini}", gini=words.number(curve.gini, 2))], words)


@dataclass(frozen=True)
class Spread:
    """The values of customers, sorted, and how they are shown."""

    held: np.ndarray
    currency: str | None

    @property
    def empty(self) -> bool:
        """True when no customer has a value."""
        return len(self.held) == 0

    @property
    def limits(self) -> tuple[float, float]:
        """Values between which bars are drawn: all but the last twentieth, unless that gains little."""
        low, high = float(self.held[0]), float(self.held[-1])
        typical = float(np.quantile(self.held, 0.95))
        return min(low, 0.0), typical if typical > 0 and high > 1.6 * typical else high


def _spread(customers: Any, *, value: str = "lifetime_value", currency: str | None = None) -> Spread:
    held = values(customers, [value])[value].to_numpy()
    return Spread(np.sort(held[np.isfinite(held)]), currency)


def value_distribution(
    customers: Any,
    *,
    value: str = "lifetime_value",
    currency: str | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw how many customers have each lifetime value, with the median and the mean.

    The highest twentieth of the values is not drawn when it would flatten the rest; the note below says so.

    Parameters
    ----------
    customers : table with the column `value`, on any engine; that column is collected.
    value : column to show.
    currency : ISO code of the currency, such as "EUR"; none shows bare numbers.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.bar`.

    Returns
    -------
    matplotlib.axes.Axes
        `containers[0]` holds the bars, as high as the number of customers.

    Raises
    ------
    ColumnError
        The column is missing or does not hold numbers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> ax = sc.plot.value_distribution(pd.DataFrame({"lifetime_value": [1.0, 2.0, 2.5, 3.0]}), currency="EUR")
    >>> [float(bar.get_height()) for bar in ax.patches if bar.get_height()]
    [1.0, 1.0, 1.0, 1.0]
    """
    spread, words = _spread(customers, value=value, currency=currency), language(lang)
    axes = style.start(ax, height=3.4)
    if spread.empty:
        return DISTRIBUTION.sign(style.nothing(axes, words.text("No customers to show")), spread, lang)
    low, high = spread.limits
    edges = bin_edges(low, high)
    shown = spread.held[spread.held <= edges[-1]]
    counts, _ = np.histogram(shown, bins=edges)
    looks = {
        "color": style.GREY,
        "align": "edge",
        "edgecolor": style.SURFACE,
        "linewidth": 0.8,
        **artist_kwargs,
    }
    axes.bar(edges[:-1], counts.astype(float), np.diff(edges), **looks)
    axes.set_xlim(edges[0], edges[-1])
    _value_axes(axes, spread, words, len(spread.held) - len(shown), edges[-1])
    _mark_centres(axes, spread, words, counts.max(), high)
    return DISTRIBUTION.sign(axes, spread, lang)


def bin_edges(low: float, high: float, count: int = 30) -> np.ndarray:
    """Cut a range into about `count` bins with round edges, the last one no lower than `high`."""
    from matplotlib.ticker import MaxNLocator

    if high <= low:
        return np.array([low - 0.5, low + 0.5])
    return np.asarray(MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))


def _value_axes(axes: Axes, spread: Spread, words: Language, hidden: int, high: float) -> None:
    style.grid_lines(axes, "y")
    style.base_line(axes)
    style.number_axis(axes, "x", lambda value: worth(words, value, spread.currency))
    style.number_axis(axes, "y", words.compact, most=4)
    style.y_title(axes, words.text("Customers"))
    note = words.plural(
        "{n} customer worth more than {limit} is not drawn", "{n} customers worth more than {limit} are not drawn",
        hidden, limit=worth(words, high, spread.currency),
    )  # fmt: skip
    style.x_title(axes, words.text("Value of a customer"), note if hidden else "")


def _mark_centres(axes: Axes, spread: Spread, words: Language, top: float, high: float) -> None:
    """Draw the median and the mean, named side by side above the bars."""
    median, mean = float(np.median(spread.held)), float(spread.held.mean())
    axes.set_ylim(0, top * 1.32)
    first, second = sorted([(median, "median"), (mean, "mean")])
    for (value, name), level in ((first, 1.24), (second, 1.12)):
        if value > high:
            continue
        colour = style.ACCENT if name == "median" else style.WARM
        axes.plot([value, value], [0, top * level], color=colour, linewidth=1.6)
        told = (
            words.text("median {value}", value=worth(words, value, spread.currency))
            if name == "median"
            else words.text("mean {value}", value=worth(words, value, spread.currency))
        )
        right = value < (axes.get_xlim()[0] + axes.get_xlim()[1]) / 2
        style.beside(
            axes,
            value,
            top * level,
            told,
            dx=5 if right else -5,
            ha="left" if right else "right",
            va="center",
            color=style.INK,
            weight="bold",
        )


def _say_value(spread: Spread, words: Language) -> str:
    if spread.empty:
        return words.text("No customers to show")
    return words.text(
        "Half of the customers are worth less than {median}; the average is {mean}",
        median=worth(words, float(np.median(spread.held)), spread.currency),
        mean=worth(words, float(spread.held.mean()), spread.currency),
    )  # fmt: skip


LORENZ = Chart(
    "lorenz_curve",
    "Curve of the cumulated share of what customers bring against the share of customers.",
    _curve,
    _say_concentration,
    _tell_concentration,
)
DISTRIBUTION = Chart("value_distribution", "Histogram of the value of customers.", _spread, _say_value)
CHARTS = (LORENZ, DISTRIBUTION)
