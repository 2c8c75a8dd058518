"""What a model of purchases must say, and what follows from it for any history.

Every model of the family rests on two facts. The likelihood of a history is a sum over the moments at which the
customer may have left, the last of them "not yet". And a customer who is alive is a new customer with other
parameters. A `Law` states both in a few pure functions; the functions below need nothing else. A customer of whom
nothing is known yet has the empty history (0, 0, 0).
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import numpy as np
from scipy import special

from segmentclient.lifetime.fitting import RowDerivatives
from segmentclient.lifetime.grouping import distinct
from segmentclient.lifetime.histories import Histories
from segmentclient.lifetime.soundness import Array

__all__ = [
    "Law",
    "Theta",
    "count_interval",
    "discounted_purchases",
    "expected_purchases",
    "p_alive",
    "pmf",
    "waiting_time",
]

Theta: TypeAlias = "tuple[Any, ...]"

_WORTH_GROUPING = 500  # rows
_MOST = 1_000_000  # purchases within t that an interval can reach
_AT_ONCE = 2000  # chances computed together
_ALL = 1.0 - 1e-13  # of the chances: what is left is rounding


class Law(Protocol):
    """What a model must say; parameters are numbers, or arrays that broadcast with the rows."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, all positive."""

    @property
    def rates(self) -> tuple[str, ...]:
        """Names of the parameters that are times."""

    @property
    def movable(self) -> tuple[tuple[str, float], ...]:
        """The parameters that covariates move, with the sign: the buying process first, then drop-out."""

    @property
    def needs_recency(self) -> bool:
        """Tell whether the parameters of a living customer depend on her recency."""

    def start(self, scale: float) -> list[tuple[float, ...]]:
        """Where to look for the optimum, with time in units of `scale`."""

    def log_prior(self, theta: Theta, scale: float) -> Array:
        """Log-density of the default prior on the logarithms of the parameters, with time in units of `scale`."""

    def log_likelihood(self, theta: Theta, h: Histories) -> Array:
        """Log-likelihood of each row."""

    def derivatives(self, theta: Theta, h: Histories) -> RowDerivatives:
        """Log-likelihood of each row, its gradient and Hessian."""

    def log_odds_left(self, theta: Theta, h: Histories) -> Array:
        """Logarithm of the odds that the customer has left."""

    def living(self, theta: Theta, h: Histories) -> Any:
        """Parameters of the customer, if alive."""

    def expected(self, living: Any, t: Any) -> Array:
        """Purchases expected within t of a living customer."""

    def pmf(self, living: Any, n: Any, t: Any) -> Array:
        """Probability of n purchases within t of a living customer."""


def p_alive(law: Law, theta: Theta, h: Histories) -> Array:
    """Probability that each customer is still one."""
    return special.expit(-law.log_odds_left(theta, h))


def expected_purchases(law: Law, theta: Theta, h: Histories, t: Any) -> Array:
    """Purchases expected of each customer within t."""
    return p_alive(law, theta, h) * _of_the_living(law, theta, h, t)


def _of_the_living(law: Law, theta: Theta, h: Histories, t: Any) -> Array:
    """Evaluate on distinct (frequency, T), where nothing else matters to a customer who is alive."""
    if law.needs_recency or np.ndim(t) or h.T.size < _WORTH_GROUPING:
        return law.expected(law.living(theta, h), t)
    first, kind = distinct([h.frequency, h.T, *(np.ravel(value) for value in theta if np.ndim(value))])
    return law.expected(law.living(_of_rows(theta, first), h.take(first)), t)[kind]


def pmf(law: Law, theta: Theta, h: Histories, n: Any, t: Any) -> Array:
    """Probability that each customer buys n times within t."""
    odds = law.log_odds_left(theta, h)
    alive = special.expit(-odds) * law.pmf(law.living(theta, h), n, t)
    return alive + np.where(np.equal(n, 0), special.expit(odds), 0.0)


def discounted_purchases(law: Law, theta: Theta, h: Histories, rate: float) -> Array:
    """Purchases of all the future, each discounted by exp(−rate · time) (DERT)."""
    living = law.living(theta, h)
    ahead = (
        law.discounted(living, rate) if hasattr(law, "discounted") else discounted_by_parts(law, living, rate)
    )
    return p_alive(law, theta, h) * ahead


def discounted_by_parts(law: Law, living: Any, rate: float) -> Array:
    """Give ∫ exp(−v) E[purchases within v / rate] dv, for a law without a closed form.

    By the trapezoid rule in v = exp(u − exp(−u)), in which both tails fall twice exponentially.
    """
    u = np.arange(-3.6, 4.01, 0.1)
    v = np.exp(u - np.exp(-u))
    weights = 0.1 * v * (1.0 + np.exp(-u)) * np.exp(-v)
    return sum(
        weight * law.expected(living, moment / rate) for weight, moment in zip(weights, v, strict=True)
    )


def count_interval(
    law: Law, thetas: list[Theta], h: Histories, t: float, level: float
) -> tuple[Array, Array]:
    """Find the equal-tailed interval of the number of purchases within t, averaged over several parameters."""
    low, high = np.full(h.T.size, -1.0), np.full(h.T.size, -1.0)
    reached, open_rows = np.zeros(h.T.size), np.arange(h.T.size)
    n = 0
    while open_rows.size and n < _MOST:
        counts = n + np.arange(min(max(_AT_ONCE // open_rows.size, 1), _MOST - n))
        total = reached[open_rows, None] + _chances(law, thetas, h, t, open_rows, counts).cumsum(axis=1)
        for bound, share in ((low, 0.5 - level / 2.0), (high, 0.5 + level / 2.0)):
            there = total >= min(share, _ALL)
            found = np.where(there[:, -1], counts[there.argmax(axis=1)], -1.0)
            bound[open_rows] = np.where(bound[open_rows] < 0, found, bound[open_rows])
        reached[open_rows] = total[:, -1]
        open_rows = open_rows[high[open_rows] < 0]
        n += counts.size
    return np.where(low < 0, n - 1, low), np.where(high < 0, n - 1, high)


def _chances(law: Law, thetas: list[Theta], h: Histories, t: float, rows: Array, counts: Array) -> Array:
    """P(n purchases within t) of some rows, one column a count, averaged over several parameters."""
    which, n = np.repeat(rows, counts.size), np.tile(counts.astype(float), rows.size)
    several = h.take(which)
    chances = np.mean([pmf(law, _of_rows(theta, which), several, n, t) for theta in thetas], axis=0)
    return chances.reshape(rows.size, counts.size)


def _of_rows(theta: Theta, rows: Array) -> Theta:
    return tuple(value[rows] if np.ndim(value) else value for value in theta)


def waiting_time(law: Law, theta: Theta, h: Histories, probability: float) -> Array:
    """Find the time within which a customer who is alive buys again with a probability; infinite if never so likely."""
    living = law.living(theta, h)
    if hasattr(law, "waiting"):
        return law.waiting(living, probability)
    low, high = np.full(h.T.size, -30.0), np.full(h.T.size, 30.0)
    never = 1.0 - law.pmf(living, 0, np.exp(high)) < probability
    for _ in range(60):
        middle = 0.5 * (low + high)
        soon = 1.0 - law.pmf(living, 0, np.exp(middle)) >= probability
        low, high = np.where(soon, low, middle), np.where(soon, middle, high)
    return np.where(never, np.inf, np.exp(high))
