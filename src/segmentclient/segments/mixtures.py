"""Gaussian mixture: clusters may be long, tilted and of unequal spread; membership is a probability."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
from sklearn.mixture import GaussianMixture

from segmentclient.errors import ModelError
from segmentclient.segments.arguments import checked_number
from segmentclient.segments.lloyd import Array, Labels, distinct_rows, one_thread, ordered_sample
from segmentclient.segments.preparation import Scale, Transform
from segmentclient.segments.segmenter import Segmenter

__all__ = ["MixtureSegmenter"]

SAMPLE = 20_000
MOST = 10  # components tried by n_clusters="auto"


class MixtureSegmenter(Segmenter):
    """A mixture of normal laws, fitted on at most 20,000 rows; the number of clusters by BIC when "auto".

    Parameters
    ----------
    n_clusters : how many, or "auto": the number from 1 to 10 of least BIC.
    transform, scale, random_state : as in `segment_kmeans`.

    Attributes
    ----------
    bic_ : Bayesian information criterion by number of clusters (low is good).
    labels_, preparation_ : as in `KMeansSegmenter`.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> people = pd.DataFrame({"revenue": np.r_[rng.normal(50, 5, 80), rng.normal(200, 9, 40)]})
    >>> segmenter = MixtureSegmenter(n_clusters="auto", transform=None).fit(people)
    >>> segmenter.sizes_.tolist()
    [40, 80]
    """

    bic_: dict[int, float]

    def __init__(
        self,
        n_clusters: int | Literal["auto"] = "auto",
        *,
        transform: Transform = "auto",
        scale: Scale = "standard",
        random_state: Any = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.transform = transform
        self.scale = scale
        self.random_state = random_state

    def predict_proba(self, X: Any) -> Array:
        """Give the probability of each cluster (columns, most valuable first) for each row."""
        self._check_fitted()
        prepared = self.preparation_.apply(self._read(X, reset=False))
        return np.asarray(self._model().predict_proba(prepared))

    def _learn(self, prepared: Array, seed: int) -> Labels:
        sample = ordered_sample(prepared, SAMPLE, seed=seed)
        with one_thread():
            models = {k: _fitted(sample, k, seed) for k in self._numbers(sample)}
        self.bic_ = {k: float(model.bic(sample)) for k, model in models.items()}
        best = models[min(self.bic_, key=self.bic_.__getitem__)]
        self.weights_, self.prepared_centers_, self.covariances_ = (
            best.weights_,
            best.means_,
            best.covariances_,
        )
        return self._nearest(prepared)

    def _numbers(self, sample: Array) -> range:
        different = distinct_rows(sample, MOST + 1)
        if self.n_clusters == "auto":
            return range(1, min(MOST, different) + 1)
        number = checked_number(self.n_clusters)
        if different < number:
            raise ModelError(
                f"customers: n_clusters={number}, but only {different} different rows (1 sample is not enough); ask for fewer"
            )
        return range(number, number + 1)

    def _model(self) -> GaussianMixture:
        """Rebuild the mixture from what was learnt."""
        model = GaussianMixture(len(self.weights_))
        model.weights_, model.means_ = self.weights_, self.prepared_centers_
        model.covariances_ = self.covariances_
        model.precisions_cholesky_ = np.array(
            [np.linalg.inv(np.linalg.cholesky(one)).T for one in self.covariances_]
        )
        return model

    def _reorder(self, order: Labels) -> None:
        nobodys = np.setdiff1d(np.arange(len(self.weights_)), order)  # never the most probable component
        every = np.concatenate([order, nobodys])
        self.weights_ = self.weights_[every]
        self.prepared_centers_ = self.prepared_centers_[every]
        self.covariances_ = self.covariances_[every]

    def _nearest(self, prepared: Array) -> Labels:
        return np.asarray(self._model().predict(prepared), dtype=np.int64)

    def _learnt(self) -> dict[str, Any]:
        return {
            "weights_": self.weights_,
            "prepared_centers_": self.prepared_centers_,
            "covariances_": self.covariances_,
            "bic_": {str(k): value for k, value in self.bic_.items()},
        }

    def _remember(self, learnt: Any) -> None:
        super()._remember(learnt)
        self.bic_ = {int(k): value for k, value in self.bic_.items()}


def _fitted(sample: Array, n_clusters: int, seed: int) -> GaussianMixture:
    from sklearn.exceptions import ConvergenceWarning

    least_spread = 1e-6 * max(1e-12, float(sample.var(axis=0).mean()))
    model = GaussianMixture(n_clusters, n_init=3, random_state=seed, reg_covar=least_spread)
    with warnings.catch_warnings():  # a mixture that still creeps is good enough to be compared
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(sample)
