"""Lifetime value: margin on the purchases ahead, discounted, minus costs, for every customer of any table."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames, schema
from segmentclient.errors import ColumnError, ModelError, SegmentClientWarning, raise_all
from segmentclient.lifetime.catalogue import PURCHASE
from segmentclient.lifetime.choice import LifetimeModels, fit_lifetime_models
from segmentclient.lifetime.clock import read_as_of
from segmentclient.lifetime.horizons import continuous_rate, days_a_unit, parse_horizon
from segmentclient.lifetime.money import ARRAYS, PLANS, Forecast, Terms, value_customers
from segmentclient.lifetime.patterns import covariate_names
from segmentclient.lifetime.rows import Span
from segmentclient.lifetime.soundness import hole_problems, holes, numbers
from segmentclient.options import check_options, shown

__all__ = ["predict_lifetime_value", "read_models", "read_span"]

_KEYS = ("frequency", "recency", "T")
_PREDICTIONS = (
    "p_alive",
    "expected_purchases",
    "expected_orders",
    "expected_purchase_value",
    "lifetime_value",
    "value_basis",
)
_BOUNDS = tuple(
    f"{name}_{side}" for name in ("expected_purchases", "lifetime_value") for side in ("low", "high")
)
_HIDDEN = "_segmentclient"
_BASES = ("own_history", "average_customer", "no_order_yet")


def predict_lifetime_value(
    customers: Any,
    *,
    models: LifetimeModels | str | None = None,
    horizon: Any = "12M",
    margin: float | str = 1.0,
    annual_discount_rate: float = 0.0,
    acquisition_cost: float = 0.0,
    service_cost: float = 0.0,
    interval: float | None = 0.9,
    time_unit: str = "D",
    as_of: Any = None,
) -> Any:
    """Predict who is alive, how often they will buy, for how much, and what that is worth.

    Parameters
    ----------
    customers : any table with `frequency`, `recency`, `T` and `monetary_value` (see `summarize_customers`).
    models : a `LifetimeModels`, the name of a purchase model ("bgnbd", "mbgnbd", "pareto_nbd" ...) to fit here with
        Gamma-Gamma, or None for the default choice of `fit_lifetime_models`.
    horizon : how far after `as_of`: "12M" and "2Y" by the calendar, "52W", "365D", a date, or "infinite".
    margin : share of the spend that is profit, one number or the name of a column.
    annual_discount_rate : 0.10 for 10 % a year; δ = ln(1 + rate).
    acquisition_cost : money still to be spent on winning each customer, once (value = future profit − this).
    service_cost : money a year for as long as the customer is alive.
    interval : probability of the predictive intervals, or None for none (quicker).
    time_unit : the unit of `recency` and `T`: "D", "W", "M", "Y" or a period such as "30D". Checked against the
        order dates where the table has them.
    as_of : last day the table has seen; found in its dates where it has them, needed for a horizon that is a
        date otherwise. Without dates "12M" is 365.2425 days.

    Returns
    -------
    The same rows in the same kind of table with
    `p_alive` (probability),
    `expected_purchases` (purchase days within the horizon; with an infinite one the discounted number, because the
    plain one need not be finite),
    `expected_orders` (that times the customer's own orders per purchase day; where the table has `n_orders`),
    `expected_purchase_value` (money a purchase day),
    `lifetime_value` (money),
    `value_basis`: "own_history"; "average_customer" where the customer has no repeat purchase above 0, so that the
    spend is that of the average customer; "no_order_yet" for prospects, whose predictions are missing.
    With an interval also `expected_purchases_low`, `_high` and `lifetime_value_low`, `_high`: predictive, of what will be
    realised, so [0, y] is common; they always hold the value. Lazy tables stay lazy: the driver receives the distinct (frequency, recency, T).

    Raises
    ------
    ColumnError
        Columns are missing, already there, impossible, or contradict the dates.
    ModelError
        An option cannot be, or an infinite horizon has no discount rate.

    Warns
    -----
    SegmentClientWarning
        As `fit_lifetime_models`; or the models were fitted in another unit of time.

    Notes
    -----
    lifetime_value = margin · E[spend a purchase] · ∫ e^(−δt) dE[purchases(t)] − acquisition cost
    − service cost a year · ∫ P(alive at t) e^(−δt) dt, over the horizon (the future only). Integrals are Gauss-Legendre sums
    on distinct (frequency, T) pairs. Intervals on rows are tabulated, not simulated: purchases count at their mean
    discount, and service cost at its mean among the living (in full for those who buy nothing); below 20,000 customers doubt about the parameters is
    averaged in. For totals use `value_by_segment`: bounds do not add up.

    References
    ----------
    Fader, Hardie and Lee (2005), RFM and CLV: Using iso-value curves for customer base analysis,
    Journal of Marketing Research 42(4), 415-430.

    Examples
    --------
    >>> import segmentclient as sc
    >>> customers = sc.summarize_customers(sc.datasets.load_cdnow())
    >>> customers = sc.predict_lifetime_value(customers, margin=0.35, annual_discount_rate=0.10)
    >>> customers[["p_alive", "expected_purchases", "lifetime_value"]].mean().round(2).to_dict()
    {'p_alive': 0.42, 'expected_purchases': 0.82, 'lifetime_value': 10.11}
    """
    check_options(predict_lifetime_value, {**locals(), "models": None}, error=ModelError)
    frame = frames.read(customers)
    _check_table(frame, margin, interval)
    terms = Terms.checked(margin, acquisition_cost, service_cost)
    chosen = read_models(models, customers, time_unit)
    span = read_span(frame, horizon, annual_discount_rate, time_unit, as_of)
    covariates = covariate_names(chosen)
    schema.check_columns(frames.schema_of(frame), dict.fromkeys(covariates, "any"))
    columns = Forecast(chosen, span, _checked_interval(interval), terms, (*_KEYS, *covariates))
    return frames.give_back(
        _on_plan(frame, columns) if isinstance(frame, nw.LazyFrame) else _on_rows(frame, columns)
    )


def _checked_interval(interval: float | None) -> float | None:
    if interval is None or 0 < interval < 1:
        return interval
    raise ModelError(f"interval={interval!r}: expected a probability such as 0.9, or None")


def read_models(models: Any, customers: Any, time_unit: str) -> LifetimeModels:
    """Take models as given, or fit them; a `ModelError` says what is accepted."""
    if models is None or isinstance(models, str):
        name: Any = "auto" if models is None else models
        return fit_lifetime_models(customers, purchase=name, time_unit=time_unit)
    if not isinstance(models, LifetimeModels):
        raise ModelError(
            f"models={shown(models)}: expected a LifetimeModels, a name ({', '.join(map(repr, PURCHASE))}) or None; "
            "LifetimeModels(purchase, spend) joins two fitted models"
        )
    fitted = models.purchase.get_params().get("time_unit", time_unit)
    if fitted != time_unit:
        warnings.warn(
            f"the purchase model says its time unit is {fitted!r}, the table is read with time_unit={time_unit!r}: parameters are "
            "used as they are, which is right only if both mean the same",
            SegmentClientWarning,
            stacklevel=3,
        )
    return models


def read_span(
    frame: frames.Frame, horizon: Any, annual_discount_rate: float, time_unit: str, as_of: Any
) -> Span:
    """Turn horizon and yearly rate into the unit of `T`, by the calendar where the table has dates."""
    unit_days = days_a_unit(time_unit)
    end = parse_horizon(horizon, read_as_of(frame, unit_days, as_of))
    return Span(end.days / unit_days, continuous_rate(annual_discount_rate, end) * unit_days, unit_days)


def _check_table(frame: frames.Frame, margin: Any, interval: float | None) -> None:
    columns = frames.schema_of(frame)
    needed = [*_KEYS, "monetary_value"]
    kinds = {name: schema.COLUMNS[name].kind for name in needed} | (
        {margin: "number"} if isinstance(margin, str) else {}
    )
    schema.check_columns(columns, kinds, optional=("n_orders", "days_since_last_order"))
    there = frames.taken(frame, (*_PREDICTIONS, *_BOUNDS))
    if there:
        raise ColumnError(
            f"customers: already holds {', '.join(map(repr, there))}; drop the old predictions first"
        )


# ---------------------------------------------------------------- eager and lazy tables


def _on_rows(frame: nw.DataFrame[Any], columns: Forecast) -> nw.DataFrame[Any]:
    margin_name = columns.terms.margin
    table = {name: numbers(frame[name]) for name in (*_KEYS, "monetary_value")}
    margin = numbers(frame[margin_name]) if isinstance(margin_name, str) else margin_name
    raise_all(_missing_rows(table, margin, margin_name), table="customers")
    covariates = {name: frame[name].to_numpy() for name in columns.keys[len(_KEYS) :]}
    table |= columns.of_history(table | covariates)
    table |= value_customers(table, margin, columns, ARRAYS)
    if "n_orders" in frame.columns:
        table["expected_orders"] = (
            table["expected_purchases"] * numbers(frame["n_orders"]) / (table["frequency"] + 1.0)
        )
    prospects = np.isnan(table["frequency"])
    own = (table["frequency"] > 0) & (table["monetary_value"] > 0)
    basis = (~own).astype(np.int8) + prospects
    added = {name: table[name] for name in _order(columns.interval) if name in table}
    frame = frames.add_columns(frame, added | {"value_basis": _labels(frame, basis)})
    if not prospects.any() or frame.implementation.is_pandas():
        return frame
    return frame.with_columns(
        *(nw.when(~nw.col(name).is_nan()).then(nw.col(name)).alias(name) for name in added)
    )


def _labels(frame: nw.DataFrame[Any], codes: Any) -> Any:
    """Turn codes into words, as a categorical where the engine is pandas (a million words are slow to copy)."""
    if not frame.implementation.is_pandas():
        return np.array(_BASES, dtype=object)[codes].tolist()
    import pandas as pd

    return pd.Categorical.from_codes(codes, categories=list(_BASES))


def _missing_rows(table: Mapping[str, Any], margin: Any, margin_name: float | str) -> Iterator[str]:
    silent = int(((table["frequency"] > 0) & ~np.isfinite(table["monetary_value"])).sum())
    yield from _missing_problems(
        silent,
        int((~(np.isfinite(margin) & (margin >= 0))).sum()) if isinstance(margin_name, str) else 0,
        margin_name,
    )


def _missing_problems(no_value: int, no_margin: int, margin_name: float | str) -> Iterator[str]:
    if no_value:
        yield f"column 'monetary_value': {no_value:,} rows are missing or infinite where frequency is above 0; expected the mean spend of their repeat purchases"
    if no_margin:
        yield f"column {margin_name!r}: {no_margin:,} rows are missing, infinite or negative; expected a margin ≥ 0 for every customer"


def _on_plan(frame: nw.LazyFrame[Any], columns: Forecast) -> frames.Frame:
    _check_plan(frame, columns.terms.margin)
    before = frame.collect_schema().names()
    apart = "customer_id" if len(columns.keys) > len(_KEYS) else None
    seen = frames.map_rows(frame, columns.keys, lambda keys: _hidden(columns.of_history(keys)), apart=apart)
    doubles = {name: _as_double(name, dtype) for name, dtype in seen.collect_schema().items()}
    margin = doubles[columns.terms.margin] if isinstance(columns.terms.margin, str) else columns.terms.margin
    column = {name.removeprefix(_HIDDEN): value for name, value in doubles.items()}
    added = value_customers(column, margin, columns, PLANS)
    if "n_orders" in before:
        added["expected_orders"] = (
            column["expected_purchases"] * column["n_orders"] / (column["frequency"] + 1)
        )
    own = (column["frequency"] > 0) & (column["monetary_value"] > 0)
    added["value_basis"] = (
        nw.when(~_is_buyer(frame))
        .then(nw.lit(_BASES[2]))
        .otherwise(nw.when(own).then(nw.lit(_BASES[0])).otherwise(nw.lit(_BASES[1])))
    )
    valued = seen.with_columns(**added)
    there = set(valued.collect_schema().names())
    return valued.select(
        *before, *(name for name in (*_order(columns.interval), "value_basis") if name in there)
    )


def _hidden(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is only worked with a name that no table of the caller's can hold."""
    return {_HIDDEN + name if name.startswith("_") else name: values for name, values in columns.items()}


def _as_double(name: str, dtype: Any) -> nw.Expr:
    """Read whole numbers and decimals as doubles, which overflow on no engine."""
    return nw.col(name).cast(nw.Float64) if dtype.is_numeric() and not dtype.is_float() else nw.col(name)


def _check_plan(frame: nw.LazyFrame[Any], margin: float | str) -> None:
    money = nw.col("monetary_value").cast(nw.Float64)
    no_value = _is_buyer(frame) & (nw.col("frequency") > 0) & (money.is_null() | ~money.is_finite())
    asked = {"no_value": frames.count_of(no_value)}
    if isinstance(margin, str):
        share = nw.col(margin).cast(nw.Float64)
        asked["no_margin"] = frames.count_of(share.is_null() | ~share.is_finite() | (share < 0))
    row = frames.one_row(frame, **asked, **holes(frame, _KEYS))
    missing = _missing_problems(int(row["no_value"] or 0), int(row.get("no_margin") or 0), margin)
    raise_all([*hole_problems(row, _KEYS), *missing], table="customers")


def _is_buyer(frame: nw.LazyFrame[Any]) -> nw.Expr:
    """Tell buyers from prospects, whose frequency is missing: null, or NaN where the engine tells them apart."""
    return frames.is_present("frequency", frame.collect_schema()["frequency"])


def _order(interval: float | None) -> Iterator[str]:
    """Give the names of the numbers added, each followed by its bounds."""
    for name in _PREDICTIONS[:-1]:
        yield name
        if interval is not None and f"{name}_low" in _BOUNDS:
            yield from (f"{name}_low", f"{name}_high")
