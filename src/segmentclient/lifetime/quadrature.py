"""Integrals over time, in the logarithm of time, where the integrands of these models are log-concave.

A log-concave integrand has one peak and falls on both sides: where it is worth integrating is found by bisection,
and Gauss-Legendre nodes there give 11 digits or more.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np

__all__ = ["Nodes", "discounted_power", "log_concave_integral", "tilted_nodes"]

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

_DIGITS = 36.0  # exp(-36) = 2e-16 of the peak is left out
_SIZES = np.array([4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128])
_BLOCK = 16_000  # numbers in memory at once: what a processor's cache holds


@functools.cache
def _gauss(size: int) -> tuple[Array, Array]:
    nodes, weights = np.polynomial.legendre.leggauss(size)
    return 0.5 * (nodes + 1.0), 0.5 * weights


class Nodes(NamedTuple):
    """Some rows (their positions), and for each its nodes u, eᵘ, 1 + ρ(eᵘ − 1), its logarithm, and the log-weights."""

    rows: Array
    u: Array
    near: Array
    far: Array
    log_far: Array
    log_weight: Array


def tilted_nodes(c: Array, w: Array, rho: Array, length: Array, far_length: Array) -> Iterator[Nodes]:
    """Give nodes and weights for ∫ exp(c·u) (1 + ρ(eᵘ − 1))^−w du over [0, length], 0 < ρ ≤ 1, w > 0.

    `far_length` is ln(1 + ρ(eᵘ − 1)) at the end. The rows come in blocks that need as many nodes each.
    """
    end, drop = _cut(c, w, rho, length, far_length)
    needed = 4.0 + 2.2 * np.minimum(end, 2.0) + 0.62 * drop + 3.4 * np.maximum(end - 2.0, 0.0)
    sizes = _SIZES[np.minimum(np.searchsorted(_SIZES, needed), len(_SIZES) - 1)]
    for size in _SIZES:
        nodes, weights = _gauss(int(size))
        chosen = np.flatnonzero(sizes == size)
        most = max(_BLOCK // int(size), 1)
        for start in range(0, chosen.size, most):
            rows = chosen[start : start + most]
            u = end[rows, None] * nodes
            near = np.exp(u)
            far = (1.0 - rho[rows, None]) + rho[rows, None] * near
            log_far = np.log(far)
            with np.errstate(divide="ignore"):
                log_width = np.log(end[rows, None]) + np.log(weights)
            yield Nodes(rows, u, near, far, log_far, c[rows, None] * u - w[rows, None] * log_far + log_width)


def _cut(c: Array, w: Array, rho: Array, length: Array, far_length: Array) -> tuple[Array, Array]:
    """Shorten [0, length] where the height, concave and 0 at 0, falls below −_DIGITS; give end and fall there."""
    fall = w * far_length - c * length
    end, deep = np.array(length, float), np.flatnonzero(fall > _DIGITS)
    low, high = np.zeros(deep.size), end[deep]
    for _ in range(26 if deep.size else 0):
        middle = 0.5 * (low + high)
        beyond = w[deep] * np.log1p(rho[deep] * np.expm1(middle)) - c[deep] * middle > _DIGITS
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    end[deep] = high
    return end, np.minimum(np.abs(fall), _DIGITS)


def log_concave_integral(
    height: Callable[[Array], Array], slope: Callable[[Array], Array], last: Array
) -> Array:
    """Give ln ∫ exp(height(u)) du over (−∞, last] for a concave height of which `slope` is the derivative.

    `height` and `slope` receive arrays of rows × nodes. The slope must be positive far to the left.
    """
    last = np.asarray(last, float)[:, None]
    mode = _mode(slope, last)
    peak = height(mode)
    start = _crossing(height, peak - _DIGITS, mode, -1.0, np.full_like(last, np.inf))
    end = _crossing(height, peak - _DIGITS, mode, 1.0, last - mode)
    panels = max(int(np.ceil(np.max((end - start) / 2.0, initial=0.0))), 4)
    nodes, weights = _gauss(24)
    grid = ((np.arange(panels)[:, None] + nodes) / panels).ravel()
    total = np.exp(height(start + (end - start) * grid) - peak) @ np.tile(weights / panels, panels)
    with np.errstate(divide="ignore"):
        return peak[:, 0] + np.log(total * (end - start)[:, 0])


def _mode(slope: Callable[[Array], Array], last: Array) -> Array:
    """Find by bisection where a concave function stops rising, at `last` at the latest."""
    far = np.ones_like(last)
    for _ in range(12):
        far = np.where(slope(last - far) > 0, far, 2.0 * far)
    low, high = last - far, last
    for _ in range(60):
        middle = 0.5 * (low + high)
        rising = slope(middle) > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    return np.where(slope(last) >= 0, last, low)


def _crossing(height: Callable[[Array], Array], level: Array, mode: Array, side: float, most: Array) -> Array:
    """Go from the mode to a side until the height is below `level`, at most `most` far, and find where it crosses."""
    far = np.minimum(np.full_like(mode, 0.01), most)
    for _ in range(24):
        far = np.where(height(mode + side * far) < level, far, np.minimum(2.0 * far, most))
    low, high = np.zeros_like(far), far
    beyond = height(mode + side * far) < level
    for _ in range(20):
        middle = 0.5 * (low + high)
        out = height(mode + side * middle) < level
        low, high = np.where(beyond & ~out, middle, low), np.where(beyond & out, middle, high)
    return mode + side * high


def discounted_power(kappa: Any, s: Any) -> Array:
    """Give ∫ exp(−κv) (1 + v)^−s dv over v > 0, that is U(1, 2 − s, κ), for κ > 0, by the trapezoid rule in ln v."""
    kappa, s = np.broadcast_arrays(np.asarray(kappa, float)[..., None], np.asarray(s, float)[..., None])
    left = -40.0 - np.log1p(kappa + s)
    right = np.maximum(np.log(45.0 / kappa), left + 1.0)
    nodes = int(np.ceil(np.max((right - left) / 0.2, initial=1.0)))
    step = (right - left) / nodes
    u = left + step * np.arange(nodes + 1)
    terms = np.exp(u - kappa * np.exp(u) - s * np.logaddexp(0.0, u))
    return (terms.sum(axis=-1) + terms[..., 0] / np.expm1(step[..., 0])) * step[..., 0]
