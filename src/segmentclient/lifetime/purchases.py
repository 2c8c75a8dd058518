"""The estimator of every model of purchases: scikit-learn's conventions over a `Law`."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from segmentclient import frames, schema
from segmentclient.errors import ColumnError, ModelError, SegmentClientWarning
from segmentclient.lifetime import fitting, laws
from segmentclient.lifetime.comparison import LikelihoodRatio, likelihood_ratio
from segmentclient.lifetime.covariates import Covariates, learn_covariates
from segmentclient.lifetime.estimator import Estimator
from segmentclient.lifetime.histories import (
    COLUMNS,
    Array,
    Histories,
    check_histories,
    distinct,
    history,
    numbers,
    read_columns,
    read_histories,
    refuse_lazy,
)
from segmentclient.lifetime.horizons import UNIT_DAYS
from segmentclient.lifetime.laws import Law, Theta

if TYPE_CHECKING:
    from segmentclient.lifetime.posterior import Target

__all__ = ["PurchaseModel"]

_PREDICTIVE_DRAWS = 100  # at most, in an interval of counts
_BLOCK = 400_000  # numbers in memory at once, in the posterior
_LEVEL = 0.9
_PROBABILITY, _PURCHASES = "p_alive", "expected_purchases"


class PurchaseModel(Estimator):
    """An estimator of when and how often customers buy; its `law` says which."""

    law: Law

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if hasattr(cls, "law"):
            cls.names = cls.law.names

    def __init__(self, time_unit: str = "D") -> None:
        self.time_unit = time_unit

    # ------------------------------------------------------------------ fit

    def fit(self, customers: Any, weights: Any = None, covariates: Sequence[str] = ()) -> Self:
        """Find the parameters under which the histories are most likely.

        Parameters
        ----------
        customers : any table with `frequency`, `recency`, `T` and the covariates.
        weights : number of customers behind each row: the name of a column, or an array (eager tables).
        covariates : columns known from the start that may move buying and drop-out (numbers, booleans, texts).
            Their coefficients follow the parameters: `purchase[x]` multiplies the buying rate by exp(coefficient · x),
            `dropout[x]` the rate (Pareto/NBD) or the odds (BG/NBD, MBG/NBD) of leaving.

        Returns
        -------
        self

        Raises
        ------
        ColumnError
            Lists every column that is missing and every value that no purchase history can have.
        """
        histories = self._learn_histories(customers, weights, covariates)
        self._keep(self._search(histories), histories)
        return self

    def _learn_histories(self, customers: Any, weights: Any, covariates: Sequence[str] = ()) -> Histories:
        if covariates and not self.law.movable:
            raise ModelError(f"{type(self).__name__} takes no covariates; BGNBD, MBGNBD and ParetoNBD do")
        names = [covariates] if isinstance(covariates, str) else list(covariates)
        table, weight = read_columns(customers, [*COLUMNS, *names], weights)
        self._covariates = learn_covariates(table, names)
        histories = read_histories(table, weight, self._covariates.encode(table) if names else None)
        self._check(histories)
        return histories

    def _check(self, h: Histories) -> None:
        """Refuse histories that this model cannot have, beyond what every model refuses."""

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
        flat = [name for name, doubt in zip(self.params_.index, optimum.undetermined(), strict=True) if doubt]
        if flat or not optimum.converged:
            warnings.warn(
                f"{type(self).__name__}: these customers do not determine {', '.join(flat) or 'all parameters'} "
                f"({', '.join(f'{name} = {self.params_[name]:.3g}' for name in flat or self.names)}); the likelihood is "
                "flat there. check_fit(model, customers) says what can be concluded",
                SegmentClientWarning,
                stacklevel=4,
            )

    def _coefficient_names(self) -> list[str]:
        labels = self._covariates.labels
        return [f"{process}[{label}]" for process in ("purchase", "dropout") for label in labels]

    def _search(self, histories: Histories) -> fitting.Optimum:
        scale = float(np.average(histories.T, weights=histories.counts)) or 1.0
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

    def _stage(self, sample: Histories, design: Array) -> fitting.Stage:
        return fitting.Stage(lambda point: self._summed(point, sample, design), sample.n_customers)

    def _links(self) -> list[tuple[int, float]]:
        return [(self.names.index(name), sign) for name, sign in self.law.movable]

    def _summed(self, point: Array, h: Histories, design: Array) -> fitting.Derivatives:
        links = [(j, sign * column) for j, sign in self._links() for column in design.T]
        theta = self._moved(np.exp(point[: len(self.names)]), point[len(self.names) :], design)
        return fitting.summed(self.law.derivatives(theta, h), theta, h.counts, links)

    def _moved(self, parameters: Array, coefficients: Array, design: Array) -> Theta:
        """Move parameters by covariates: each becomes one number a row where a coefficient acts on it."""
        theta: list[Any] = list(parameters)
        if coefficients.size:
            for (j, sign), beta in zip(
                self._links(), np.split(coefficients, len(self.law.movable)), strict=True
            ):
                theta[j] = theta[j] * np.exp(sign * (design @ beta))
        return tuple(theta)

    # ------------------------------------------------------------- posterior

    def _posterior(self, prior: str) -> tuple[Target, Array]:
        from segmentclient.lifetime.posterior import target_of

        if not hasattr(self, "_histories"):
            raise ModelError("sample_posterior needs the customers: call fit in this session first")
        h, size = self._histories, len(self.names)
        scale = float(np.average(h.T, weights=h.counts)) or 1.0
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

    # --------------------------------------------------------------- predict

    def predict(self, customers: Any, t: float, *, interval: float | None = None, draws: Any = None) -> Any:
        """Add `p_alive` and `expected_purchases` (within the next `t`) to any table, lazy ones included.

        Parameters
        ----------
        customers : any table with `frequency`, `recency`, `T` (and the model's covariates).
        t : length of the future, in the unit of `T`.
        interval : probability of the intervals, for instance 0.9. `expected_purchases_low` and `_high` hold the
            number of purchases that will really be made with that probability.
        draws : from `sample_posterior`: predictions are averaged over them, intervals (0.9 unless given) include the
            doubt about parameters (at most 100 draws are used for counts), and `p_alive` gets `_low` and `_high` too.

        Returns
        -------
        The same rows in the same kind of table with the new columns.
        """
        span, level = _one_span(t), _level(interval, draws)
        made = [_PROBABILITY, _PURCHASES]
        frame = self._read(customers)
        _refuse_overwriting(frame, [f"{name}{end}" for name in made for end in ("", "_low", "_high")])

        def answer(h: Histories) -> dict[str, Array]:
            return {**self._alive(h, draws, level), **self._purchases(h, span, draws, level)}

        keys = [*COLUMNS, *self._known_covariates().names]
        return frames.give_back(frames.map_rows(frame, keys, lambda rows: self._on_distinct(rows, answer)))

    def probability_alive(self, customers: Any, *, draws: Any = None) -> Any:
        """Give the probability that each customer is still one, in the order of the rows.

        Returns
        -------
        Series or array
            With `draws`, a table with `p_alive`, `p_alive_low` and `p_alive_high` (90 % of the draws).
        """
        level = _level(None, draws)
        return self._row_values(customers, "probability_alive", lambda h: self._alive(h, draws, level))

    def expected_purchases(self, customers: Any, t: float, *, draws: Any = None) -> Any:
        """Give the purchases expected of each customer within the next `t` (in the unit of `T`).

        Returns
        -------
        Series or array
            With `draws`, a table with `expected_purchases` and the bounds `_low`, `_high` within which the number of
            purchases will lie with probability 0.9.
        """
        span, level = _one_span(t), _level(None, draws)
        return self._row_values(
            customers, "expected_purchases", lambda h: self._purchases(h, span, draws, level)
        )

    def conditional_pmf(self, customers: Any, n: int, t: float, *, draws: Any = None) -> Any:
        """Give the probability that each customer buys exactly `n` times in (T, T + t], given the history."""
        count, span, level = _one_count(n), _one_span(t), _level(None, draws)

        def answer(h: Histories) -> dict[str, Array]:
            return self._over_draws(
                "probability", lambda theta: laws.pmf(self.law, theta, h, count, span), h, draws, level
            )

        return self._row_values(customers, "conditional_pmf", answer)

    def purchase_interval(self, customers: Any, t: float, *, level: float = _LEVEL, draws: Any = None) -> Any:
        """Give the interval that holds each customer's number of purchases within `t` with probability `level`.

        Returns
        -------
        A table with `purchases_low` and `purchases_high`, in the order of the rows.
        """
        span = _one_span(t)

        def answer(h: Histories) -> dict[str, Array]:
            low, high = self._count_interval(h, span, draws, level)
            return {"purchases_low": low, "purchases_high": high}

        return self._row_values(customers, "purchase_interval", answer)

    def discounted_purchases(self, customers: Any, *, rate: float, draws: Any = None) -> Any:
        """Give the purchases expected over all the future, discounted by exp(−rate · time) (DERT).

        `rate` is continuous and per unit of `T`: ln(1.1) / 52 for 10 % a year on weeks.
        """
        if not (np.isfinite(rate) and rate > 0):
            raise ModelError(f"rate={rate!r}: over an infinite future the discount rate must be above 0")
        level = _level(None, draws)

        def answer(h: Histories) -> dict[str, Array]:
            return self._over_draws(
                "discounted_purchases",
                lambda theta: laws.discounted_purchases(self.law, theta, h, rate),
                h,
                draws,
                level,
            )

        return self._row_values(customers, "discounted_purchases", answer)

    def next_purchase(self, customers: Any, *, probability: float = 0.5, as_of: Any = None) -> Any:
        """Give the time, or the date, by which each customer, if still alive, will have bought again.

        Parameters
        ----------
        probability : that the purchase has come by then; 0.5 gives the median.
        as_of : the day to which `T` was counted; gives dates (missing where no date is that likely), else times in the
            unit of `T` (infinite there).
        """
        if not 0.0 < probability < 1.0:
            raise ModelError(f"probability={probability!r}: accepted is a number between 0 and 1")

        def answer(h: Histories) -> dict[str, Array]:
            waits = laws.waiting_time(self.law, self._theta(h), h, probability)
            return {"next_purchase": waits if as_of is None else _dates(waits, as_of, self.time_unit)}

        return self._row_values(customers, "next_purchase", answer)

    def log_likelihood(self, customers: Any) -> Any:
        """Give the log-likelihood of each customer's history, in the order of the rows."""

        def answer(h: Histories) -> dict[str, Array]:
            return {"log_likelihood": self.law.log_likelihood(self._theta(h), h)}

        return self._row_values(customers, "log_likelihood", answer)

    def expected_purchases_new_customer(
        self, t: Any, *, covariates: Mapping[str, Any] | None = None, draws: Any = None
    ) -> Any:
        """Give the repeat purchases expected of a new customer within `t` (a number or an array) of the first one.

        With `draws`, a DataFrame with one row a `t`: the mean over the draws and the bounds of 90 % of them.
        """
        spans = np.ravel(_span(t))
        h = self._new_customers(spans.size, covariates)
        found = self._over_draws(
            _PURCHASES,
            lambda theta: laws.expected_purchases(self.law, theta, h, spans),
            h,
            draws,
            _level(None, draws),
        )
        return _shaped(found, np.shape(t))

    def pmf(self, n: Any, t: Any, *, covariates: Mapping[str, Any] | None = None, draws: Any = None) -> Any:
        """Give the probability that a new customer buys exactly `n` times within `t` of the first purchase."""
        counts, spans = np.broadcast_arrays(_count(n), _span(t))
        h = self._new_customers(counts.size, covariates)
        found = self._over_draws(
            "probability",
            lambda theta: laws.pmf(self.law, theta, h, counts.ravel(), spans.ravel()),
            h,
            draws,
            _level(None, draws),
        )
        return _shaped(found, counts.shape)

    def likelihood_ratio_test(self, smaller: PurchaseModel) -> LikelihoodRatio:
        """Test this fit against a fit of the same model on the same customers with fewer covariates."""
        return likelihood_ratio(smaller, self)

    # -------------------------------------------------------------- one place

    def _alive(self, h: Histories, draws: Any, level: float | None) -> dict[str, Array]:
        return self._over_draws(_PROBABILITY, lambda theta: laws.p_alive(self.law, theta, h), h, draws, level)

    def _purchases(self, h: Histories, t: float, draws: Any, level: float | None) -> dict[str, Array]:
        mean = self._over_draws(
            _PURCHASES, lambda theta: laws.expected_purchases(self.law, theta, h, t), h, draws, None
        )
        if level is None:
            return mean
        low, high = self._count_interval(h, t, draws, level)
        return {**mean, f"{_PURCHASES}_low": low, f"{_PURCHASES}_high": high}

    def _count_interval(self, h: Histories, t: float, draws: Any, level: float) -> tuple[Array, Array]:
        if not 0.0 < level < 1.0:
            raise ModelError(f"an interval's probability lies between 0 and 1, found {level!r}")
        rows = [None] if draws is None else _thinned(self._draws(draws))
        return laws.count_interval(self.law, [self._theta(h, row) for row in rows], h, t, level)

    def _over_draws(
        self, name: str, function: Callable[[Theta], Array], h: Histories, draws: Any, level: float | None
    ) -> dict[str, Array]:
        """Evaluate at the estimate, or average over draws, with the bounds that hold a share `level` of them."""
        if draws is None:
            return {name: function(self._theta(h))}
        values = np.array([function(self._theta(h, row)) for row in self._draws(draws)])
        mean = {name: values.mean(axis=0)}
        if level is None:
            return mean
        low, high = np.quantile(values, [0.5 - level / 2.0, 0.5 + level / 2.0], axis=0)
        return {**mean, f"{name}_low": low, f"{name}_high": high}

    def _theta(self, h: Histories, row: Array | None = None) -> Theta:
        values = self._params().to_numpy() if row is None else row
        size = len(self.names)
        return self._moved(values[:size], values[size:], h.covariates)

    def _draws(self, draws: Any) -> Array:
        names = list(self._params().index)
        missing = [name for name in names if name not in getattr(draws, "columns", ())]
        if missing:
            raise ModelError(
                f"draws has no column {', '.join(missing)}: make it with model.sample_posterior()"
            )
        return np.asarray(draws[names], float)

    def _known_covariates(self) -> Covariates:
        self._params()
        return getattr(self, "_covariates", Covariates({}))

    def _new_customers(self, size: int, covariates: Mapping[str, Any] | None) -> Histories:
        known = self._known_covariates()
        missing = [name for name in known.names if name not in (covariates or {})]
        if missing:
            raise ModelError(f"the model knows covariates: give covariates={{...}} with {', '.join(missing)}")
        design = (
            known.encode({name: np.array([(covariates or {})[name]]) for name in known.names or ()})
            if known.names
            else None
        )
        return history(
            0.0, 0.0, np.zeros(size), covariates=None if design is None else np.repeat(design, size, axis=0)
        )

    def _read(self, customers: Any) -> frames.Frame:
        frame = frames.read(customers)
        kinds = {**dict.fromkeys(COLUMNS, "number"), **dict.fromkeys(self._known_covariates().names, "any")}
        schema.check_columns(frame.collect_schema(), kinds)  # type: ignore[arg-type]
        return frame

    def _row_values(
        self, customers: Any, method: str, answer: Callable[[Histories], dict[str, Array]]
    ) -> Any:
        frame = refuse_lazy(self._read(customers), f"{type(self).__name__}.{method}")
        found = self._on_distinct(
            {key: frame[key] for key in (*COLUMNS, *self._known_covariates().names)}, answer
        )
        if len(found) == 1:
            return frames.series_like(frame, *next(iter(found.items())))
        return frames.give_back(frames.add_columns(frame, found).select(*found))

    def _on_distinct(
        self, rows: Mapping[str, Any], answer: Callable[[Histories], dict[str, Array]]
    ) -> dict[str, Array]:
        """Evaluate on the distinct histories and deal the answers out to the rows."""
        known = self._known_covariates()
        columns = [numbers(rows[name]) for name in COLUMNS]
        design = known.encode(rows) if known.names else np.empty((columns[0].size, 0))
        first, kind = distinct([*columns, *design.T])
        x, t_x, T = (column[first] for column in columns)
        if kind.size:
            check_histories({"frequency": x, "recency": t_x, "T": T}, counts=np.bincount(kind))
        h = history(x, t_x, T, covariates=design[first])
        self._check(h)
        return {name: values[kind] for name, values in answer(h).items()}

    def _extra(self) -> dict[str, Any]:
        return {
            "covariates": {name: list(levels) for name, levels in self._known_covariates().levels.items()}
        }

    def _take_extra(self, content: Mapping[str, Any]) -> None:
        self._covariates = Covariates({str(n): tuple(levels) for n, levels in content["covariates"].items()})
        expected = [*self.names, *self._coefficient_names()]
        if list(self.params_.index) != expected:
            raise ModelError(
                f"the parameters {list(self.params_.index)} do not fit the covariates: expected {expected}"
            )


def _refuse_overwriting(frame: frames.Frame, columns: Sequence[str]) -> None:
    there = [column for column in columns if column in frame.collect_schema()]
    if there:
        raise ColumnError(
            f"customers: the table already has {', '.join(there)}; drop {'it' if len(there) == 1 else 'them'} first"
        )


def _span(t: Any) -> Array:
    span = np.asarray(t, float)
    if not np.isfinite(span).all() or (span < 0).any():
        raise ModelError(f"t={t!r}: a length of time is a finite number ≥ 0, in the unit of T")
    return span


def _one_span(t: Any) -> float:
    if np.ndim(t):
        raise ModelError(f"t={t!r}: one length of time for all customers is expected")
    return float(_span(t))


def _count(n: Any) -> Array:
    count = np.asarray(n, float)
    if not np.isfinite(count).all() or (count < 0).any() or (count != np.floor(count)).any():
        raise ModelError(f"n={n!r}: a number of purchases is a whole number ≥ 0")
    return count


def _one_count(n: Any) -> float:
    if np.ndim(n):
        raise ModelError(f"n={n!r}: one number of purchases for all customers is expected")
    return float(_count(n))


def _level(interval: float | None, draws: Any) -> float | None:
    return _LEVEL if interval is None and draws is not None else interval


def _thinned(draws: Array) -> list[Array]:
    steps = np.linspace(0, len(draws) - 1, min(len(draws), _PREDICTIVE_DRAWS))
    return [draws[int(step)] for step in steps]


def _shaped(found: Mapping[str, Array], shape: tuple[int, ...]) -> Any:
    if len(found) > 1:
        import pandas as pd

        return pd.DataFrame(dict(found))
    values = next(iter(found.values())).reshape(shape)
    return float(values) if shape == () else values


def _dates(waits: Array, as_of: Any, time_unit: str) -> Array:
    days = np.ceil(np.minimum(waits * UNIT_DAYS.get(time_unit, 1.0), 1e6))
    start = np.datetime64(str(as_of)[:10], "D")
    dates = start + np.where(np.isfinite(waits), days, 0.0).astype("timedelta64[D]")
    return np.where(np.isfinite(waits), dates, np.datetime64("NaT", "D")).astype("datetime64[ms]")
