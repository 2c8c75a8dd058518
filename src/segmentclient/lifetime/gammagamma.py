"""Gamma-Gamma: how much a purchase brings, the average of a customer being pulled towards that of all.

References
----------
Fader and Hardie (2013), note 25, equations (1)-(5); Fader, Hardie and Lee (2005), Journal of Marketing Research
42(4), 415-430.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames, schema
from segmentclient.errors import ModelError, SegmentClientWarning, raise_all
from segmentclient.lifetime import fitting, spend_law
from segmentclient.lifetime.arguments import draws_of, refuse_overwriting
from segmentclient.lifetime.estimator import Estimator
from segmentclient.lifetime.histories import refuse_lazy
from segmentclient.lifetime.priors import rate_prior
from segmentclient.lifetime.soundness import Array, hole_problems, numbers
from segmentclient.lifetime.spend_rows import COLUMNS, spending_of, spending_problems

if TYPE_CHECKING:
    from segmentclient.lifetime.posterior import Target

__all__ = ["GammaGamma"]

_MADE = "expected_purchase_value"
_MONEY = "_segmentclient_money"


class GammaGamma(Estimator):
    """Gamma-Gamma (Fader and Hardie 2013): the mean value of a customer's purchases.

    Purchases of a customer vary as a Gamma(p, ν), and ν between customers as a Gamma(q, v). Assumes that how much
    and how often customers buy are independent. Fitted on customers with `frequency` > 0 and `monetary_value` > 0.
    Continuous amounts hardly repeat: the fit brings the two columns of repeat buyers to the driver.

    Parameters
    ----------
    time_unit : kept for symmetry with the models of purchases; the model itself knows no time.

    Attributes
    ----------
    params_ : Series p, q, v.
    standard_errors_, covariance_, log_likelihood_, aic_, bic_, converged_, n_customers_ : of the fit.

    Examples
    --------
    >>> import pandas as pd
    >>> model = GammaGamma.from_params(p=6.25, q=3.74, v=15.44)
    >>> customers = pd.DataFrame({"frequency": [2, 0], "monetary_value": [22.35, 0.0]})
    >>> model.expected_purchase_value(customers).round(2).tolist()
    [24.66, 35.22]
    """

    names: ClassVar[tuple[str, ...]] = ("p", "q", "v")
    rates: ClassVar[tuple[str, ...]] = ("v",)

    def __init__(self, time_unit: str = "D") -> None:
        self.time_unit = time_unit

    def fit(self, customers: Any, weights: Any = None) -> Self:
        """Find p, q and v under which the mean values of repeat buyers are most likely.

        Parameters
        ----------
        customers : any table with `frequency` and `monetary_value` (mean of the repeat purchases). Prospects, who
            have neither, teach nothing: they are left out.
        weights : number of customers behind each row: the name of a column, or an array (eager tables).

        Raises
        ------
        ColumnError
            Lists every value that cannot be.
        ModelError
            When nobody bought again for a positive amount.
        """
        spending = spending_of(customers, weights)
        size = float(spending.counts.sum())
        self.mean_purchase_value_ = spending.mean
        money = np.array([0.0, 0.0, np.log(self.mean_purchase_value_)])
        optimum = fitting.maximize(
            [spend_law.stage(spending.every(2000)), spend_law.stage(spending)],
            [money + np.log(start) for start in ([2.0, 3.0, 1.0], [6.0, 4.0, 0.5], [1.0, 1.5, 0.5])],
            low=money - fitting.REACH,
            high=money + fitting.REACH,
        )
        theta = np.exp(optimum.point)
        self._learn(
            self.names,
            theta,
            fitting.covariance_of(optimum.hessian, theta),
            log_likelihood=optimum.value,
            n_customers=size,
            converged=optimum.converged,
        )
        self._spending = spending
        self._warn_of_doubt(optimum)
        return self

    def _warn_of_doubt(self, optimum: fitting.Optimum) -> None:
        if doubt := optimum.doubt(self.params_, "these repeat buyers"):
            warnings.warn(
                f"GammaGamma: {doubt}: how far customers differ in what they spend is not known",
                SegmentClientWarning,
                stacklevel=3,
            )

    def _posterior(self, prior: str) -> tuple[Target, Array]:
        from segmentclient.lifetime.posterior import target_of

        if not hasattr(self, "_spending"):
            raise ModelError("sample_posterior needs the customers: call fit in this session first")
        s, mean = self._spending, self.mean_purchase_value_

        def log_likelihood(points: Array) -> Array:
            return np.array(
                [s.counts @ spend_law.log_likelihood(theta, s.frequency, s.value) for theta in np.exp(points)]
            )

        def log_prior(points: Array) -> Array:
            p, q, v = np.exp(points.T)
            return -0.5 * ((points[:, 0] - 1.0) / 2.0) ** 2 + rate_prior(q, v, mean / p)

        positive = np.ones(3, bool)
        start, size = np.log(self.params_.to_numpy()), float(s.counts.sum())
        return target_of(
            log_likelihood, lambda z: spend_law.summed(z, s), log_prior, start, size, prior, positive
        ), positive

    def _extra(self) -> dict[str, Any]:
        return {"mean_purchase_value": getattr(self, "mean_purchase_value_", None)}

    def _take_extra(self, content: Mapping[str, Any]) -> None:
        if content.get("mean_purchase_value") is not None:
            self.mean_purchase_value_ = float(content["mean_purchase_value"])

    def predict(self, customers: Any) -> Any:
        """Add `expected_purchase_value` to any table, lazy ones included.

        Parameters
        ----------
        customers : any table with `frequency` and `monetary_value`.

        Returns
        -------
        The same rows in the same kind of table with `expected_purchase_value` (money a purchase; missing for
        prospects).
        """
        self._params()
        frame = frames.read(customers)
        schema.check_columns(frames.schema_of(frame), dict.fromkeys(COLUMNS, "number"))
        refuse_overwriting(frame, [_MADE])
        if isinstance(frame, nw.LazyFrame):
            return frames.give_back(self._on_plan(frame))
        rows = {name: frame[name] for name in COLUMNS}
        return frames.give_back(frames.add_columns(frame, {_MADE: self._conditional_mean(rows)}))

    def _on_plan(self, frame: nw.LazyFrame[Any]) -> frames.Frame:
        """Plan the answers; a mean that is missing where nothing was bought again is 0, as in `summarize_customers`."""
        columns = frame.collect_schema()
        there = {name: frames.is_present(name, columns[name]) for name in COLUMNS}
        never = there["frequency"] & (nw.col("frequency") == 0)
        needed = {name: frames.count_of(frames.any_true(there.values()) & ~there[name]) for name in COLUMNS}
        needed["monetary_value"] = frames.count_of(there["frequency"] & ~never & ~there["monetary_value"])
        facts = frames.one_row(frame, **{f"holes of {name}": count for name, count in needed.items()})
        raise_all(hole_problems(facts, COLUMNS), table="customers")
        money = nw.col("monetary_value").cast(nw.Float64)
        filled = nw.when(there["monetary_value"] | ~never).then(money).otherwise(nw.lit(0.0))
        planned = frames.map_rows(
            frame.with_columns(filled.alias(_MONEY)),
            ("frequency", _MONEY),
            lambda rows: {_MADE: self._conditional_mean(dict(zip(COLUMNS, rows.values(), strict=True)))},
            apart="customer_id",
        )
        return planned.select(*columns.names(), _MADE)

    def expected_purchase_value(self, customers: Any, *, draws: Any = None) -> Any:
        """Give the mean value expected of each customer's future purchases (equation 5).

        One-time buyers, and customers whose `monetary_value` is not above 0, get the mean of all customers; prospects,
        who have neither column, a missing value. Where
        q ≤ 1 that mean is infinite: the observed mean of all repeat purchases stands in for it, with a warning.

        Parameters
        ----------
        customers : an eager table with `frequency` and `monetary_value`.
        draws : from `sample_posterior`; the value is then the mean over them.

        Returns
        -------
        Series or array
            In the order of the rows, in the unit of `monetary_value`. With `draws`, a table with `expected_purchase_value`
            and the bounds `_low`, `_high` of 90 % of them.

        Examples
        --------
        >>> import pandas as pd, segmentclient as sc
        >>> model = sc.GammaGamma.from_params(p=6.25, q=3.74, v=15.44)
        >>> customers = pd.DataFrame({"frequency": [2, 0], "monetary_value": [22.35, 0.0]})
        >>> model.expected_purchase_value(customers).round(2).tolist()
        [24.66, 35.22]
        """
        self._params()
        frame = refuse_lazy(frames.read(customers), "GammaGamma.expected_purchase_value")
        schema.check_columns(frames.schema_of(frame), dict.fromkeys(COLUMNS, "number"))
        rows, name = {column: frame[column] for column in COLUMNS}, _MADE
        if draws is None:
            return frames.series_like(frame, name, self._conditional_mean(rows))
        drawn = draws_of(draws, self.names, positive=len(self.names))
        values = np.array([self._conditional_mean(rows, theta) for theta in drawn])
        low, high = np.quantile(values, [0.05, 0.95], axis=0)
        found = {name: values.mean(axis=0), f"{name}_low": low, f"{name}_high": high}
        return frames.give_back(frames.add_columns(frame, found).select(*found))

    def expected_purchase_value_new_customer(self) -> float:
        """Give the mean value of a purchase over all customers, p·v / (q − 1)."""
        self._params()
        return float(self._mean(np.zeros(1), np.zeros(1))[0])

    def log_likelihood(self, customers: Any) -> Any:
        """Give the log-likelihood of each customer's mean value; 0 for those the model says nothing about.

        Parameters
        ----------
        customers : an eager table with `frequency` and `monetary_value`.

        Returns
        -------
        Series or array
            In the order of the rows.
        """
        self._params()
        frame = refuse_lazy(frames.read(customers), "GammaGamma.log_likelihood")
        schema.check_columns(frames.schema_of(frame), dict.fromkeys(COLUMNS, "number"))
        x, m = (numbers(frame[name]) for name in COLUMNS)
        raise_all(spending_problems(x, m), table="customers")
        bought = (x > 0) & (m > 0)
        values = np.zeros(x.size)
        values[bought] = spend_law.log_likelihood(self.params_.to_numpy(), x[bought], m[bought])
        return frames.series_like(frame, "log_likelihood", values)

    def _conditional_mean(self, rows: Mapping[str, Any], theta: Any = None) -> Array:
        x, m = (numbers(rows[name]) for name in COLUMNS)
        nobody = np.isnan(x) & np.isnan(m)
        raise_all(spending_problems(x[~nobody], m[~nobody]), table="customers")
        known = (x > 0) & (m > 0)
        means = self._mean(np.where(known, x, 0.0), np.where(known, m, 0.0), theta)
        return np.where(nobody, np.nan, means) if nobody.any() else means

    def _mean(self, x: Array, m: Array, theta: Any = None) -> Array:
        p, q, v = self.params_ if theta is None else theta
        weight = p * x + q - 1.0
        exists = weight > 0
        if exists.all():
            return p * (v + x * m) / weight
        stand_in = getattr(self, "mean_purchase_value_", None)
        if stand_in is None:
            raise ModelError(
                f"q = {q:.3g} ≤ 1: the mean value of a purchase does not exist under these parameters; fit the model on "
                "customers (the observed mean then stands in), or give q > 1"
            )
        warnings.warn(
            f"q = {q:.3g} ≤ 1: the mean value is infinite for {(~exists).sum()} customers; the observed mean of repeat "
            f"purchases, {stand_in:.2f}, stands in for it",
            SegmentClientWarning,
            stacklevel=4,
        )
        return np.where(exists, p * (v + x * m) / np.where(exists, weight, 1.0), stand_in)
