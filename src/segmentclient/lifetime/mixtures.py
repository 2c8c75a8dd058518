"""Derivatives of a likelihood that is a sum over the moments at which a customer may have left.

With ln L = base + ln Σ exp(term), the gradient is that of the base plus the average of the terms' gradients under
their posterior weights, and the Hessian adds the covariance of these gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from segmentclient.lifetime.fitting import RowDerivatives

__all__ = ["mixture_of_many", "mixture_of_two"]

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
Second: TypeAlias = "Mapping[tuple[int, int], Any]"


def mixture_of_two(
    value: Array, gradient: Sequence[Any], hessian: Second, left: Array, d_odds: Sequence[Any]
) -> RowDerivatives:
    """Mix "still here" (weight 1) and "left" (weight exp(odds)), where `left` is the weight of the second.

    `hessian` already holds left · ∇²odds.
    """
    curved = left * (1.0 - left)
    full = {
        (i, j): hessian.get((i, j), 0.0) + curved * d_odds[i] * d_odds[j]
        for i in range(len(d_odds))
        for j in range(i, len(d_odds))
    }
    return RowDerivatives(value, tuple(g + left * d for g, d in zip(gradient, d_odds, strict=True)), full)


def mixture_of_many(
    value: Array,
    gradient: Sequence[Any],
    hessian: Second,
    average: Callable[[Array], Array],
    terms: Sequence[Any],
    bends: Second,
) -> RowDerivatives:
    """Mix many terms; `average` weighs them, the rest of the weight being a term that is 0 throughout."""
    means = [average(term) for term in terms]
    full = {
        (i, j): hessian.get((i, j), 0.0)
        - means[i] * means[j]
        + average(terms[i] * terms[j] + bends.get((i, j), 0.0))
        for i in range(len(terms))
        for j in range(i, len(terms))
    }
    return RowDerivatives(value, tuple(g + m for g, m in zip(gradient, means, strict=True)), full)
