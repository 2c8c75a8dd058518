"""Default priors: proper, so that a flat likelihood still gives a posterior, weak, and free of the unit of time.

A prior flat on log-parameters is improper here: as a + b grows, or as the mean rate of leaving falls, the likelihood
tends to a constant, not to 0. Each density below is on the logarithms of the two parameters it is given.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from segmentclient.lifetime.soundness import Array

__all__ = ["rate_prior", "share_prior"]


def rate_prior(shape: Any, rate: Any, scale: float) -> Array:
    """Of a Gamma(shape, rate) between customers: ln shape ~ N(0, 2²), ln(mean · scale) ~ N(0, 3²).

    `scale` is the mean of `T`: a mean between 1/400 and 400 events in that time has 95 % of the prior.
    """
    log_shape, log_mean = np.log(shape), np.log(shape) - np.log(rate) + np.log(scale)
    return -0.5 * (log_shape / 2.0) ** 2 - 0.5 * (log_mean / 3.0) ** 2


def share_prior(a: Any, b: Any) -> Array:
    """Of a Beta(a, b) between customers: the mean a/(a + b) uniform on (0, 1), ln(a + b) ~ N(1, 2²)."""
    log_size = np.log(a + b)
    return np.log(a) + np.log(b) - 2.0 * log_size - 0.5 * ((log_size - 1.0) / 2.0) ** 2
