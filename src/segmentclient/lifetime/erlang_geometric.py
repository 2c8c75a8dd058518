"""The law of BG/CNBD-k and MBG/CNBD-k: a clock ticks at a rate λ, and every k-th tick is a purchase.

Given the history, the number j < k of ticks since the last purchase is unknown; the predictions average over it
exactly, customer by customer.

References
----------
Reutterer, Platzer and Schröder (2021), Leveraging purchase regularity for predicting customer behavior the easy way,
International Journal of Research in Marketing 38(1), 194-215.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import special

from segmentclient.lifetime.bgnbd import BetaGeometric
from segmentclient.lifetime.fitting import RowDerivatives
from segmentclient.lifetime.histories import Histories, psi_rise
from segmentclient.lifetime.laws import Theta
from segmentclient.lifetime.mixtures import mixture_of_many
from segmentclient.lifetime.priors import rate_prior, share_prior
from segmentclient.lifetime.soundness import Array
from segmentclient.lifetime.special import (
    log_beta_ratio,
    log_rising,
    negative_binomial_logpmf,
    negative_binomial_tail,
)

__all__ = ["ErlangGeometric"]

_LONGEST = 3000  # purchases summed one by one
_BLOCK = 300_000


class ErlangGeometric:
    """The law: `first` as in BG/NBD and MBG/NBD, `k` ticks a purchase."""

    names: tuple[str, ...] = ("r", "alpha", "a", "b")
    rates: tuple[str, ...] = ("alpha",)
    movable: tuple[tuple[str, float], ...] = ()
    needs_recency = True

    def __init__(self, first: int, k: int) -> None:
        self.first, self.k = first, k
        self._plain = BetaGeometric(first)

    def start(self, scale: float) -> list[tuple[float, ...]]:
        """Where to look for the optimum, with time in units of `scale`."""
        return [(0.5, 0.5 * scale / self.k, 0.8, 2.5), (2.0, 0.2 * scale / self.k, 0.1, 2.0)]

    def log_prior(self, theta: Theta, scale: float) -> Array:
        """As BG/NBD, of the ticks."""
        r, alpha, a, b = theta
        return rate_prior(r, alpha * self.k, scale) + share_prior(a, b)

    def log_likelihood(self, theta: Theta, h: Histories) -> Array:
        """The likelihood of Reutterer et al. (2021), without the part that the times of purchase alone decide."""
        return self._log_living(theta, h) + np.logaddexp(0.0, self.log_odds_left(theta, h))

    def _log_living(self, theta: Theta, h: Histories) -> Array:
        r, alpha, a, b = theta
        ticks = self.k * h.frequency
        stayed = log_beta_ratio(a, b, 0.0, h.frequency + self.first)
        waited = r * np.log1p(h.T / alpha) + ticks * np.log(alpha + h.T)
        return log_rising(r, ticks) - waited + stayed + special.logsumexp(self._log_ticks(theta, h), axis=-1)

    def _log_ticks(self, theta: Theta, h: Histories) -> Array:
        """Give ln of the weight of j = 0 … k−1 ticks since the last purchase, on a last axis."""
        r, alpha, *_ = (np.asarray(value)[..., None] for value in theta)
        j = np.arange(float(self.k))
        share = ((h.T - h.recency) / (alpha[..., 0] + h.T))[..., None]
        start = r + self.k * h.frequency[:, None]
        with np.errstate(divide="ignore"):
            return log_rising(start, j) - special.gammaln(j + 1.0) + special.xlogy(j, share)

    def log_odds_left(self, theta: Theta, h: Histories) -> Array:
        """Give ln of P(left | history) / P(alive | history)."""
        return self._log_gone(theta, h) - special.logsumexp(self._log_ticks(theta, h), axis=-1)

    def _log_gone(self, theta: Theta, h: Histories) -> Array:
        r, alpha, a, b = theta
        n = h.frequency + self.first
        silent = (r + self.k * h.frequency) * np.log1p((h.T - h.recency) / (alpha + h.recency))
        return np.where(n > 0, silent + np.log(a) - np.log(b + np.maximum(n - 1, 0)), -np.inf)

    def derivatives(self, theta: Theta, h: Histories) -> RowDerivatives:
        """Give the log-likelihood of each row with its gradient and Hessian."""
        r, alpha, a, b = theta
        x, n, ticks = h.frequency, h.frequency + self.first, self.k * h.frequency
        now, gone = 1.0 / (alpha + h.T), 1.0 / (alpha + h.recency)
        last, risk = 1.0 / (b + np.maximum(n - 1, 0)), np.full(x.size, 1.0 / a)
        psi_ab, psi_b = psi_rise(a + b, h, self.first), psi_rise(b, h, self.first)
        tri_ab, tri_b = psi_rise(a + b, h, self.first, order=1), psi_rise(b, h, self.first, order=1)
        base = (
            special.psi(r + ticks) - special.psi(r) - np.log1p(h.T / alpha),
            r / alpha - (r + ticks) * now,
            -psi_ab,
            psi_b - psi_ab,
        )
        base_bends = {
            (0, 0): special.zeta(2.0, r + ticks) - special.zeta(2.0, r),
            (0, 1): 1.0 / alpha - now,
            (1, 1): (r + ticks) * now**2 - r / alpha**2,
            (2, 2): -tri_ab,
            (2, 3): -tri_ab,
            (3, 3): tri_b - tri_ab,
        }
        log_ticks, log_gone = self._log_ticks(theta, h), self._log_gone(theta, h)
        terms = np.column_stack([log_ticks, log_gone])
        total = special.logsumexp(terms, axis=1)
        j, start, zero = np.arange(float(self.k)), (r + ticks)[:, None], np.zeros((x.size, self.k))
        first = [
            np.column_stack(
                [special.psi(start + j) - special.psi(start), np.log1p((h.T - h.recency) * gone)]
            ),
            np.column_stack([-j * now[:, None], (r + ticks) * (now - gone)]),
            np.column_stack([zero, risk]),
            np.column_stack([zero, -last]),
        ]
        second = {
            (0, 0): np.column_stack([special.zeta(2.0, start + j) - special.zeta(2.0, start), 0.0 * x]),
            (0, 1): np.column_stack([zero, now - gone]),
            (1, 1): np.column_stack([j * now[:, None] ** 2, (r + ticks) * (gone**2 - now**2)]),
            (2, 2): np.column_stack([zero, -(risk**2)]),
            (3, 3): np.column_stack([zero, last**2]),
        }
        value = self._log_living(theta, h) - special.logsumexp(log_ticks, axis=1) + total
        weight = np.exp(terms - total[:, None])
        return mixture_of_many(
            value, base, base_bends, lambda values: np.einsum("ij,ij->i", weight, values), first, second
        )

    def living(self, theta: Theta, h: Histories) -> Theta:
        """Give the parameters of a living customer, with the weights of j ticks since the last purchase (rows × k)."""
        r, alpha, a, b = theta
        log_ticks = self._log_ticks(theta, h)
        weights = np.exp(log_ticks - special.logsumexp(log_ticks, axis=-1, keepdims=True))
        return r + self.k * h.frequency, alpha + h.T, a, b + h.frequency + self.first, weights

    def expected(self, living: Theta, t: Any) -> Array:
        """Sum over i ≥ 1 of P(time for an i-th purchase within t) · P(still there before it).

        Where the purchases are thousands, their rhythm no longer matters.
        """
        r, alpha, a, b, t = np.broadcast_arrays(*living[:4], t)
        weights = np.broadcast_to(living[4], (*r.shape, self.k)).reshape(-1, self.k)
        flat = [np.ravel(part) for part in (r, alpha, a, b, t)]
        answer, ticks = np.empty(r.size), _most_ticks(flat[0] + self.k, flat[1], flat[4])
        many = ticks > self.k * _LONGEST
        if many.any():
            r_many, alpha_many, a_many, b_many, t_many = (column[many] for column in flat)
            answer[many] = self._plain.expected((r_many, self.k * alpha_many, a_many, b_many), t_many)
        for rows, length in _by_length(np.where(many, 0.0, ticks / self.k), self.k):
            rows = rows[~many[rows]]
            part = [column[rows, None, None] for column in flat]
            i, j = np.arange(1.0, length + 1.0)[:, None], np.arange(float(self.k))
            due = negative_binomial_tail(self.k * i - j, part[0] + j, part[1], part[4])
            before = np.exp(log_beta_ratio(part[2][..., 0], part[3][..., 0], 0.0, i[:, 0] - 1.0))
            answer[rows] = np.einsum("nij,nj,ni->n", due, weights[rows], before)
        return answer.reshape(r.shape)

    def pmf(self, living: Theta, n: Any, t: Any) -> Array:
        """P(n purchases within t) of a customer alive now: stays through all n, or leaves at the n-th."""
        r, alpha, a, b, n, t = np.broadcast_arrays(*living[:4], n, t)
        j = np.arange(float(self.k))
        wide = [value[..., None] for value in (r, alpha, a, b, n, t)]
        first_tick, rate = self.k * wide[4] - j, wide[0] + j
        exactly = sum(_nbd(first_tick + more, rate, wide[1], wide[5]) for more in range(self.k))
        at_least = np.where(
            first_tick > 0, negative_binomial_tail(np.maximum(first_tick, 1.0), rate, wide[1], wide[5]), 1.0
        )
        stays = np.exp(log_beta_ratio(wide[2], wide[3], 0.0, wide[4])) * exactly
        leaves = np.exp(log_beta_ratio(wide[2], wide[3], 1.0, np.maximum(wide[4] - 1.0, 0.0))) * at_least
        return np.sum(living[4] * (stays + np.where(wide[4] > 0, leaves, 0.0)), axis=-1)


def _nbd(n: Array, r: Array, alpha: Array, t: Array) -> Array:
    return np.where(n >= 0, np.exp(negative_binomial_logpmf(np.maximum(n, 0.0), r, alpha, t)), 0.0)


def _most_ticks(r: Array, alpha: Array, t: Array) -> Array:
    """Give a number of ticks within t that is exceeded with a probability of about 1e-12."""
    mean = r * t / alpha
    spread = np.sqrt(mean * (1.0 + t / alpha))
    return mean + (8.0 + 28.0 * np.sqrt(1.0 / r)) * (spread + 1.0)


def _by_length(purchases: Array, k: int) -> Iterator[tuple[Array, int]]:
    """Put rows together that need a sum of about as many purchases."""
    lengths = np.exp2(np.ceil(np.log2(np.maximum(purchases + 2.0, 4.0))))
    for length in np.unique(lengths):
        chosen = np.flatnonzero(lengths == length)
        most = max(int(_BLOCK / (length * k)), 1)
        for start in range(0, chosen.size, most):
            yield chosen[start : start + most], int(length)
