"""The likelihood of Gamma-Gamma and its derivatives (Fader and Hardie 2013, note 25, equation 1a)."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from segmentclient.lifetime import fitting
from segmentclient.lifetime.fitting import RowDerivatives
from segmentclient.lifetime.soundness import Array
from segmentclient.lifetime.spend_rows import Spending

__all__ = ["log_likelihood", "stage", "summed"]


def log_likelihood(theta: Any, x: Array, m: Array) -> Array:
    """Give the log-likelihood of mean values `m` over `x` purchases (equation 1a); `theta` is p, q, v."""
    p, q, v = theta
    shape = p * x
    return (
        special.gammaln(shape + q)
        - special.gammaln(shape)
        - special.gammaln(q)
        - q * np.log1p(x * m / v)
        - shape * np.log1p(v / (x * m))
        - np.log(m)
    )


def stage(s: Spending) -> fitting.Stage:
    """Make the log-likelihood of these rows something that `fitting` can climb."""
    return fitting.Stage(lambda point: summed(point, s), float(s.counts.sum()))


def summed(point: Array, s: Spending) -> fitting.Derivatives:
    """Sum the log-likelihood and its derivatives by the logarithms of p, q and v over the rows."""
    theta = np.exp(point)
    return fitting.summed(_derivatives(theta, s), tuple(theta), s.counts)


def _derivatives(theta: Any, s: Spending) -> RowDerivatives:
    p, q, v = theta
    x, total = s.frequency, v + s.frequency * s.value
    levels, level_of = np.unique(x, return_inverse=True)
    psi_all, psi_x = special.psi(p * levels + q)[level_of], special.psi(p * levels)[level_of]
    tri_all, tri_x = special.zeta(2.0, p * levels + q)[level_of], special.zeta(2.0, p * levels)[level_of]
    gradient = (
        x * (psi_all - psi_x - np.log1p(v / (x * s.value))),
        psi_all - special.psi(q) - np.log(total / v),
        q / v - (p * x + q) / total,
    )
    hessian = {
        (0, 0): x**2 * (tri_all - tri_x),
        (0, 1): x * tri_all,
        (0, 2): -x / total,
        (1, 1): tri_all - special.zeta(2.0, q),
        (1, 2): 1.0 / v - 1.0 / total,
        (2, 2): (p * x + q) / total**2 - q / v**2,
    }
    return RowDerivatives(log_likelihood(theta, x, s.value), gradient, hessian)
