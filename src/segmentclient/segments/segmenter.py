"""What every segmenter shares: reading, preparing, ordering by value, labelling any frame, JSON.

A segmenter is a scikit-learn clusterer whose labels are whole numbers from 0, the most valuable cluster
first (−1 for noise). On tables the same labels read as keys: "c1" is the most valuable, then "c2" and so on.
"""

from __future__ import annotations

import json
import warnings
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted, check_random_state, validate_data

from segmentclient import frames
from segmentclient.errors import ColumnError, ModelError, not_fitted
from segmentclient.options import check_options, shown
from segmentclient.segments.features import as_floats, feature_names, refuse_missing, refuse_unusable
from segmentclient.segments.lloyd import Array, Labels
from segmentclient.segments.ordering import NOISE, by_value, cluster_keys, cluster_means, renumbered
from segmentclient.segments.preparation import Preparation, learn_preparation
from segmentclient.stored import read_stored

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Segmenter", "checked_number", "checked_seed", "refuse_overwriting"]

_LAST_SEED = 2**31 - 1  # which leaves room to count on from it


class _Setting:
    """A constructor setting that happens to bear a method's name.

    scikit-learn takes anything with a `transform` attribute for a transformer. So the setting of that name is
    kept where `get_params` finds it, and is no attribute of the estimator.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        raise AttributeError(
            f"{self.name} is a setting here, not a method: read it with get_params()[{self.name!r}]"
        )

    def __set__(self, instance: Any, value: Any) -> None:
        vars(instance)[self.name] = value


class Segmenter(ClusterMixin, BaseEstimator):
    """The shared part of the segmenters; see `KMeansSegmenter` for what users meet."""

    transform = _Setting()
    random_state: Any
    scale: Any
    preparation_: Preparation
    labels_: Labels
    n_features_in_: int
    sizes_: NDArray[np.int64]
    cluster_means_: Array
    _version: ClassVar[int] = 1

    @abstractmethod
    def _learn(self, prepared: Array, seed: int) -> Labels:
        """Learn from prepared rows; give raw labels (−1 for noise)."""

    @abstractmethod
    def _reorder(self, order: Labels) -> None:
        """Renumber what was learnt: the new label i is the raw label `order[i]`."""

    @abstractmethod
    def _nearest(self, prepared: Array) -> Labels:
        """Label prepared rows."""

    @abstractmethod
    def _learnt(self) -> dict[str, Any]:
        """Give what was learnt as arrays and plain values."""

    def _remember(self, learnt: Mapping[str, Any]) -> None:
        """Take back what `_learnt` gave."""
        for name, value in learnt.items():
            setattr(self, name, np.asarray(value) if isinstance(value, list) else value)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Give the constructor settings by name."""
        return {name: vars(self)[name] for name in self._get_param_names()}

    def set_params(self, **options: Any) -> Self:
        """Change constructor settings by name."""
        try:
            return super().set_params(**options)
        except ValueError as error:
            raise ModelError(str(error)) from None

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
        labels = self._learn(self._prepare(values), self._seed())
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
        return frames.map_rows(frame, list(dict.fromkeys([*names, *known])), label)

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

    def to_json(self) -> str:
        """Store settings, preparation and clusters as JSON text, read back by `from_json`."""
        self._check_fitted()
        learnt = {name: _plain(value) for name, value in self._learnt().items()}
        return json.dumps(
            {
                "format": f"segmentclient.{type(self).__name__}",
                "version": self._version,
                "settings": {name: _plain(value) for name, value in self.get_params().items()},
                "features": self._names(),
                "named": hasattr(self, "feature_names_in_"),
                "preparation": self.preparation_.to_dict(),
                "sizes": _plain(self.sizes_),
                "means": _plain(self.cluster_means_),
                "learnt": learnt,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Rebuild a fitted segmenter from the text that `to_json` gave; `labels_` is not stored."""
        check_options(Segmenter.from_json, locals(), error=ModelError)
        stored = _stored(text, cls.__name__, cls._version)
        try:
            return cls(**stored["settings"])._taken_back(stored)
        except (ArithmeticError, AttributeError, LookupError, RuntimeWarning, TypeError, ValueError) as error:
            raise ModelError(f"expected the whole text that to_json() gave ({error!r})") from None

    def _taken_back(self, stored: Mapping[str, Any]) -> Self:
        features = stored["features"]
        if not isinstance(features, list) or not all(isinstance(name, str) for name in features):
            raise TypeError(f"features: names of columns are expected, found {features!r}")
        if not isinstance(stored["named"], bool):
            raise TypeError(f"named: true or false is expected, found {stored['named']!r}")
        self.preparation_ = Preparation.from_dict(stored["preparation"])
        self.n_features_in_ = len(features)
        if stored["named"]:
            self.feature_names_in_ = np.array(features, dtype=object)
        self.sizes_ = np.array(stored["sizes"], dtype=np.int64)
        self.cluster_means_ = np.array(stored["means"], dtype=float)
        self._remember(stored["learnt"])
        self._check_whole()
        return self

    def _check_whole(self) -> None:
        """Raise when the parts that were read do not make one segmenter; the row of zeros must find its cluster."""
        prepared = [feature.name for feature in self.preparation_.features]
        if prepared != self._number_names() or self.cluster_means_.shape[:1] != self.sizes_.shape:
            raise ValueError(
                f"preparation of {prepared}, features {self._names()}, {len(self.sizes_)} clusters"
            )
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            found = self._nearest(self._prepare(np.zeros((1, self.n_features_in_))))
        if not (found < len(self.sizes_)).all():
            raise ValueError(f"cluster {found.tolist()} of {len(self.sizes_)}")

    def _read(self, X: Any, *, reset: bool) -> Array:
        table = _as_pandas(X)
        try:
            data = validate_data(self, table, reset=reset, dtype=np.float64, ensure_all_finite=False)
        except (TypeError, ValueError) as problem:
            if isinstance(problem, TypeError) and isinstance(X, np.ndarray):
                raise  # as scikit-learn expects of its estimators
            raise ColumnError(f"customers: {problem}") from None
        refuse_unusable(data, self._names())
        return data

    def _feature_names(self, features: Any, frame: frames.Frame) -> list[str]:
        return feature_names(features, frame)

    def _matrix(self, columns: Mapping[str, Any]) -> Array:
        """Make the array that `_read` gives from the columns of a table."""
        return np.column_stack([as_floats(values) for values in columns.values()])

    def _learn_preparation(self, values: Array) -> None:
        settings = self.get_params()
        self.preparation_ = learn_preparation(
            values, self._number_names(), transform=settings["transform"], scale=settings["scale"]
        )

    def _prepare(self, values: Array) -> Array:
        return self.preparation_.apply(values)

    def _number_names(self) -> list[str]:
        return self._names()

    def _names(self) -> list[str]:
        """Names of the features: the frame's, or x0, x1, … for an array."""
        if hasattr(self, "feature_names_in_"):
            return [str(name) for name in self.feature_names_in_]
        return [f"x{place}" for place in range(self.n_features_in_)]

    def _seed(self) -> int:
        if isinstance(self.random_state, np.random.Generator):
            return int(self.random_state.integers(_LAST_SEED))
        if self.random_state is None or isinstance(self.random_state, np.random.RandomState):
            return int(check_random_state(self.random_state).randint(_LAST_SEED))
        return checked_seed(self.random_state)

    def _check_fitted(self) -> None:
        if not hasattr(self, "preparation_"):
            raise not_fitted(self)
        check_is_fitted(self, "preparation_")


def checked_number(n_clusters: Any) -> int:
    """Accept a whole number of at least 1."""
    if isinstance(n_clusters, bool) or not isinstance(n_clusters, (int, np.integer)) or n_clusters < 1:
        raise ModelError(f'n_clusters={n_clusters!r}: expected a whole number ≥ 1, or "auto"')
    return int(n_clusters)


def checked_seed(random_state: Any) -> int:
    """Accept a whole number that scikit-learn takes for a seed."""
    is_whole = isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool)
    if not is_whole or not 0 <= random_state <= _LAST_SEED:
        raise ModelError(
            f"random_state={shown(random_state)}: expected a whole number from 0 to {_LAST_SEED:,}"
        )
    return int(random_state)


def refuse_overwriting(frame: frames.Frame, column: str) -> None:
    """Raise a `ColumnError` when the column to add exists already."""
    if frames.taken(frame, [column]):
        raise ColumnError(
            f"customers: column {column!r} exists already and is not overwritten; drop it first, or choose another name with column="
        )


def _bought(arrays: Mapping[str, Any]) -> NDArray[np.bool_]:
    if "n_orders" in arrays:
        return as_floats(arrays["n_orders"]) > 0
    return np.ones(len(next(iter(arrays.values()))), dtype=bool)


def _as_pandas(X: Any) -> Any:
    """Collect a frame of numbers of any engine; anything else goes to scikit-learn's own validation."""
    if isinstance(X, (np.ndarray, list, tuple)) or not hasattr(type(X), "columns"):
        return X
    frame = frames.read(X)
    names = frame.collect_schema().names()
    if not names:
        return X
    feature_names(names, frame)
    return frames.collect(frame)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value


def _stored(text: str, name: str, version: int) -> dict[str, Any]:
    stored = read_stored(text, name)
    if stored.get("format") != f"segmentclient.{name}":
        raise ModelError(f"expected JSON of segmentclient.{name}, found {stored.get('format')!r}")
    return read_stored(text, name, version=version)
