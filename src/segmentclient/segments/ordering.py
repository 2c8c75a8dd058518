"""The order of clusters: by value, the most valuable first, whatever number an algorithm gave them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segmentclient.segments.lloyd import Array, Labels

__all__ = ["NOISE", "by_value", "cluster_keys", "cluster_means", "renumbered"]

NOISE = "noise"
VALUE_WORDS = ("lifetime_value", "revenue", "monetary_value", "average_order_value", "n_orders", "frequency")
LESS_IS_BETTER = {"days_since_last_order"}


def cluster_keys(n_clusters: int) -> list[str]:
    """Give the keys "c1", "c2", … with as many digits as sorting them as text needs."""
    digits = len(str(n_clusters))
    return [f"c{place:0{digits}d}" for place in range(1, n_clusters + 1)]


def by_value(values: Array, labels: Labels, names: Sequence[str]) -> Labels:
    """Rank raw labels by the mean of the value feature, highest first; other features settle ties.

    Where no feature is a number, the largest cluster comes first.
    """
    found, sizes = np.unique(labels[labels >= 0], return_counts=True)
    if not names:
        return found[np.argsort(-sizes, kind="stable")]
    means = cluster_means(values, labels, int(np.max(found)) + 1 if len(found) else 0)[found]
    value = next((name for name in VALUE_WORDS if name in names), names[0])
    places = sorted(range(len(names)), key=lambda place: names[place] != value)
    signs = [1.0 if names[place] in LESS_IS_BETTER else -1.0 for place in places]
    ranks = np.lexsort(
        [sign * means[:, place] for sign, place in reversed(list(zip(signs, places, strict=True)))]
    )
    return found[ranks]


def renumbered(labels: Labels, order: Labels) -> Labels:
    """Give raw labels their places in `order`; −1 stays."""
    places = np.full(int(np.max(order)) + 2 if len(order) else 1, -1, dtype=np.int64)
    places[order] = np.arange(len(order))
    return places[labels]


def cluster_means(values: Array, labels: Labels, n_clusters: int) -> Array:
    """Mean of each column in each cluster; noise counts nowhere."""
    kept = labels >= 0
    sizes = np.bincount(labels[kept], minlength=n_clusters)
    sums = [np.bincount(labels[kept], weights=column[kept], minlength=n_clusters) for column in values.T]
    return np.array(sums).reshape(values.shape[1], n_clusters).T / np.maximum(sizes, 1)[:, None]
