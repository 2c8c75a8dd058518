"""Posterior draws in about a second: importance sampling around the mode, and an honest word on how well it went.

Proposals are multivariate Student-t, centred at the mode with the curvature there, then again with the mean and
covariance of the round before. Weights are smoothed by a generalized Pareto tail (PSIS), whose shape k-hat says whether
to believe them: above 0.7 an ensemble sampler (emcee) takes over.

References
----------
Vehtari, Simpson, Gelman, Yao and Gabry (2024), Pareto smoothed importance sampling, Journal of Machine Learning
Research 25(72); Zhang and Stephens (2009), Technometrics 51(3); Foreman-Mackey et al. (2013), PASP 125.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from scipy import special

from segmentclient.errors import ModelError, SegmentClientWarning
from segmentclient.lifetime import fitting
from segmentclient.lifetime.arguments import generator_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Target", "pareto_smooth", "sample_model", "sample_target"]

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

_FREEDOM = 4.0  # of the Student-t proposals
_FIRST_ROUND, _ROUNDS = 1000, 2
_TRUSTED = 0.7  # k-hat
_BOX = 7.0  # of the flat prior
_WALKERS = 40


@dataclass(frozen=True)
class Target:
    """A posterior on unbounded coordinates: where it is, how wide, and its log-density."""

    log_density: Callable[[Array], Array]
    mode: Array
    covariance: Array


def sample_model(model: Any, n: int, prior: str, random_state: Any) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Draw parameters of a fitted model; give the draws and their diagnostics."""
    import pandas as pd

    if prior not in {"default", "flat"}:
        raise ModelError(f"prior={prior!r}: accepted are 'default' and 'flat'")
    if not (isinstance(n, int | np.integer) and n > 0):
        raise ModelError(f"n={n!r}: the number of draws is a whole number above 0")
    model._params()
    rng = generator_of(random_state)
    with fitting.one_thread(), np.errstate(all="ignore"):  # a walker may step beyond all numbers
        target, positive = model._posterior(prior)
        points, diagnostics = sample_target(target, int(n), rng)
    values = np.where(positive, np.exp(points), points)
    return pd.DataFrame(values, columns=list(model.params_.index)), {**diagnostics, "prior": prior}


def target_of(
    log_likelihood: Callable[[Array], Array],
    derivatives: Callable[[Array], fitting.Derivatives],
    log_prior: Callable[[Array], Array],
    start: Array,
    size: float,
    prior: str,
    positive: Array,
) -> Target:
    """Find the mode of likelihood · prior and its curvature; the flat prior is a box on the logarithms."""
    if prior == "flat":
        edge = np.where(positive, _BOX, np.inf)
        optimum = fitting.climb(derivatives, size, start, -edge, edge)

        def log_density(points: Array) -> Array:
            inside = (np.abs(points) <= edge).all(axis=1)
            found = np.full(len(points), -np.inf)
            found[inside] = log_likelihood(points[inside])
            return found

        return Target(log_density, optimum.point, _covariance(optimum.hessian))

    def both(point: Array) -> fitting.Derivatives:
        value, gradient, hessian = derivatives(point)
        prior_value, prior_gradient, prior_hessian = _differences(log_prior, point)
        return value + prior_value, gradient + prior_gradient, hessian + prior_hessian

    far = np.full(start.size, 30.0)
    optimum = fitting.climb(both, size, start, -far, far)
    return Target(
        lambda points: log_likelihood(points) + log_prior(points), optimum.point, _covariance(optimum.hessian)
    )


def _covariance(hessian: Array) -> Array:
    """Invert the curvature; where it is flat, go no further than a standard deviation of 2."""
    curvature, directions = np.linalg.eigh(-hessian)
    return (directions / np.maximum(curvature, 0.25)) @ directions.T


def _differences(function: Callable[[Array], Array], point: Array, step: float = 1e-3) -> fitting.Derivatives:
    """Differentiate a cheap function of few coordinates by central differences."""
    unit = step * np.eye(point.size)
    pairs = unit[:, None, :] + unit[None, :, :]
    cross = unit[:, None, :] - unit[None, :, :]
    grid = np.concatenate([point + unit, point - unit, *(point + pairs), *(point - pairs), *(point + cross)])
    size = point.size
    values = function(np.vstack([point, grid]))
    centre, up, down = values[0], values[1 : size + 1], values[size + 1 : 2 * size + 1]
    plus, minus, mixed = values[2 * size + 1 :].reshape(3, size, size)
    return centre, (up - down) / (2 * step), (plus + minus - mixed - mixed.T) / (4 * step**2)


def sample_target(target: Target, n: int, rng: np.random.Generator) -> tuple[Array, dict[str, Any]]:
    """Draw n equally weighted points; the diagnostics are `sampler`, `k_hat`, `ess` and `proposals`."""
    size, first = max(5 * n // 4, 1000), _Proposal(target.mode, target.covariance)
    points, weights, k_hat = _weighted(target, first, _FIRST_ROUND, rng)
    for _ in range(_ROUNDS):
        proposal = _Proposal(*_moments(points, weights)) if k_hat < 1.2 else first
        points, weights, k_hat = _weighted(target, proposal, size, rng)
        ess = 1.0 / float(np.sum(weights**2))
        if k_hat <= _TRUSTED and ess >= 0.1 * size:
            diagnostics = {"sampler": "importance", "k_hat": k_hat, "ess": ess, "proposals": size}
            return _systematic(points, weights, n, rng), diagnostics
    start = points[rng.choice(len(points), _WALKERS, p=weights)] if np.isfinite(weights).all() else None
    return _by_ensemble(target, first, start, n, k_hat, rng)


class _Proposal:
    """A multivariate Student-t."""

    def __init__(self, centre: Array, covariance: Array) -> None:
        self.centre = centre
        self.root = np.linalg.cholesky(covariance + 1e-12 * np.eye(centre.size) * np.trace(covariance))

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draw points that fill the law evenly, so that means and medians err less than those of chance."""
        size = self.centre.size
        spread = _evenly(n, size + 1, rng)
        stretch = np.sqrt(_FREEDOM / special.chdtri(_FREEDOM, spread[:, size]))
        standard = special.ndtri(spread[:, :size]) * stretch[:, None]
        log_density = -0.5 * (_FREEDOM + size) * np.log1p((standard**2).sum(axis=1) / _FREEDOM)
        return self.centre + standard @ self.root.T, log_density


def _evenly(n: int, dimensions: int, rng: np.random.Generator) -> Array:
    """Fill the unit cube with n points of a shifted Kronecker sequence, whose steps are powers of one ratio."""
    ratio = 2.0
    for _ in range(60):  # to the root of ratio^(dimensions + 1) = ratio + 1
        ratio = (1.0 + ratio) ** (1.0 / (dimensions + 1.0))
    steps = ratio ** -np.arange(1.0, dimensions + 1.0)
    points = (rng.random(dimensions) + np.arange(n)[:, None] * steps) % 1.0
    return np.clip(points, 1e-12, 1.0 - 1e-12)


def _weighted(
    target: Target, proposal: _Proposal, n: int, rng: np.random.Generator
) -> tuple[Array, Array, float]:
    points, log_proposal = proposal.draw(n, rng)
    log_weights = target.log_density(points) - log_proposal
    log_weights = np.where(np.isnan(log_weights), -np.inf, log_weights)
    weights, k_hat = pareto_smooth(log_weights)
    return points, weights, k_hat


def _moments(points: Array, weights: Array) -> tuple[Array, Array]:
    centre = weights @ points
    apart = points - centre
    covariance = (apart * weights[:, None]).T @ apart
    return centre, covariance * (_FREEDOM - 2.0) / _FREEDOM * 1.3


def _systematic(points: Array, weights: Array, n: int, rng: np.random.Generator) -> Array:
    """Resample to equal weights at equal steps along the widest direction, the least noise; in random order."""
    widest = np.linalg.svd(points - weights @ points, full_matrices=False)[2][0]
    order = np.argsort(points @ widest)
    steps = (np.arange(n) + rng.random()) / n
    chosen = order[np.minimum(np.searchsorted(np.cumsum(weights[order]), steps), len(weights) - 1)]
    return points[rng.permutation(chosen)]


def pareto_smooth(log_weights: Array) -> tuple[Array, float]:
    """Smooth the largest importance weights by a generalized Pareto tail.

    Returns
    -------
    weights that sum to 1, and the shape k-hat of the tail (infinite where no weight is above 0).
    """
    if not np.isfinite(log_weights).any():
        return np.full(log_weights.size, 1.0 / log_weights.size), np.inf
    weights = np.exp(log_weights - np.max(log_weights))
    tail = int(min(0.2 * weights.size, 3.0 * np.sqrt(weights.size)))
    order = np.argsort(weights)
    largest, cut = order[-tail:], weights[order[-tail - 1]]
    if tail < 5 or weights[largest[0]] <= cut or cut <= 0.0:
        return weights / weights.sum(), np.inf if cut <= 0.0 else 0.0
    k, sigma = _pareto_shape(weights[largest] - cut)
    share = (np.arange(tail) + 0.5) / tail
    weights[largest] = np.minimum(cut - sigma * special.boxcox(1.0 - share, -k), 1.0)
    return weights / weights.sum(), k


def _pareto_shape(excess: Array) -> tuple[float, float]:
    """Fit a generalized Pareto to sorted excesses (Zhang and Stephens 2009), with a weak prior on its shape."""
    n = excess.size
    m = 30 + int(np.sqrt(n))
    quarter = excess[int(n / 4.0 + 0.5) - 1]
    grid = 1.0 / excess[-1] + (1.0 - np.sqrt(m / (np.arange(1, m + 1) - 0.5))) / (3.0 * quarter)
    shapes = np.log1p(-grid[:, None] * excess).mean(axis=1)
    profile = n * (np.log(-grid / shapes) - shapes - 1.0)
    weight = np.exp(profile - special.logsumexp(profile))
    theta = float(weight @ grid)
    k = float(np.log1p(-theta * excess).mean())
    sigma = -k / theta
    return (n * k + 10.0 * 0.5) / (n + 10.0), sigma


def _by_ensemble(
    target: Target, proposal: _Proposal, start: Array | None, n: int, k_hat: float, rng: np.random.Generator
) -> tuple[Array, dict[str, Any]]:
    """Move an ensemble of walkers until the chain is 50 times as long as its memory, or as long as is decent."""
    import emcee

    if start is None or len(np.unique(start, axis=0)) < _WALKERS:
        spread = np.linalg.cholesky(target.covariance + 1e-12 * np.eye(target.mode.size))
        start = target.mode + 0.3 * rng.standard_normal((_WALKERS, target.mode.size)) @ spread.T
        start = np.where(np.isfinite(target.log_density(start))[:, None], start, target.mode)
        start = start + 1e-3 * rng.standard_normal(start.shape)
    moves = [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)]
    sampler = emcee.EnsembleSampler(_WALKERS, start.shape[1], target.log_density, moves=moves, vectorize=True)
    sampler._random.seed(int(rng.integers(2**31)))
    steps = max(int(np.ceil(1.5 * n / _WALKERS)), 300)
    state = sampler.run_mcmc(start, 200, skip_initial_state_check=True)
    sampler.reset()
    memory = np.inf
    for _ in range(3):
        state = sampler.run_mcmc(state, steps, skip_initial_state_check=True)
        memory = float(np.max(sampler.get_autocorr_time(quiet=True, tol=0)))
        if sampler.iteration >= 50 * memory:
            break
    chain = sampler.get_chain(flat=True)
    ess = len(chain) / memory
    if sampler.iteration < 20 * memory:
        warnings.warn(
            f"the posterior is hard to sample (k-hat {k_hat:.2f}, effective draws {ess:.0f}): read its tails with care",
            SegmentClientWarning,
            stacklevel=6,
        )
    return chain[rng.choice(len(chain), n, replace=n > len(chain))], {
        "sampler": "emcee",
        "k_hat": k_hat,
        "ess": ess,
        "proposals": len(chain),
    }
