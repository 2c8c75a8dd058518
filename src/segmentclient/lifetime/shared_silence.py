"""The silences of many customers under many parameters at once: one set of nodes between all moments that occur.

∫ (1 + y/α)^−(r+x) (1 + y/β)^−(s+1) dy over (t_x, T) is a difference of sums that start from the latest moment, and the
sums of one more purchase are those of the purchase before, times 1 / (1 + y/α) at every node: a power, where each
customer's own nodes cost three transcendental functions.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy import special

__all__ = ["SharedSilence"]

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

_NODES = 5  # of Gauss and Legendre between two moments
_ERROR = np.log(1e-11)  # relative, of an integral between two moments
_RANGE = 600.0  # logarithm: beyond, doubles run out
_WORTH = 100  # operations a customer's own nodes cost, about


class SharedSilence(NamedTuple):
    """Moments at which a silence begins or ends, nodes between them, and who has bought how often."""

    moments: Array
    begins: Array
    ends: Array
    levels: tuple[tuple[float, Array], ...]

    @classmethod
    def of(cls, frequency: Array, recency: Array, T: Array) -> SharedSilence | None:
        """Give it where it is worth it: where many customers share few moments and few frequencies."""
        moments, places = np.unique(np.concatenate([recency, T]), return_inverse=True)
        counts, of_count = np.unique(frequency, return_inverse=True)
        if moments.size < 2 or moments.size * counts.size * _NODES > _WORTH * T.size:
            return None
        order = np.argsort(of_count, kind="stable")
        rows = np.split(order, np.cumsum(np.bincount(of_count))[:-1])
        begins, ends = places.reshape(2, -1)
        return cls(moments, begins, ends, tuple(zip(counts.tolist(), rows, strict=True)))

    def holds(self, r: Array, alpha: Array, s: Array, beta: Array) -> Array:
        """Tell for which parameters the nodes between two moments are enough, and all numbers in range.

        The error of Gauss and Legendre's rule on a power of −q is that of its derivative of order 2n.
        """
        nearest, most, last = np.minimum(alpha, beta), self.levels[-1][0], self.moments[-1]
        q, n = r + most + s + 1.0, _NODES
        width = (np.diff(self.moments) / (nearest + self.moments[:-1])).max(axis=-1, keepdims=True)
        rule = 4.0 * special.gammaln(n + 1) - 3.0 * special.gammaln(2 * n + 1) - np.log(2 * n + 1)
        error = 2 * n * np.log(width) + rule + special.gammaln(q + 2 * n) - special.gammaln(q)
        size = (r + most) * np.log1p(last / alpha) + (s + 1.0) * np.log1p(last / beta)
        return ((error < _ERROR) & (size < _RANGE))[:, 0]

    def log_integrals(self, r: Array, alpha: Array, s: Array, beta: Array) -> Array:
        """Give ln ∫ (1 + y/α)^−(r+x) (1 + y/β)^−(s+1) dy / β over each silence: a row a set of parameters."""
        at, weights = (part[:, None] for part in np.polynomial.legendre.leggauss(_NODES))
        steps = np.diff(self.moments)
        y = (self.moments[:-1] + steps * 0.5 * (at + 1.0)).ravel()
        shrink = 1.0 / (1.0 + y / alpha)
        terms = np.exp(-r * np.log1p(y / alpha) - (s + 1.0) * np.log1p(y / beta)) / beta
        terms *= (steps * 0.5 * weights).ravel()
        found = np.empty((len(terms), self.begins.size))
        before = 0.0
        for count, rows in self.levels:
            terms *= shrink if count == before + 1.0 else shrink ** (count - before)
            before = count
            later = _from_the_end(terms, steps.size)
            found[:, rows] = later[:, self.begins[rows]] - later[:, self.ends[rows]]
        with np.errstate(divide="ignore"):
            return np.log(np.maximum(found, 0.0))


def _from_the_end(terms: Array, panels: int) -> Array:
    """Sum the terms from each moment to the last one."""
    sums = terms.reshape(len(terms), _NODES, panels).sum(axis=1)
    later = np.zeros((len(terms), panels + 1))
    np.cumsum(sums[:, ::-1], axis=1, out=later[:, -2::-1])
    return later
