"""The estimator of every model of purchases: scikit-learn's conventions over a `Law`."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from segmentclient.errors import ModelError, SegmentClientWarning
from segmentclient.lifetime import fitting
from segmentclient.lifetime.comparison import LikelihoodRatio, likelihood_ratio
from segmentclient.lifetime.covariates import Covariates, learn_covariates
from segmentclient.lifetime.forecasts import Forecaster
from segmentclient.lifetime.histories import Histories, read_columns, read_histories
from segmentclient.lifetime.horizons import DAYS_A_YEAR, days_a_unit
from segmentclient.lifetime.soundness import COLUMNS, Array
from segmentclient.options import check_options

if TYPE_CHECKING:
    from segmentclient.lifetime.posterior import Target

__all__ = ["PurchaseModel"]

_THEIRS = {"BGNBD": "bgnbd", "MBGNBD": "mbgnbd", "ParetoNBD": "pareto_nbd"}
_BLOCK = 24_000  # numbers at once in the posterior: what a processor keeps at hand


class PurchaseModel(Forecaster):
    """An estimator of when and how often customers buy; its `law` says which."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if hasattr(cls, "law"):
            cls.names = cls.law.names

    def fit(
        self,
        customers: Any,
        weights: Any = None,
        covariates: Sequence[str] = (),
        *,
        engine: Literal["segmentclient", "lifetimes"] = "segmentclient",
    ) -> Self:
        """Find the parameters under which the histories are most likely.

        Parameters
        ----------
        customers : any table with `frequency`, `recency`, `T` and the covariates. Prospects, who have none of the
            first three, teach nothing: they are left out, as `n_customers_` says.
        weights : number of customers behind each row: the name of a column, or an array (eager tables).
        covariates : columns known from the start that may move buying and drop-out (numbers, booleans, texts).
            Their coefficients follow the parameters: `purchase[x]` multiplies the buying rate by exp(coefficient · x),
            `dropout[x]` the rate (Pareto/NBD) or the odds (BG/NBD, MBG/NBD) of leaving.
        engine : "lifetimes" takes the parameters that package finds, for comparison; likelihood and errors there are
            ours.

        Returns
        -------
        self

        Raises
        ------
        ColumnError
            Lists every column that is missing and every value that no purchase history can have.
        """
        check_options(PurchaseModel.fit, locals(), error=ModelError)
        histories = self._learn_histories(customers, weights, covariates)
        optimum = (
            self._search(histories)
            if engine == "segmentclient"
            else self._found_by(engine, customers, histories, weights)
        )
        self._keep(optimum, histories)
        return self

    def _found_by(self, engine: str, customers: Any, histories: Histories, weights: Any) -> fitting.Optimum:
        from segmentclient.lifetime.lifetimes_bridge import fit_with_lifetimes

        if engine != "lifetimes":
            raise ModelError(f"engine={engine!r}: accepted are 'segmentclient' and 'lifetimes'")
        if type(self).__name__ not in _THEIRS:
            raise ModelError(f"engine='lifetimes' fits {', '.join(_THEIRS)}, not {type(self).__name__}")
        if histories.covariates.shape[1] or weights is not None:
            raise ModelError("engine='lifetimes' takes neither covariates nor weights")
        theirs = fit_with_lifetimes(_THEIRS[type(self).__name__], customers, time_unit=self.time_unit)
        stage = self._stage(histories, histories.covariates)
        return fitting.judge(stage, np.log(theirs.params_.to_numpy()))

    def _learn_histories(self, customers: Any, weights: Any, covariates: Sequence[str] = ()) -> Histories:
        if covariates and not self.law.movable:
            raise ModelError(f"{type(self).__name__} takes no covariates; BGNBD, MBGNBD and ParetoNBD do")
        names = [covariates] if isinstance(covariates, str) else list(covariates)
        table, weight = read_columns(customers, [*COLUMNS, *names], weights)
        self._covariates = learn_covariates(table, names, weight)
        histories = read_histories(table, weight, self._covariates.encode(table, weight) if names else None)
        self._check(histories)
        return histories

    def _keep(self, optimum: fitting.Optimum, histories: Histories) -> None:
        scale = np.exp(optimum.point)
        scale[len(self.names) :] = 1.0
        values = np.where(np.arange(scale.size) < len(self.names), scale, optimum.point)
        self._learn(
            [*self.names, *self._coefficient_names()],
            values,
            fitting.covariance_of(optimum.hessian, scale),
            log_likelihood=optimum.value,
            n_customers=histories.n_customers,
            converged=optimum.converged,
        )
        self._histories = histories
        self._warn_of_doubt(optimum)

    def _warn_of_doubt(self, optimum: fitting.Optimum) -> None:
        if doubt := optimum.doubt(self.params_, "these customers"):
            warnings.warn(
                f"{type(self).__name__}: {doubt}; check_fit(model, customers) says what can be concluded",
                SegmentClientWarning,
                stacklevel=4,
            )

    def _coefficient_names(self) -> list[str]:
        labels = self._covariates.labels
        return [f"{process}[{label}]" for process in ("purchase", "dropout") for label in labels]

    def _search(self, histories: Histories) -> fitting.Optimum:
        scale = self._time_scale(histories)
        units = np.array([np.log(scale) if name in self.law.rates else 0.0 for name in self.names])
        design = fitting.Standardized(histories.covariates, histories.counts)
        more = np.zeros(2 * design.size)
        optimum = fitting.maximize(
            [self._stage(sample, design.of(sample.covariates)) for sample in histories.samples()],
            [np.concatenate([np.log(start), more]) for start in self.law.start(scale)],
            low=np.concatenate([units - fitting.REACH, more - fitting.REACH]),
            high=np.concatenate([units + fitting.REACH, more + fitting.REACH]),
        )
        return design.undo(optimum, self._links()) if design.size else optimum

    def _time_scale(self, histories: Histories) -> float:
        """Mean time observed; a year where no time has passed and nothing is known of any rate."""
        observed = float(np.average(histories.T, weights=histories.counts))
        return observed or DAYS_A_YEAR / days_a_unit(self.time_unit)

    def _stage(self, sample: Histories, design: Array) -> fitting.Stage:
        return fitting.Stage(lambda point: self._summed(point, sample, design), sample.n_customers)

    def _summed(self, point: Array, h: Histories, design: Array) -> fitting.Derivatives:
        links = [(j, sign * column) for j, sign in self._links() for column in design.T]
        theta = self._moved(np.exp(point[: len(self.names)]), point[len(self.names) :], design)
        return fitting.summed(self.law.derivatives(theta, h), theta, h.counts, links)

    def _posterior(self, prior: str) -> tuple[Target, Array]:
        from segmentclient.lifetime.posterior import target_of

        if not hasattr(self, "_histories"):
            raise ModelError("sample_posterior needs the customers: call fit in this session first")
        h, size = self._histories, len(self.names)
        scale = self._time_scale(h)
        values = self.params_.to_numpy()
        positive = np.arange(values.size) < size
        most = max(_BLOCK // h.T.size, 1)

        def log_likelihood(points: Array) -> Array:
            parts = [self._log_likelihoods(points[at : at + most], h) for at in range(0, len(points), most)]
            return np.concatenate(parts) if parts else np.empty(0)

        def log_prior(points: Array) -> Array:
            return self.law.log_prior(tuple(np.exp(points[:, :size].T)), scale) + self._coefficient_prior(
                points[:, size:]
            )

        start = np.where(positive, np.log(np.where(positive, values, 1.0)), values)
        derivatives = functools.partial(self._summed, h=h, design=h.covariates)
        target = target_of(log_likelihood, derivatives, log_prior, start, h.n_customers, prior, positive)
        return target, positive

    def _log_likelihoods(self, points: Array, h: Histories) -> Array:
        """Log-likelihood of all customers at each of several points."""
        size = len(self.names)
        if points.shape[1] > size:
            thetas = (self._moved(np.exp(point[:size]), point[size:], h.covariates) for point in points)
            return np.array([self.law.log_likelihood(theta, h) @ h.counts for theta in thetas])
        return self.law.log_likelihood(tuple(np.exp(points.T)[:, :, None]), h) @ h.counts

    def _coefficient_prior(self, coefficients: Array) -> Array:
        """N(0, 2²) on each coefficient times the standard deviation of its covariate."""
        if not coefficients.shape[1]:
            return np.zeros(len(coefficients))
        spread = fitting.Standardized(self._histories.covariates, self._histories.counts).spread
        return -0.5 * ((coefficients * np.tile(spread, len(self.law.movable)) / 2.0) ** 2).sum(axis=1)

    def likelihood_ratio_test(self, smaller: PurchaseModel) -> LikelihoodRatio:
        """Test this fit against a fit of the same model on the same customers with fewer covariates.

        Parameters
        ----------
        smaller : the fitted model with fewer covariates.

        Returns
        -------
        LikelihoodRatio
            `statistic` (twice the difference of the log-likelihoods), `degrees_of_freedom` and `p_value`.

        Raises
        ------
        ModelError
            The models are of different kinds, saw different numbers of customers, or are not nested.
        """
        check_options(PurchaseModel.likelihood_ratio_test, locals(), error=ModelError)
        return likelihood_ratio(smaller, self)

    def _extra(self) -> dict[str, Any]:
        return {
            "covariates": {name: list(levels) for name, levels in self._known_covariates().levels.items()}
        }

    def _take_extra(self, content: Mapping[str, Any]) -> None:
        levels = {str(name): tuple(found) for name, found in content["covariates"].items()}
        if not all(isinstance(level, str) for found in levels.values() for level in found):
            raise TypeError(f"covariates: the levels of each are text, found {content['covariates']!r}")
        self._covariates = Covariates(levels)
        expected = [*self.names, *self._coefficient_names()]
        if list(self.params_.index) != expected:
            raise ModelError(
                f"the parameters {list(self.params_.index)} do not fit the covariates: expected {expected}"
            )
