"""Clusters of numbers and categories together: k-means with each category column on an equal footing.

A category column becomes one indicator column a category, all divided by one number, so that its total variance
is `category_weight` times that of a standardised number. Centres then hold shares of categories, where
k-prototypes holds only the most frequent one, and everything else is the k-means of `KMeansSegmenter`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from segmentclient import frames
from segmentclient.errors import ColumnError, ModelError, SegmentClientWarning, raise_all
from segmentclient.schema import check_columns
from segmentclient.segments.clusters import KMeansSegmenter
from segmentclient.segments.features import as_floats, feature_names, refuse_unusable
from segmentclient.segments.lloyd import Array
from segmentclient.segments.preparation import Scale, Transform

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MixedSegmenter"]

MOST_CATEGORIES = 50


class MixedSegmenter(KMeansSegmenter):
    """k-means on numbers and categories; fits on frames only, since categories are columns with names.

    Parameters
    ----------
    n_clusters, transform, scale, random_state : as in `segment_kmeans`.
    categorical : names of the category columns (text, at most 50 categories each).
    category_weight : weight of a category column relative to a standardised number.

    Attributes
    ----------
    categories_ : categories of each column.
    mismatch_ : squared distance that two different categories of a column put between two customers.
    labels_, preparation_, cluster_means_, inertia_ : as in `KMeansSegmenter`.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"revenue": [9, 8, 9, 70, 75, 72.0], "channel": ["web", "web", "web", "store", "store", "store"]})
    >>> segmenter = MixedSegmenter(n_clusters=2, categorical=["channel"]).fit(people)
    >>> segmenter.category_weights()
        column  categories  weight  mismatch
    0  channel           2     1.0       4.0
    """

    categories_: dict[str, list[str]]
    mismatch_: dict[str, float]

    def __init__(
        self,
        n_clusters: int | Literal["auto"] = 5,
        *,
        categorical: Sequence[str] = (),
        category_weight: float = 1.0,
        transform: Transform = "auto",
        scale: Scale = "standard",
        random_state: Any = 0,
    ) -> None:
        super().__init__(n_clusters, transform=transform, scale=scale, random_state=random_state)
        self.categorical = categorical
        self.category_weight = category_weight

    @property
    def cluster_centers_(self) -> Array:
        """Centres of the numbers, in original units; the shares of categories are in `summary`."""
        return self.preparation_.undo(self.prepared_centers_[:, : len(self._number_names())])

    def category_weights(self) -> pd.DataFrame:
        """Show what each category column weighs: column, categories, weight, mismatch."""
        import pandas as pd

        self._check_fitted()
        rows = [
            (name, len(known), self.category_weight, self.mismatch_[name])
            for name, known in self.categories_.items()
        ]
        return pd.DataFrame(rows, columns=["column", "categories", "weight", "mismatch"])

    def summary(self) -> pd.DataFrame:
        """Show one row a cluster: size, means of the numbers, and the most frequent category with its share."""
        table = super().summary()
        shares = self.prepared_centers_[:, len(self._number_names()) :]
        start = 0
        for name, known in self.categories_.items():
            weight = (self.mismatch_[name] / 2) ** 0.5  # 0 where everybody is in one category
            part = (
                shares[:, start : start + len(known)] / weight
                if weight
                else np.ones((len(table), len(known)))
            )
            table[name] = [known[place] for place in part.argmax(axis=1)]
            table[f"{name}_share"] = part.max(axis=1)
            start += len(known)
        return table

    def _feature_names(self, features: Any, frame: frames.Frame) -> list[str]:
        names = [features] if isinstance(features, str) else list(features)
        strange = [name for name in self.categorical if name not in names]
        if strange:
            raise ColumnError(
                f"customers: categorical columns must be among the features, missing: {', '.join(strange)}"
            )
        numbers = [name for name in names if name not in self.categorical]
        if numbers:
            feature_names(numbers, frame)
        check_columns(frames.schema_of(frame), dict.fromkeys(self.categorical, "any"))
        frames.check_labels(frame, *self.categorical)
        return [*numbers, *self.categorical]

    def _read(self, X: Any, *, reset: bool) -> Array:
        if isinstance(X, (np.ndarray, list, tuple)):
            raise ModelError("MixedSegmenter takes a table with named columns, found an array")
        frame = frames.read(X)
        if not reset:
            data = frames.collect(frame, self._feature_names(self._names(), frame))
        else:
            names = self._feature_names(frame.collect_schema().names(), frame)
            data = frames.collect(frame, names)
            self.feature_names_in_, self.n_features_in_ = np.array(names, dtype=object), len(names)
            self.categories_ = {name: _known(data[name], name) for name in self.categorical}
        values = self._matrix({name: data[name] for name in data})
        refuse_unusable(values, list(data.columns))
        return values

    def _matrix(self, columns: Mapping[str, Any]) -> Array:
        """Numbers, then the place of each category in its column's list (−1 for a category never seen)."""
        raise_all(_missing_categories(columns, self.categorical), table="customers")
        made = [
            _codes(values, name, self.categories_[name]) if name in self.categorical else as_floats(values)
            for name, values in columns.items()
        ]
        return np.column_stack(made)

    def _number_names(self) -> list[str]:
        return [name for name in self._names() if name not in self.categorical]

    def _learn_preparation(self, values: Array) -> None:
        super()._learn_preparation(values)
        if not self.category_weight > 0:
            raise ModelError(f"category_weight={self.category_weight!r}: expected a number above 0")
        start = len(self._number_names())
        self.mismatch_ = {}
        for place, (name, known) in enumerate(self.categories_.items(), start=start):
            shares = np.bincount(values[:, place].astype(int), minlength=len(known)) / len(values)
            variance = float((shares * (1 - shares)).sum())
            self.mismatch_[name] = 2 * self.category_weight / variance if variance > 0 else 0.0

    def _prepare(self, values: Array) -> Array:
        start = len(self._number_names())
        parts = [self.preparation_.apply(values[:, :start])]
        for place, (name, known) in enumerate(self.categories_.items(), start=start):
            indicators = values[:, place, None] == np.arange(len(known))
            parts.append(indicators * (self.mismatch_[name] / 2) ** 0.5)
        return np.hstack(parts)

    def _learnt(self) -> dict[str, Any]:
        return {**super()._learnt(), "mismatch_": self.mismatch_, "categories_": self.categories_}

    def _remember(self, learnt: Any) -> None:
        super()._remember(learnt)
        known, columns = (
            self.categories_,
            len(self._number_names()) + sum(map(len, self.categories_.values())),
        )
        if list(known) != list(self.categorical) or not all(_are_categories(one) for one in known.values()):
            raise ValueError(
                f"categories of {list(known)}, and the categorical features are {self.categorical}"
            )
        if self.prepared_centers_.shape != (len(self.sizes_), columns):
            raise ValueError(
                f"{len(self.sizes_)} clusters of {columns} columns, and centres of {self.prepared_centers_.shape}"
            )


def _are_categories(known: Any) -> bool:
    return isinstance(known, list) and len(known) > 0 and all(isinstance(one, str) for one in known)


def _known(values: Any, name: str) -> list[str]:
    found = sorted(frames.label_text(value) for value in values.dropna().unique())
    if len(found) > MOST_CATEGORIES:
        raise ColumnError(
            f"customers: column {name!r} holds {len(found)} categories, at most {MOST_CATEGORIES} are accepted; group the rare ones"
        )
    return found


def _missing_categories(columns: Mapping[str, Any], categorical: Sequence[str]) -> Iterator[str]:
    import pandas as pd

    for name in categorical:
        missing = int(pd.isna(pd.Series(columns[name])).sum())
        if missing:
            yield f'column {name!r} misses {missing:,} categories; fill them, for instance with "unknown"'


def _codes(values: Any, name: str, known: Sequence[str]) -> Array:
    import pandas as pd

    codes = pd.Index(known, dtype=object).get_indexer(
        [frames.label_text(value) for value in pd.Series(values)]
    )
    strange = int((codes < 0).sum())
    if strange:
        warnings.warn(
            f"column {name!r} holds {strange:,} values of categories never seen when fitting; they count as equally far from all",
            SegmentClientWarning,
            stacklevel=2,
        )
    return np.asarray(codes, dtype=float)
