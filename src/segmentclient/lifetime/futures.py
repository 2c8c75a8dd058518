"""Futures drawn one purchase at a time: what a group of customers will really do, chance included.

Totals of customers are simulated here, jointly: one draw of the parameters is shared by everyone, then each
customer is alive or not, buys at random times, spends at random, and leaves at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from segmentclient.lifetime.outlook import Process

__all__ = ["Future", "draw_futures"]

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

_OFTEN = 500.0  # purchases expected ahead, above which they are drawn together


@dataclass(frozen=True)
class Future:
    """Per customer: purchases counted, and discounted; spend and time alive, discounted."""

    purchases: Array
    discounted: Array
    spend: Array
    time_alive: Array


def draw_futures(
    process: Process,
    p_alive: Array,
    history: tuple[Array, Array, Array],
    spend: tuple[Array, Array, Array],
    span: float,
    rate: float,
    rng: np.random.Generator,
) -> Future:
    """Draw one future a customer.

    Parameters
    ----------
    history : frequency, recency and T.
    spend : p, q and v of each customer after her history: one purchase is Gamma(p, ν), ν ~ Gamma(q, v).
    span, rate : how far ahead (finite), and the discount rate, in the unit of `T`.
    """
    x, recency, T = history
    future = Future(*(np.zeros(x.size) for _ in range(4)))
    alive = np.flatnonzero(rng.random(x.size) < p_alive)
    price = _prices(spend, alive, rng)
    if process.drop == "periods":
        _step(process, future, alive, (x[alive], T[alive], spend[0], price), span, rate, rng)
        return future
    phases, buying_rate = _buying_rates(process, x[alive], recency[alive], T[alive], rng)
    leaves, coin = _leaving(process, x[alive], T[alive], span, rng)
    _walk(process, future, alive, (buying_rate, phases, leaves, coin, spend[0][alive], price), rate, rng)
    return future


def _prices(spend: tuple[Array, Array, Array], who: Array, rng: np.random.Generator) -> Array:
    _, q, v = spend
    return v[who] / np.maximum(rng.gamma(q[who]), 1e-300)


def _buying_rates(
    process: Process, x: Array, recency: Array, T: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Draw the Erlang phases already passed at T, and the rate given them and the history."""
    from scipy import special

    shape, scale = process.r + process.k * x, process.alpha + T
    steps = np.arange(process.k)
    log_odds = special.gammaln(shape[:, None] + steps) - special.gammaln(steps + 1.0)
    log_odds += special.xlogy(steps, ((T - recency) / scale)[:, None])
    odds = np.exp(log_odds - log_odds.max(axis=1, keepdims=True)) if x.size else np.ones((0, process.k))
    phases = (rng.random((x.size, 1)) * odds.sum(axis=1, keepdims=True) > odds.cumsum(axis=1)).sum(axis=1)
    return phases.astype(float), rng.gamma(shape + phases) / scale


def _leaving(
    process: Process, x: Array, T: Array, span: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Draw when each customer leaves by the clock (capped at the span), and her chance to leave at a purchase."""
    if process.drop == "clock":
        left = (
            rng.exponential(size=x.size)
            * (process.b + T)
            / np.maximum(rng.gamma(process.a, size=x.size), 1e-300)
        )
        return np.minimum(left, span), np.zeros(x.size)
    coin = rng.beta(process.a, process.b + x + process.shift) if process.drop == "coin" else np.zeros(x.size)
    return np.full(x.size, span), coin


def _walk(
    process: Process,
    future: Future,
    who: Array,
    state: tuple[Any, ...],
    rate: float,
    rng: np.random.Generator,
) -> None:
    """Go from purchase to purchase, everyone at once, until the last customer left or reached the end."""
    often = state[0] / process.k * state[2] > _OFTEN
    if often.any():
        _crowd(process, future, who[often], tuple(column[often] for column in state), rate, rng)
        who, state = who[~often], tuple(column[~often] for column in state)
    buying_rate, phases, leaves, coin, p, price = state
    now = np.zeros(who.size)
    while who.size:
        now = now + rng.gamma(process.k - phases) / np.maximum(buying_rate, 1e-300)
        ends = now >= leaves
        buys, stops = np.flatnonzero(~ends), np.flatnonzero(ends)
        future.time_alive[who[stops]] = _discounted_span(leaves[stops], rate)
        bought, at = who[buys], now[buys]
        fade = np.exp(-rate * at) if rate else 1.0
        future.purchases[bought] += 1.0
        future.discounted[bought] += fade
        future.spend[bought] += rng.gamma(p[buys]) * price[buys] * fade
        left = rng.random(who.size)[buys] < coin[buys]
        future.time_alive[bought[left]] = _discounted_span(at[left], rate)
        on = buys[~left]
        who, now, phases = who[on], now[on], np.zeros(on.size)
        buying_rate, leaves, coin, p, price = buying_rate[on], leaves[on], coin[on], p[on], price[on]


def _crowd(
    process: Process,
    future: Future,
    who: Array,
    state: tuple[Any, ...],
    rate: float,
    rng: np.random.Generator,
) -> None:
    """Draw the purchases of those who buy many hundred times together: normal counts, evenly spread over time."""
    buying_rate, _, leaves, coin, p, price = state
    with np.errstate(divide="ignore"):
        kept = np.ceil(
            np.log(rng.random(who.size)) / np.log1p(-coin)
        )  # coins tossed until the last; endless at 0
    stops = rng.gamma(np.minimum(kept, 1e15) * process.k) / buying_rate
    mean = buying_rate / process.k * leaves
    count = np.rint(mean + np.sqrt(mean / process.k) * rng.standard_normal(who.size))
    count = np.where(stops < leaves, kept, np.clip(count, 0.0, kept))
    time = np.minimum(stops, leaves)
    faded = count * _discounted_span(time, rate) / time
    future.purchases[who], future.discounted[who] = count, faded
    future.spend[who] = rng.gamma(p * count) * price * faded / np.maximum(count, 1.0)
    future.time_alive[who] = _discounted_span(time, rate)


def _step(
    process: Process,
    future: Future,
    who: Array,
    state: tuple[Any, ...],
    span: float,
    rate: float,
    rng: np.random.Generator,
) -> None:
    """Go from period to period (BG/BB): leave, or else buy or not."""
    x, T, p, price = state
    leaving, buying = rng.beta(process.a, process.b + T), rng.beta(process.r + x, process.alpha + T - x)
    p = p[who]
    for period in range(1, int(span + 1e-9) + 1):
        on = rng.random(who.size) >= leaving
        who, leaving, buying, p, price = who[on], leaving[on], buying[on], p[on], price[on]
        fade = np.exp(-rate * period)
        future.time_alive[who] += fade
        buys = rng.random(who.size) < buying
        future.purchases[who[buys]] += 1.0
        future.discounted[who[buys]] += fade
        future.spend[who[buys]] += rng.gamma(p[buys]) * price[buys] * fade


def _discounted_span(time: Array, rate: float) -> Array:
    return time if rate == 0 else -np.expm1(-rate * time) / rate
