"""How many customers have brought in, or should still bring, how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import style
from segmentclient.plot.chart import Chart
from segmentclient.plot.drawing import layout, lettering, scales, sheet, texts
from segmentclient.plot.drawing.bins import bin_edges, draw_bins, hidden_note, typical_range
from segmentclient.plot.numbers import tense, values, worth

__all__ = ["value_distribution"]


@dataclass(frozen=True)
class Spread:
    """The values of customers, sorted, and how they are shown."""

    held: np.ndarray
    currency: str | None
    value: str = "lifetime_value"

    @property
    def empty(self) -> bool:
        """True when no customer has a value."""
        return len(self.held) == 0


def _spread(customers: Any, *, value: str = "lifetime_value", currency: str | None = None) -> Spread:
    held = values(customers, [value])[value].to_numpy()
    return Spread(np.sort(held[np.isfinite(held)]), currency, value)


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
    check_options(value_distribution, locals())
    spread, words = _spread(customers, value=value, currency=currency), language(lang)
    axes = sheet.start(ax, height=3.4)
    if spread.empty:
        return DISTRIBUTION.sign(texts.nothing(axes, words.text("No customers to show")), spread, lang)
    low, high = typical_range(spread.held)
    edges = bin_edges(low, high)
    counts = draw_bins(axes, spread.held, edges, artist_kwargs)
    _value_axes(axes, spread, words, edges)
    _mark_centres(axes, spread, words, counts.max(), high)
    return DISTRIBUTION.sign(axes, spread, lang)


def _value_axes(axes: Axes, spread: Spread, words: Language, edges: np.ndarray) -> None:
    def show(value: float) -> str:
        return worth(words, value, spread.currency)

    scales.number_axis(axes, "x", lambda value, _: show(value))
    if len(edges) == 2:
        axes.set_xticks([spread.held[0]])
    scales.count_axis(axes, "y", words)
    texts.y_title(axes, f"{words.text('Customers')} ({texts.count_note(words, len(spread.held))})")
    texts.x_title(axes, words.text(_AXIS[tense(spread.value)]), hidden_note(words, spread.held, edges, show))


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
        right = _has_room(axes, value, told)
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


def _has_room(axes: Axes, value: float, told: str) -> bool:
    """Tell whether a text fits right of its line, where it crosses none of the lines before it."""
    (low, high), font = axes.get_xlim(), style.size_of(axes).font
    room = layout.axes_inches(axes)[0] * 72 * (high - value) / (high - low)
    return room > lettering.text_width(told, font, "bold") + 5


def _say_value(spread: Spread, words: Language) -> str:
    if spread.empty:
        return words.text("No customers to show")
    return words.text(
        _HALF[tense(spread.value)],
        median=worth(words, float(np.median(spread.held)), spread.currency),
        mean=worth(words, float(spread.held.mean()), spread.currency),
    )  # fmt: skip


_AXIS = {
    "past": "Revenue of a customer so far",
    "future": "What a customer should still bring",
    "": "Value of a customer",
}
_HALF = {
    "past": "Half of the customers have brought in less than {median}; the average is {mean}",
    "future": "Half of the customers should still bring less than {median}; the average is {mean}",
    "": "Half of the customers are below {median}; the average is {mean}",
}


DISTRIBUTION = Chart("value_distribution", "Histogram of the value of customers.", _spread, _say_value)


CHARTS = (DISTRIBUTION,)
