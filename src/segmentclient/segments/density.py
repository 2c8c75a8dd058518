"""HDBSCAN: clusters of any shape where customers crowd; those who stand apart are named noise, not forced in."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial import cKDTree
from sklearn.cluster import HDBSCAN

from segmentclient.errors import ModelError
from segmentclient.segments.lloyd import Array, Labels, one_thread, ordered_sample, row_order
from segmentclient.segments.preparation import Scale, Transform
from segmentclient.segments.segmenter import Segmenter

__all__ = ["DensitySegmenter"]

SAMPLE = 10_000


class DensitySegmenter(Segmenter):
    """HDBSCAN on at most 10,000 rows; other rows follow their nearest fitted row.

    A row farther from its nearest fitted row than any two neighbours of that row's cluster are from each other
    is noise (label −1, key "noise").

    Parameters
    ----------
    min_cluster_size : least number of the fitted rows in a cluster; None for 2 % of them, at least 5.
    transform, scale, random_state : as in `segment_kmeans`.

    Attributes
    ----------
    reach_ : largest distance to a neighbour within each cluster, in the prepared space.
    labels_, preparation_ : as in `KMeansSegmenter`, with −1 for noise.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> spend = np.r_[rng.normal(50, 2, 60), rng.normal(200, 2, 40), 5000]
    >>> DensitySegmenter(20, transform=None).fit(pd.DataFrame({"revenue": spend})).sizes_.tolist()
    [40, 60]
    """

    def __init__(
        self,
        min_cluster_size: int | None = None,
        *,
        transform: Transform = "auto",
        scale: Scale = "standard",
        random_state: Any = 0,
    ) -> None:
        self.min_cluster_size = min_cluster_size
        self.transform = transform
        self.scale = scale
        self.random_state = random_state

    def _learn(self, prepared: Array, seed: int) -> Labels:
        whole = len(prepared) <= SAMPLE
        self.rows_ = ordered_sample(prepared, SAMPLE, seed=seed)
        with one_thread():
            self.row_labels_ = _dense(self.rows_, self._least(len(self.rows_)))
        self.reach_ = _reaches(self.rows_, self.row_labels_)
        return self.row_labels_[np.argsort(row_order(prepared))] if whole else self._nearest(prepared)

    def _least(self, n_rows: int) -> int:
        least = max(5, round(0.02 * n_rows)) if self.min_cluster_size is None else self.min_cluster_size
        if isinstance(least, bool) or not isinstance(least, (int, np.integer)) or least < 2:
            raise ModelError(f"min_cluster_size={least!r}: expected a whole number ≥ 2, or None")
        if n_rows < 2:
            raise ModelError("customers: density needs at least 2 rows to compare, found 1 sample")
        return min(int(least), n_rows)

    def _reorder(self, order: Labels) -> None:
        places = np.full(len(self.reach_) + 1, -1, dtype=np.int64)
        places[order] = np.arange(len(order))
        self.row_labels_ = places[self.row_labels_]
        self.reach_ = self.reach_[order]

    def _nearest(self, prepared: Array) -> Labels:
        away, row = cKDTree(self.rows_).query(prepared)
        labels = self.row_labels_[row]
        reach = np.append(self.reach_, 0.0)[labels]
        return np.where(away <= reach, labels, -1)

    def _learnt(self) -> dict[str, Any]:
        return {"rows_": self.rows_, "row_labels_": self.row_labels_, "reach_": self.reach_}


def _dense(rows: Array, least: int) -> Labels:
    labels = HDBSCAN(min_cluster_size=least, copy=True).fit_predict(rows)
    return np.asarray(labels, dtype=np.int64)


def _reaches(rows: Array, labels: Labels) -> Array:
    return np.array([_reach(rows[labels == label]) for label in range(int(np.max(labels, initial=-1)) + 1)])


def _reach(rows: Array) -> float:
    return float(cKDTree(rows).query(rows, k=2)[0][:, 1].max()) if len(rows) > 1 else 0.0
