"""BG/BB: discrete opportunities to buy (a yearly gift, a weekly visit), at each of which a customer may leave.

Time counts opportunities. `probability_alive` is that of being alive at the next opportunity, T + 1, as in the paper.

References
----------
Fader, Hardie and Shang (2010), Customer-base analysis in a discrete-time noncontractual setting, Marketing Science
29(6), 1086-1108: equations (5)-(13).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy import special

from segmentclient.errors import ModelError, raise_all
from segmentclient.lifetime.fitting import RowDerivatives
from segmentclient.lifetime.grouping import distinct
from segmentclient.lifetime.histories import Histories, history
from segmentclient.lifetime.laws import Theta
from segmentclient.lifetime.priors import share_prior
from segmentclient.lifetime.purchases import PurchaseModel
from segmentclient.lifetime.soundness import Array, bad_values
from segmentclient.lifetime.special import beta_average, log_beta_ratio

__all__ = ["BGBB"]

Rises: TypeAlias = "Callable[[float, Any], tuple[Array, Array]]"

_BLOCK = 60_000  # numbers at once: what a processor keeps at hand
_SCALES = 600.0  # of logarithms of weights: what one line of doubles can hold
_PATIENCE = 10_000  # opportunities within which a next purchase is looked for
_MOST = 1_000_000  # opportunities whose purchases are counted


class BetaBernoulli:
    """Buys with p ~ Beta(alpha, beta) at each opportunity; leaves before each with θ ~ Beta(gamma, delta)."""

    names: tuple[str, ...] = ("alpha", "beta", "gamma", "delta")
    rates: tuple[str, ...] = ()
    movable: tuple[tuple[str, float], ...] = ()
    needs_recency = False

    def start(self, scale: float) -> list[tuple[float, ...]]:
        """Where to look for the optimum."""
        return [(1.0, 1.0, 0.6, 3.0), (0.5, 1.5, 1.0, 10.0)]

    def log_prior(self, theta: Theta, scale: float) -> Array:
        """Weak: the mean chances of buying and of leaving uniform, the concentrations log-normal."""
        alpha, beta, gamma, delta = theta
        return share_prior(alpha, beta) + share_prior(gamma, delta)

    def log_likelihood(self, theta: Theta, h: Histories) -> Array:
        """Equation (5): alive at T + 1, or left before the opportunity t_x + 1, …, T + 1."""
        return self._log_living(theta, h) + np.logaddexp(0.0, self.log_odds_left(theta, h))

    def _log_living(self, theta: Theta, h: Histories) -> Array:
        alpha, beta, gamma, delta = theta
        bought = log_beta_ratio(alpha, beta, h.frequency, h.T - h.frequency)
        return bought + log_beta_ratio(gamma, delta, 0.0, h.T + 1.0)

    def log_odds_left(self, theta: Theta, h: Histories) -> Array:
        """Give ln of P(left before T + 1 | history) / P(alive at T + 1 | history)."""
        *parts, x, t_x, T = np.broadcast_arrays(*theta, h.frequency, h.recency, h.T)
        many = any(np.size(part) > 1 for part in theta)
        asked = (
            tuple(np.ravel(part) for part in parts) if many else tuple(np.ravel(part)[:1] for part in theta)
        )
        odds = np.empty(x.size)
        for silence in _silences(asked, history(*(np.ravel(value) for value in (x, t_x, T)))):
            odds[silence.rows] = silence.top + np.log(silence.sums())
        return odds.reshape(x.shape)

    def derivatives(self, theta: Theta, h: Histories) -> RowDerivatives:
        """Give the log-likelihood of each row with its gradient and Hessian."""
        value, gradient = np.zeros(h.T.size), np.zeros((4, h.T.size))
        hessian: dict[tuple[int, int], Array] = {}
        rises = _rises_up_to(np.max(h.T) + 1.0)
        for silence in _silences(tuple(np.ravel(part)[:1] for part in theta), h):
            part = self._part(theta, h.take(silence.rows), silence, rises)
            value[silence.rows], gradient[:, silence.rows] = part.value, np.array(part.gradient)
            for key, values in part.hessian.items():
                hessian.setdefault(key, np.zeros(h.T.size))[silence.rows] = values
        return RowDerivatives(value, tuple(gradient), hessian)

    def _part(self, theta: Theta, h: Histories, silence: _Silence, rises: Rises) -> RowDerivatives:
        """Mix the moments at which a customer may have left, and having stayed, in slopes from those of the first moment."""
        x, T, dead, line = silence.x[:, None], h.T, silence.dead, silence.place
        base, bends = _beta_slopes(theta, (h.frequency, T - h.frequency, 0.0, T + 1.0), rises)
        slopes, curves = _beta_slopes(theta, (x, dead - x, 1.0, dead), rises)
        start = [slope[line, 0] for slope in slopes]
        left = [slope - slope[:, :1] for slope in slopes]
        here = [one - first for one, first in zip(base, start, strict=True)]
        top = np.maximum(silence.top, 0.0)
        lost, living = np.exp(silence.top - top), np.exp(-top)
        total = lost * silence.sums() + living
        lost, living = lost / total, living / total
        means = [lost * silence.sums(one) + living * other for one, other in zip(left, here, strict=True)]
        hessian = {
            (i, j): lost * silence.sums(left[i] * left[j] + curves.get((i, j), 0.0))
            + living * (here[i] * here[j] + bends.get((i, j), 0.0))
            - means[i] * means[j]
            for i in range(4)
            for j in range(i, 4)
        }
        gradient = tuple(first + mean for first, mean in zip(start, means, strict=True))
        return RowDerivatives(top + np.log(total) + self._log_living(theta, h), gradient, hessian)

    def living(self, theta: Theta, h: Histories) -> Theta:
        """Give the parameters of a customer who is alive at the opportunity T + 1."""
        alpha, beta, gamma, delta = theta
        return alpha + h.frequency, beta + h.T - h.frequency, gamma, delta + h.T + 1.0

    def expected(self, living: Theta, t: Any) -> Array:
        """Equation (13): P(buys) times the opportunities of the next t at which the customer is there."""
        alpha, beta, gamma, delta = living
        span = np.floor(t)

        def there(theta: Array, span: Array) -> Array:
            stays = np.where(theta < 1.0, np.log1p(-np.minimum(theta, 1.0 - 1e-16)), -np.inf)
            return -np.expm1(np.where(span > 0, span, 1.0) * stays) / theta

        number = beta_average(there, gamma, delta, span, scale=span, fall=1.0)
        return alpha / (alpha + beta) * np.where(span > 0, number, 0.0)

    def discounted(self, living: Theta, rate: float) -> Array:
        """Equation (14), as the mean over θ of the discounted opportunities at which the customer is there."""
        alpha, beta, gamma, delta = living
        fade, lost = np.exp(-rate), -np.expm1(-rate)
        there = beta_average(
            lambda theta: fade / (lost + fade * theta), gamma, delta, scale=1.0 / lost, fall=1.0
        )
        return alpha / (alpha + beta) * there

    def waiting(self, living: Theta, probability: float) -> Array:
        """Give the first opportunity by which a living customer has bought so probably; infinite if none is.

        The chances that the first purchase is the i-th opportunity, B(alpha + 1, beta + i − 1) / B(alpha, beta) ·
        B(gamma, delta + i − 1) / B(gamma, delta), each from the one before.
        """
        rows = np.column_stack([np.ravel(one) for one in np.broadcast_arrays(*living)])
        step = np.arange(_PATIENCE - 1.0)
        answer = np.full(len(rows), np.inf)
        for one, (alpha, beta, gamma, delta) in enumerate(rows):
            again = (beta + step) / (alpha + beta + 1.0 + step) * (delta + step) / (gamma + delta + step)
            chances = np.cumprod(np.r_[alpha / (alpha + beta), again])
            reached = np.searchsorted(np.cumsum(chances), probability)
            answer[one] = reached + 1.0 if reached < _PATIENCE else np.inf
        return answer

    def pmf(self, living: Theta, n: Any, t: Any) -> Array:
        """P(n purchases at the next t opportunities), alive at the first: stays for all, or leaves after i < t."""
        alpha, beta, gamma, delta, n, t = np.broadcast_arrays(*living, n, np.floor(t))
        if np.max(t, initial=0.0) > _MOST:
            raise ModelError(
                f"t={np.max(t):g}: BG/BB adds opportunities one by one; accepted: up to {_MOST:,}"
            )

        def bought(n: Array, i: Array, alpha: Array, beta: Array) -> Array:
            ways = (
                special.gammaln(i + 1.0)
                - special.gammaln(n + 1.0)
                - special.gammaln(np.maximum(i - n, 0.0) + 1.0)
            )
            return ways + log_beta_ratio(alpha, beta, n, np.maximum(i - n, 0.0))

        def leaves_after(j: Array, alpha: Array, beta: Array, gamma: Array, delta: Array, n: Array) -> Array:
            after = np.maximum(n, 1.0) + j
            return np.exp(bought(n, after, alpha, beta) + log_beta_ratio(gamma, delta, 1.0, after - 1.0))

        stays = np.exp(
            bought(n, t, alpha, beta) + log_beta_ratio(gamma, delta, 0.0, np.maximum(t - 1.0, 0.0))
        )
        left = _sum_over(leaves_after, np.maximum(t - np.maximum(n, 1.0), 0.0), alpha, beta, gamma, delta, n)
        return np.where(n <= t, stays + left, 0.0)


class _Silence(NamedTuple):
    """Histories of equal frequency: those who left were there at `dead` opportunities, and at no later one.

    One line of `dead` and `weight` serves all `rows` of a `place`, from the last purchase of each, at `first`, to its
    own T, at `last`. `weight` is relative to the first moment of its line, the likeliest; this one is exp(`top`) times
    as likely as that the row's customer lives.
    """

    rows: Array
    place: Array
    first: Array
    last: Array
    x: Array
    dead: Array
    weight: Array
    top: Array

    def sums(self, values: Any = 1.0) -> Array:
        """Sum weight · values over each row's part of its line: what comes after `first`, less what comes after `last`.

        Weights fall along a line, so that the difference loses no more digits than the line is long.
        """
        after = np.zeros((len(self.weight), self.weight.shape[1] + 1))
        after[:, :-1] = (self.weight * values)[:, ::-1].cumsum(axis=1)[:, ::-1]
        return after[self.place, self.first] - after[self.place, self.last + 1]


def _silences(theta: Theta, h: Histories) -> Iterator[_Silence]:
    """Put histories of equal frequency and parameters on one line, and give the lines in blocks.

    What a moment weighs beside the others depends on the frequency, and on no T.
    """
    many = any(part.size > 1 for part in theta)
    own = _log_there(theta, h.frequency, h.recency)
    first, line = distinct([h.frequency, np.floor(own / _SCALES), *(theta if many else ())])
    start, end = np.full(first.size, np.inf), np.zeros(first.size)
    np.minimum.at(start, line, h.recency)
    np.maximum.at(end, line, h.T)
    length = end - start + 1.0
    order = np.argsort(length, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    by_line = np.argsort(rank[line], kind="stable")
    begins = np.searchsorted(rank[line][by_line], np.arange(order.size + 1))
    at = order.size
    while at:
        some = order[max(at - max(int(_BLOCK / length[order[at - 1]]), 1), 0) : at]
        at -= some.size
        rows = by_line[begins[at] : begins[at + some.size]]
        steps = np.arange(length[some[-1]])
        dead = np.minimum(start[some, None] + steps, end[some, None])
        x, place = h.frequency[first[some]], rank[line[rows]] - at
        of_line = tuple(part[first[some], None] if many else part for part in theta)
        terms = _log_there(of_line, x[:, None], dead)
        weight = np.where(steps < length[some, None], np.exp(terms - terms[:, :1]), 0.0)
        of_row = tuple(part[rows] if many else part for part in theta)
        top = terms[place, 0] - _log_here(of_row, h.frequency[rows], h.T[rows])
        first_at, last_at = ((value[rows] - start[some][place]).astype(int) for value in (h.recency, h.T))
        yield _Silence(rows, place, first_at, last_at, x, dead, weight, top)


def _log_there(theta: Theta, x: Array, dead: Array) -> Array:
    """Give ln P(there at `dead` opportunities, with x purchases, and no later one), but for a constant; it falls with `dead`."""
    alpha, beta, gamma, delta = theta
    bought = _log_gamma(beta, dead - x) - _log_gamma(alpha + beta, dead)
    return bought + _log_gamma(delta, dead) - _log_gamma(gamma + delta + 1.0, dead)


def _log_here(theta: Theta, x: Array, T: Array) -> Array:
    """Give ln P(there at T + 1 opportunities, with x purchases), but for the same constant."""
    alpha, beta, gamma, delta = theta
    bought = _log_gamma(beta, T - x) - _log_gamma(alpha + beta, T)
    return bought + _log_gamma(delta + 1.0, T) - _log_gamma(gamma + delta + 1.0, T) - np.log(gamma)


def _log_gamma(start: Array, count: Array) -> Array:
    """Give ln Γ(start + count); whole counts, of which each is evaluated once where `start` is one number."""
    if start.size > 1:
        return special.gammaln(start + count)
    return special.gammaln(start + np.arange(np.max(count, initial=0.0) + 1.0))[count.astype(int)]


def _beta_slopes(theta: Any, more: Any, rises: Rises) -> tuple[list[Any], dict[tuple[int, int], Any]]:
    """Differentiate ln B(alpha + i, beta + j)/B(alpha, beta) + ln B(gamma + k, delta + l)/B(gamma, delta)."""
    gradient: list[Any] = []
    bends: dict[tuple[int, int], Any] = {}
    for at in (0, 2):
        (a, b), (i, j) = theta[at : at + 2], more[at : at + 2]
        (both, tri), (first, tri_first), (second, tri_second) = (
            rises(a + b, i + j),
            rises(a, i),
            rises(b, j),
        )
        gradient += [first - both, second - both]
        bends[at, at] = tri_first - tri
        bends[at, at + 1] = -tri
        bends[at + 1, at + 1] = tri_second - tri
    return gradient, bends


def _rises_up_to(most: float) -> Rises:
    """Make the function that gives ψ and ψ′ of start + count, less those of start, each evaluated once."""

    @functools.cache
    def table(start: float) -> tuple[Array, Array]:
        steps = start + np.arange(most + 1.0)
        slope, bend = special.psi(steps), special.zeta(2.0, steps)
        return slope - slope[0], bend - bend[0]

    def rises(start: float, count: Any) -> tuple[Array, Array]:
        slope, bend = table(float(start))
        places = np.asarray(count, int)
        return slope[places], bend[places]

    return rises


def _sum_over(function: Callable[..., Array], number: Any, *rows: Any) -> Array:
    """Sum function(j, *rows) over j = 0, …, number − 1, row by row."""
    number, *wide = np.broadcast_arrays(number, *rows)
    total = np.zeros(number.shape)
    step = max(int(_BLOCK / max(number.size, 1)), 1)
    for start in range(0, int(np.max(number, initial=0.0)), step):
        j = np.arange(start, min(start + step, int(np.max(number))), dtype=float)
        values = function(j, *(row[..., None] for row in wide))
        total += np.where(j < number[..., None], values, 0.0).sum(axis=-1)
    return total


class BGBB(PurchaseModel):
    """BG/BB (Fader, Hardie and Shang 2010): purchases at discrete opportunities.

    `T` is the number of opportunities after the first purchase, `frequency` those at which the customer bought and
    `recency` the last of these. Its likelihood is not on the basis of the continuous models: compare on a holdout.

    Parameters
    ----------
    time_unit : unit of one opportunity ("W", "M", "Y", ...), stored with the model.

    Attributes
    ----------
    params_ : Series alpha, beta, gamma, delta.
    standard_errors_, covariance_, log_likelihood_, aic_, bic_, converged_, n_customers_ : of the fit.

    Examples
    --------
    >>> model = BGBB.from_params(alpha=1.204, beta=0.750, gamma=0.657, delta=2.783, time_unit="Y")
    >>> round(model.expected_purchases_new_customer(t=5), 3)
    1.938
    """

    law = BetaBernoulli()

    def _check(self, h: Histories) -> None:
        raise_all(
            [
                *bad_values("T", h.T, np.floor(h.T) != h.T, "whole numbers of opportunities", h.counts),
                *bad_values("T", h.T, h.T > _MOST, f"at most {_MOST:,} opportunities", h.counts),
                *bad_values(
                    "recency", h.recency, h.recency != np.floor(h.recency), "whole numbers", h.counts
                ),
                *bad_values(
                    "frequency", h.frequency, h.frequency > h.recency, "frequency ≤ recency", h.counts
                ),
            ],
            table="customers",
        )
