"""Value of groups: totals with intervals simulated jointly, and how soon they pay back what winning them cost."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from segmentclient import frames, schema
from segmentclient.errors import ColumnError, ModelError, raise_all
from segmentclient.lifetime.choice import LifetimeModels, process_of
from segmentclient.lifetime.futures import draw_futures
from segmentclient.lifetime.histories import Array, bad_values, check_histories, numbers
from segmentclient.lifetime.horizons import DAYS_A_YEAR
from segmentclient.lifetime.money import Terms
from segmentclient.lifetime.outlook import ahead
from segmentclient.lifetime.rows import (
    Span,
    kinds_of,
    laws_of_rows,
    p_alive_of,
    spend_table,
    spend_tables_drawn,
)
from segmentclient.lifetime.value import read_models, read_span
from segmentclient.options import check_options

__all__ = ["value_by_segment"]

_SAMPLE = 2500  # customers a segment whose chance is simulated; that of the others is scaled
_FEW = 150  # customers a segment on whom the effect of other parameters is measured, where there are so many
_PAYBACK_STEPS = 25
MOST_DRAWS = 100_000
TOTAL = "total"


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
    group = _Group.read(frame, by, terms)
    plan = _Plan(chosen, span, terms, group)
    return _table(plan, by, interval, _simulate(plan, n_draws, np.random.default_rng(random_state)))


def _check(frame: frames.Frame, by: str, terms: Terms, interval: float) -> None:
    kinds: dict[str, schema.Kind] = dict.fromkeys(["frequency", "recency", "T", "monetary_value"], "number")
    if isinstance(terms.margin, str):
        kinds[terms.margin] = "number"
    schema.check_columns(frame.collect_schema(), {**kinds, by: "any"})
    if not 0 < interval < 1:
        raise ModelError(f"interval={interval!r}: expected a probability such as 0.9")


@dataclass(frozen=True)
class _Group:
    """The buyers, sorted by history so that the order of the rows never matters, and their segments."""

    names: list[Any]
    sizes: Array
    segment: Array
    history: tuple[Array, Array, Array]
    spend: Array
    margin: Array

    @classmethod
    def read(cls, frame: frames.Frame, by: str, terms: Terms) -> _Group:
        import pandas as pd

        extra = [terms.margin] if isinstance(terms.margin, str) else []
        table = frames.collect(
            frame, list(dict.fromkeys(["frequency", "recency", "T", "monetary_value", by, *extra]))
        )
        if table[by].isna().any():
            raise ColumnError(
                f"customers: column {by!r} is missing in {int(table[by].isna().sum()):,} rows; expected a segment a customer"
            )
        segment, names = pd.factorize(table[by], sort=True)
        sizes = np.bincount(segment, minlength=len(names))
        columns = [numbers(table[name]) for name in ("frequency", "recency", "T", "monetary_value")]
        margin = (
            numbers(table[terms.margin])
            if isinstance(terms.margin, str)
            else np.full(len(table), terms.margin)
        )
        rows = np.lexsort([margin, *reversed(columns), segment])
        rows = rows[np.isfinite(columns[0][rows])]
        x, recency, T, money = (column[rows] for column in columns)
        check_histories({"frequency": x, "recency": recency, "T": T})
        silent = (x > 0) & ~np.isfinite(money)
        raise_all(
            bad_values("monetary_value", money, silent, "the mean spend of their repeat purchases"),
            table="customers",
        )
        return cls(list(names), sizes, segment[rows], (x, recency, T), money, margin[rows])

    def take(self, rows: Array) -> _Group:
        x, recency, T = self.history
        history = x[rows], recency[rows], T[rows]
        return _Group(
            self.names, self.sizes, self.segment[rows], history, self.spend[rows], self.margin[rows]
        )

    @property
    def buyers(self) -> Array:
        """Customers of each segment who bought at least once."""
        return np.bincount(self.segment, minlength=len(self.names)).astype(float)

    def sum(self, values: Array) -> Array:
        """Total a column by segment."""
        return np.bincount(self.segment, values, minlength=len(self.names))


@dataclass(frozen=True)
class _Plan:
    models: LifetimeModels
    span: Span
    terms: Terms
    group: _Group


def _expected(plan: _Plan, group: _Group, law: _Law, length: float) -> tuple[Array, Array]:
    """Give the expected purchases and the expected profit (before the acquisition cost) of each customer."""
    theta, table = law
    x, recency, T = group.history
    process = process_of(plan.models.purchase, theta)
    first, kind = kinds_of(process, group.history)
    service = plan.terms.service_cost
    future = ahead(
        process, x[first], T[first], (T - recency)[first], length, plan.span.rate, with_time=service > 0
    )
    alive = p_alive_of(plan.models.purchase, group.history, process, theta)
    profit = (
        group.margin * _mean_spend(group, laws_of_rows(plan.models.spend, table, x)) * future.discounted[kind]
    )
    profit -= service * plan.span.unit_days / DAYS_A_YEAR * future.time_alive[kind]
    return alive * future.purchases[kind], alive * profit


def _mean_spend(group: _Group, laws: tuple[Array, ...]) -> Array:
    p, q, v, mean = laws
    x, m = group.history[0], group.spend
    known = (x > 0) & (m > 0)
    weight = p * np.where(known, x, 0.0) + q - 1.0
    return np.where(
        known & (weight > 0), p * (v + x * np.where(known, m, 0.0)) / np.where(weight > 0, weight, 1.0), mean
    )


# ---------------------------------------------------------------- simulation

_Law: TypeAlias = "tuple[Array, Array]"  # parameters of the purchases; the table of the spend


@dataclass(frozen=True)
class _Totals:
    """Purchases and profit by segment: expected, and simulated (a row a future)."""

    expected: tuple[Array, Array]
    drawn: tuple[Array, Array]


def _simulate(plan: _Plan, n: int, rng: np.random.Generator) -> _Totals:
    """Draw parameters, then everybody's future under them; where segments are large, doubt and chance apart."""
    models = plan.models
    estimate: _Law = models.purchase.params_.to_numpy(), spend_table(models.spend)
    laws = _drawn_laws(models, n)
    expected = _sums(plan, plan.group, estimate)
    sample, more = _sample(plan.group, _SAMPLE)
    if (more == 1).all():
        drawn = np.array([_happening(plan, sample, laws[i % len(laws)], rng) for i in range(n)])
    else:
        doubt = _doubt(plan, estimate, laws)[np.arange(n) % len(laws)]
        drawn = expected + doubt + np.sqrt(more) * _chance(plan, sample, estimate, n, rng)
    cost = plan.terms.acquisition_cost * plan.group.buyers
    return _Totals((expected[0], expected[1] - cost), (drawn[:, 0], drawn[:, 1] - cost))


def _drawn_laws(models: LifetimeModels, n: int) -> list[_Law]:
    """Parameters of purchases and of spend, equally likely given the data; one where no errors are known."""
    thetas, tables = models.parameter_draws(n), spend_tables_drawn(models.spend, n)
    number = max(len(thetas), len(tables))
    return [(thetas[i % len(thetas)], tables[i % len(tables)]) for i in range(number)]


def _doubt(plan: _Plan, estimate: _Law, laws: Sequence[_Law]) -> Array:
    """How far other parameters move the expected totals, a row a law, measured on a small sample of each segment."""
    few, more = _sample(plan.group, _FEW)
    moved = np.array([_sums(plan, few, law) for law in laws])
    return more * (moved - _sums(plan, few, estimate))


def _chance(plan: _Plan, sample: _Group, estimate: _Law, n: int, rng: np.random.Generator) -> Array:
    """How far `n` futures of the sample fall from what is expected of it."""
    drawn = np.array([_happening(plan, sample, estimate, rng) for _ in range(n)])
    return drawn - _sums(plan, sample, estimate)


def _sums(plan: _Plan, group: _Group, law: _Law) -> Array:
    """Expected purchases and profit of each segment, two rows."""
    return np.array([group.sum(values) for values in _expected(plan, group, law, plan.span.length)])


def _happening(plan: _Plan, group: _Group, law: _Law, rng: np.random.Generator) -> Array:
    """One future of each customer, summed by segment: purchases and profit, two rows."""
    theta, table = law
    x = group.history[0]
    process = process_of(plan.models.purchase, theta)
    p, q, v, mean = laws_of_rows(plan.models.spend, table, x)
    known = (x > 0) & (group.spend > 0)
    own_x, own_m = np.where(known, x, 0.0), np.where(known, group.spend, 0.0)
    shape, scale = p * own_x + q, v + own_x * own_m
    scale = np.where((own_x == 0) & (q > 1), mean * (q - 1.0) / p, scale)
    alive = p_alive_of(plan.models.purchase, group.history, process, theta)
    span = plan.span
    spend = p, shape, scale
    future = draw_futures(process, alive, group.history, spend, _seen(span), span.rate, rng)
    years = future.time_alive * span.unit_days / DAYS_A_YEAR
    profit = group.margin * future.spend - plan.terms.service_cost * years
    purchases = future.discounted if math.isinf(span.length) else future.purchases
    return np.array([group.sum(purchases), group.sum(profit)])


def _seen(span: Span) -> float:
    """Where a simulation stops: at the horizon, or where the discount leaves less than 1e-5."""
    return 12.0 / span.rate if math.isinf(span.length) else span.length


def _sample(group: _Group, most: int) -> tuple[_Group, Array]:
    """Take at most so many customers a segment, at equal steps through the sorted rows, and how many each stands for."""
    starts = np.searchsorted(group.segment, np.arange(len(group.names) + 1))
    parts, more = [], np.ones(len(group.names))
    for number, (start, end) in enumerate(itertools.pairwise(starts)):
        size = min(end - start, most)
        parts.append(start + (np.arange(size) * (end - start)) // max(size, 1))
        more[number] = (end - start) / max(size, 1)
    return group.take(np.concatenate(parts)), np.maximum(more, 1.0)


# ---------------------------------------------------------------- the table


def _table(plan: _Plan, by: str, interval: float, totals: _Totals) -> Any:
    import pandas as pd

    levels = [(1.0 - interval) / 2.0, (1.0 + interval) / 2.0]
    columns: dict[str, Any] = {by: [*plan.group.names, TOTAL], "customers": _with_total(plan.group.sizes)}
    for name, expected, drawn in zip(
        ("expected_purchases", "lifetime_value"), totals.expected, totals.drawn, strict=True
    ):
        columns[name] = _with_total(expected)
        columns[f"{name}_low"], columns[f"{name}_high"] = np.quantile(
            _with_total(drawn), levels, axis=0, method="weibull"
        )
    if plan.terms.acquisition_cost > 0:
        columns["payback_days"] = _payback(plan)
    return pd.DataFrame(columns)


def _with_total(values: Array) -> Array:
    return np.concatenate([values, values.sum(axis=-1, keepdims=True)], axis=-1)


def _payback(plan: _Plan) -> Array:
    """Find when the expected discounted profit of each segment first covers its acquisition cost."""
    times = np.linspace(0.0, _last(plan.span), _PAYBACK_STEPS)
    estimate = plan.models.purchase.params_.to_numpy(), spend_table(plan.models.spend)
    profits = [
        _with_total(plan.group.sum(_expected(plan, plan.group, estimate, time)[1])) for time in times[1:]
    ]
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
