"""Stable special functions of the lifetime models: positive terms only, no power that can overflow.

Every function takes arrays that broadcast. Nothing here knows a model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from scipy import special

from segmentclient.lifetime.grouping import distinct

__all__ = [
    "beta_average",
    "log_beta_ratio",
    "log_rising",
    "negative_binomial_logpmf",
    "negative_binomial_tail",
    "saturating",
]

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

_STEP = 0.33  # of the trapezoid in logit p: exp(-π²/0.33) = 1e-13
_DIGITS = 31.0  # exp(-31) = 3e-14 of the whole is left out
_BLOCK = 100_000  # numbers in memory at once


def log_rising(start: Any, count: Any) -> Any:
    """Give ln Γ(start + count) − ln Γ(start), the logarithm of the rising factorial."""
    return special.gammaln(start + count) - special.gammaln(start)


def log_beta_ratio(a: Any, b: Any, more_a: Any, more_b: Any) -> Any:
    """Give ln B(a + more_a, b + more_b) − ln B(a, b)."""
    return log_rising(a, more_a) + log_rising(b, more_b) - log_rising(a + b, more_a + more_b)


def negative_binomial_logpmf(n: Any, r: Any, alpha: Any, t: Any) -> Any:
    """Give ln P(N(t) = n) of a Poisson process whose rate is Gamma(r, alpha)."""
    with np.errstate(divide="ignore"):
        share = t / (alpha + t)
        return log_rising(r, n) - special.gammaln(n + 1.0) - r * np.log1p(t / alpha) + special.xlogy(n, share)


def negative_binomial_tail(n: Any, r: Any, alpha: Any, t: Any) -> Any:
    """Give P(N(t) ≥ n), n ≥ 1, from the side on which the incomplete beta function keeps its digits."""
    n, r, alpha, t = np.broadcast_arrays(*(np.asarray(value, float) for value in (n, r, alpha, t)))
    near = t <= alpha
    tail = np.empty(n.shape)
    tail[near] = special.betainc(n[near], r[near], (t / (alpha + t))[near])
    tail[~near] = special.betaincc(r[~near], n[~near], (alpha / (alpha + t))[~near])
    return tail


def saturating(rate: Any, span: Any) -> Any:
    """Give (1 − exp(−rate · span)) / rate, which tends to `span` as `rate` tends to 0 (either sign)."""
    return span * special.exprel(-rate * span)


def beta_average(
    function: Callable[..., Array], a: Any, b: Any, *rows: Any, scale: Any = 1.0, fall: Any = 0.0
) -> Array:
    """Average `function(p, *rows)` over p ~ Beta(a, b) to about 12 digits.

    The trapezoid rule in u = logit p, whose error falls as exp(−π²/step), summed over the whole line: beyond the
    nodes the weight is exp(a·u) on the left and exp(−b·u) on the right, and these geometric series are added in
    closed form, so that a and b may be as small as 1e-4.

    Parameters
    ----------
    function : positive, decreasing in p; receives p as rows × nodes and the other values as columns.
    scale : the function is constant where p · scale ≪ 1.
    fall : the function falls no faster than p to the power −fall.
    """
    columns = np.broadcast_arrays(*(np.asarray(value, float) for value in (a, b, scale, fall, *rows)))
    a, b, scale, fall, *flat = (np.ravel(column) for column in columns)
    one, law = distinct([a, b, fall])
    widest = np.zeros(one.size)
    np.maximum.at(widest, law, scale)
    left, right, step = _range(a[one], b[one], widest, fall[one])
    answer = np.empty(a.size)
    for chosen, nodes in _blocks(np.ceil((right - left) / step), law):
        laws, law_of = np.unique(law[chosen], return_inverse=True)
        p, weight = _nodes(nodes, a[one[laws]], b[one[laws]], left[laws], right[laws])
        values = function(p[law_of], *(value[chosen, None] for value in flat))
        answer[chosen] = np.einsum("ij,ij->i", weight[law_of], values)
    return answer.reshape(columns[0].shape)


def _nodes(nodes: int, a: Array, b: Array, left: Array, right: Array) -> tuple[Array, Array]:
    """Give the nodes p of each Beta(a, b), and their weights, which sum to 1 with the tails."""
    step = (right - left) / nodes
    u = left[:, None] + step[:, None] * np.arange(nodes + 1)
    log_one_plus = np.log1p(np.exp(-np.abs(u)))
    log_p, log_q = np.minimum(u, 0.0) - log_one_plus, -np.maximum(u, 0.0) - log_one_plus
    weight = np.exp(
        a[:, None] * (log_p + np.log1p(b / a)[:, None]) + b[:, None] * (log_q + np.log1p(a / b)[:, None])
    )
    weight[:, 0] /= -np.expm1(-a * step)
    weight[:, -1] /= -np.expm1(-b * step)
    return np.exp(log_p), weight / weight.sum(axis=1, keepdims=True)


def _range(a: Array, b: Array, scale: Array, fall: Array) -> tuple[Array, Array, Array]:
    """Find first node, last node and step: stop where nothing is left, or where only the tail is."""
    left = np.maximum(_falls_to(a, b, fall), -_DIGITS - np.log(1.0 + np.maximum(scale, a + b)))
    right = np.minimum(-_falls_to(b, a, 0.0), _DIGITS + np.log1p(a + b))
    centre = np.log(a / b)
    left, right = np.minimum(left, centre - 1.0), np.maximum(right, centre + 1.0)
    return left, right, np.minimum(_STEP, 0.6 * np.sqrt(1.0 / a + 1.0 / (b + fall)))


def _falls_to(a: Array, b: Array, fall: Any) -> Array:
    """Find the u, left of the mode, where p^a q^b p^(−fall) is exp(−_DIGITS) of its value at the mode of p^a q^b."""
    centre, slope = np.log(a / b), np.maximum(a - fall, 1e-30)
    u = np.log(a / (a + b)) - (_DIGITS + a) / slope
    for _ in range(8):  # Newton on a concave function, from outside: never oversteps
        height = (a - fall) * (u - centre) - (a + b) * (np.logaddexp(0.0, u) - np.logaddexp(0.0, centre))
        steep = np.maximum(a - fall - (a + b) * special.expit(u), 1e-30)
        u = u + np.where(height < -_DIGITS, (-_DIGITS - height) / steep, 0.0)
    return u


def _blocks(needed: Array, law: Array) -> Iterator[tuple[Array, int]]:
    """Put rows together that need about as many nodes, those of one law side by side, in blocks that fit in memory."""
    sizes = np.exp2(np.ceil(2.0 * np.log2(np.maximum(needed, 16.0))) / 2.0)[law]
    order = np.argsort(law, kind="stable")
    for size in np.unique(sizes):
        rows = order[sizes[order] == size]
        most = max(int(_BLOCK / size), 1)
        for start in range(0, rows.size, most):
            yield rows[start : start + most], int(size)
