"""What every segmenter shares: learning, ordering by value, labelling any frame.

A segmenter is a scikit-learn clusterer whose labels are whole numbers from 0, the most valuable cluster
first (−1 for noise). On tables the same labels read as keys: "c1" is the most valuable, then "c2" and so on.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClusterMixin

from segmentclient import frames
from segmentclient.errors import ModelError
from segmentclient.options import check_options
from segmentclient.segments.arguments import refuse_overwriting, seed_of
from segmentclient.segments.features import as_floats, refuse_missing, refuse_unusable
from segmentclient.segments.lloyd import Array, Labels
from segmentclient.segments.ordering import NOISE, by_value, cluster_keys, cluster_means, renumbered
from segmentclient.segments.storing import Storable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Segmenter"]


class Segmenter(ClusterMixin, Storable):
    """The shared part of the segmenters; see `KMeansSegmenter` for what users meet."""

    random_state: Any
    labels_: Labels

    @abstractmethod
    def _learn(self, prepared: Array, seed: int) -> Labels:
        """Learn from prepared rows; give raw labels (−1 for noise)."""

    @abstractmethod
    def _reorder(self, order: Labels) -> None:
        """Renumber what was learnt: the new label i is the raw label `order[i]`."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the clusters of `X`.

        Parameters
        ----------
        X : a frame of features or an array, rows × features.
        y : ignored, as scikit-learn's pipelines give it.

        Returns
        -------
        self
        """
        check_options(type(self).__init__, vars(self), error=ModelError)
        values = self._read(X, reset=True)
        self._learn_preparation(values)
        self.seed_ = seed_of(self.random_state)
        labels = self._learn(self._prepare(values), self.seed_)
        numbers = values[:, : len(self._number_names())]
        order = by_value(numbers, labels, self._number_names())
        self._reorder(order)
        self.labels_ = renumbered(labels, order)
        self.sizes_ = np.bincount(self.labels_[self.labels_ >= 0], minlength=len(order))
        self.cluster_means_ = cluster_means(numbers, self.labels_, len(order))
        return self

    def predict(self, X: Any) -> Labels:
        """Give the cluster of each row of `X`.

        Parameters
        ----------
        X : a frame or an array with the features of the fit, rows × features.

        Returns
        -------
        numpy.ndarray
            One whole number a row: 0 for the most valuable cluster, −1 for noise.
        """
        self._check_fitted()
        return self._nearest(self._prepare(self._read(X, reset=False)))

    def assign(self, customers: Any, *, column: str = "cluster") -> Any:
        """Add the cluster key of each customer, to any frame; next month's customers too.

        Parameters
        ----------
        customers : table of any engine, with the features; a lazy table stays lazy.
        column : name of the column to add; it must not exist yet.

        Returns
        -------
        The same table with one more column: "c1" (most valuable), "c2", …, "noise" where the method knows
        noise, and missing for customers without orders.

        Raises
        ------
        ColumnError
            When a feature is missing, not numeric, NaN or infinite, or `column` exists already.
        """
        check_options(Segmenter.assign, locals(), error=ModelError)
        self._check_fitted()
        frame = frames.read(customers)
        names = self._feature_names(self._names(), frame)
        refuse_overwriting(frame, column)
        if frames.is_lazy(frame):
            refuse_missing(frame, names)
        return frames.give_back(self._labelled(frame, names, column))

    def _labelled(self, frame: frames.Frame, names: Sequence[str], column: str) -> frames.Frame:
        keys = self.keys_

        def label(arrays: dict[str, Any]) -> dict[str, Any]:
            bought = _bought(arrays)
            values = self._matrix({name: arrays[name][bought] for name in names})
            refuse_unusable(values, names)
            answer = np.full(len(bought), None, dtype=object)
            if bought.any():
                answer[bought] = keys[self._nearest(self._prepare(values))]
            return {column: answer.tolist()}

        known = ["n_orders"] if "n_orders" in frame.collect_schema().names() else []
        return frames.map_rows(frame, list(dict.fromkeys([*names, *known])), label, apart="customer_id")

    @property
    def keys_(self) -> NDArray[Any]:
        """Keys by label; the last one, which label −1 finds, is "noise"."""
        return np.array([*cluster_keys(len(self.sizes_)), NOISE], dtype=object)

    def summary(self) -> pd.DataFrame:
        """Show one row a cluster: cluster, customers, share, and the mean of each feature in its own unit."""
        import pandas as pd

        self._check_fitted()
        means = pd.DataFrame(self.cluster_means_, columns=self._number_names())
        means.insert(0, "cluster", self.keys_[:-1])
        means.insert(1, "customers", self.sizes_)
        means.insert(2, "share", self.sizes_ / max(1, int(np.sum(self.sizes_))))
        return means


def _bought(arrays: Mapping[str, Any]) -> NDArray[np.bool_]:
    if "n_orders" in arrays:
        return as_floats(arrays["n_orders"]) > 0
    return np.ones(len(next(iter(arrays.values()))), dtype=bool)
