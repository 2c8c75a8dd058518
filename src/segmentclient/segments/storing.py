"""How a fitted segmenter is stored as JSON and read back."""

from __future__ import annotations

import json
import warnings
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from segmentclient.errors import ModelError
from segmentclient.options import check_options
from segmentclient.segments.lloyd import Array
from segmentclient.segments.preparation import Preparation
from segmentclient.segments.reading import Reader
from segmentclient.stored import read_stored, refuse_unknown

__all__ = ["Storable"]


class Storable(Reader):
    """The part of a segmenter that writes what was learnt, and takes it back."""

    seed_: int
    sizes_: NDArray[np.int64]
    cluster_means_: Array
    _version: ClassVar[int] = 1

    @abstractmethod
    def _learnt(self) -> dict[str, Any]:
        """Give what was learnt as arrays and plain values."""

    def _remember(self, learnt: Mapping[str, Any]) -> None:
        """Take back what `_learnt` gave."""
        for name, value in learnt.items():
            setattr(self, name, np.asarray(value) if isinstance(value, list) else value)

    def to_json(self) -> str:
        """Store settings, preparation and clusters as JSON text, read back by `from_json`.

        Of a generator, what is stored is the whole number that the fit drew from it (`seed_`).
        """
        self._check_fitted()
        return json.dumps(self._content())

    def _content(self) -> dict[str, Any]:
        return {
            "format": f"segmentclient.{type(self).__name__}",
            "version": self._version,
            "settings": {name: _plain(value) for name, value in self._settings().items()},
            "features": self._names(),
            "named": hasattr(self, "feature_names_in_"),
            "preparation": self.preparation_.to_dict(),
            "sizes": _plain(self.sizes_),
            "means": _plain(self.cluster_means_),
            "learnt": {name: _plain(value) for name, value in self._learnt().items()},
        }

    def _settings(self) -> dict[str, Any]:
        """Give the settings that can be written: a generator as the seed that the fit drew from it."""
        settings = self.get_params()
        drawn = isinstance(settings["random_state"], (np.random.Generator, np.random.RandomState))
        return {**settings, "random_state": self.seed_} if drawn else settings

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Rebuild a fitted segmenter from the text that `to_json` gave; `labels_` is not stored."""
        check_options(Storable.from_json, locals(), error=ModelError)
        stored = _stored(text, cls.__name__, cls._version)
        try:
            segmenter = cls(**stored["settings"])._taken_back(stored)
            written = segmenter._content()
            refuse_unknown([*stored, *stored["learnt"]], [*written, *written["learnt"]], cls.__name__)
            return segmenter
        except ModelError:
            raise
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
        self.cluster_means_ = np.array(stored["means"], dtype=float).reshape(
            len(self.sizes_), len(self._number_names())
        )
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


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value


def _stored(text: str, name: str, version: int) -> dict[str, Any]:
    stored = read_stored(text, name)
    if stored.get("format") != f"segmentclient.{name}":
        raise ModelError(f"expected JSON of segmentclient.{name}, found {stored.get('format')!r}")
    return read_stored(text, name, version=version)
