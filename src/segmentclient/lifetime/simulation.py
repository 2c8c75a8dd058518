"""Totals of groups: what is expected of them, and what chance and doubt about the parameters make of it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from segmentclient.lifetime.choice import LifetimeModels, process_of
from segmentclient.lifetime.futures import draw_futures
from segmentclient.lifetime.groups import Group
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
from segmentclient.lifetime.soundness import Array

__all__ = ["Plan", "Totals", "expected_sums", "simulate"]

Law: TypeAlias = "tuple[Array, Array]"  # parameters of the purchases; the table of the spend

_SAMPLE = 2500  # customers a segment whose chance is simulated; that of the others is scaled
_FEW = 150  # customers a segment on whom the effect of other parameters is measured, where there are so many


@dataclass(frozen=True)
class Plan:
    """Who is asked about, for how long, under which models and at what cost."""

    models: LifetimeModels
    span: Span
    terms: Terms
    group: Group


def _expected(plan: Plan, group: Group, law: Law, length: float) -> tuple[Array, Array]:
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


def _mean_spend(group: Group, laws: tuple[Array, ...]) -> Array:
    p, q, v, mean = laws
    x, m = group.history[0], group.spend
    known = (x > 0) & (m > 0)
    weight = p * np.where(known, x, 0.0) + q - 1.0
    return np.where(
        known & (weight > 0), p * (v + x * np.where(known, m, 0.0)) / np.where(weight > 0, weight, 1.0), mean
    )


@dataclass(frozen=True)
class Totals:
    """Purchases and profit by segment: expected, and simulated (a row a future)."""

    expected: tuple[Array, Array]
    drawn: tuple[Array, Array]


def simulate(plan: Plan, n: int, rng: np.random.Generator) -> Totals:
    """Draw parameters, then everybody's future under them; where segments are large, doubt and chance apart."""
    models = plan.models
    estimate: Law = models.purchase.params_.to_numpy(), spend_table(models.spend)
    laws = _drawn_laws(models, n)
    expected = expected_sums(plan, plan.group, estimate, plan.span.length)
    sample, more = _sample(plan.group, _SAMPLE)
    if (more == 1).all():
        drawn = np.array([_happening(plan, sample, laws[i % len(laws)], rng) for i in range(n)])
    else:
        doubt = _doubt(plan, estimate, laws)[np.arange(n) % len(laws)]
        drawn = expected + doubt + np.sqrt(more) * _chance(plan, sample, estimate, n, rng)
    cost = plan.terms.acquisition_cost * plan.group.buyers
    return Totals((expected[0], expected[1] - cost), (drawn[:, 0], drawn[:, 1] - cost))


def _drawn_laws(models: LifetimeModels, n: int) -> list[Law]:
    """Parameters of purchases and of spend, equally likely given the data; one where no errors are known."""
    thetas, tables = models.parameter_draws(n), spend_tables_drawn(models.spend, n)
    number = max(len(thetas), len(tables))
    return [(thetas[i % len(thetas)], tables[i % len(tables)]) for i in range(number)]


def _doubt(plan: Plan, estimate: Law, laws: Sequence[Law]) -> Array:
    """How far other parameters move the expected totals, a row a law, measured on a small sample of each segment."""
    few, more = _sample(plan.group, _FEW)
    moved = np.array([expected_sums(plan, few, law, plan.span.length) for law in laws])
    return more * (moved - expected_sums(plan, few, estimate, plan.span.length))


def _chance(plan: Plan, sample: Group, estimate: Law, n: int, rng: np.random.Generator) -> Array:
    """How far `n` futures of the sample fall from what is expected of it."""
    drawn = np.array([_happening(plan, sample, estimate, rng) for _ in range(n)])
    return drawn - expected_sums(plan, sample, estimate, plan.span.length)


def expected_sums(plan: Plan, group: Group, law: Law, length: float) -> Array:
    """Expected purchases and profit of each segment (before the acquisition cost) within a length of time, two rows."""
    return np.array([group.sum(values) for values in _expected(plan, group, law, length)])


def _happening(plan: Plan, group: Group, law: Law, rng: np.random.Generator) -> Array:
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


def _sample(group: Group, most: int) -> tuple[Group, Array]:
    """Take at most so many customers a segment, at equal steps through the sorted rows, and how many each stands for."""
    starts = np.searchsorted(group.segment, np.arange(len(group.names) + 1))
    parts, more = [], np.ones(len(group.names))
    for number, (start, end) in enumerate(itertools.pairwise(starts)):
        size = min(end - start, most)
        parts.append(start + (np.arange(size) * (end - start)) // max(size, 1))
        more[number] = (end - start) / max(size, 1)
    return group.take(np.concatenate(parts)), np.maximum(more, 1.0)
