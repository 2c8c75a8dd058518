"""How the probability that one customer is still a customer fell and rose."""

from __future__ import annotations

import datetime as dt
import numbers
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from segmentclient import frames
from segmentclient.cells import EARLIEST, LATEST
from segmentclient.customers.log import as_day
from segmentclient.errors import ColumnError
from segmentclient.lifetime.horizons import days_a_unit
from segmentclient.locale import Language, language
from segmentclient.options import check_options, shown
from segmentclient.plot import style
from segmentclient.plot.chart import Chart
from segmentclient.plot.drawing import scales, sheet, texts
from segmentclient.plot.given import check_purchase_model
from segmentclient.schema import check_columns

__all__ = ["alive_history"]


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
    check_purchase_model(model)
    frame = frames.read(transactions, name="transactions")
    columns = frames.schema_of(frame)
    check_columns(
        columns,
        {date: "date"} if customer is None else {date: "date", customer_id: "any"},
        table="transactions",
    )
    own = frame if customer is None else _of_one(frame, customer_id, customer)
    bought = (
        pd.DatetimeIndex(pd.to_datetime(frames.collect(own, [date])[date]))
        .tz_localize(None)
        .normalize()
        .unique()
        .sort_values()
    )
    if bought.empty:
        raise ColumnError(f"transactions: no purchase of customer {customer!r} was found")
    _check_days(bought, date)
    last = pd.Timestamp(as_day(as_of, "as_of")) if as_of is not None else bought[-1]
    bought = bought[bought <= last]
    if bought.empty:
        raise ColumnError(f"transactions: customer {customer!r} bought nothing up to {last.date()}")
    days = pd.date_range(bought[0], last, freq="D")
    return History(days, _alive_by_day(model, days, bought), bought)


def _of_one(frame: frames.Frame, key: str, customer: Any) -> frames.Frame:
    """Keep the rows of one customer, whose id must be of the kind that the column holds."""
    frames.check_labels(frame, key, name="transactions")
    held = frame.collect_schema()[key]
    expected = _kind_of_id(held)
    if not isinstance(customer, expected) or isinstance(customer, bool):
        raise ColumnError(
            f"customer={shown(customer)}: the column {key!r} holds {held}; give an id of that kind"
        )
    return frame.filter(nw.col(key) == customer)


def _kind_of_id(held: Any) -> type:
    if held.is_numeric():
        return numbers.Number
    if held.is_temporal():
        return dt.date
    return str if held == nw.String else Hashable


def _check_days(bought: pd.DatetimeIndex, date: str) -> None:
    outside = int((~bought.year.isin(range(EARLIEST, LATEST + 1))).sum())
    if outside:
        raise ColumnError(
            f"transactions: column {date!r} has {outside:,} days outside the years {EARLIEST} to {LATEST}; clean_transactions sets such rows aside"
        )


def _alive_by_day(model: Any, days: pd.DatetimeIndex, bought: pd.DatetimeIndex) -> np.ndarray:
    """What the model believes at the end of each day, from the purchases up to it."""
    unit = days_a_unit(str(getattr(model, "time_unit", "D")))
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
    check_options(alive_history, locals())
    data, words = _history(transactions, model=model, customer=customer, as_of=as_of), language(lang)
    axes = sheet.start(ax, height=2.9)
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
    scales.grid_lines(axes, "y")
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], [words.percent(share, 0) for share in (0, 0.25, 0.5, 0.75, 1)])
    scales.date_axis(axes, [day.date() for day in data.days], words)
    texts.y_title(axes, words.text("Probability of being a customer still; purchases marked below"))
    return HISTORY.sign(axes, data, lang)


def _say_history(data: History, words: Language) -> str:
    purchases = words.plural("{n} purchase day", "{n} purchase days", len(data.purchases))
    return words.text(
        "{purchases}; on {date}, a probability of {share} of being a customer still",
        purchases=purchases, date=words.date(data.days[-1].date()), share=words.percent(float(data.alive[-1]), 0),
    )  # fmt: skip


HISTORY = Chart(
    "alive_history",
    "History of the probability that one customer is a customer still.",
    _history,
    _say_history,
)


CHARTS = (HISTORY,)
