"""Value of groups: totals with intervals simulated jointly, and how soon they pay back what winning them cost."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from segmentclient import frames, schema
from segmentclient.errors import ModelError
from segmentclient.lifetime.choice import LifetimeModels
from segmentclient.lifetime.groups import HISTORY, TOTAL, Group
from segmentclient.lifetime.money import Terms
from segmentclient.lifetime.rows import Span, spend_table
from segmentclient.lifetime.simulation import Plan, Totals, expected_sums, simulate
from segmentclient.lifetime.soundness import Array
from segmentclient.lifetime.value import read_models, read_span
from segmentclient.options import check_options

__all__ = ["value_by_segment"]

_PAYBACK_STEPS = 25
MOST_DRAWS = 100_000


def value_by_segment(
    customers: Any,
    *,
    by: str = "segment",
    models: LifetimeModels | str | None = None,
    horizon: Any = "12M",
    margin: float | str = 1.0,
    annual_discount_rate: float = 0.0,
    acquisition_cost: float = 0.0,
    service_cost: float = 0.0,
    interval: float = 0.9,
    time_unit: str = "D",
    as_of: Any = None,
    n_draws: int = 400,
    random_state: int = 0,
) -> Any:
    """Predict what each segment will bring in total, with intervals of the total.

    Parameters
    ----------
    customers : any table with `frequency`, `recency`, `T`, `monetary_value` and the column `by`; these are collected.
    by : column of the groups.
    models, horizon, margin, annual_discount_rate, acquisition_cost, service_cost, time_unit, as_of : as in
        `predict_lifetime_value`.
    interval : probability that the realised total falls within its bounds.
    n_draws : futures simulated.
    random_state : seed of the simulation.

    Returns
    -------
    pandas.DataFrame
        One row a segment, and one called "total": the segment, `customers`, `expected_purchases` and
        `lifetime_value` (totals) with their `_low` and `_high`, and, with an acquisition cost, `payback_days`: after
        how many days the expected discounted profit covers it (missing: not within the horizon). Prospects are
        counted as customers of their segment and bring nothing.

    Notes
    -----
    Each future draws the parameters once for everybody, then every customer's rate, drop-out, purchases and spend.
    Bounds are quantiles of the totals, never sums of bounds. Above 2,500 customers a segment the chance of that
    many is simulated and scaled by the square root of the numbers; the doubt about the parameters, which no number of
    customers averages out of a total, comes on top.

    Examples
    --------
    >>> import segmentclient as sc
    >>> customers = sc.summarize_customers(sc.datasets.load_cdnow())
    >>> customers["segment"] = (customers["frequency"] > 0).map({True: "repeat", False: "once"})
    >>> table = sc.value_by_segment(customers, n_draws=50)
    >>> table[["segment", "customers", "expected_purchases"]].round(0)
      segment  customers  expected_purchases
    0    once       1218               140.0
    1  repeat       1139              1801.0
    2   total       2357              1942.0
    """
    check_options(value_by_segment, {**locals(), "models": None}, error=ModelError)
    if not 1 <= n_draws <= MOST_DRAWS or random_state < 0:
        raise ModelError(
            f"n_draws={n_draws!r}, random_state={random_state!r}: expected 1 to {MOST_DRAWS:,} draws and a seed of 0 or more"
        )
    frame = frames.read(customers)
    terms = Terms.checked(margin, acquisition_cost, service_cost)
    _check(frame, by, terms, interval)
    chosen = read_models(models, customers, time_unit)
    span = read_span(frame, horizon, annual_discount_rate, time_unit, as_of)
    group = Group.read(frame, by, terms)
    plan = Plan(chosen, span, terms, group)
    return _table(plan, by, interval, simulate(plan, n_draws, np.random.default_rng(random_state)))


def _check(frame: frames.Frame, by: str, terms: Terms, interval: float) -> None:
    kinds: dict[str, schema.Kind] = dict.fromkeys(HISTORY, "number")
    if isinstance(terms.margin, str):
        kinds[terms.margin] = "number"
    schema.check_columns(frames.schema_of(frame), {**kinds, by: "any"})
    frames.check_labels(frame, by)
    if not 0 < interval < 1:
        raise ModelError(f"interval={interval!r}: expected a probability such as 0.9")


def _table(plan: Plan, by: str, interval: float, totals: Totals) -> Any:
    import pandas as pd

    levels = [(1.0 - interval) / 2.0, (1.0 + interval) / 2.0]
    columns: dict[str, Any] = {by: [*plan.group.names, TOTAL], "customers": _with_total(plan.group.sizes)}
    for name, expected, drawn in zip(
        ("expected_purchases", "lifetime_value"), totals.expected, totals.drawn, strict=True
    ):
        mean = columns[name] = _with_total(expected)
        low, high = np.quantile(_with_total(drawn), levels, axis=0, method="weibull")
        columns[f"{name}_low"], columns[f"{name}_high"] = np.minimum(low, mean), np.maximum(high, mean)
    if plan.terms.acquisition_cost > 0:
        columns["payback_days"] = _payback(plan)
    return pd.DataFrame(columns)


def _with_total(values: Array) -> Array:
    return np.concatenate([values, values.sum(axis=-1, keepdims=True)], axis=-1)


def _payback(plan: Plan) -> Array:
    """Find when the expected discounted profit of each segment first covers its acquisition cost."""
    times = np.linspace(0.0, _last(plan.span), _PAYBACK_STEPS)
    estimate = plan.models.purchase.params_.to_numpy(), spend_table(plan.models.spend)
    profits = [_with_total(expected_sums(plan, plan.group, estimate, time)[1]) for time in times[1:]]
    curves = np.array([np.zeros_like(profits[0]), *profits]).T
    costs = _with_total(plan.terms.acquisition_cost * plan.group.buyers)
    found = [_first_reached(times, curve, cost) for curve, cost in zip(curves, costs, strict=True)]
    return np.array(found) * plan.span.unit_days


def _last(span: Span) -> float:
    return 5.0 / span.rate if math.isinf(span.length) else span.length


def _first_reached(times: Array, curve: Array, level: float) -> float:
    reached = np.flatnonzero(curve >= level)
    if not reached.size:
        return math.nan
    right = reached[0]
    if right == 0:
        return 0.0
    step = (level - curve[right - 1]) / (curve[right] - curve[right - 1])
    return float(times[right - 1] + step * (times[right] - times[right - 1]))
