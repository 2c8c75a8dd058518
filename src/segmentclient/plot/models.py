"""What a fitted purchase model believes: P(alive) and expected purchases by history, one customer's history, parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from segmentclient import frames
from segmentclient.customers import UNIT_DAYS
from segmentclient.errors import ColumnError
from segmentclient.locale import Language, language
from segmentclient.plot import palette, style
from segmentclient.plot.chart import Chart
from segmentclient.schema import check_columns

__all__ = ["alive_history", "expected_purchases_matrix", "parameter_intervals", "probability_alive_matrix"]

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
    unit = str(getattr(model, "time_unit", "D"))
    year = 365.0 / UNIT_DAYS.get(unit, 1.0)
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
    """Write a length of time in the unit of a model."""
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
    data, words = _alive_beliefs(model, T=T), language(lang)
    axes = style.start(ax)
    _draw_beliefs(
        axes, data, words, lambda share: words.percent(share, 0), {"vmin": 0.0, "vmax": 1.0, **artist_kwargs}
    )
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
    data, words = _expected_beliefs(model, t=t, T=T), language(lang)
    axes = style.start(ax)
    decimals = 0 if data.held.max() >= 100 else 1 if data.held.max() >= 3 else 2
    _draw_beliefs(
        axes, data, words, lambda count: words.number(count, decimals), {"vmin": 0.0, **artist_kwargs}
    )
    return EXPECTED.sign(axes, data, lang)


def _draw_beliefs(axes: Axes, data: Beliefs, words: Language, show: Any, looks: dict[str, Any]) -> None:
    rows, columns = data.held.shape
    options = {"cmap": style.QUANTITY, "edgecolors": style.SURFACE, "linewidth": 1.5, **looks}
    mesh: Any = axes.pcolormesh(np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5, data.held, **options)
    colours = mesh.cmap(mesh.norm(data.held))
    size = style.size_of(axes)
    for (row, column), value in np.ndenumerate(data.held):
        style.write(
            axes,
            column,
            row,
            show(value),
            ha="center",
            va="center_baseline",
            fontsize=size.small,
            color=palette.text_on(colours[row, column][:3]),
        )
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_xticks(range(columns), [words.number(count) for count in data.counts])
    axes.set_yticks(range(rows), [_silence(words, data, silence) for silence in data.silences])
    style.y_title(axes, words.text("Time since the last purchase"))
    ahead = words.text("Customers known for {age}", age=span(words, data.age, data.unit))
    style.x_title(axes, words.text("Repeat purchases"), ahead)


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


@dataclass(frozen=True)
class History:
    """P(alive) of one customer, day by day from the first purchase, and the purchase days."""

    days: pd.DatetimeIndex
    alive: np.ndarray
    purchases: pd.DatetimeIndex


def _history(
    transactions: Any,
    *,
    model: Any,
    customer: Any = None,
    customer_id: str = "customer_id",
    date: str = "date",
    as_of: Any = None,
) -> History:
    frame = frames.read(transactions, name="transactions")
    columns = frame.collect_schema()
    check_columns(
        columns,
        {date: "date"} if customer is None else {date: "date", customer_id: "any"},
        table="transactions",
    )
    own = frame if customer is None else frame.filter(nw.col(customer_id) == customer)
    bought = (
        pd.DatetimeIndex(pd.to_datetime(frames.collect(own, [date])[date]))
        .tz_localize(None)
        .normalize()
        .unique()
        .sort_values()
    )
    if bought.empty:
        raise ColumnError(f"transactions: no purchase of customer {customer!r} was found")
    last = pd.Timestamp(as_of).normalize() if as_of is not None else bought[-1]
    bought = bought[bought <= last]
    if bought.empty:
        raise ColumnError(f"transactions: customer {customer!r} bought nothing up to {last.date()}")
    days = pd.date_range(bought[0], last, freq="D")
    return History(days, _alive_by_day(model, days, bought), bought)


def _alive_by_day(model: Any, days: pd.DatetimeIndex, bought: pd.DatetimeIndex) -> np.ndarray:
    """What the model believes at the end of each day, from the purchases up to it."""
    unit = UNIT_DAYS.get(str(getattr(model, "time_unit", "D")), 1.0)
    count = bought.searchsorted(days, side="right")
    since = (bought[count - 1] - bought[0]).days.to_numpy(float)
    age = (days - bought[0]).days.to_numpy(float)
    histories = pd.DataFrame({"frequency": count - 1.0, "recency": since / unit, "T": age / unit})
    return np.asarray(model.probability_alive(histories), float)


def alive_history(
    transactions: Any,
    *,
    model: Any,
    customer: Any = None,
    as_of: Any = None,
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw how the probability that one customer is still a customer fell and rose, with the purchases marked.

    Parameters
    ----------
    transactions : purchases with the column `date` (and `customer_id`, to choose one), on any engine; the dates of
        the one customer are collected.
    model : a fitted purchase model, such as `MBGNBD`.
    customer : id of the customer; all rows are one customer's otherwise.
    as_of : last day to draw; the day of the last purchase otherwise.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.plot`.

    Returns
    -------
    matplotlib.axes.Axes
        `lines[0]` is the probability, day by day.

    Raises
    ------
    ColumnError
        A column is missing, or the customer has no purchase.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> model = sc.MBGNBD.from_params(r=0.525, alpha=6.183, a=0.891, b=1.614, time_unit="W")
    >>> log = pd.DataFrame({"date": pd.to_datetime(["2026-01-01", "2026-03-01"])})
    >>> ax = sc.plot.alive_history(log, model=model, as_of="2026-09-01")
    >>> len(ax.lines[0].get_xdata())
    244
    """
    data, words = _history(transactions, model=model, customer=customer, as_of=as_of), language(lang)
    axes = style.start(ax, height=2.9)
    axes.plot(
        np.arange(len(data.days)), data.alive, **{"color": style.ACCENT, "linewidth": 2, **artist_kwargs}
    )
    places = (data.purchases - data.days[0]).days.to_numpy()
    axes.plot(
        places,
        np.full(len(places), -0.06),
        "|",
        color=style.INK,
        markersize=8,
        markeredgewidth=1.2,
        clip_on=False,
    )
    axes.set(ylim=(-0.12, 1.02), xlim=(0, max(len(data.days) - 1, 1)))
    style.grid_lines(axes, "y")
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], [words.percent(share, 0) for share in (0, 0.25, 0.5, 0.75, 1)])
    style.date_axis(axes, [day.date() for day in data.days], words)
    style.y_title(axes, words.text("Probability of being a customer still; purchases marked below"))
    return HISTORY.sign(axes, data, lang)


def _say_history(data: History, words: Language) -> str:
    purchases = words.plural("{n} purchase day", "{n} purchase days", len(data.purchases))
    return words.text(
        "{purchases}; on {date}, a probability of {share} of being a customer still",
        purchases=purchases, date=words.date(data.days[-1].date()), share=words.percent(float(data.alive[-1]), 0),
    )  # fmt: skip


def parameter_intervals(
    model: Any, *, ax: Axes | None = None, lang: str = "en", **artist_kwargs: Any
) -> Axes:
    """Draw how sure a fitted model is of each parameter: the interval as a percentage of the estimate.

    Parameters
    ----------
    model : a fitted model with `summary()`.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.hlines`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ModelError
        The model is not fitted.

    Examples
    --------
    >>> import segmentclient as sc
    >>> customers = sc.summarize_customers(sc.datasets.load_cdnow(), as_of="1998-06-30", time_unit="W")
    >>> ax = sc.plot.parameter_intervals(sc.MBGNBD(time_unit="W").fit(customers))
    >>> [tick.get_text() for tick in ax.get_yticklabels()]
    ['r', 'alpha', 'a', 'b']
    """
    table, words = _intervals(model), language(lang)
    labels = [str(name) for name in table.index]
    axes = style.start(ax, height=style.rows_height(ax, labels, extra=0.6))
    style.category_axis(axes, labels)
    rows = np.arange(len(table))
    low, high = table["low"] / table["estimate"] - 1, table["high"] / table["estimate"] - 1
    known = np.isfinite(low) & np.isfinite(high)
    axes.hlines(
        rows[known],
        low[known],
        high[known],
        **{"color": style.ACCENT, "linewidth": 3, "alpha": 0.6, **artist_kwargs},
    )
    axes.plot(np.zeros(len(rows)), rows, "o", color=style.ACCENT, markersize=7)
    axes.axvline(0, color=style.MUTED, linewidth=0.8, zorder=0)
    widest = float(max(high[known].max(), -low[known].min())) if known.any() else 1.0
    axes.set_xlim(-1.15 * min(widest, 2.0), 1.15 * min(widest, 2.0))
    style.number_axis(axes, "x", lambda share: ("+" if share > 0 else "") + words.percent(share, 0))
    style.grid_lines(axes, "x")
    for row, (_, estimate, start, end) in enumerate(table[["estimate", "low", "high"]].itertuples(name=None)):
        style.beside(
            axes,
            1,
            row,
            _interval(words, estimate, start, end),
            dx=8,
            ha="left",
            va="center",
            fontsize=style.size_of(axes).small,
            xycoords=("axes fraction", "data"),
        )
    style.x_title(axes, words.text("95% interval, as a percentage of the estimate"))
    return INTERVALS.sign(axes, table, lang)


def _intervals(model: Any) -> pd.DataFrame:
    table = model.summary()
    return table if isinstance(table, pd.DataFrame) else pd.DataFrame(table)


def _interval(words: Language, estimate: float, low: float, high: float) -> str:
    decimals = 3 if abs(estimate) < 1 else 2 if abs(estimate) < 100 else 0
    shown = [words.number(value, decimals) for value in (estimate, low, high)]
    return words.text("{estimate}\n{low} to {high}", estimate=shown[0], low=shown[1], high=shown[2])


def _say_intervals(table: pd.DataFrame, words: Language) -> str:
    width = (table["high"] - table["low"]) / 2 / table["estimate"].abs()
    if not np.isfinite(width).any():
        return words.text("The model gives no interval for its parameters")
    return words.text(
        "The least certain parameter is {name}: give or take {share}",
        name=str(width.idxmax()), share=words.percent(float(width.max()), 0),
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
HISTORY = Chart(
    "alive_history",
    "History of the probability that one customer is a customer still.",
    _history,
    _say_history,
)
INTERVALS = Chart(
    "parameter_intervals", "Intervals of the parameters of a model.", _intervals, _say_intervals
)
CHARTS = (ALIVE, EXPECTED, HISTORY, INTERVALS)
