"""What a fitted purchase model believes of each history: P(alive) and expected purchases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from segmentclient.lifetime.horizons import days_a_unit
from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot.chart import Chart
from segmentclient.plot.drawing import sheet, texts
from segmentclient.plot.drawing.cells import Show, colour_cells, write_cells
from segmentclient.plot.given import check_purchase_model

__all__ = ["expected_purchases_matrix", "probability_alive_matrix"]


COUNTS = (1, 2, 3, 4, 6, 8, 12, 20)


STEPS = 7


@dataclass(frozen=True)
class Beliefs:
    """What a model gives customers of one age, by repeat purchases (columns) and silence (rows, shortest first)."""

    counts: tuple[int, ...]
    silences: tuple[float, ...]
    held: np.ndarray
    age: float
    ahead: float
    unit: str


def _beliefs(
    model: Any, *, kind: Literal["alive", "expected"], age: float | None, t: float | None
) -> Beliefs:
    check_purchase_model(model)
    unit = str(getattr(model, "time_unit", "D"))
    year = 365.0 / days_a_unit(unit)
    whole = float(round(year) if age is None else age)
    ahead = float(round(year) if t is None else t)
    silences = np.linspace(0, whole, STEPS + 1)[:-1]
    silences = np.round(silences) if whole >= 2 * STEPS else silences
    frequency, silence = (grid.ravel() for grid in np.meshgrid(np.array(COUNTS, float), silences))
    histories = pd.DataFrame({"frequency": frequency, "recency": whole - silence, "T": whole})
    answer = (
        model.probability_alive(histories)
        if kind == "alive"
        else model.expected_purchases(histories, t=ahead)
    )
    held = np.asarray(answer, float).reshape(len(silences), len(COUNTS))
    return Beliefs(COUNTS, tuple(silences.tolist()), held, whole, ahead, unit)


def _alive_beliefs(model: Any, *, T: float | None = None) -> Beliefs:
    return _beliefs(model, kind="alive", age=T, t=None)


def _expected_beliefs(model: Any, *, t: float | None = None, T: float | None = None) -> Beliefs:
    return _beliefs(model, kind="expected", age=T, t=t)


def span(words: Language, length: float, unit: str) -> str:
    """Write a length of time in the unit of a model; where it has no word, in days."""
    length = length if unit in {"W", "M", "Y"} else length * days_a_unit(unit)
    shown = length if abs(length - round(length)) > 0.05 else round(length)
    if unit == "W":
        return words.plural("{n} week", "{n} weeks", shown)
    if unit == "M":
        return words.plural("{n} month", "{n} months", shown)
    if unit == "Y":
        return words.plural("{n} year", "{n} years", shown)
    return words.plural("{n} day", "{n} days", shown)


def probability_alive_matrix(
    model: Any, *, T: float | None = None, ax: Axes | None = None, lang: str = "en", **artist_kwargs: Any
) -> Axes:
    """Draw the probability that customers are still customers, by repeat purchases and time since the last one.

    Parameters
    ----------
    model : a fitted purchase model, such as `MBGNBD`.
    T : age of the customers, in the unit of the model; one year by default.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.pcolormesh`.

    Returns
    -------
    matplotlib.axes.Axes
        `collections[0].get_array()` holds the probabilities, one row a length of silence.

    Raises
    ------
    ModelError
        The model is not fitted.

    Examples
    --------
    >>> import segmentclient as sc
    >>> model = sc.MBGNBD.from_params(r=0.525, alpha=6.183, a=0.891, b=1.614, time_unit="W")
    >>> ax = sc.plot.probability_alive_matrix(model, T=39)
    >>> float(ax.collections[0].get_array()[0, 0].round(2))
    0.75
    """
    check_options(probability_alive_matrix, locals())
    data, words = _alive_beliefs(model, T=T), language(lang)
    axes = sheet.start(ax)
    shows = (lambda share: words.percent(share, 0), lambda share: words.number(100 * share))
    meaning = words.text("Cells: probability of being a customer still, in %")
    _draw_beliefs(axes, data, words, shows, meaning, {"vmin": 0.0, "vmax": 1.0, **artist_kwargs})
    return ALIVE.sign(axes, data, lang)


def expected_purchases_matrix(
    model: Any,
    *,
    t: float | None = None,
    T: float | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw the purchases expected of customers, by repeat purchases and time since the last one.

    Parameters
    ----------
    model : a fitted purchase model, such as `MBGNBD`.
    t : time ahead, in the unit of the model; one year by default.
    T : age of the customers, in the unit of the model; one year by default.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.pcolormesh`.

    Returns
    -------
    matplotlib.axes.Axes
        `collections[0].get_array()` holds the expected purchases, one row a length of silence.

    Raises
    ------
    ModelError
        The model is not fitted.

    Examples
    --------
    >>> import segmentclient as sc
    >>> model = sc.MBGNBD.from_params(r=0.525, alpha=6.183, a=0.891, b=1.614, time_unit="W")
    >>> ax = sc.plot.expected_purchases_matrix(model, t=39, T=39)
    >>> float(ax.collections[0].get_array()[0, 0].round(2))
    0.82
    """
    check_options(expected_purchases_matrix, locals())
    data, words = _expected_beliefs(model, t=t, T=T), language(lang)
    axes = sheet.start(ax)
    decimals = 0 if data.held.max() >= 100 else 1 if data.held.max() >= 3 else 2
    shows = (lambda count: words.number(count, decimals), words.number, words.compact)
    ahead = span(words, data.ahead, data.unit)
    meaning = words.text("Cells: purchases expected in the next {ahead}", ahead=ahead)
    _draw_beliefs(axes, data, words, shows, meaning, {"vmin": 0.0, **artist_kwargs})
    return EXPECTED.sign(axes, data, lang)


def _draw_beliefs(
    axes: Axes, data: Beliefs, words: Language, shows: Sequence[Show], meaning: str, looks: dict[str, Any]
) -> None:
    """Draw a matrix of beliefs, the shortest silence above, with its numbers and its axes."""
    colours = colour_cells(axes, data.held, looks)
    height, width = data.held.shape
    axes.set_ylim(height - 0.5, -0.5)
    axes.set_xticks(range(width), [words.number(count) for count in data.counts])
    axes.set_yticks(range(height), [_silence(words, data, silence) for silence in data.silences])
    texts.y_title(axes, words.text("Time since the last purchase"))
    age = words.text("Customers known for {age}", age=span(words, data.age, data.unit))
    texts.x_title(axes, words.text("Repeat purchases"), age, meaning)
    write_cells(axes, data.held, colours, shows)


def _silence(words: Language, data: Beliefs, silence: float) -> str:
    return words.text("just now") if silence == 0 else span(words, silence, data.unit)


def _say_alive(data: Beliefs, words: Language) -> str:
    """Compare the same silence for a rare and a frequent buyer."""
    row, few, many = len(data.silences) // 2, data.counts.index(2), data.counts.index(12)
    return words.text(
        "After {silence} without a purchase, {rare} of those who bought 2 times again are still customers, and {often} of those who bought 12 times",
        silence=span(words, data.silences[row], data.unit), rare=words.percent(data.held[row, few], 0),
        often=words.percent(data.held[row, many], 0),
    )  # fmt: skip


def _say_expected(data: Beliefs, words: Language) -> str:
    return words.text(
        "In the next {ahead}, customers who bought just now for the 12th time again should buy {often} times, those who did for the 2nd time {rare}",
        ahead=span(words, data.ahead, data.unit), often=words.number(data.held[0, data.counts.index(12)], 1),
        rare=words.number(data.held[0, data.counts.index(2)], 1),
    )  # fmt: skip


ALIVE = Chart(
    "probability_alive_matrix",
    "Matrix of the probability of being a customer still, by repeat purchases and time since the last one.",
    _alive_beliefs,
    _say_alive,
)


EXPECTED = Chart(
    "expected_purchases_matrix",
    "Matrix of the purchases expected, by repeat purchases and time since the last one.",
    _expected_beliefs,
    _say_expected,
)


CHARTS = (ALIVE, EXPECTED)
