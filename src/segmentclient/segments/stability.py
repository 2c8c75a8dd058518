"""Would the clusters come back, and are they more than chance.

Resampling gives the adjusted Rand index, prediction strength and the Jaccard index of each cluster; made-up data
give what the same method finds where there are no clusters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from segmentclient.segments.agreement import adjusted_rand, best_overlaps, contingency
from segmentclient.segments.lloyd import Array, Labels, distinct_rows, nearest, small_partition
from segmentclient.segments.quality import silhouettes

__all__ = ["Curve", "bootstrap_ari", "chance", "curve", "jaccards", "prediction_strength"]


def bootstrap_ari(rows: Array, centers: Array, *, times: int, seed: int) -> float:
    """Cut bootstrap samples again; mean adjusted Rand of their cut with the first one, on all `rows`."""
    first = nearest(rows, centers)[0]
    again = _bootstraps(rows, len(centers), times, seed)
    scores = [adjusted_rand(contingency(first, nearest(rows, other)[0])) for other in again]
    return float(np.mean(scores)) if scores else float("nan")


def _bootstraps(rows: Array, n_clusters: int, times: int, seed: int) -> Iterator[Array]:
    """Give the centres of each bootstrap sample that has enough different rows."""
    rng = np.random.default_rng(seed)
    for _ in range(times):
        drawn = rows[rng.integers(0, len(rows), len(rows))]
        if distinct_rows(drawn, n_clusters) >= n_clusters:
            yield small_partition(drawn, n_clusters, seed=int(rng.integers(2**31 - 1))).centers


def prediction_strength(rows: Array, n_clusters: int, *, times: int, seed: int) -> float:
    """Share of the pairs of one half that stay together under the centres of the other half.

    Tibshirani and Walther (2005). The worst cluster counts; mean over random halvings. 0.8 and more is their threshold for real clusters.
    """
    rng = np.random.default_rng(seed)
    strengths = []
    for _ in range(times):
        shuffled = rows[rng.permutation(len(rows))]
        half, other = shuffled[: len(rows) // 2], shuffled[len(rows) // 2 :]
        if min(distinct_rows(half, n_clusters), distinct_rows(other, n_clusters)) >= n_clusters:
            strengths.append(_strength(half, other, n_clusters, int(rng.integers(2**31 - 1))))
    return float(np.mean(strengths)) if strengths else float("nan")


def _strength(half: Array, other: Array, n_clusters: int, seed: int) -> float:
    theirs = small_partition(half, n_clusters, seed=seed).centers
    own = small_partition(other, n_clusters, seed=seed).labels
    cells = contingency(own, nearest(other, theirs)[0]).astype(float)
    together = (cells * (cells - 1)).sum(axis=1)
    sizes = cells.sum(axis=1)
    return float((together[sizes > 1] / (sizes * (sizes - 1))[sizes > 1]).min(initial=1.0))


def jaccards(rows: Array, labels: Labels, n_clusters: int, *, times: int, seed: int) -> Array:
    """Hennig (2007): for each cluster and each bootstrap, the best Jaccard overlap of a new cluster with it.

    One row a bootstrap, one column a cluster (NaN for a cluster without rows). Means of 0.85 and more are stable,
    below 0.6 dissolved.
    """
    sizes = np.bincount(labels, minlength=n_clusters)
    scores: list[Array] = []
    for centers in _bootstraps(rows, n_clusters, times, seed):
        overlaps = np.full(n_clusters, np.nan)
        found = best_overlaps(contingency(labels, nearest(rows, centers)[0]))
        overlaps[: len(found)] = np.where(sizes[: len(found)] > 0, found, np.nan)
        scores.append(overlaps)
    return np.array(scores) if scores else np.full((1, n_clusters), np.nan)


@dataclass(frozen=True)
class Curve:
    """Log inertia and mean silhouette of one data set for a list of k (no silhouette, NaN, for k = 1)."""

    log_inertia: Array
    silhouette: Array


def curve(rows: Array, ks: Sequence[int], *, seed: int, restarts: int = 2) -> Curve:
    """Cut the same rows for every k; NaN where there are fewer different rows."""
    cuts = {
        k: small_partition(rows, k, seed=seed, restarts=restarts) for k in ks if distinct_rows(rows, k) >= k
    }
    several = [k for k in cuts if 1 < k < len(rows)]
    widths = silhouettes(rows, [cuts[k].labels for k in several]) if several else []
    means = dict(zip(several, (float(width.mean()) for width in widths), strict=True))
    logs = {k: float(np.log(max(cut.inertia, 1e-300))) for k, cut in cuts.items()}
    return Curve(*(np.array([values.get(k, np.nan) for k in ks]) for values in (logs, means)))


def chance(rows: Array, ks: Sequence[int], *, kind: Literal["box", "bell"], seed: int) -> Curve:
    """Cut data without clusters that has the shape of `rows`: uniform in a box, or normal (a bell).

    Both have the principal axes of `rows`; the box is the reference of the gap statistic.
    """
    return curve(_without_clusters(rows, kind, np.random.default_rng(seed)), ks, seed=seed)


def _without_clusters(rows: Array, kind: str, rng: np.random.Generator) -> Array:
    middle = rows.mean(axis=0)
    _, spread, axes = np.linalg.svd(rows - middle, full_matrices=False)
    if kind == "bell":
        return middle + (rng.standard_normal((len(rows), len(spread))) * spread / len(rows) ** 0.5) @ axes
    turned = (rows - middle) @ axes.T
    return middle + rng.uniform(turned.min(axis=0), turned.max(axis=0), turned.shape) @ axes
