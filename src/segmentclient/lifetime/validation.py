"""Were the models right? Held-out purchases, deciles of expectation, resampled customers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from segmentclient import frames
from segmentclient.customers import as_day, split_periods
from segmentclient.errors import ModelError
from segmentclient.lifetime.arguments import at_least_one, generator_of
from segmentclient.lifetime.catalogue import PURCHASE, model_and_unit, model_class, purchase_of
from segmentclient.lifetime.grouping import distinct
from segmentclient.lifetime.histories import read_columns, read_histories
from segmentclient.lifetime.horizons import days_a_unit
from segmentclient.lifetime.purchase_days import warn_of_silence
from segmentclient.lifetime.scores import area_under_roc, rank_correlation
from segmentclient.lifetime.soundness import COLUMNS, numbers
from segmentclient.options import check_options

__all__ = ["bootstrap_parameters", "calibration_by_decile", "compare_models"]

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
    check_options(compare_models, locals(), error=ModelError)
    import pandas as pd

    names = _checked_models(models)
    split = _split(
        transactions, calibration_end, holdout_end, time_unit, gaps=any("cnbd" in name for name in names)
    )
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


def _split(
    transactions: Any, calibration_end: Any, holdout_end: Any, time_unit: str, *, gaps: bool = False
) -> Any:
    split = split_periods(
        transactions,
        calibration_end=calibration_end,
        holdout_end=holdout_end,
        time_unit=time_unit,
        gaps=gaps,
    )
    wanted = ["frequency", "recency", "T", "monetary_value", "holdout_purchases", "holdout_days"]
    table = frames.collect(frames.read(split), [*wanted, *(["sum_log_gaps"] if gaps else [])])
    if not len(table):
        raise ModelError(
            f"transactions: nobody bought until {calibration_end}, the last day that the models see"
        )
    if holdout_end is not None:
        frame = frames.read(transactions, name="transactions")
        last = frames.one_row(
            frame, last=frames.days(frames.day_column(frame.collect_schema(), "date")).max()
        )
        warn_of_silence(last["last"], as_day(holdout_end, "holdout_end").toordinal(), stacklevel=4)
    return table


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
        customer), `low` and `high` (95 % interval of the actual mean; missing for a customer alone).

    Examples
    --------
    >>> import segmentclient as sc
    >>> log = sc.datasets.load_cdnow()
    >>> sc.calibration_by_decile(log, "mbgnbd", calibration_end="1997-09-30", groups=2).round(2)
       group  customers  expected  actual   low  high
    0      1       1187      0.18    0.24  0.20  0.29
    1      2       1170      1.17    1.36  1.21  1.52
    """
    check_options(calibration_by_decile, locals(), error=ModelError)
    at_least_one(groups, "groups")
    import pandas as pd

    model, unit = model_and_unit(model)
    split = _split(transactions, calibration_end, holdout_end, unit, gaps="k" in model.get_params())
    model = model.fit(split) if not hasattr(model, "params_") else model
    actual = split["holdout_purchases"].to_numpy(dtype=float)
    expected = np.asarray(
        model.expected_purchases(split, t=split["holdout_days"].iloc[0] / days_a_unit(unit)), float
    )
    rank = pd.Series(expected).rank(method="average", pct=True).to_numpy()
    table = pd.DataFrame(
        {"group": np.ceil((rank * groups).round(9)).astype(int), "expected": expected, "actual": actual}
    )
    found = table.groupby("group").agg(
        customers=("actual", "size"),
        expected=("expected", "mean"),
        actual=("actual", "mean"),
        spread=("actual", "std"),
    )
    reach = 1.96 * found.pop("spread") / np.sqrt(found["customers"])
    return found.assign(
        low=(found["actual"] - reach).clip(lower=0.0), high=found["actual"] + reach
    ).reset_index()


# ---------------------------------------------------------------- bootstrap


def bootstrap_parameters(model: Any, customers: Any, *, n: int = 200, random_state: int = 0) -> Any:
    """Refit a model on resampled customers: how much its parameters depend on who happens to be in the table.

    Parameters
    ----------
    model : a model of purchases without covariates, fitted or not (its class and options are used).
    customers : any table with `frequency`, `recency` and `T` (and `sum_log_gaps`, where the model chooses its own
        regularity); the distinct histories are collected.
    n : number of resamples (of as many customers, with replacement).
    random_state : seed.

    Returns
    -------
    pandas.DataFrame
        One row a resample, one column a parameter (and `k`, where the model chooses it). Histories are resampled as counts, so a million
        customers cost what their distinct histories cost.

    Raises
    ------
    ModelError
        The model is none of purchases, was fitted with covariates, which no resample knows, or `n` is below 1.

    Examples
    --------
    >>> import segmentclient as sc
    >>> weeks = sc.split_periods(sc.datasets.load_cdnow(), calibration_end="1997-09-30", time_unit="W")
    >>> sc.bootstrap_parameters(sc.MBGNBD(time_unit="W"), weeks, n=3).shape
    (3, 4)
    """
    check_options(bootstrap_parameters, locals(), error=ModelError)
    import pandas as pd

    at_least_one(n, "n")
    model = purchase_of(model)
    _refuse_covariates(model)
    chooses = getattr(model, "k", 1) is None
    seen, sizes = _seen(customers, [*COLUMNS, *_GAPS] if chooses else COLUMNS)
    rng = generator_of(random_state)
    rows = []
    for _ in range(n):
        drawn = rng.multinomial(int(sizes.sum()), sizes / sizes.sum())
        kept = drawn > 0
        again = type(model)(**model.get_params()).fit(seen[kept], weights=drawn[kept].astype(float))
        chosen = {"k": again.k_} if chooses else {}
        rows.append({**again.params_.to_dict(), **chosen})
    return pd.DataFrame(rows)


_GAPS = ("sum_log_gaps",)


def _refuse_covariates(model: Any) -> None:
    names = getattr(getattr(model, "_covariates", None), "names", ())
    if names:
        raise ModelError(
            f"no resamples are made of a model with covariates ({', '.join(names)}); accepted: one fitted without; "
            "the errors of this one are in standard_errors_"
        )


def _seen(customers: Any, columns: Sequence[str]) -> tuple[Any, Any]:
    """Give the distinct rows of these columns, in an order that is not the caller's, and the customers of each."""
    import pandas as pd

    table, counts = read_columns(customers, columns)
    read_histories(table, counts)
    values = [np.nan_to_num(numbers(table[name])) for name in columns]
    rows, kind = distinct(values)
    seen = pd.DataFrame({name: column[rows] for name, column in zip(columns, values, strict=True)})
    return seen, np.bincount(kind, counts, minlength=len(rows))
