"""Predictive intervals on customer rows: quantiles of the realised count and of the realised spend.

The count ahead is 0 with probability 1 − P(alive), else it follows the law of `outlook.counts_at_least`. Given n
purchases the spend of a Gamma-Gamma customer is (v + x·z̄) · BetaPrime(p·n, p·x + q) (a sum of Gammas with a Gamma
rate), so that spend divided by v + x·z̄ has one law a (frequency, T) pair. It is tabulated on a grid of spends, and
each customer only looks up the level that her own P(alive) asks for: nothing is simulated, and nobody's interval
depends on who else is in the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy import special

from segmentclient.lifetime.grouping import distinct
from segmentclient.lifetime.outlook import Process, count_grid, counts_at_least

__all__ = ["Quantiles", "counts_around", "quantiles_ahead"]

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

_PAIRS = 4096
_LEVELS = np.array([0.0005, 0.01, 0.05, 0.12, 0.25, 0.4, 0.6, 0.75, 0.88, 0.95, 0.99, 0.9995])


@dataclass(frozen=True)
class Quantiles:
    """At one level, per customer: the count, and the relative spend on either side of the atom of the dead.

    `spend_late` is the quantile when the dead (who spend 0) lie below it, `spend_early` when they lie above, which
    happens once the living can lose money.
    """

    count: Array
    spend_late: Array
    spend_early: Array


def counts_around(mean: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """Stretch bounds of a count to whole numbers around its mean, which lies above both where hardly anyone buys."""
    return np.minimum(low, np.floor(mean)), np.maximum(high, np.ceil(mean))


def quantiles_ahead(
    processes: Sequence[Process],
    history: tuple[Array, Array, Array],
    p_alive: Array,
    spend: tuple[Array, Array],
    span: float,
    levels: tuple[float, ...],
    *,
    early: bool = True,
) -> list[Quantiles]:
    """Find the quantiles of what is ahead of each customer at each level.

    Parameters
    ----------
    processes : one, or draws of its parameters, over which the law is averaged.
    history : frequency, recency and T of the customers.
    early : whether to find `spend_early` too (left at 0 otherwise).
    spend : p, and q after her own purchases, of each customer's Gamma-Gamma law.
    """
    found = [Quantiles(*(np.zeros(p_alive.size) for _ in range(3))) for _ in levels]
    x, recency, T = history
    since = T - recency if any(process.k > 1 for process in processes) else np.zeros_like(T)
    for rows in _equal(distinct([x, *spend])[1]):
        kinds = [values[rows] for values in (T, since)]
        law_of_spend = tuple(values[rows[0]] for values in spend)
        for part, law in _laws(processes, x[rows[0]], kinds, law_of_spend, span):
            _look_up(found, levels, rows[part], law, p_alive, early)
    return found


def _equal(values: Array) -> Iterator[Array]:
    """Give the positions of each group of equal values."""
    order = np.argsort(values, kind="stable")
    starts = np.flatnonzero(np.diff(values[order])) + 1
    yield from np.split(order, starts) if values.size else iter(())


@dataclass(frozen=True)
class _Law:
    """Tables of one frequency: P(N ≥ counts) and P(spend > spends), a row a kind; `kind` is the row of a customer."""

    kind: Array
    counts: Array
    at_least: Array
    spends: Array
    exceeds: Array


def _laws(
    processes: Sequence[Process], x: float, kinds: list[Array], spend: tuple[float, float], span: float
) -> Iterator[tuple[Array, _Law]]:
    first, kind = distinct(kinds)
    T, since = (values[first] for values in kinds)
    busiest = max(processes, key=lambda process: (process.r + process.k * x) / (process.alpha + T.min()))
    counts = count_grid(busiest, x, T, span)
    spends, exceeds_given = _spend_tables(counts, *spend)
    for start in range(0, T.size, _PAIRS):
        block = slice(start, start + _PAIRS)
        tables = [counts_at_least(process, x, T[block], since[block], span, counts) for process in processes]
        at_least = np.mean(tables, axis=0)
        exactly = at_least - np.append(at_least[:, 1:], np.zeros((at_least.shape[0], 1)), axis=1)
        part = (
            np.flatnonzero((kind >= start) & (kind < start + _PAIRS))
            if T.size > _PAIRS
            else np.arange(kind.size)
        )
        yield part, _Law(kind[part] - start, counts, at_least, spends, exactly @ exceeds_given)


def _spend_tables(counts: Array, p: float, shape: float) -> tuple[Array, Array]:
    """P(BetaPrime(p·n, shape) > s): rows n (the middle of each step of the grid), columns s."""
    n = (counts + np.append(counts[1:] - 1.0, counts[-1])) / 2.0
    few = 2.0 ** np.arange(np.log2(counts[-1]) + 1)
    spread = special.betaincinv(p * few[:, None], shape, _LEVELS)
    middles = special.betaincinv(p * counts[counts > 8], shape, 0.5)
    shares = np.clip(np.unique(np.concatenate([spread.ravel(), middles])), 1e-12, 1.0 - 1e-12)
    spends = np.unique(shares / (1.0 - shares))
    return spends, special.betainc(shape, p * n[:, None], 1.0 / (1.0 + spends))


def _look_up(
    found: list[Quantiles], levels: tuple[float, ...], rows: Array, law: _Law, p_alive: Array, early: bool
) -> None:
    alive = np.maximum(p_alive[rows], 1e-300)
    for level, quantiles in zip(levels, found, strict=True):
        above = np.minimum((1.0 - level) / alive, 2.0)
        quantiles.count[rows] = _count_quantile(law, above)
        quantiles.spend_late[rows] = _spend_quantile(law, above)
        if early:
            quantiles.spend_early[rows] = np.where(
                level < alive, _spend_quantile(law, 1.0 - level / alive), np.inf
            )


def _count_quantile(law: _Law, above: Array) -> Array:
    """Give the least n with P(N ≥ n + 1) ≤ `above`; between the steps of the grid P is interpolated."""
    answer = np.zeros(above.size)
    some = np.flatnonzero(law.at_least[law.kind, 0] > above)
    kind, above = law.kind[some], above[some]
    position = _first_at_most(law.at_least, kind, above)
    right = np.minimum(position, law.counts.size - 1)
    left = np.maximum(right - 1, 0)
    p_left, p_right = law.at_least[kind, left], law.at_least[kind, right]
    share = np.clip((p_left - above) / np.maximum(p_left - p_right, 1e-300), 0.0, 1.0)
    between = np.ceil(law.counts[left] + share * (law.counts[right] - law.counts[left]))
    answer[some] = between - (position < law.counts.size)
    return answer


def _spend_quantile(law: _Law, above: Array) -> Array:
    """Give the relative spend exceeded with probability `above`, 0 where a purchase is not that probable."""
    answer = np.zeros(above.size)
    some = np.flatnonzero(law.at_least[law.kind, 0] > above)
    kind, above = law.kind[some], above[some]
    right = np.clip(_first_at_most(law.exceeds, kind, above), 1, law.spends.size - 1)
    p_left, p_right = law.exceeds[kind, right - 1], law.exceeds[kind, right]
    share = np.clip((p_left - above) / np.maximum(p_left - p_right, 1e-300), 0.0, 1.0)
    answer[some] = law.spends[right - 1] + share * (law.spends[right] - law.spends[right - 1])
    return answer


def _first_at_most(table: Array, row: Array, value: Array) -> Array:
    """Find in each decreasing row of a table the first column that is at most the value (bisection)."""
    width = table.shape[1] + 1
    padded = np.full((table.shape[0], width), -1.0)
    padded[:, :-1] = table
    flat, start = padded.ravel(), row * width
    low, high = np.zeros(row.size, np.int64), np.full(row.size, width - 1)
    for _ in range(int(width - 1).bit_length()):
        middle = (low + high) >> 1
        more = flat[start + middle] > value
        low, high = np.where(more, middle + 1, low), np.where(more, high, middle)
    return low
