"""Purchases over time: week by week against a model, and cohort by cohort."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.customers import as_day
from segmentclient.errors import ColumnError, ModelError, TransactionError
from segmentclient.lifetime.catalogue import model_and_unit
from segmentclient.lifetime.horizons import days_a_unit
from segmentclient.lifetime.purchase_days import FIRST, PERIOD, purchase_periods, warn_of_silence
from segmentclient.lifetime.soundness import Array
from segmentclient.options import check_options

__all__ = ["cohort_retention", "track_purchases"]


def track_purchases(
    transactions: Any, model: Any, *, calibration_end: Any = None, holdout_end: Any = None, step_days: int = 7
) -> Any:
    """Follow repeat purchases week by week: what happened and what the model expected of the same customers.

    Parameters
    ----------
    transactions : table with `customer_id`, `date` (and `amount`: refunds are no purchases).
    model : a fitted model of purchases (or `LifetimeModels`), whose `time_unit` is that of its parameters.
    calibration_end : last day the model saw; customers who came later are left out. The last day by default.
    holdout_end : last day to follow; the last day in the data by default.
    step_days : length of a step in days.

    Returns
    -------
    pandas.DataFrame
        One row a step: `end` (its last day), `phase` ("calibration" or "holdout"), `actual` and `expected` repeat
        purchase days in the step, `cumulative_actual` and `cumulative_expected`. A last, shorter step is left out.

    Notes
    -----
    Expected is the sum over customers of E[X(age)] of a new customer: nothing of their behaviour is used. A step ends with
    its last day, so ages count that day in full, one day more than `T`; the published tables of CDNOW do so too.

    References
    ----------
    Fader, Hardie and Lee (2005), figures 2 and 3.

    Examples
    --------
    >>> import segmentclient as sc
    >>> log = sc.datasets.load_cdnow()
    >>> model = sc.BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, time_unit="W")
    >>> table = sc.track_purchases(log, model, calibration_end="1997-09-30")
    >>> table[["cumulative_actual", "cumulative_expected"]].iloc[[19, 38, 77]]
        cumulative_actual  cumulative_expected
    19               1359          1314.425691
    38               2457          2505.143014
    77               4339          4171.433582
    """
    check_options(track_purchases, locals(), error=ModelError)
    import pandas as pd

    if step_days < 1:
        raise ModelError(f"step_days={step_days!r}: expected a whole number of days, at least 1")
    model, unit = model_and_unit(model)
    pairs = purchase_periods(transactions, frames.days(nw.col("date")))
    facts = frames.one_row(pairs, first=nw.col(PERIOD).min(), last=nw.col(PERIOD).max())
    if facts["first"] is None:
        raise TransactionError("transactions: there is no purchase, only refunds; at least one is needed")
    end = _ordinal(holdout_end, "holdout_end", facts["last"])
    known = _ordinal(calibration_end, "calibration_end", end)
    ends = np.arange(facts["first"] + step_days - 1, end + 1, step_days)
    if not ends.size:
        raise ModelError(f"the log spans fewer than step_days={step_days} days: nothing to follow")
    if facts["first"] > known:
        raise ModelError(
            f"transactions: nobody bought until {calibration_end}, the last day that the model saw"
        )
    if holdout_end is not None:
        warn_of_silence(facts["last"], end, stacklevel=3)
    mine = pairs.filter(nw.col(FIRST) <= known)
    bought = _bought(mine)
    daily = np.array([bought.get(day, 0) for day in range(facts["first"], end + 1)])
    actual = daily.cumsum()[ends - facts["first"]]
    expected = _expected(model, _arrivals(mine), ends, days_a_unit(unit))
    return pd.DataFrame(
        {
            "end": pd.to_datetime([dt.date.fromordinal(int(day)) for day in ends]),
            "phase": np.where(ends <= known, "calibration", "holdout"),
            "actual": np.diff(actual, prepend=0),
            "expected": np.diff(expected, prepend=0.0),
            "cumulative_actual": actual,
            "cumulative_expected": expected,
        }
    )


def _ordinal(day: Any, name: str, default: int) -> int:
    return int(default) if day is None else as_day(day, name).toordinal()


def _bought(pairs: frames.Frame) -> Mapping[int, int]:
    """Repeat purchases a day."""
    repeat = pairs.filter(nw.col(PERIOD) > nw.col(FIRST))
    return _counted(repeat, PERIOD)


def _arrivals(pairs: frames.Frame) -> Mapping[int, int]:
    """New customers a day."""
    return _counted(pairs.filter(nw.col(PERIOD) == nw.col(FIRST)), PERIOD)


def _counted(frame: frames.Frame, key: str) -> Mapping[int, int]:
    table = frames.collect(frame.group_by(key).agg(nw.len().alias("n")))
    return dict(zip(table[key].astype(int), table["n"].astype(int), strict=True))


def _expected(model: Any, arrivals: Mapping[int, int], ends: Array, unit_days: float) -> Array:
    days, sizes = np.array(list(arrivals)), np.array(list(arrivals.values()), float)
    ages = np.maximum(ends[:, None] + 1 - days, 0)
    distinct, place = np.unique(ages, return_inverse=True)
    means = np.asarray(model.expected_purchases_new_customer(distinct / unit_days), float)
    return means[place.reshape(ages.shape)] @ sizes


# ---------------------------------------------------------------- cohorts

_PERIODS: Mapping[str, tuple[nw.Expr, Any]] = {
    "W": ((frames.days(nw.col("date")) - 1) // 7, lambda n: dt.date.fromordinal(int(n) * 7 + 1)),
    "M": (
        nw.col("date").dt.year().cast(nw.Int64) * 12 + nw.col("date").dt.month().cast(nw.Int64) - 1,
        lambda n: dt.date(n // 12, n % 12 + 1, 1),
    ),
    "Q": (
        (nw.col("date").dt.year().cast(nw.Int64) * 12 + nw.col("date").dt.month().cast(nw.Int64) - 1) // 3,
        lambda n: dt.date(n // 4, n % 4 * 3 + 1, 1),
    ),
    "Y": (nw.col("date").dt.year().cast(nw.Int64), lambda n: dt.date(n, 1, 1)),
}


def cohort_retention(transactions: Any, *, period: Literal["W", "M", "Q", "Y"] = "M") -> Any:
    """Follow the customers who first bought in each month: how many buy again one, two, … months later.

    Parameters
    ----------
    transactions : table with `customer_id`, `date` (and `amount`: refunds are no purchases).
    period : calendar weeks (from Monday), months, quarters or years.

    Returns
    -------
    pandas.DataFrame
        One row a cohort and age: `cohort` (first day of the period), `age` (periods since), `customers` (size of the
        cohort), `active` (who bought in that period), `retention` (their share) and `period` (as given). Ages up to the
        last period in the data, which may be incomplete.

    Examples
    --------
    >>> import segmentclient as sc
    >>> table = sc.cohort_retention(sc.datasets.load_cdnow())
    >>> table.loc[table["age"] == 1, ["customers", "active", "retention"]]
        customers  active  retention
    1         781     124   0.158771
    19        857     134   0.156359
    36        719      87   0.121001
    """
    check_options(cohort_retention, locals(), error=ColumnError)
    import pandas as pd

    number, day_of = _PERIODS[period]
    pairs = purchase_periods(transactions, number)
    counts = frames.collect(pairs.group_by(FIRST, PERIOD).agg(nw.len().alias("active"))).astype("int64")
    active = counts.pivot(index=FIRST, columns=PERIOD, values="active")
    firsts, last = sorted(active.index), counts[PERIOD].max()
    rows = [
        (first, now - first, active[now].get(first, 0) if now in active else 0)
        for first in firsts
        for now in range(first, last + 1)
    ]
    table = pd.DataFrame(rows, columns=["cohort", "age", "active"]).fillna({"active": 0}).astype("int64")
    size = table[table["age"] == 0].set_index("cohort")["active"]
    table.insert(2, "customers", table["cohort"].map(size))
    table["retention"] = table["active"] / table["customers"]
    table["cohort"] = pd.to_datetime([day_of(int(number)) for number in table["cohort"]])
    return table.assign(period=period)
