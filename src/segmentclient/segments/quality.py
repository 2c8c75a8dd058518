"""How good a partition is: silhouette, Calinski–Harabasz, Davies–Bouldin, BIC, in bounded memory at any size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmentclient.segments.lloyd import Array, Labels, Partition

__all__ = [
    "Silhouette",
    "bic",
    "calinski_harabasz",
    "davies_bouldin",
    "knee",
    "mean_silhouette",
    "silhouettes",
]

BLOCK_VALUES = 5_000_000  # distances held at once: 40 MB


@dataclass(frozen=True)
class Silhouette:
    """Mean silhouette width and its 95 % interval over customers drawn likewise."""

    mean: float
    low: float
    high: float


def mean_silhouette(widths: Array) -> Silhouette:
    """Summarise the widths of the rows looked at; the interval is the normal one of a mean."""
    mean = float(widths.mean())
    half = 1.96 * float(widths.std(ddof=1)) / len(widths) ** 0.5 if len(widths) > 1 else 0.0
    return Silhouette(mean, mean - half, mean + half)


def silhouettes(rows: Array, partitions: Sequence[Labels]) -> list[Array]:
    """Compute the silhouette width of every row under several partitions, measuring each distance once.

    Rousseeuw (1987): (b − a) / max(a, b), with a the mean distance to the own cluster and b to the nearest other;
    0 for a row alone in its cluster.
    """
    members = [np.eye(int(np.max(labels)) + 1)[labels] for labels in partitions]
    ends = np.cumsum([one.shape[1] for one in members])[:-1]
    stacked = np.hstack(members)
    widths = [np.empty(len(rows)) for _ in partitions]
    step = max(1, BLOCK_VALUES // len(rows))
    for start in range(0, len(rows), step):
        block = slice(start, start + step)
        sums = np.split(_distances(rows[block], rows) @ stacked, ends, axis=1)
        for width, labels, member, total in zip(widths, partitions, members, sums, strict=True):
            width[block] = _widths(total, labels[block], member.sum(axis=0))
    return widths


def _distances(some: Array, rows: Array) -> Array:
    middle = rows.mean(axis=0)
    some, rows = some - middle, rows - middle
    squares = np.einsum("ij,ij->i", some, some)[:, None] + np.einsum("ij,ij->i", rows, rows)
    squares -= 2.0 * (some @ rows.T)
    return np.sqrt(np.maximum(squares, 0.0, out=squares), out=squares)


def _widths(sums: Array, labels: Labels, sizes: Array) -> Array:
    own = np.arange(len(labels)), labels
    within = sums[own] / np.maximum(sizes[labels] - 1, 1)
    means = sums / np.maximum(sizes, 1)
    means[:, sizes == 0] = np.inf
    means[own] = np.inf
    beyond = means.min(axis=1)
    larger = np.maximum(within, beyond)
    widths = np.divide(
        beyond - within, larger, out=np.zeros(len(labels)), where=(larger > 0) & np.isfinite(larger)
    )
    return np.where(sizes[labels] > 1, widths, 0.0)


def calinski_harabasz(rows: Array, found: Partition) -> float:
    """Variance between clusters over variance within, each by its degrees of freedom (1974)."""
    n_rows, n_clusters = len(rows), len(found.centers)
    total = float(((rows - rows.mean(axis=0)) ** 2).sum())
    if found.inertia <= 0 or n_clusters < 2 or n_rows <= n_clusters:
        return float("nan")
    return (total - found.inertia) / (n_clusters - 1) / (found.inertia / (n_rows - n_clusters))


def davies_bouldin(rows: Array, found: Partition) -> float:
    """Mean over clusters of the worst (spread + spread) / distance between centres (1979); low is good."""
    n_clusters = len(found.centers)
    away = np.sqrt(((rows - found.centers[found.labels]) ** 2).sum(axis=1))
    sizes = np.bincount(found.labels, minlength=n_clusters)
    spread = np.bincount(found.labels, weights=away, minlength=n_clusters) / np.maximum(sizes, 1)
    apart = _distances(found.centers, found.centers)
    np.fill_diagonal(apart, np.inf)
    return float(((spread[:, None] + spread) / apart).max(axis=1).mean()) if n_clusters > 1 else float("nan")


def bic(rows: Array, found: Partition) -> float:
    """Bayesian information criterion of round clusters of one common variance; low is good.

    Pelleg and Moore (2000), with −2 log-likelihood + parameters × log n; parameters: k − 1 shares, k·d
    coordinates, one variance.
    """
    n_rows, n_columns = rows.shape
    sizes = np.bincount(found.labels, minlength=len(found.centers))
    sizes = sizes[sizes > 0]
    variance = found.inertia / (n_rows * n_columns)
    if variance <= 0:
        return float("-inf")
    shares = float((sizes * np.log(sizes / n_rows)).sum())
    log_likelihood = shares - n_rows * n_columns / 2 * (np.log(2 * np.pi * variance) + 1)
    parameters = len(sizes) - 1 + len(sizes) * n_columns + 1
    return float(-2 * log_likelihood + parameters * np.log(n_rows))


def knee(ks: Sequence[int], inertias: Sequence[float]) -> NDArray[np.bool_]:
    """Mark where the inertia curve lies farthest below the straight line between its ends."""
    curve = np.asarray(inertias, dtype=float)
    marks = np.zeros(len(curve), dtype=bool)
    if len(curve) >= 3 and curve[0] > curve[-1]:
        across = (np.asarray(ks) - ks[0]) / (ks[-1] - ks[0])
        down = (curve - curve[-1]) / (curve[0] - curve[-1])
        marks[np.argmax(1 - across - down)] = True
    return marks
