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
    "Stage",
    "Standardized",
    "climb",
    "covariance_of",
    "judge",
    "maximize",
    "one_thread",
    "summed",
]

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
Derivatives: TypeAlias = "tuple[float, Array, Array]"

_LONGEST_STEP = 2.0  # in log-parameters: a factor of 7
_FLAT = 1e-6  # of the mean log-likelihood's gradient
_EXACT = 1e-10
_NO_GAIN = 1e-11  # of log-likelihood: the step is below 1e-5 standard errors
REACH = 12.0  # parameters from 6e-6 to 2e5 (in units of the data); beyond is the border


class RowDerivatives(NamedTuple):
    """Log-likelihood of each row, with its derivatives in the parameters (missing second ones are 0)."""

    value: Array
    gradient: tuple[Array, ...]
    hessian: Mapping[tuple[int, int], Array]


class Stage(NamedTuple):
    """The log-likelihood of a sample, or of everybody, and how many customers that are."""

    derivatives: Callable[[Array], Derivatives]
    size: float


@dataclass(frozen=True)
class Optimum:
    """Where a search ended: the point, the log-likelihood and its derivatives there."""

    point: Array
    value: float
    gradient: Array
    hessian: Array
    converged: bool
    at_border: Array

    def undetermined(self) -> Array:
        """Tell which coordinates lie at the border, or are known to no better than a factor of 20."""
        errors = np.sqrt(np.diag(covariance_of(self.hessian, np.ones(self.point.size))))
        return self.at_border | (errors > 3.0)

    def doubt(self, params: Mapping[str, float], customers: str) -> str:
        """Say which parameters these customers leave open; nothing where they leave none."""
        flat = [name for name, is_open in zip(params.keys(), self.undetermined(), strict=True) if is_open]
        if not flat and self.converged:
            return ""
        values = ", ".join(f"{name} = {params[name]:.3g}" for name in flat or params.keys())
        return (
            f"{customers} do not determine {values}" if flat else f"the likelihood still rises from {values}"
        )

    def shifted(self, constant: float) -> Optimum:
        """Add to the log-likelihood what the parameters do not change."""
        return replace(self, value=self.value + constant)


def maximize(stages: Sequence[Stage], starts: Sequence[Array], *, low: Array, high: Array) -> Optimum:
    """Climb from every start on the first stage (the smallest sample), then from the best of these on the others."""
    with one_thread(), np.errstate(all="ignore"):  # values beyond all reason end as "not converged"
        found = [climb(*stages[0], start, low, high) for start in starts]
        optimum = max(found, key=lambda optimum: optimum.value)
        for stage in stages[1:]:
            optimum = climb(*stage, optimum.point, low, high)
        return optimum


def climb(
    derivatives: Callable[[Array], Derivatives], size: float, start: Array, low: Array, high: Array
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
        if abs(float(gradient @ step)) <= _NO_GAIN:
            break
        better = _halve_until_better(derivatives, point, value, step, low, high)
        if better is None:
            break
        point, (value, gradient, hessian) = better
    outside = _pushed_out(point, gradient, low, high)
    flat = bool(np.max(np.abs(gradient[~outside]), initial=0.0) <= _FLAT * size)
    return Optimum(point, value, gradient, hessian, flat, (point <= low) | (point >= high))


def judge(stage: Stage, point: Array) -> Optimum:
    """Take a point that somebody else found, and say how good it is."""
    value, gradient, hessian = stage.derivatives(point)
    flat = bool(np.max(np.abs(gradient)) <= _FLAT * stage.size)
    return Optimum(point, value, gradient, hessian, flat, np.zeros(point.size, bool))


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


def summed(
    rows: RowDerivatives, theta: Sequence[Any], counts: Array, links: Sequence[tuple[int, Array]] = ()
) -> Derivatives:
    """Sum over customers, in the logarithms of the parameters and then in the coefficients of covariates.

    A link (j, z) is a coefficient that adds coefficient · z (one number a row) to the logarithm of parameter j.
    """
    slopes = [value * slope for value, slope in zip(theta, rows.gradient, strict=True)]
    bends = {(i, j): theta[i] * theta[j] * bend for (i, j), bend in rows.hessian.items()}
    for j, slope in enumerate(slopes):
        bends[j, j] = bends.get((j, j), 0.0) + slope
    weights = [(j, counts) for j in range(len(slopes))] + [(j, counts * z) for j, z in links]
    multipliers: list[Any] = [1.0] * len(slopes) + [z for _, z in links]
    gradient = np.array([_total(weight, slopes[j]) for j, weight in weights])
    hessian = np.zeros((len(weights), len(weights)))
    for m, (i, weight) in enumerate(weights):
        for other, (j, _) in enumerate(weights[: m + 1]):
            bend = bends.get((min(i, j), max(i, j)))
            if bend is not None:
                hessian[m, other] = hessian[other, m] = _total(weight * multipliers[other], bend)
    return _total(counts, rows.value), gradient, hessian


def _total(counts: Array, values: Any) -> float:
    return float(np.dot(counts, np.broadcast_to(values, counts.shape)))


def covariance_of(hessian: Array, scale: Array) -> Array:
    """Invert the observed information and bring it from log-parameters to parameters (delta method).

    Directions in which the likelihood is flat get a very large, never a negative, variance.
    """
    curvature, directions = np.linalg.eigh(-hessian)
    floor = max(1e-10 * float(np.abs(curvature).max(initial=0.0)), 1e-12)
    inverse = (directions / np.maximum(curvature, floor)) @ directions.T
    return inverse * np.outer(scale, scale)


class Standardized:
    """Covariates with mean 0 and standard deviation 1 for the search, and the way back."""

    def __init__(self, design: Array, counts: Array) -> None:
        self.size = design.shape[1]
        self.mean = np.average(design, axis=0, weights=counts) if self.size else np.zeros(0)
        spread = (
            np.sqrt(np.average((design - self.mean) ** 2, axis=0, weights=counts))
            if self.size
            else np.zeros(0)
        )
        self.spread = np.where(spread > 0, spread, 1.0)

    def of(self, design: Array) -> Array:
        """Standardize."""
        return (design - self.mean) / self.spread

    def undo(self, optimum: Optimum, links: Sequence[tuple[int, float]]) -> Optimum:
        """Say the optimum in the covariates' own units."""
        base = optimum.point.size - len(links) * self.size
        back = np.eye(optimum.point.size)
        for block, (j, sign) in enumerate(links):
            at = slice(base + block * self.size, base + (block + 1) * self.size)
            back[at, at] = np.diag(1.0 / self.spread)
            back[j, at] = -sign * self.mean / self.spread
        there = np.linalg.inv(back)
        return replace(
            optimum,
            point=back @ optimum.point,
            gradient=there.T @ optimum.gradient,
            hessian=there.T @ optimum.hessian @ there,
        )


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep BLAS on one thread: on vectors this short more threads are twenty times slower."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield
