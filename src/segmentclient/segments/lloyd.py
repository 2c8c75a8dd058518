"""k-means at any size: many restarts on a sample of the rows, then a polish on all of them.

A few ten thousand rows say where the centres are; all rows only move them by thousandths. So the restarts,
which is what k-means needs against bad local optima, are made where they cost little.
"""

from __future__ import annotations

import functools
import warnings
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from segmentclient.errors import ModelError

__all__ = [
    "Partition",
    "distinct_rows",
    "nearest",
    "one_thread",
    "ordered_sample",
    "partition",
    "row_order",
    "small_partition",
]

Array: TypeAlias = NDArray[np.float64]
Labels: TypeAlias = NDArray[np.int64]

SAMPLE = 20_000
RESTARTS = (10, 100)  # least and most
WORK = 200_000  # rows times restarts aimed at: small tables get more restarts for the same time
WIDER, RIVALS = 100_000, 4  # beyond three dimensions: the rows that choose among so many optima of the sample
CELLS = 32_768
SWAPS = 600_000  # rows times swaps tried
BLOCK = 16_384


@dataclass(frozen=True)
class Partition:
    """Centres and labels of a k-means, with the sum of squared distances to the centres."""

    centers: Array
    labels: Labels
    inertia: float
    sampled: int
    iterations: int


def partition(rows: Array, n_clusters: int, *, seed: int, restarts: int | None = None) -> Partition:
    """Cut rows into `n_clusters`; the answer depends on the rows and the seed, not on the order of the rows."""
    _refuse_too_few(rows, n_clusters)
    if len(rows) <= SAMPLE:
        looked_at = len(rows)
        centers, iterations = _best_of(
            rows[row_order(rows)], None, n_clusters, seed, restarts or _restarts(len(rows))
        )
    else:
        looked_at, start = _start(rows, n_clusters, seed, restarts or RESTARTS[0])
        centers, iterations = _polished(rows, start)
    labels, inertia = nearest(rows, centers)
    if (found := len(np.unique(labels))) < n_clusters:  # rows so near that squared distances are 0
        _refuse(rows, n_clusters, found)
    return Partition(centers, labels, inertia, looked_at, iterations)


def small_partition(rows: Array, n_clusters: int, *, seed: int, restarts: int = 3) -> Partition:
    """Cut a small table quickly, for resampling: few restarts, no polish, enough different rows taken for granted."""
    if n_clusters == 1:
        center = rows.mean(axis=0, keepdims=True)
        return Partition(
            center, np.zeros(len(rows), dtype=np.int64), float(((rows - center) ** 2).sum()), len(rows), 1
        )
    centers, iterations = _best_of(rows, None, n_clusters, seed, restarts, tol=1e-4)
    labels, inertia = nearest(rows, centers)
    return Partition(centers, labels, inertia, len(rows), iterations)


def _restarts(n_rows: int) -> int:
    least, most = RESTARTS
    return int(np.clip(WORK // n_rows, least, most))


def _start(rows: Array, n_clusters: int, seed: int, restarts: int) -> tuple[int, Array]:
    """Find good centres on a digest of the rows: weighted cells in up to three dimensions, a sample beyond."""
    if rows.shape[1] <= 3:
        cells, weights = cell_means(rows)
        if len(cells) >= 50 * n_clusters:
            return len(rows), _best_of(cells, weights, n_clusters, seed, restarts)[0]
    sample = ordered_sample(rows, SAMPLE, seed=seed)
    wider = ordered_sample(rows, WIDER, seed=seed + 1)
    refined = (_polished(wider, centers)[0] for centers in _rivals(sample, n_clusters, seed, restarts))
    return len(wider), min(refined, key=lambda centers: nearest(wider, centers)[1])


def _best_of(
    rows: Array, weights: Array | None, n_clusters: int, seed: int, restarts: int, tol: float = 1e-6
) -> tuple[Array, int]:
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    init = _spread_out if weights is None else "k-means++"
    with one_thread():  # threads cost more than they bring on tables this small
        model = KMeans(n_clusters, init=init, n_init=restarts, random_state=seed, tol=tol)
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", ConvergenceWarning
            )  # fewer clusters than asked for: seen by the caller
            model.fit(rows, sample_weight=weights)
    return model.cluster_centers_, model.n_iter_


def _swapped(rows: Array, centers: Array, seed: int) -> tuple[Array, int]:
    """Move one centre at a time to a row drawn at random, and keep what is better.

    Restarts alone seldom find the best of many near-equal optima; swaps do (Fränti, 2018).
    """
    rng = np.random.default_rng(seed)
    best, iterations = _settled(rows, centers)
    left = int(np.clip(SWAPS // len(rows), 0, 20 * len(centers))) if len(centers) > 1 else 0
    least = nearest(rows, best)[1]
    for _ in range(left):
        moved = best.copy()
        moved[rng.integers(len(moved))] = rows[rng.integers(len(rows))]
        settled, more = _settled(rows, moved)
        inertia = nearest(rows, settled)[1]
        if inertia < least * (1 - 1e-9):
            best, least, iterations = settled, inertia, more
    return best, iterations


def _settled(rows: Array, centers: Array) -> tuple[Array, int]:
    """Run Lloyd's iterations from given centres."""
    from sklearn.cluster import KMeans

    with one_thread():
        model = KMeans(len(centers), n_init=1, init=centers, tol=1e-6).fit(rows)
    return model.cluster_centers_, model.n_iter_


def _spread_out(rows: Array, n_clusters: int, random_state: np.random.RandomState) -> Array:
    """Choose first centres far apart: greedy k-means++ (Arthur and Vassilvitskii, 2007), lean for small tables."""
    trials = 2 + int(np.log(n_clusters))
    centers = np.empty((n_clusters, rows.shape[1]))
    centers[0] = rows[random_state.randint(len(rows))]
    closest = ((rows - centers[0]) ** 2).sum(axis=1)
    for place in range(1, n_clusters):
        reached = np.cumsum(closest)
        drawn = np.searchsorted(reached, random_state.random_sample(trials) * reached[-1]).clip(
            max=len(rows) - 1
        )
        left = np.minimum(closest, ((rows - rows[drawn][:, None]) ** 2).sum(axis=2))
        best = int(left.sum(axis=1).argmin())
        centers[place], closest = rows[drawn[best]], left[best]
    return centers


def one_thread() -> Any:
    """Give a context in which numerical libraries use one thread (finding them takes time: it is done once)."""
    return _libraries().limit(limits=1)


@functools.cache
def _libraries() -> Any:
    import sklearn.cluster  # noqa: F401 - its OpenMP library must be loaded to be found
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _rivals(sample: Array, n_clusters: int, seed: int, restarts: int) -> list[Array]:
    """Give the few best different optima of a sample: which of them is best, more rows must decide."""
    seeds = np.random.default_rng(seed).integers(0, 2**31 - 1, restarts)
    found = [_best_of(sample, None, n_clusters, int(each), 1, tol=1e-4)[0] for each in seeds]
    rated = sorted(
        ((nearest(sample, centers)[1], _tidy(centers)) for centers in found), key=lambda rival: rival[0]
    )
    same = 0.05 * float(sample.std())
    kept: list[Array] = []
    for _, centers in rated:
        if len(kept) < RIVALS and not any(np.abs(centers - other).max() < same for other in kept):
            kept.append(centers)
    return kept


def cell_means(rows: Array) -> tuple[Array, Array]:
    """Digest rows into the means of grid cells and their counts (at most 32,768 cells, up to three columns).

    A cell is as fine where rows are dense as where they are far: its borders are even in the mean of the rank
    and the range of each column.
    """
    bins = round(CELLS ** (1 / rows.shape[1]))
    cell = np.zeros(len(rows), dtype=np.int64)
    for column in rows.T:
        cell = cell * bins + np.searchsorted(_borders(column, bins), column)
    counts = np.bincount(cell)
    used = np.flatnonzero(counts)
    sums = [np.bincount(cell, weights=column)[used] for column in rows.T]
    return np.column_stack(sums) / counts[used, None], counts[used].astype(float)


def _borders(column: Array, bins: int) -> Array:
    look = np.sort(column)[:: max(1, len(column) // 50_000)]
    spread = look[-1] - look[0] or 1.0
    position = (np.linspace(0.0, 1.0, len(look)) + (look - look[0]) / spread) / 2
    return np.interp(np.linspace(0.0, 1.0, bins + 1)[1:-1], position, look)


def _tidy(centers: Array) -> Array:
    return centers[np.argsort(_rank_key(centers))]


def _polished(rows: Array, centers: Array) -> tuple[Array, int]:
    from sklearn.cluster import KMeans

    model = KMeans(len(centers), n_init=1, init=centers, tol=1e-4).fit(rows)
    return model.cluster_centers_, model.n_iter_


def ordered_sample(rows: Array, size: int, *, seed: int) -> Array:
    """Draw rows at random in an order that the rows alone decide, so that shuffling a table changes nothing.

    Rows are ranked by a fixed combination of their columns; rows that tie are, but for a set of measure zero,
    equal rows, and exchanging equal rows changes nothing.
    """
    if len(rows) <= size:
        return rows[row_order(rows)]
    chosen = np.random.default_rng(seed).choice(len(rows), size, replace=False)
    return rows[row_order(rows)[np.sort(chosen)]]


def row_order(rows: Array) -> Labels:
    """Give the order of rows that `ordered_sample` follows."""
    return np.argsort(_rank_key(rows))


def _rank_key(rows: Array) -> Array:
    weights: Array = np.random.default_rng(20_260_101).uniform(1.0, 2.0, size=(rows.shape[1],))
    key = np.zeros(len(rows))
    for place, weight in enumerate(weights):  # a matrix product would round by the order of the rows
        key += weight * rows[:, place]
    return key


def nearest(rows: Array, centers: Array) -> tuple[Labels, float]:
    """Give each row its nearest centre (the first of several equally near) and the sum of squared distances."""
    labels = np.empty(len(rows), dtype=np.int64)
    inertia = 0.0
    middle = centers.mean(axis=0)  # distances are computed from products: shifting keeps their digits
    shifted = (centers - middle).T
    norms = np.einsum("ij,ij->j", shifted, shifted)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK] - middle
        chosen = np.argmin(norms - 2.0 * (block @ shifted), axis=1)
        labels[start : start + BLOCK] = chosen
        away = block - shifted.T[chosen]
        inertia += float(np.einsum("ij,ij->", away, away))
    return labels, inertia


def distinct_rows(rows: Array, enough: int) -> int:
    """Count distinct rows, stopping at the first sign that there are `enough`."""
    found = len(np.unique(rows[: 50 * enough], axis=0))
    return found if found >= enough else len(np.unique(rows, axis=0))


def _refuse_too_few(rows: Array, n_clusters: int) -> None:
    found = distinct_rows(rows, n_clusters)
    if found < n_clusters:
        _refuse(rows, n_clusters, found)


def _refuse(rows: Array, n_clusters: int, found: int) -> NoReturn:
    fewer = " or fewer" if found > 1 else ""
    samples = "1 sample" if len(rows) == 1 else f"{len(rows):,} rows"
    raise ModelError(
        f"customers: n_clusters={n_clusters} needs at least {n_clusters} different rows; the table has {samples}, "
        f"{found} of them different. Ask for n_clusters={found}{fewer}, or give more features"
    )
