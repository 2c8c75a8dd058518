"""NBD: customers buy at a constant rate and never leave; the benchmark that a model with drop-out must beat.

References
----------
Ehrenberg (1959), The pattern of consumer purchases, Applied Statistics 8(1), 26-41.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from segmentclient.lifetime.fitting import RowDerivatives
from segmentclient.lifetime.histories import Histories, psi_rise
from segmentclient.lifetime.laws import Theta
from segmentclient.lifetime.priors import rate_prior
from segmentclient.lifetime.purchases import PurchaseModel
from segmentclient.lifetime.soundness import Array
from segmentclient.lifetime.special import log_rising, negative_binomial_logpmf

__all__ = ["NBD", "NegativeBinomial"]


class NegativeBinomial:
    """Poisson purchases with a rate λ ~ Gamma(r, alpha), and nobody leaves."""

    names: tuple[str, ...] = ("r", "alpha")
    rates: tuple[str, ...] = ("alpha",)
    movable: tuple[tuple[str, float], ...] = ()
    needs_recency = False

    def start(self, scale: float) -> list[tuple[float, ...]]:
        """Where to look for the optimum, with time in units of `scale`."""
        return [(0.5, 0.5 * scale), (2.0, scale)]

    def log_prior(self, theta: Theta, scale: float) -> Array:
        """Weak: r and the mean rate log-normal."""
        return rate_prior(theta[0], theta[1], scale)

    def log_likelihood(self, theta: Theta, h: Histories) -> Array:
        """Density of the purchase times, without the constant that counts orders of events (as the other models)."""
        r, alpha = theta
        bought = h.by("frequency", lambda x: log_rising(r, x), r)
        return bought - r * np.log1p(h.T / alpha) - h.frequency * np.log(alpha + h.T)

    def derivatives(self, theta: Theta, h: Histories) -> RowDerivatives:
        """Give the log-likelihood of each row with its gradient and Hessian."""
        r, alpha = theta
        now = 1.0 / (alpha + h.T)
        gradient = (psi_rise(r, h) - np.log1p(h.T / alpha), r / alpha - (r + h.frequency) * now)
        hessian = {
            (0, 0): psi_rise(r, h, order=1),
            (0, 1): 1.0 / alpha - now,
            (1, 1): (r + h.frequency) * now**2 - r / alpha**2,
        }
        return RowDerivatives(self.log_likelihood(theta, h), gradient, hessian)

    def log_odds_left(self, theta: Theta, h: Histories) -> Array:
        """Nobody ever leaves."""
        return np.full(np.broadcast_shapes(np.shape(theta[0]), h.T.shape), -np.inf)

    def living(self, theta: Theta, h: Histories) -> Theta:
        """Give the parameters of a customer's rate after the history."""
        r, alpha = theta
        return r + h.frequency, alpha + h.T

    def expected(self, living: Theta, t: Any) -> Array:
        """Purchases expected within t."""
        return living[0] / living[1] * t

    def pmf(self, living: Theta, n: Any, t: Any) -> Array:
        """Probability of n purchases within t."""
        r, alpha = living
        return np.exp(negative_binomial_logpmf(n, r, alpha, t))


class NBD(PurchaseModel):
    """NBD (Ehrenberg 1959): no drop-out at all.

    Parameters
    ----------
    time_unit : unit of `recency`, `T` and `t` ("D", "W", ...), stored with the model.

    Attributes
    ----------
    params_ : Series r, alpha.
    standard_errors_, covariance_, log_likelihood_, aic_, bic_, converged_, n_customers_ : of the fit. The
        likelihood has the basis of BG/NBD, MBG/NBD and Pareto/NBD, so the criteria compare.

    Examples
    --------
    >>> NBD.from_params(r=2.0, alpha=4.0).expected_purchases_new_customer(t=10)
    5.0
    """

    law = NegativeBinomial()
