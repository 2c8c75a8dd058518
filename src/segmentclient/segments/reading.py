"""How a segmenter reads rows: from a frame or an array, checked, and prepared as those of its fit were."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from segmentclient import frames
from segmentclient.errors import ColumnError, ModelError, not_fitted
from segmentclient.segments.features import as_floats, feature_names, refuse_unusable
from segmentclient.segments.lloyd import Array, Labels
from segmentclient.segments.preparation import Preparation, learn_preparation

__all__ = ["Reader"]


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


class Reader(BaseEstimator):
    """The part of a segmenter that knows its settings and its features."""

    transform = _Setting()
    preparation_: Preparation
    n_features_in_: int

    @abstractmethod
    def _nearest(self, prepared: Array) -> Labels:
        """Label prepared rows."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Give the constructor settings by name."""
        return {name: vars(self)[name] for name in self._get_param_names()}

    def set_params(self, **options: Any) -> Self:
        """Change constructor settings by name."""
        try:
            return super().set_params(**options)
        except ValueError as error:
            raise ModelError(str(error)) from None

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

    def _check_fitted(self) -> None:
        if not hasattr(self, "preparation_"):
            raise not_fitted(self)
        check_is_fitted(self, "preparation_")


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
