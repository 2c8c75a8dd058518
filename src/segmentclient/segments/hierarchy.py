"""Hierarchical clustering (Ward): every number of clusters at once, one inside the other."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from scipy.cluster import hierarchy

from segmentclient.errors import ModelError
from segmentclient.segments.arguments import checked_number
from segmentclient.segments.lloyd import Array, Labels, distinct_rows, nearest, ordered_sample
from segmentclient.segments.preparation import Scale, Transform
from segmentclient.segments.segmenter import Segmenter

__all__ = ["HierarchicalSegmenter"]

SAMPLE = 5_000  # the tree needs every pair of rows: 100 MB
MOST = 10


class HierarchicalSegmenter(Segmenter):
    """Ward's tree on at most 5,000 rows; other rows join the cluster with the nearest centre.

    Parameters
    ----------
    n_clusters : how many, or "auto": the number from 2 to 10 whose next merge is highest relative to
        the merge before.
    transform, scale, random_state : as in `segment_kmeans`.

    Attributes
    ----------
    linkage_ : the tree, as `scipy.cluster.hierarchy.dendrogram` draws it (not stored in JSON).
    cluster_centers_ : centres in original units.
    labels_, preparation_ : as in `KMeansSegmenter`. On tables within 5,000 rows the labels are the tree's own,
        and `predict` may put a row of the border elsewhere.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"revenue": [10, 12, 11, 90, 95, 300, 310.0]})
    >>> HierarchicalSegmenter(n_clusters="auto", transform=None).fit_predict(people).tolist()
    [2, 2, 2, 1, 1, 0, 0]
    """

    def __init__(
        self,
        n_clusters: int | Literal["auto"] = 5,
        *,
        transform: Transform = "auto",
        scale: Scale = "standard",
        random_state: Any = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.transform = transform
        self.scale = scale
        self.random_state = random_state

    @property
    def cluster_centers_(self) -> Array:
        """Centres in original units."""
        return self.preparation_.undo(self.prepared_centers_)

    def _learn(self, prepared: Array, seed: int) -> Labels:
        whole = len(prepared) <= SAMPLE
        sample = prepared if whole else ordered_sample(prepared, SAMPLE, seed=seed)
        self.linkage_ = _tree(sample, self.n_clusters)
        number = _tallest(self.linkage_) if self.n_clusters == "auto" else checked_number(self.n_clusters)
        cut = hierarchy.cut_tree(self.linkage_, n_clusters=number).ravel()
        self.prepared_centers_ = np.array([sample[cut == label].mean(axis=0) for label in range(number)])
        return np.asarray(cut, dtype=np.int64) if whole else nearest(prepared, self.prepared_centers_)[0]

    def _reorder(self, order: Labels) -> None:
        self.prepared_centers_ = self.prepared_centers_[order]

    def _nearest(self, prepared: Array) -> Labels:
        return nearest(prepared, self.prepared_centers_)[0]

    def _learnt(self) -> dict[str, Any]:
        return {"prepared_centers_": self.prepared_centers_}


def _tree(sample: Array, n_clusters: Any) -> Array:
    least = 2 if n_clusters == "auto" else checked_number(n_clusters)
    different = distinct_rows(sample, least)
    if different < max(2, least):
        found = "1 sample" if len(sample) == 1 else f"{different} different rows"
        raise ModelError(
            f"customers: n_clusters={n_clusters!r} needs at least {max(2, least)} different rows, found {found}"
        )
    return np.asarray(hierarchy.linkage(sample, method="ward"))


def _tallest(tree: Array) -> int:
    """Number of clusters (2 to 10) whose next merge costs most, relative to the merge that made them."""
    heights = tree[::-1, 2][: MOST + 1]
    if len(heights) < 3:
        return 2
    smallest = max(float(heights[0]) * 1e-9, 1e-300)
    return int(np.argmax((heights[:-1] / np.maximum(heights[1:], smallest))[: MOST - 1])) + 2
