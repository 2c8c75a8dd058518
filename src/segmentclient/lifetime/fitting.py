"""Maximum likelihood: where the optimum is, how sure, and how to say it. Nothing here knows a model.

Parameters are positive, so the search runs in their logarithms (coefficients of covariates stay as they are),
with the analytic gradient and Hessian: first on a small stratified sample from several starts, then a few Newton
steps on everything. A fit is accepted on its gradient, never on a solver's word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np

__all__ = [
    "Derivatives",
    "Optimum",
    "RowDerivatives",
    "climb",
    "covariance_of",
    "maximize",
    "one_thread",
    "summed",
]

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
Derivatives: TypeAlias = "tuple[float, Array, Array]"

_LONGEST_STEP = 2.0  # in log-parameters: a factor of 7
_FLAT = 1e-7  # of the mean log-likelihood's gradient
_EXACT = 1e-10
_REACH = 14.0  # parameters from 1e-6 to 1e6 (in units of the data); beyond is the border


class RowDerivatives(NamedTuple):
    """Log-likelihood of each row, with its derivatives in the parameters (missing second ones are 0)."""

    value: Array
    gradient: tuple[Array, ...]
    hessian: Mapping[tuple[int, int], Array]


@dataclass(frozen=True)
class Optimum:
    """Where a search ended: the point, the log-likelihood and its derivatives there."""

    point: Array
    value: float
    gradient: Array
    hessian: Array
    converged: bool
    at_border: Array

    def shifted(self, constant: float) -> Optimum:
        """Add to the log-likelihood what the parameters do not change."""
        return replace(self, value=self.value + constant)


def maximize(
    sample: Callable[[Array], Derivatives],
    everything: Callable[[Array], Derivatives],
    starts: Sequence[Array],
    *,
    sample_size: float,
    size: float,
    low: Array,
    high: Array,
) -> Optimum:
    """Climb from every start on the sample, then from the best of these on everything."""
    with one_thread():
        found = [climb(sample, start, sample_size, low, high) for start in starts]
        best = max(found, key=lambda optimum: optimum.value)
        return climb(everything, best.point, size, low, high)


def climb(
    derivatives: Callable[[Array], Derivatives], start: Array, size: float, low: Array, high: Array
) -> Optimum:
    """Newton's method with a Hessian made negative definite, steps of limited length and halving."""
    point = np.clip(start, low, high)
    value, gradient, hessian = derivatives(point)
    for _ in range(100):
        free = ~_pushed_out(point, gradient, low, high)
        if np.max(np.abs(gradient[free]), initial=0.0) <= _EXACT * size:
            break
        step = np.zeros_like(point)
        step[free] = _newton_step(gradient[free], hessian[np.ix_(free, free)])
        better = _halve_until_better(derivatives, point, value, step, low, high)
        if better is None:
            break
        point, (value, gradient, hessian) = better
    outside = _pushed_out(point, gradient, low, high)
    flat = bool(np.max(np.abs(gradient[~outside]), initial=0.0) <= _FLAT * size)
    return Optimum(point, value, gradient, hessian, flat, (point <= low) | (point >= high))


def _pushed_out(point: Array, gradient: Array, low: Array, high: Array) -> Array:
    return ((point <= low) & (gradient <= 0)) | ((point >= high) & (gradient >= 0))


def _newton_step(gradient: Array, hessian: Array) -> Array:
    curvature, directions = np.linalg.eigh(-hessian)
    steep = np.maximum(np.abs(curvature), 1e-12 * max(np.abs(curvature).max(initial=0.0), 1e-300))
    step = directions @ ((directions.T @ gradient) / steep)
    return step * min(1.0, _LONGEST_STEP / max(float(np.abs(step).max()), 1e-300))


def _halve_until_better(
    derivatives: Callable[[Array], Derivatives],
    point: Array,
    value: float,
    step: Array,
    low: Array,
    high: Array,
) -> tuple[Array, Derivatives] | None:
    for halvings in range(30):
        trial = np.clip(point + step * 0.5**halvings, low, high)
        result = derivatives(trial)
        if np.isfinite(result[0]) and result[0] > value:
            return trial, result
    return None


def summed(rows: RowDerivatives, point: Array, counts: Array) -> Derivatives:
    """Sum over customers, and pass from parameters to their logarithms."""
    theta = np.exp(point)
    gradient = theta * [_total(counts, values) for values in rows.gradient]
    hessian = np.diag(gradient)
    for (i, j), values in rows.hessian.items():
        total = theta[i] * theta[j] * _total(counts, values)
        hessian[i, j] += total
        hessian[j, i] += total if i != j else 0.0
    return _total(counts, rows.value), gradient, hessian


def _total(counts: Array, values: Any) -> float:
    return float(np.dot(counts, np.broadcast_to(values, counts.shape)))


def covariance_of(hessian: Array, scale: Array) -> Array:
    """Invert the observed information and bring it from log-parameters to parameters (delta method).

    Directions in which the likelihood is flat get a very large, never a negative, variance.
    """
    curvature, directions = np.linalg.eigh(-hessian)
    floor = 1e-10 * max(float(np.abs(curvature).max(initial=0.0)), 1e-300)
    inverse = (directions / np.maximum(curvature, floor)) @ directions.T
    return inverse * np.outer(scale, scale)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep BLAS on one thread: on vectors this short more threads are twenty times slower."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield
