"""How many customers are worth how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from segmentclient.locale import Language, language
from segmentclient.plot import style
from segmentclient.plot.chart import Chart
from segmentclient.plot.drawing import scales, sheet, texts
from segmentclient.plot.numbers import values, worth

__all__ = ["bin_edges", "value_distribution"]


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
    axes = sheet.start(ax, height=3.4)
    if spread.empty:
        return DISTRIBUTION.sign(texts.nothing(axes, words.text("No customers to show")), spread, lang)
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
    if high <= low:
        return np.array([low - 0.5, low + 0.5])
    return np.asarray(MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))


def _value_axes(axes: Axes, spread: Spread, words: Language, hidden: int, high: float) -> None:
    scales.grid_lines(axes, "y")
    scales.base_line(axes)
    scales.number_axis(axes, "x", lambda value: worth(words, value, spread.currency))
    scales.number_axis(axes, "y", words.compact, most=4)
    texts.y_title(axes, words.text("Customers"))
    note = words.plural(
        "{n} customer worth more than {limit} is not drawn", "{n} customers worth more than {limit} are not drawn",
        hidden, limit=worth(words, high, spread.currency),
    )  # fmt: skip
    texts.x_title(axes, words.text("Value of a customer"), note if hidden else "")


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
        texts.beside(
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


DISTRIBUTION = Chart("value_distribution", "Histogram of the value of customers.", _spread, _say_value)


CHARTS = (DISTRIBUTION,)
