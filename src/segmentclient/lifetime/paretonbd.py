"""Pareto/NBD: buy at a constant rate, and leave at an exponential moment that nobody sees.

The likelihood is written as what it is, an integral over the unseen moment of leaving, and that integral is done
by Gauss-Legendre quadrature in the logarithm of time: every term is positive, nothing cancels as t_x → T or as
alpha → beta, no hypergeometric function can overflow, and the derivatives are averages over the same nodes.

References
----------
Schmittlein, Morrison and Colombo (1987), Management Science 33(1), 1-24; Fader and Hardie (2005), A note on deriving
the Pareto/NBD model and related expressions, note 9; the same, note 12, on P(X(t) = x); Fader, Hardie and Lee (2005),
RFM and CLV, Journal of Marketing Research 42(4), 415-430, equation (2) on discounted transactions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import special

from segmentclient.lifetime.fitting import RowDerivatives
from segmentclient.lifetime.histories import Histories, history, log_silence, psi_rise
from segmentclient.lifetime.laws import Theta
from segmentclient.lifetime.priors import rate_prior
from segmentclient.lifetime.purchases import PurchaseModel
from segmentclient.lifetime.quadrature import Nodes, discounted_power, log_concave_integral, tilted_nodes
from segmentclient.lifetime.shared_silence import SharedSilence
from segmentclient.lifetime.soundness import Array
from segmentclient.lifetime.special import log_rising, negative_binomial_logpmf, saturating

__all__ = ["ParetoNBD"]


class ParetoExponential:
    """Poisson purchases, λ ~ Gamma(r, alpha); an exponential lifetime, μ ~ Gamma(s, beta)."""

    names: tuple[str, ...] = ("r", "alpha", "s", "beta")
    rates: tuple[str, ...] = ("alpha", "beta")
    movable: tuple[tuple[str, float], ...] = (("alpha", -1.0), ("beta", -1.0))
    needs_recency = False

    def start(self, scale: float) -> list[tuple[float, ...]]:
        """Where to look for the optimum, with time in units of `scale`."""
        return [(0.5, 0.4 * scale, 0.6, 0.4 * scale), (1.0, 0.5 * scale, 0.5, 2.0 * scale)]

    def log_prior(self, theta: Theta, scale: float) -> Array:
        """Weak: the shapes and the mean rates of buying and leaving log-normal."""
        r, alpha, s, beta = theta
        return rate_prior(r, alpha, scale) + rate_prior(s, beta, scale)

    def log_likelihood(self, theta: Theta, h: Histories) -> Array:
        """Fader and Hardie (2005), the likelihood (18) before its integral is solved."""
        return self._log_living(theta, h) + np.logaddexp(0.0, self.log_odds_left(theta, h))

    def _log_living(self, theta: Theta, h: Histories) -> Array:
        r, alpha, s, beta = theta
        bought = h.by("frequency", lambda x: log_rising(r, x), r)
        waited = h.by("T", lambda T: r * np.log1p(T / alpha) + s * np.log1p(T / beta), *theta)
        return bought - waited - h.frequency * h.by("T", lambda T: np.log(alpha + T), alpha)

    def log_odds_left(self, theta: Theta, h: Histories) -> Array:
        """Give ln of P(left in (t_x, T] | history) / P(alive | history)."""
        if not _is_column(theta) or h.shared_silence is None:
            return self._log_odds_one_by_one(theta, h)
        theta = tuple(np.broadcast_arrays(*theta))
        together = h.shared_silence.holds(*theta)
        found = np.empty((together.size, h.T.size))
        found[together] = _log_odds_together(tuple(part[together] for part in theta), h, h.shared_silence)
        if not together.all():
            found[~together] = self._log_odds_one_by_one(tuple(part[~together] for part in theta), h)
        return found

    def _log_odds_one_by_one(self, theta: Theta, h: Histories) -> Array:
        case, shape = _Silence.of(theta, h)
        total = np.zeros(case.r.size)
        for nodes in case.nodes():
            total[nodes.rows] = np.exp(nodes.log_weight).sum(axis=1)
        with np.errstate(divide="ignore"):
            return (case.log_scale() + np.log(total)).reshape(shape)

    def derivatives(self, theta: Theta, h: Histories) -> RowDerivatives:
        """Give the log-likelihood of each row with its gradient and Hessian."""
        r, alpha, s, beta = theta
        case, _ = _Silence.of(theta, h)
        now, later = 1.0 / (alpha + h.T), 1.0 / (beta + h.T)
        gradient = (
            psi_rise(r, h) - h.by("T", lambda T: np.log1p(T / alpha), alpha),
            r / alpha - (r + h.frequency) * now,
            -h.by("T", lambda T: np.log1p(T / beta), beta),
            s / beta - s * later,
        )
        hessian = {
            (0, 0): psi_rise(r, h, order=1),
            (0, 1): 1.0 / alpha - now,
            (1, 1): (r + h.frequency) * now**2 - r / alpha**2,
            (2, 3): 1.0 / beta - later,
            (3, 3): s * later**2 - s / beta**2,
        }
        value, first, second = case.derivatives()
        hessian = {key: hessian.get(key, 0.0) + second[key] for key in second}
        gradient = tuple(g + more for g, more in zip(gradient, first, strict=True))
        return RowDerivatives(self._log_living(theta, h) + value, gradient, hessian)

    def living(self, theta: Theta, h: Histories) -> Theta:
        """Give the parameters of a customer who is alive at T: again a Pareto/NBD customer, with these."""
        r, alpha, s, beta = theta
        return r + h.frequency, alpha + h.T, s, beta + h.T

    def expected(self, living: Theta, t: Any) -> Array:
        """Fader and Hardie (2005), equation (27); the limit s → 1 is taken by exprel."""
        r, alpha, s, beta = living
        return r * beta / alpha * saturating(s - 1.0, np.log1p(t / beta))

    def pmf(self, living: Theta, n: Any, t: Any) -> Array:
        """P(n purchases within t) of a customer alive now: stays for t, or leaves at some τ < t after n purchases."""
        r, alpha, s, beta, n, t = np.broadcast_arrays(*living, n, t)
        chance = np.exp(negative_binomial_logpmf(n, r, alpha, t) - s * np.log1p(t / beta))
        some, none = np.nonzero((n > 0) & (t > 0)), np.nonzero(n == 0)
        if some[0].size:
            chance[some] += np.exp(_log_leaving_after(*(value[some] for value in (r, alpha, s, beta, n, t))))
        if none[0].size:  # silence for t is itself a history, whose likelihood needs no search for a peak
            theta = tuple(value[none] for value in (r, alpha, s, beta))
            chance[none] = np.exp(self.log_likelihood(theta, history(0.0, 0.0, t[none])))
        return chance

    def discounted(self, living: Theta, rate: float) -> Array:
        """Discounted purchases of all the future of a customer alive now: RFM and CLV, equation (2)."""
        r, alpha, s, beta = living
        return r * beta / alpha * discounted_power(rate * beta, s)


def _is_column(theta: Theta) -> bool:
    """Tell whether several sets of parameters are asked about, each the same for all customers."""
    return all(np.ndim(part) == 2 and np.shape(part)[1] == 1 for part in theta)


def _log_odds_together(theta: Theta, h: Histories, silence: SharedSilence) -> Array:
    r, alpha, s, beta = theta
    since = h.by("T", lambda T: r * np.log1p(T / alpha) + s * np.log1p(T / beta), *theta)
    purchases = h.frequency * h.by("T", lambda T: np.log1p(T / alpha), alpha)
    return np.log(s) + silence.log_integrals(*theta) + since + purchases


def _log_leaving_after(r: Array, alpha: Array, s: Array, beta: Array, n: Array, t: Array) -> Array:
    """Give ln ∫ P(n purchases within τ) · s/β (1 + τ/β)^−(s+1) dτ over (0, t], in u = ln τ."""
    r, alpha, s, beta, n = (value[:, None] for value in (r, alpha, s, beta, n))

    def height(u: Array) -> Array:
        tau = np.exp(u)
        return u - n * np.log1p(alpha / tau) - r * np.log1p(tau / alpha) - (s + 1.0) * np.log1p(tau / beta)

    def slope(u: Array) -> Array:
        tau = np.exp(u)
        return 1.0 + (n * alpha - r * tau) / (alpha + tau) - (s + 1.0) * tau / (beta + tau)

    front = log_rising(r, n) - special.gammaln(n + 1.0) + np.log(s / beta)
    return front[:, 0] + log_concave_integral(height, slope, np.log(t))


@dataclass(frozen=True)
class _Silence:
    """The silence (t_x, T] of each customer, in which some left: with m = min(alpha, beta), y = −m + (m + t_x) eᵘ.

    The odds of having left are s ∫ ((α+T)/(α+y))^(r+x) ((β+T)/(β+y))^s dy / (β+y) over (t_x, T). One row a customer
    and set of parameters; `rise_a` is ln((α+T)/(α+t_x)), `rise_b` the same of β.
    """

    r: Array
    alpha: Array
    s: Array
    beta: Array
    x: Array
    t_x: Array
    T: Array
    rise_a: Array
    rise_b: Array

    @classmethod
    def of(cls, theta: Theta, h: Histories) -> tuple[_Silence, tuple[int, ...]]:
        """Put every set of parameters beside every history; give the shape of the answer, too."""
        rises = (log_silence(theta[1], h), log_silence(theta[3], h))
        parts = np.broadcast_arrays(*theta, h.frequency, h.recency, h.T, *rises)
        return cls(*(np.ravel(part) for part in parts)), parts[0].shape

    @cached_property
    def alpha_first(self) -> Array:
        """Where alpha is the smaller one."""
        return self.alpha <= self.beta

    def nodes(self) -> Iterator[Nodes]:
        first = self.alpha_first
        near, far = np.minimum(self.alpha, self.beta) + self.t_x, np.maximum(self.alpha, self.beta) + self.t_x
        buys, stays = self.r + self.x, self.s + 1.0
        lengths = np.where(first, self.rise_a, self.rise_b), np.where(first, self.rise_b, self.rise_a)
        return tilted_nodes(
            1.0 - np.where(first, buys, stays), np.where(first, stays, buys), near / far, *lengths
        )

    def log_scale(self) -> Array:
        share = self.s * (np.minimum(self.alpha, self.beta) + self.t_x) / (self.beta + self.t_x)
        return np.log(share) + (self.r + self.x) * self.rise_a + self.s * self.rise_b

    def derivatives(self) -> tuple[Array, list[Array], dict[tuple[int, int], Array]]:
        """Give ln(1 + odds), its gradient and its Hessian.

        At a moment y the logarithm of the integrand has the gradient shift + slope · (ln((α+y)/(α+t_x)), 1/(α+y),
        ln((β+y)/(β+t_x)), 1/(β+y)); the Hessian adds the covariance of these gradients to the mean of the bends.
        """
        value, left, mean, square = self._moments()
        buys, leaves = self.r + self.x, self.s + 1.0
        now_a, now_b = 1.0 / (self.alpha + self.T), 1.0 / (self.beta + self.T)
        shift = (
            self.rise_a,
            buys * now_a,
            1.0 / self.s + self.rise_b,
            self.s * now_b,
        )
        slope = (-1.0, -buys, -1.0, -leaves)
        gradient = [shift[i] * left + slope[i] * mean[i] for i in range(4)]
        bends = {
            (0, 1): now_a * left - mean[1],
            (1, 1): buys * (square[1, 1] - now_a**2 * left),
            (2, 2): -left / self.s**2,
            (2, 3): now_b * left - mean[3],
            (3, 3): leaves * square[3, 3] - self.s * now_b**2 * left,
        }
        hessian = {
            (i, j): shift[i] * gradient[j]
            + slope[i] * (shift[j] * mean[i] + slope[j] * square[i, j])
            - gradient[i] * gradient[j]
            + bends.get((i, j), 0.0)
            for i in range(4)
            for j in range(i, 4)
        }
        return value, gradient, hessian

    def _moments(self) -> tuple[Array, Array, Array, Array]:
        """Give ln(1 + odds), P(left), and the first and second moments over the moments of leaving."""
        size = self.T.size
        value, left = np.zeros(size), np.zeros(size)
        mean, square = np.zeros((4, size)), np.zeros((4, 4, size))
        scale = self.log_scale()
        for nodes in self.nodes():
            at = nodes.rows
            log_terms = nodes.log_weight + scale[at, None]
            top = np.maximum(log_terms.max(axis=1), 0.0)
            terms = np.exp(log_terms - top[:, None])
            total = terms.sum(axis=1) + np.exp(-top)
            terms /= total[:, None]
            value[at], left[at] = top + np.log(total), terms.sum(axis=1)
            features = self._features(nodes)
            weighted = terms * features
            mean[:, at] = weighted.sum(axis=2)
            square[:, :, at] = np.einsum("ink,jnk->ijn", weighted, features)
        return value, left, mean, square

    def _features(self, nodes: Nodes) -> Array:
        """Give ln((α+y)/(α+t_x)), 1/(α+y), ln((β+y)/(β+t_x)), 1/(β+y) at every node."""
        at, first = nodes.rows, self.alpha_first[nodes.rows]
        smaller, larger = np.minimum(self.alpha, self.beta)[at], np.maximum(self.alpha, self.beta)[at]
        features = np.empty((4, *nodes.u.shape))
        features[0], features[2] = nodes.u, nodes.log_far
        np.divide((1.0 / (smaller + self.t_x[at]))[:, None], nodes.near, out=features[1])
        np.divide((1.0 / (larger + self.t_x[at]))[:, None], nodes.far, out=features[3])
        if not first.all():
            features[:, ~first] = features[:, ~first][[2, 3, 0, 1]]
        return features


class ParetoNBD(PurchaseModel):
    """Pareto/NBD (Schmittlein, Morrison and Colombo 1987): customers leave at a moment of their own.

    Parameters
    ----------
    time_unit : unit of `recency`, `T` and `t` ("D", "W", ...), stored with the model.

    Attributes
    ----------
    params_ : Series r, alpha, s, beta (and the coefficients of covariates).
    standard_errors_, covariance_ : by the delta method from the Hessian in log-parameters.
    log_likelihood_, aic_, bic_, converged_, n_customers_ : of the fit.

    Examples
    --------
    >>> import pandas as pd
    >>> model = ParetoNBD.from_params(r=0.553, alpha=10.578, s=0.606, beta=11.669, time_unit="W")
    >>> customers = pd.DataFrame({"frequency": [2], "recency": [30.43], "T": [38.86]})
    >>> model.probability_alive(customers).round(4).tolist()
    [0.8692]
    """

    law = ParetoExponential()
