"""k-means as an analyst needs it: prepared, ordered by value, in original units, reused next month."""

from __future__ import annotations

import warnings
from typing import Any, Literal

from segmentclient import frames
from segmentclient.errors import ModelError, SegmentClientWarning
from segmentclient.options import check_options
from segmentclient.segments.arguments import checked_number, refuse_overwriting
from segmentclient.segments.features import collected
from segmentclient.segments.lloyd import Array, Labels, nearest, partition
from segmentclient.segments.preparation import Scale, Transform
from segmentclient.segments.segmenter import Segmenter

__all__ = ["KMeansSegmenter", "segment_clusters", "segment_kmeans"]


def segment_kmeans(
    customers: Any,
    features: Any,
    *,
    n_clusters: int | Literal["auto"] = 5,
    transform: Transform = "auto",
    scale: Scale = "standard",
    column: str = "cluster",
    random_state: Any = 0,
) -> Any:
    """Cut customers into groups that resemble each other, by k-means on prepared features.

    The features are collected (rows × features × 8 bytes); the labels go back in the table's own engine, and
    a lazy table stays lazy. Customers without orders (`n_orders` 0 or missing) take no part and get no cluster.

    Parameters
    ----------
    customers : table of any engine; any table with numeric columns will do.
    features : numeric columns to compare customers by.
    n_clusters : how many; "auto" asks `choose_k`, and warns where it finds no natural clusters.
    transform : against skew. "auto" leaves a feature alone while its skewness is at most 1, else takes the
        logarithm of 1 + x / u, or Yeo-Johnson or a signed logarithm where one serves better; u is learnt from the
        feature (for counts mostly 1), so that euros and cents give the same clusters. "log" and "yeo-johnson"
        take x as it is, and depend on its unit; None for none.
    scale : "standard" (mean and deviation), "robust" (median and interquartile range) or None.
    column : name of the column to add; it must not exist yet.
    random_state : seed, a generator of numpy.random, or None; the order of the rows changes nothing.

    Returns
    -------
    The same table with one more column, the key of the cluster: "c1" is the most valuable, "c2" the next.
    Value is the mean of the first of lifetime_value, revenue, monetary_value, average_order_value, n_orders and
    frequency among the features, else of the first feature.

    Raises
    ------
    ColumnError
        When a feature is missing, not numeric, NaN or infinite, or `column` exists already.
    ModelError
        When there are fewer different rows than clusters.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({"n_orders": [1, 1, 2, 9, 8, 9], "revenue": [10, 12, 15, 300, 280, 310.0]})
    >>> segment_kmeans(customers, ["n_orders", "revenue"], n_clusters=2)["cluster"].tolist()
    ['c2', 'c2', 'c2', 'c1', 'c1', 'c1']
    """
    check_options(segment_kmeans, locals(), error=ModelError)
    segmenter = KMeansSegmenter(
        n_clusters=n_clusters, transform=transform, scale=scale, random_state=random_state
    )
    return segment_clusters(customers, features, segmenter, column=column)


def segment_clusters(customers: Any, features: Any, segmenter: Segmenter, *, column: str = "cluster") -> Any:
    """Fit a copy of any segmenter on the features and add its clusters: the same face for every method.

    Parameters
    ----------
    customers : table of any engine.
    features : columns to compare customers by; numeric, but for the categories of a `MixedSegmenter`.
    segmenter : `KMeansSegmenter`, `MixtureSegmenter`, `HierarchicalSegmenter`, `DensitySegmenter` or
        `MixedSegmenter`, with its settings. To label customers by an earlier fit, use its `assign`.
    column : name of the column to add; it must not exist yet.

    Returns
    -------
    The same table with one more column: "c1" (most valuable), "c2", … and "noise" where the method knows noise.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({"n_orders": [1, 1, 2, 9, 8, 9], "revenue": [10, 12, 15, 300, 280, 310.0]})
    >>> segment_clusters(customers, ["revenue"], KMeansSegmenter(n_clusters=2))["cluster"].tolist()
    ['c2', 'c2', 'c2', 'c1', 'c1', 'c1']
    """
    check_options(segment_clusters, locals(), error=ModelError)
    from sklearn.base import clone

    frame = frames.read(customers)
    names = segmenter._feature_names(features, frame)
    refuse_overwriting(frame, column)
    fitted = clone(segmenter).fit(collected(frame, names))
    return fitted.assign(customers, column=column)


class KMeansSegmenter(Segmenter):
    """k-means with its preparation, as a scikit-learn estimator.

    Tables beyond 20,000 rows are cut on a random sample with several restarts; the centres are then polished on
    all rows. Smaller tables get 10 to 100 restarts on all rows.

    Parameters
    ----------
    n_clusters, transform, scale, random_state : as in `segment_kmeans`.

    Attributes
    ----------
    labels_ : cluster of each row, 0 for the most valuable.
    cluster_centers_ : centres in original units (the preparation undone).
    prepared_centers_ : centres in the prepared space where distances were measured.
    inertia_ : sum of squared distances to the centres, in the prepared space.
    preparation_ : what was done to each feature; `preparation_.to_frame()` shows it.
    n_clusters_ : how many clusters there are.
    n_sampled_ : rows that the restarts saw.
    choice_ : the `KChoice` behind `n_clusters="auto"`.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({"n_orders": [1, 1, 2, 9, 8, 9], "revenue": [10, 12, 15, 300, 280, 310.0]})
    >>> segmenter = KMeansSegmenter(n_clusters=2, transform=None, scale=None).fit(customers)
    >>> segmenter.summary().round(1)
      cluster  customers  share  n_orders  revenue
    0      c1          3    0.5       8.7    296.7
    1      c2          3    0.5       1.3     12.3
    >>> KMeansSegmenter.from_json(segmenter.to_json()).predict(pd.DataFrame({"n_orders": [3], "revenue": [20.0]}))
    array([1])
    """

    prepared_centers_: Array
    inertia_: float

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

    @property
    def n_clusters_(self) -> int:
        """How many clusters there are."""
        return len(self.prepared_centers_)

    def _learn(self, prepared: Array, seed: int) -> Labels:
        found = partition(prepared, self._number(prepared, seed), seed=seed)
        self.prepared_centers_ = found.centers
        self.inertia_, self.n_iter_, self.n_sampled_ = found.inertia, found.iterations, found.sampled
        return found.labels

    def _number(self, prepared: Array, seed: int) -> int:
        if self.n_clusters != "auto":
            return checked_number(self.n_clusters)
        from segmentclient.segments.choice import choose_on_prepared

        self.choice_ = choose_on_prepared(prepared, self.preparation_, seed=seed)
        if not self.choice_.natural:
            warnings.warn(self.choice_.verdict, SegmentClientWarning, stacklevel=5)
        return self.choice_.best_k

    def _reorder(self, order: Labels) -> None:
        self.prepared_centers_ = self.prepared_centers_[order]

    def _nearest(self, prepared: Array) -> Labels:
        return nearest(prepared, self.prepared_centers_)[0]

    def _learnt(self) -> dict[str, Any]:
        names = ("prepared_centers_", "inertia_", "n_iter_", "n_sampled_")
        return {name: getattr(self, name) for name in names}
