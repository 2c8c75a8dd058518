"""Were the models right? Held-out purchases, purchases tracked over time, cohorts, bootstrap."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.customers import as_day, split_periods
from segmentclient.errors import ColumnError, ModelError
from segmentclient.lifetime.choice import PURCHASE, model_class
from segmentclient.lifetime.histories import Array
from segmentclient.lifetime.horizons import days_a_unit
from segmentclient.lifetime.purchase_days import FIRST, PERIOD, purchase_periods
from segmentclient.lifetime.scores import area_under_roc, rank_correlation

__all__ = [
    "bootstrap_parameters",
    "calibration_by_decile",
    "cohort_retention",
    "compare_models",
    "track_purchases",
]

_COMPARED = ("bgnbd", "mbgnbd", "pareto_nbd", "nbd")


def compare_models(
    transactions: Any,
    *,
    calibration_end: Any,
    holdout_end: Any = None,
    models: Iterable[str] = _COMPARED,
    time_unit: str = "D",
) -> Any:
    """Fit several models on the first part of a log and judge them by the rest.

    Parameters
    ----------
    transactions : table with `customer_id`, `date` and `amount` (see `clean_transactions`). Collected: the
        customers table, four columns.
    calibration_end : last day that the models see.
    holdout_end : last day of the judgement; the last day in the data by default.
    models : names: "bgnbd", "mbgnbd", "pareto_nbd", "bgcnbd", "mbgcnbd", "nbd".
    time_unit : unit in which the models are fitted.

    Returns
    -------
    pandas.DataFrame
        One row a model: `model`, `log_likelihood`, `aic`, `bic` (calibration; comparable between these models),
        `converged`, then on the holdout
        `purchases` (actual) and `expected` (sums over customers), `bias` (expected / actual − 1),
        `mae`, `rmse` (purchases a customer), `mae_of_nobody` (the MAE of "nobody buys again", which a model should beat),
        `rank_correlation` (Spearman, of expected and actual purchases),
        `auc` (how well expected purchases tell who buys again from who does not; 0.5 is chance) and
        `auc_alive` (the same for P(alive)).

    Notes
    -----
    The MAE of a count that is mostly 0 favours low forecasts: read it beside bias, RMSE and the two AUC.

    Examples
    --------
    >>> import segmentclient as sc
    >>> table = sc.compare_models(sc.datasets.load_cdnow(), calibration_end="1997-09-30", models=["bgnbd", "mbgnbd"], time_unit="W")
    >>> table[["model", "log_likelihood", "mae", "auc_alive"]].round(3)
        model  log_likelihood    mae  auc_alive
    0   bgnbd       -9582.429  0.785      0.316
    1  mbgnbd       -9582.136  0.765      0.687
    """
    import pandas as pd

    names = _checked_models(models)
    split = _split(transactions, calibration_end, holdout_end, time_unit)
    span = split["holdout_days"].iloc[0] / days_a_unit(time_unit)
    fitted = [(name, model_class(name)(time_unit=time_unit).fit(split)) for name in names]
    return pd.DataFrame(
        [{"model": name, **_criteria(model), **_errors(model, split, span)} for name, model in fitted]
    )


def _checked_models(models: Iterable[str]) -> list[str]:
    names = [models] if isinstance(models, str) else list(models)
    accepted = [name for name in PURCHASE if name != "bgbb"]
    wrong = [name for name in names if name not in accepted]
    if wrong or not names:
        raise ModelError(
            f"models: {wrong or 'none'} found; accepted: {', '.join(accepted)} (BG/BB needs whole periods: another likelihood)"
        )
    return names


def _split(transactions: Any, calibration_end: Any, holdout_end: Any, time_unit: str) -> Any:
    split = split_periods(
        transactions, calibration_end=calibration_end, holdout_end=holdout_end, time_unit=time_unit
    )
    wanted = ["frequency", "recency", "T", "monetary_value", "holdout_purchases", "holdout_days"]
    return frames.collect(frames.read(split), wanted)


def _criteria(model: Any) -> dict[str, Any]:
    return {
        "log_likelihood": model.log_likelihood_,
        "aic": model.aic_,
        "bic": model.bic_,
        "converged": model.converged_,
    }


def _errors(model: Any, split: Any, span: float) -> dict[str, float]:
    actual = split["holdout_purchases"].to_numpy(dtype=float)
    expected = np.asarray(model.expected_purchases(split, t=span), float)
    alive = np.asarray(model.probability_alive(split), float)
    return {
        "purchases": actual.sum(),
        "expected": expected.sum(),
        "bias": expected.sum() / actual.sum() - 1.0 if actual.sum() else np.nan,
        "mae": np.abs(expected - actual).mean(),
        "rmse": np.sqrt(((expected - actual) ** 2).mean()),
        "mae_of_nobody": actual.mean(),
        "rank_correlation": rank_correlation(expected, actual),
        "auc": area_under_roc(expected, actual > 0),
        "auc_alive": area_under_roc(alive, actual > 0),
    }


def calibration_by_decile(
    transactions: Any,
    model: Any,
    *,
    calibration_end: Any,
    holdout_end: Any = None,
    groups: int = 10,
) -> Any:
    """Compare expected and actual holdout purchases in groups of customers from the least to the most expected.

    Parameters
    ----------
    transactions, calibration_end, holdout_end : as in `compare_models`.
    model : a fitted model of purchases, or the name of one to fit on the calibration period (in days).
    groups : number of groups of (nearly) equal size; customers with one expectation stay together.

    Returns
    -------
    pandas.DataFrame
        One row a group: `group` (1 is the least expected), `customers`, `expected` and `actual` (mean purchases a
        customer), `low` and `high` (95 % interval of the actual mean).

    Examples
    --------
    >>> import segmentclient as sc
    >>> log = sc.datasets.load_cdnow()
    >>> sc.calibration_by_decile(log, "mbgnbd", calibration_end="1997-09-30", groups=2).round(2)
       group  customers  expected  actual   low  high
    0      1       1187      0.18    0.24  0.20  0.29
    1      2       1170      1.17    1.36  1.21  1.52
    """
    import pandas as pd

    model, unit = _model_and_unit(model)
    split = _split(transactions, calibration_end, holdout_end, unit)
    model = model.fit(split) if not hasattr(model, "params_") else model
    actual = split["holdout_purchases"].to_numpy(dtype=float)
    expected = np.asarray(
        model.expected_purchases(split, t=split["holdout_days"].iloc[0] / days_a_unit(unit)), float
    )
    rank = pd.Series(expected).rank(method="average", pct=True).to_numpy()
    table = pd.DataFrame(
        {"group": np.ceil(rank * groups).astype(int), "expected": expected, "actual": actual}
    )
    found = table.groupby("group").agg(
        customers=("actual", "size"),
        expected=("expected", "mean"),
        actual=("actual", "mean"),
        spread=("actual", "std"),
    )
    reach = 1.96 * found.pop("spread").fillna(0.0) / np.sqrt(found["customers"])
    return found.assign(
        low=(found["actual"] - reach).clip(lower=0.0), high=found["actual"] + reach
    ).reset_index()


def _model_and_unit(model: Any) -> tuple[Any, str]:
    if isinstance(model, str):
        if model not in PURCHASE:
            raise ModelError(
                f"model={model!r} is not known; accepted: a fitted model or {', '.join(map(repr, PURCHASE))}"
            )
        return model_class(model)(), "D"
    model = getattr(model, "purchase", model)
    return model, model.get_params().get("time_unit", "D")


# ---------------------------------------------------------------- over time


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
    Expected is the sum over customers of E[X(age)] of a new customer: nothing of their behaviour is used. Ages are counted
    as `T` is, from the day of the first order to the last day of the step.

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
    19               1359          1303.553686
    38               2457          2497.563529
    77               4339          4166.372720
    """
    import pandas as pd

    model, unit = _model_and_unit(model)
    pairs = purchase_periods(transactions, frames.days(nw.col("date")))
    facts = frames.one_row(pairs, first=nw.col(PERIOD).min(), last=nw.col(PERIOD).max())
    end = _ordinal(holdout_end, "holdout_end", facts["last"])
    known = _ordinal(calibration_end, "calibration_end", end)
    ends = np.arange(facts["first"] + step_days - 1, end + 1, step_days)
    if not ends.size:
        raise ModelError(f"the log spans fewer than step_days={step_days} days: nothing to follow")
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
    ages = np.maximum(ends[:, None] - days, 0)
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
        cohort), `active` (who bought in that period) and `retention` (their share). Ages up to the last
        period in the data, which may be incomplete.

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
    import pandas as pd

    if period not in _PERIODS:
        raise ColumnError(f"period={period!r} is not known; accepted: {', '.join(map(repr, _PERIODS))}")
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
    return table


# ---------------------------------------------------------------- bootstrap


def bootstrap_parameters(model: Any, customers: Any, *, n: int = 200, random_state: int = 0) -> Any:
    """Refit a model on resampled customers: how much its parameters depend on who happens to be in the table.

    Parameters
    ----------
    model : a model of purchases, fitted or not (its class and options are used).
    customers : any table with `frequency`, `recency` and `T`; the distinct histories are collected.
    n : number of resamples (of as many customers, with replacement).
    random_state : seed.

    Returns
    -------
    pandas.DataFrame
        One row a resample, one column a parameter. Histories are resampled as counts, so a million
        customers cost what their distinct histories cost.

    Examples
    --------
    >>> import segmentclient as sc
    >>> weeks = sc.split_periods(sc.datasets.load_cdnow(), calibration_end="1997-09-30", time_unit="W")
    >>> sc.bootstrap_parameters(sc.MBGNBD(time_unit="W"), weeks, n=3).shape
    (3, 4)
    """
    import pandas as pd

    frame = frames.read(customers)
    keys = ["frequency", "recency", "T"]
    seen = frames.collect(frame.select(*keys).group_by(*keys).agg(nw.len().alias("n"))).sort_values(
        keys, ignore_index=True
    )
    sizes = seen["n"].to_numpy(dtype=float)
    rng = np.random.default_rng(random_state)
    rows = []
    for _ in range(n):
        drawn = rng.multinomial(int(sizes.sum()), sizes / sizes.sum())
        kept = drawn > 0
        again = type(model)(**model.get_params()).fit(seen[kept], weights=drawn[kept].astype(float))
        rows.append(again.params_.to_dict())
    return pd.DataFrame(rows)
