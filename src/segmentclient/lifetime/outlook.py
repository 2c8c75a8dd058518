"""What a customer who is still alive will do: purchases, discounted purchases, time alive and counts ahead.

In every model below the future of a customer factors into P(alive at T | history), which the model gives, and a
future given alive that depends on (frequency, T) only: the rate λ is Gamma(r + x, alpha + T), and drop-out is
independent of it. That is why predictions are evaluated on distinct (frequency, T) pairs.

Derivations: given alive after x purchases, the drop-out probability of BG/NBD is Beta(a, b + x) and that of
MBG/NBD Beta(a, b + x + 1); the drop-out rate of Pareto/NBD is Gamma(s, beta + T).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from scipy import special

from segmentclient.errors import ModelError
from segmentclient.lifetime.special import beta_average, log_beta_ratio, negative_binomial_tail

__all__ = ["Ahead", "Process", "ahead", "count_grid", "counts_at_least"]

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

_FORGOTTEN = 40.0  # exp(-40) = 4e-18: what lies beyond is not seen
_NODES = 7  # and 5 for each factor e of (alpha + T + span) / (alpha + T): 1e-12
_PEAKED = 1000.0  # purchases beyond which the moment of one among them is nearly known
_UNSEEN = 1e-16  # of the weight of that moment, on either side
_FINEST = 1000  # counts at most
_SUMMED = 1000  # counts up to which a tail is summed term by term


@dataclass(frozen=True)
class Process:
    """The parameters of a buying process and how it stops, in the unit of `T`.

    `drop` is "never" (NBD), "coin" (after each purchase with probability Beta(a, b); `shift` is 1 where the coin is
    tossed after the first purchase too), "clock" (exponential with rate Gamma(a, b)) or "periods" (BG/BB: in each
    period first leave with probability Beta(a, b), else buy with probability Beta(r, alpha)). `k` is the Erlang
    shape of the time between purchases.
    """

    r: float
    alpha: float
    drop: Literal["never", "coin", "clock", "periods"]
    a: float = math.inf
    b: float = math.inf
    shift: int = 0
    k: int = 1


@dataclass(frozen=True)
class Ahead:
    """Per customer, given alive at T: purchases, purchases discounted, and discounted time alive."""

    purchases: Array
    discounted: Array
    time_alive: Array


def ahead(
    process: Process, x: Array, T: Array, since: Array, span: float, rate: float, *, with_time: bool = True
) -> Ahead:
    """Integrate the purchase rate and the survival given alive from T to T + `span`.

    The integrand is smooth in ln(1 + u / (alpha + T)), where Gauss-Legendre nodes converge fast. With an endless
    span `purchases` equals `discounted`: the plain number need not be finite. `since` (T − recency) matters only
    when `k` > 1.
    """
    end = min(span, _FORGOTTEN / rate if rate > 0 else math.inf)
    if end < span < math.inf:  # money is forgotten there, counts are not
        faded = ahead(process, x, T, since, end, rate, with_time=with_time)
        return replace(faded, purchases=ahead(process, x, T, since, span, 0.0, with_time=False).purchases)
    if process.k > 1:
        return _ahead_by_counts(process, (x, T, since), end, rate, plain=math.isinf(span))
    u, weight = _periods(T, end) if process.drop == "periods" else _nodes(process.alpha + T, end)
    fade = np.exp(-rate * u)
    intensity = _intensity(process, x[:, None], T[:, None], u) * weight
    discounted = (intensity * fade).sum(axis=1)
    purchases = discounted if math.isinf(span) or rate == 0 else intensity.sum(axis=1)
    alive = (
        (_survival(process, x[:, None], T[:, None], u) * weight * fade).sum(axis=1)
        if with_time
        else np.zeros(x.size)
    )
    return Ahead(purchases, discounted, alive)


def _ahead_by_counts(
    process: Process, history: tuple[Array, Array, Array], end: float, rate: float, *, plain: bool
) -> Ahead:
    """Erlang gaps: purchases are the sum of P(N ≥ n), discounted by parts: e^(−δH) E(H) + δ ∫ e^(−δu) E(u) du."""
    x, T, since = history
    answer = np.zeros((3, x.size))
    for frequency in np.unique(x):
        rows = np.flatnonzero(x == frequency)
        u, weight = _nodes(process.alpha + T[rows].max(keepdims=True), end)
        at = [_counted(process, frequency, T[rows], since[rows], span) for span in [end, *u[0]]]
        means, alive = (np.array(values) for values in zip(*at, strict=True))
        faded = np.exp(-rate * u[0]) * weight[0]
        discounted = np.exp(-rate * end) * means[0] + rate * (faded @ means[1:])
        answer[:, rows] = discounted if plain or rate == 0 else means[0], discounted, faded @ alive[1:]
    return Ahead(*answer)


def _counted(process: Process, x: float, T: Array, since: Array, span: float) -> tuple[Array, Array]:
    """Give the mean count within a span, and P(alive at its end): all coins of the arrivals kept."""
    counts = np.arange(1.0, count_grid(process, x, T, span, least=1e-13)[-1] + 1.0)
    mean = counts_at_least(process, x, T, since, span, counts).sum(axis=1)
    if process.drop == "never":
        return mean, np.ones_like(T)
    arrivals = _arrivals(process, x, T, since, span, counts)
    exactly = arrivals - np.append(arrivals[:, 1:], np.zeros((T.size, 1)), axis=1)
    return mean, 1.0 - arrivals[:, 0] + exactly @ np.exp(_log_kept(process, x, counts + 1.0))


def _periods(T: Array, end: float) -> tuple[Array, Array]:
    """Whole periods 1, 2, … to the end, the same for every customer."""
    if math.isinf(end):
        raise ModelError("an endless horizon needs a discount rate")
    u = np.broadcast_to(np.arange(1.0, _whole(end) + 1.0), (T.size, _whole(end)))
    return u, np.ones_like(u)


def _whole(span: float) -> int:
    return math.floor(span + 1e-9)


def _nodes(scale: Array, end: float) -> tuple[Array, Array]:
    """Gauss-Legendre nodes on [0, end] in logarithmic time, one row a customer, enough for the longest span."""
    reach = np.log1p(end / scale)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES + int(5 * reach.max()))
    w = reach[:, None] * (nodes + 1.0) / 2.0
    u = scale[:, None] * np.expm1(w)
    return u, scale[:, None] * np.exp(w) * weights * reach[:, None] / 2.0


def _intensity(process: Process, x: Array, T: Array, u: Array) -> Array:
    """Purchases a unit of time at T + u, given alive at T: E[λ · P(alive at T + u)]."""
    if process.drop == "periods":
        return (process.r + x) / (process.r + process.alpha + T) * _survival(process, x, T, u)
    shape, scale = process.r + x, process.alpha + T
    if process.drop == "clock":
        return shape / scale * _clock_survival(process, T, u)
    if process.drop == "never":
        return shape / scale * np.ones_like(u)
    return shape / scale * _coin_average(process, shape + 1.0, x, u / scale)


def _survival(process: Process, x: Array, T: Array, u: Array) -> Array:
    """P(alive at T + u | alive at T)."""
    if process.drop == "never":
        return np.ones_like(u)
    if process.drop == "clock":
        return _clock_survival(process, T, u)
    if process.drop == "periods":
        return np.exp(log_beta_ratio(process.a, process.b + T, 0.0, u))
    return _coin_average(process, process.r + x, x, u / (process.alpha + T))


def _clock_survival(process: Process, T: Array, u: Array) -> Array:
    return np.exp(-process.a * np.log1p(u / (process.b + T)))


def _coin_average(process: Process, shape: Array, x: Array, z: Array) -> Array:
    """E[(1 + p·z)^−shape], p ~ Beta(a, b + x + shift): Pfaff's form of 2F1, or a quadrature where that fails."""
    a, b = process.a, process.b + x + process.shift
    shape, b, z = np.broadcast_arrays(shape, b, z)
    other = a + b - shape
    with np.errstate(all="ignore"):
        value = special.hyp2f1(a, other, a + b, z / (1.0 + z)) * np.exp(-a * np.log1p(z))
    doubtful = ~(np.isfinite(value) & (value >= 0) & (value <= 1 + 1e-12)) | (other < -3.0) | (other > 100.0)
    if doubtful.any():
        rows = shape[doubtful], z[doubtful]
        value[doubtful] = beta_average(_thinned, a, b[doubtful], rows[0] * rows[1], *rows)
    return value


def _thinned(p: Array, q: Array, shape: Array, z: Array) -> Array:
    return np.exp(-shape * np.log1p(p * z))


def count_grid(process: Process, x: float, T: Array, span: float, *, least: float = 1e-4) -> Array:
    """Counts 1, 2, … on which the distribution ahead is tabulated: all of them at first, then in steps of 4 % or less."""
    if process.drop == "periods":
        return np.arange(1.0, max(_whole(span), 1) + 1.0)
    mean, spread = _bulk(process, x, T.min(), span)
    shape = process.r + process.k * x
    last = mean + 12.0 * math.sqrt(mean * (1.0 + mean / shape)) + 20.0
    grid = np.unique(
        np.concatenate(
            [
                np.arange(1.0, 61.0),
                np.floor(60.0 * 1.04 ** np.arange(1, 1 + max(0, _steps(last)))),
                _around_the_bulk(_bulk(process, x, T.max(), span), (mean, spread)),
            ]
        )
    )
    tail = negative_binomial_tail(process.k * (grid - 1) + 1, shape, process.alpha + T.min(), span)
    return grid[: 1 + np.searchsorted(tail < least, True)]


def _bulk(process: Process, x: float, T: float, span: float) -> tuple[float, float]:
    """Mean and standard deviation of the count of a customer who stays."""
    shape = process.r + process.k * x
    ticks = shape * span / (process.alpha + T)
    return ticks / process.k, math.sqrt(ticks * (1.0 + ticks / shape)) / process.k


def _around_the_bulk(least: tuple[float, float], most: tuple[float, float]) -> Array:
    """Counts in thirds of a standard deviation, where steps of 4 % are too coarse for a count that is nearly known."""
    start, stop, step = least[0] - 5.0 * least[1], most[0] + 5.0 * most[1], least[1] / 3.0
    if 0.04 * most[0] < step or start < 1.0:
        return np.empty(0)
    return np.floor(np.arange(start, stop, max(step, 1.0, (stop - start) / _FINEST)))


def _steps(last: float) -> int:
    return math.ceil(math.log(max(last, 60.0) / 60.0) / math.log(1.04))


def counts_at_least(process: Process, x: float, T: Array, since: Array, span: float, counts: Array) -> Array:
    """P(at least n purchases within `span` | alive at T): rows T, columns `counts` (for one frequency x).

    With coins, n purchases need n arrivals and n − 1 kept coins, which are independent given alive.
    `since` = T − recency matters only when `k` > 1: the Erlang phases passed since the last purchase.
    """
    if process.drop == "clock":
        return _clock_counts(process, x, T, span, counts)
    if process.drop == "periods":
        return _period_counts(process, x, T, span, counts)
    arrivals = _arrivals(process, x, T, since, span, counts)
    if process.drop == "never":
        return arrivals
    return arrivals * np.exp(_log_kept(process, x, counts))


def _log_kept(process: Process, x: float, counts: Array) -> Array:
    """Logarithm of the probability that the coins of n − 1 further purchases are all kept."""
    return log_beta_ratio(process.a, process.b + x + process.shift, 0.0, counts - 1.0)


def _arrivals(process: Process, x: float, T: Array, since: Array, span: float, counts: Array) -> Array:
    scale = (process.alpha + T)[:, None]
    if process.k == 1:
        summed = counts[-1] <= _SUMMED
        return (_tail_by_sum if summed else negative_binomial_tail)(
            counts[None, :], process.r + x, scale, span
        )
    shape = process.r + process.k * x
    phases = np.arange(process.k)
    odds = np.exp(
        special.gammaln(shape + phases)
        - special.gammaln(phases + 1.0)
        + special.xlogy(phases, since[:, None] / scale)
    )
    odds = odds / odds.sum(axis=1, keepdims=True)
    tails = (
        negative_binomial_tail(process.k * counts[None, :] - j, shape + j, scale, span) * odds[:, [j]]
        for j in phases
    )
    return sum(tails)


def _tail_by_sum(counts: Array, shape: float, scale: Array, span: float) -> Array:
    """P(N ≥ n) to 1e-13 in absolute terms: ten times quicker than one incomplete beta each."""
    below = np.arange(counts[0, -1])
    log_pmf = special.gammaln(shape + below) - special.gammaln(shape) - special.gammaln(below + 1.0)
    log_pmf = log_pmf - shape * np.log1p(span / scale) + below * np.log(span / (scale + span))
    below = np.exp(log_pmf).cumsum(axis=1)[:, counts[0].astype(int) - 1]
    return np.maximum(1.0 - below, 0.0)


def _period_counts(process: Process, x: float, T: Array, span: float, counts: Array) -> Array:
    """Mix the beta-binomial law of the purchases in `lived` periods over how many periods are lived."""
    ends, rows = _whole(span), T[:, None]
    n = np.arange(ends + 1.0)
    exactly = np.zeros((T.size, max(ends, int(counts[-1])) + 1))
    for lived in range(ends + 1):
        leaves = log_beta_ratio(process.a, process.b + rows, 0.0 if lived == ends else 1.0, lived)
        ways = -special.betaln(lived - n[: lived + 1] + 1.0, n[: lived + 1] + 1.0) - np.log(lived + 1.0)
        buys = log_beta_ratio(process.r + x, process.alpha + rows - x, n[: lived + 1], lived - n[: lived + 1])
        exactly[:, : lived + 1] += np.exp(leaves + ways + buys)
    return exactly[:, ::-1].cumsum(axis=1)[:, ::-1][:, counts.astype(int)]


def _clock_counts(process: Process, x: float, T: Array, span: float, counts: Array) -> Array:
    """The nth arrival is alpha' · BetaPrime(n, r'); the clock must outlive it: one integral a count.

    Among thousands of purchases Beta(n, r') is a narrow peak, which nodes spread over the whole span would miss: each
    integral then runs only where its weight is.
    """
    shape, scale = process.r + x, process.alpha + T
    share = span / (scale + span)
    nodes, weights = np.polynomial.legendre.leggauss(96)
    squares = ((nodes + 1.0) / 2.0) ** 2
    start, stop = np.zeros((1, 1)), np.ones((1, 1))
    if shape + counts[-1] > _PEAKED:
        start = special.betaincinv(counts, shape, _UNSEEN)[:, None]
        stop = special.betainccinv(counts, shape, _UNSEEN)[:, None]
    answer = np.empty((T.size, counts.size))
    for row, (top, width) in enumerate(zip(share, scale, strict=True)):
        reach = np.maximum(np.minimum(stop, top) - start, 0.0)
        y = start + reach * squares
        lived = np.exp(-process.a * np.log1p(width * y / (1.0 - y) / (process.b + T[row])))
        density = (
            special.xlogy(counts[:, None] - 1, y)
            + special.xlog1py(shape - 1, -y)
            - special.betaln(counts[:, None], shape)
        )
        answer[row] = (np.exp(density) * lived * weights * reach * (nodes + 1.0) / 2.0).sum(axis=1)
    return answer
