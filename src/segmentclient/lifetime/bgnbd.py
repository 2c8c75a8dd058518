"""BG/NBD: buy at a constant rate, and after any repeat purchase perhaps leave for good.

References
----------
Fader, Hardie and Lee (2005), "Counting your customers" the easy way, Marketing Science 24(2), 275-284: equations
(1)-(10). Fader and Hardie (2013), note 27, on the form of the likelihood that does not underflow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from segmentclient.lifetime.fitting import RowDerivatives
from segmentclient.lifetime.histories import Histories, log_silence, psi_rise
from segmentclient.lifetime.laws import Theta
from segmentclient.lifetime.mixtures import mixture_of_two
from segmentclient.lifetime.priors import rate_prior, share_prior
from segmentclient.lifetime.purchases import PurchaseModel
from segmentclient.lifetime.soundness import Array
from segmentclient.lifetime.special import (
    beta_average,
    log_beta_ratio,
    log_rising,
    negative_binomial_logpmf,
    negative_binomial_tail,
)

__all__ = ["BGNBD", "BetaGeometric"]


class BetaGeometric:
    """The BG/NBD and MBG/NBD law: `first` is 1 when the first purchase already may be the last, else 0.

    Purchases are Poisson with a rate λ ~ Gamma(r, alpha); each of the x + first occasions ends the relation with
    p ~ Beta(a, b). The two differ in nothing else.
    """

    names: tuple[str, ...] = ("r", "alpha", "a", "b")
    rates: tuple[str, ...] = ("alpha",)
    movable: tuple[tuple[str, float], ...] = (("alpha", -1.0), ("a", 1.0))
    needs_recency = False

    def __init__(self, first: int) -> None:
        self.first = first

    def start(self, scale: float) -> list[tuple[float, ...]]:
        """Where to look for the optimum, with time in units of `scale`."""
        return [(0.5, 0.5 * scale, 0.8, 2.5), (2.0, 0.2 * scale, 0.1, 2.0)]

    def log_prior(self, theta: Theta, scale: float) -> Array:
        """Weak: r and the mean rate log-normal, a/(a + b) uniform, a + b log-normal."""
        r, alpha, a, b = theta
        return rate_prior(r, alpha, scale) + share_prior(a, b)

    def log_likelihood(self, theta: Theta, h: Histories) -> Array:
        """Equation (3), as the term of the living times 1 + the odds of having left."""
        return self._log_living(theta, h) + np.logaddexp(0.0, self.log_odds_left(theta, h))

    def _log_living(self, theta: Theta, h: Histories) -> Array:
        r, alpha, a, b = theta
        bought = h.by("frequency", lambda x: log_rising(r, x), r)
        stayed = h.by("frequency", lambda x: log_beta_ratio(a, b, 0.0, x + self.first), a, b)
        waited = h.by("T", lambda T: r * np.log1p(T / alpha), r, alpha)
        return bought + stayed - waited - h.frequency * h.by("T", lambda T: np.log(alpha + T), alpha)

    def log_odds_left(self, theta: Theta, h: Histories) -> Array:
        """Give ln of P(left | history) / P(alive | history); −inf where nobody can have left."""
        r, alpha, a, b = theta
        silent = (r + h.frequency) * log_silence(alpha, h)
        return silent + h.by("frequency", lambda x: self._log_coin(a, b, x), a, b)

    def _log_coin(self, a: Any, b: Any, x: Array) -> Array:
        """Odds of leaving at the last of the x + first occasions."""
        n = x + self.first
        return np.where(n > 0, np.log(a) - np.log(b + np.maximum(n - 1, 0)), -np.inf)

    def living(self, theta: Theta, h: Histories) -> Theta:
        """Give the parameters of a customer who is alive at T: again a BG/NBD customer, with these."""
        r, alpha, a, b = theta
        return r + h.frequency, alpha + h.T, a, b + h.frequency + self.first

    def expected(self, living: Theta, t: Any) -> Array:
        """Equation (9), without its 2F1: the mean of (1 − exp(−λpt)) / p over λ and p."""
        r, alpha, a, b = living
        return beta_average(_growth, a, b, r, t / alpha, scale=r * t / alpha + t / alpha, fall=1.0)

    def pmf(self, living: Theta, n: Any, t: Any) -> Array:
        """Equation (8): P(n purchases within t) of a customer alive now."""
        r, alpha, a, b = living
        stays = np.exp(negative_binomial_logpmf(n, r, alpha, t) + log_beta_ratio(a, b, 0.0, n))
        leaves = np.exp(log_beta_ratio(a, b, 1.0, np.maximum(n - 1.0, 0.0)))
        return np.where(
            n > 0, stays + leaves * negative_binomial_tail(np.maximum(n, 1.0), r, alpha, t), stays
        )

    def derivatives(self, theta: Theta, h: Histories) -> RowDerivatives:
        """Give the log-likelihood of each row with its gradient and Hessian in the parameters."""
        r, alpha, a, b = theta
        x, n = h.frequency, h.frequency + self.first
        odds = self.log_odds_left(theta, h)
        left = special.expit(odds)
        gone = h.by("recency", lambda t_x: 1.0 / (alpha + t_x), alpha)
        now = h.by("T", lambda T: 1.0 / (alpha + T), alpha)
        last = 1.0 / (b + np.maximum(n - 1, 0))
        d_odds = (log_silence(alpha, h), (r + x) * (now - gone), 1.0 / a, -last)
        psi_ab, psi_b = psi_rise(a + b, h, self.first), psi_rise(b, h, self.first)
        gradient = (
            psi_rise(r, h) - h.by("T", lambda T: np.log1p(T / alpha), alpha),
            r / alpha - (r + x) * now,
            -psi_ab,
            psi_b - psi_ab,
        )
        tri_ab, tri_b = psi_rise(a + b, h, self.first, order=1), psi_rise(b, h, self.first, order=1)
        hessian = {
            (0, 0): psi_rise(r, h, order=1),
            (0, 1): 1.0 / alpha - now + left * (now - gone),
            (1, 1): (r + x) * now**2 - r / alpha**2 + left * (r + x) * (gone**2 - now**2),
            (2, 2): -tri_ab - left / a**2,
            (2, 3): -tri_ab,
            (3, 3): tri_b - tri_ab + left * last**2,
        }
        value = self._log_living(theta, h) + np.logaddexp(0.0, odds)
        return mixture_of_two(value, gradient, hessian, left, d_odds)


def _growth(p: Array, r: Array, span: Array) -> Array:
    return -np.expm1(-r * np.log1p(p * span)) / p


class BGNBD(PurchaseModel):
    """BG/NBD (Fader, Hardie and Lee 2005): customers may leave after any repeat purchase, never before.

    Whoever never bought again therefore counts as alive with certainty: judge one-time buyers by
    `expected_purchases`, or by `MBGNBD`, never by this model's `p_alive`.

    Parameters
    ----------
    time_unit : unit of `recency`, `T` and `t` ("D", "W", ...), stored with the model.

    Attributes
    ----------
    params_ : Series r, alpha, a, b (and the coefficients of covariates).
    standard_errors_, covariance_ : by the delta method from the Hessian in log-parameters.
    log_likelihood_, aic_, bic_, converged_, n_customers_ : of the fit.

    References
    ----------
    Fader, Hardie and Lee (2005), Marketing Science 24(2), 275-284.

    Examples
    --------
    >>> model = BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, time_unit="W")
    >>> import pandas as pd
    >>> customers = pd.DataFrame({"frequency": [2], "recency": [30.43], "T": [38.86]})
    >>> model.expected_purchases(customers, t=39).round(4).tolist()
    [1.226]
    """

    law = BetaGeometric(first=0)
