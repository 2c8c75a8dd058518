"""What a model says of customers: alive or not, how often, by when; for anybody it can read."""

from __future__ import annotations

from typing import Any

import numpy as np

from segmentclient import frames
from segmentclient.errors import ModelError, raise_all
from segmentclient.lifetime import laws
from segmentclient.lifetime.arguments import (
    LEVEL,
    dates_after,
    level_of,
    one_count,
    one_span,
    refuse_overwriting,
)
from segmentclient.lifetime.histories import Histories
from segmentclient.lifetime.intervals import counts_around
from segmentclient.lifetime.newcomers import Newcomers
from segmentclient.lifetime.soundness import COLUMNS, Array, hole_problems, holes
from segmentclient.options import check_options

__all__ = ["Forecaster"]

_PREDICTIVE_DRAWS = 100  # at most, in an interval of counts
_PROBABILITY, _PURCHASES = "p_alive", "expected_purchases"


class Forecaster(Newcomers):
    """Predictions that a `law` and parameters give, for any table of customers."""

    def __init__(self, time_unit: str = "D") -> None:
        self.time_unit = time_unit

    def predict(self, customers: Any, t: float, *, interval: float | None = None, draws: Any = None) -> Any:
        """Add `p_alive` and `expected_purchases` (within the next `t`) to any table, lazy ones included.

        Parameters
        ----------
        customers : any table with `frequency`, `recency`, `T` (and the model's covariates).
        t : length of the future, in the unit of `T`.
        interval : probability of the intervals, for instance 0.9. `expected_purchases_low` and `_high` hold the
            number of purchases that will really be made with that probability, and the expected one.
        draws : from `sample_posterior`: predictions are averaged over them, intervals (0.9 unless given) include the
            doubt about parameters (at most 100 draws are used for counts), and `p_alive` gets `_low` and `_high` too.

        Returns
        -------
        The same rows in the same kind of table with the new columns; prospects (of whom `frequency`, `recency` and
        `T` are missing) get missing values.
        """
        check_options(Forecaster.predict, locals(), error=ModelError)
        span, level = one_span(t), level_of(interval, draws)
        made = [_PROBABILITY, _PURCHASES]
        frame = self._read(customers)
        refuse_overwriting(frame, [f"{name}{end}" for name in made for end in ("", "_low", "_high")])

        def answer(h: Histories) -> dict[str, Array]:
            return {**self._alive(h, draws, level), **self._purchases(h, span, draws, level)}

        known = self._known_covariates().names
        keys = [*COLUMNS, *known]
        if frames.is_lazy(frame):
            raise_all(hole_problems(frames.one_row(frame, **holes(frame, keys)), keys), table="customers")
        apart = "customer_id" if known else None
        return frames.give_back(
            frames.map_rows(frame, keys, lambda rows: self._on_distinct(rows, answer), apart=apart)
        )

    def probability_alive(self, customers: Any, *, draws: Any = None) -> Any:
        """Give the probability that each customer is still one, in the order of the rows.

        Parameters
        ----------
        customers : an eager table with `frequency`, `recency`, `T` (and the model's covariates).
        draws : from `sample_posterior`; the probability is then the mean over them.

        Returns
        -------
        Series or array
            With `draws`, a table with `p_alive`, `p_alive_low` and `p_alive_high` (90 % of the draws).

        Raises
        ------
        ModelError
            The model is not fitted, or the table is lazy: `predict` adds columns to it.

        Examples
        --------
        >>> import pandas as pd, segmentclient as sc
        >>> model = sc.MBGNBD.from_params(r=0.525, alpha=6.183, a=0.891, b=1.614, time_unit="W")
        >>> customers = pd.DataFrame({"frequency": [0, 2], "recency": [0.0, 30.43], "T": [38.86, 38.86]})
        >>> model.probability_alive(customers).round(3).tolist()
        [0.39, 0.706]
        """
        level = level_of(None, draws)
        return self._row_values(customers, "probability_alive", lambda h: self._alive(h, draws, level))

    def expected_purchases(self, customers: Any, t: float, *, draws: Any = None) -> Any:
        """Give the purchases expected of each customer within the next `t` (in the unit of `T`).

        Parameters
        ----------
        customers : an eager table with `frequency`, `recency`, `T` (and the model's covariates).
        t : length of the future, in the unit of `T`.
        draws : from `sample_posterior`; the number is then the mean over them.

        Returns
        -------
        Series or array
            In the order of the rows. With `draws`, a table with `expected_purchases` and the bounds `_low`, `_high`
            within which the number of purchases will lie with probability 0.9.

        Raises
        ------
        ModelError
            The model is not fitted, `t` is negative, or the table is lazy: `predict` adds columns to it.

        Examples
        --------
        >>> import pandas as pd, segmentclient as sc
        >>> model = sc.MBGNBD.from_params(r=0.525, alpha=6.183, a=0.891, b=1.614, time_unit="W")
        >>> customers = pd.DataFrame({"frequency": [0, 2], "recency": [0.0, 30.43], "T": [38.86, 38.86]})
        >>> model.expected_purchases(customers, t=39).round(3).tolist()
        [0.154, 1.263]
        """
        check_options(Forecaster.expected_purchases, locals(), error=ModelError)
        span, level = one_span(t), level_of(None, draws)
        return self._row_values(
            customers, "expected_purchases", lambda h: self._purchases(h, span, draws, level)
        )

    def conditional_pmf(self, customers: Any, n: int, t: float, *, draws: Any = None) -> Any:
        """Give the probability that each customer buys exactly `n` times in (T, T + t], given the history.

        Parameters
        ----------
        customers : an eager table with `frequency`, `recency`, `T` (and the model's covariates).
        n : number of purchases, from 0.
        t : length of the future, in the unit of `T`.
        draws : from `sample_posterior`; the probability is then the mean over them.

        Returns
        -------
        Series or array
            In the order of the rows. With `draws`, a table with `probability` and the bounds `_low`, `_high` of 90 % of
            them.

        Examples
        --------
        >>> import pandas as pd, segmentclient as sc
        >>> model = sc.MBGNBD.from_params(r=0.525, alpha=6.183, a=0.891, b=1.614, time_unit="W")
        >>> customers = pd.DataFrame({"frequency": [2], "recency": [30.43], "T": [38.86]})
        >>> [float(model.conditional_pmf(customers, n, t=39).iloc[0].round(3)) for n in (0, 1, 2)]
        [0.44, 0.234, 0.146]
        """
        check_options(Forecaster.conditional_pmf, locals(), error=ModelError)
        count, span, level = one_count(n), one_span(t), level_of(None, draws)

        def answer(h: Histories) -> dict[str, Array]:
            return self._over_draws(
                "probability", lambda theta: laws.pmf(self.law, theta, h, count, span), h, draws, level
            )

        return self._row_values(customers, "conditional_pmf", answer)

    def purchase_interval(self, customers: Any, t: float, *, level: float = LEVEL, draws: Any = None) -> Any:
        """Give the interval that holds each customer's number of purchases within `t` with probability `level`.

        Parameters
        ----------
        customers : an eager table with `frequency`, `recency`, `T` (and the model's covariates).
        t : length of the future, in the unit of `T`.
        level : probability of the interval, between 0 and 1.
        draws : from `sample_posterior`; the interval then allows for the doubt about the parameters (at most 100 are used).

        Returns
        -------
        A table with `purchases_low` and `purchases_high`, in the order of the rows.
        """
        check_options(Forecaster.purchase_interval, locals(), error=ModelError)
        span = one_span(t)

        def answer(h: Histories) -> dict[str, Array]:
            low, high = self._count_interval(h, span, draws, level)
            return {"purchases_low": low, "purchases_high": high}

        return self._row_values(customers, "purchase_interval", answer)

    def discounted_purchases(self, customers: Any, *, rate: float, draws: Any = None) -> Any:
        """Give the purchases expected over all the future, discounted by exp(−rate · time) (DERT).

        Parameters
        ----------
        customers : an eager table with `frequency`, `recency`, `T` (and the model's covariates).
        rate : continuous, per unit of `T`: ln(1.1) / 52 for 10 % a year on weeks.
        draws : from `sample_posterior`; the number is then the mean over them.

        Returns
        -------
        Series or array
            In the order of the rows. With `draws`, a table with `discounted_purchases` and the bounds `_low`, `_high` of
            90 % of them.

        Raises
        ------
        ModelError
            The rate is not above 0: over an endless future the sum need not be finite.
        """
        check_options(Forecaster.discounted_purchases, locals(), error=ModelError)
        if not (np.isfinite(rate) and rate > 0):
            raise ModelError(f"rate={rate!r}: over an infinite future the discount rate must be above 0")
        level = level_of(None, draws)

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
        customers : an eager table with `frequency`, `recency`, `T` (and the model's covariates).
        probability : that the purchase has come by then; 0.5 gives the median.
        as_of : the day to which `T` was counted; gives dates (missing where none within a thousand years is that
            likely), else times in the unit of `T` (infinite where none ever is).
        """
        check_options(Forecaster.next_purchase, locals(), error=ModelError)
        if not 0.0 < probability < 1.0:
            raise ModelError(f"probability={probability!r}: accepted is a number between 0 and 1")

        def answer(h: Histories) -> dict[str, Array]:
            waits = laws.waiting_time(self.law, self._theta(h), h, probability)
            return {"next_purchase": waits if as_of is None else dates_after(waits, as_of, self.time_unit)}

        return self._row_values(customers, "next_purchase", answer)

    def log_likelihood(self, customers: Any) -> Any:
        """Give the log-likelihood of each customer's history.

        Parameters
        ----------
        customers : an eager table with `frequency`, `recency`, `T` (and the model's covariates).

        Returns
        -------
        Series or array
            In the order of the rows; the sum over the customers of the fit is `log_likelihood_`.
        """

        def answer(h: Histories) -> dict[str, Array]:
            return {"log_likelihood": self.law.log_likelihood(self._theta(h), h)}

        return self._row_values(customers, "log_likelihood", answer)

    def _alive(self, h: Histories, draws: Any, level: float | None) -> dict[str, Array]:
        return self._over_draws(_PROBABILITY, lambda theta: laws.p_alive(self.law, theta, h), h, draws, level)

    def _purchases(self, h: Histories, t: float, draws: Any, level: float | None) -> dict[str, Array]:
        mean = self._over_draws(
            _PURCHASES, lambda theta: laws.expected_purchases(self.law, theta, h, t), h, draws, None
        )
        if level is None:
            return mean
        low, high = counts_around(mean[_PURCHASES], *self._count_interval(h, t, draws, level))
        return {**mean, f"{_PURCHASES}_low": low, f"{_PURCHASES}_high": high}

    def _count_interval(self, h: Histories, t: float, draws: Any, level: float) -> tuple[Array, Array]:
        if not 0.0 < level < 1.0:
            raise ModelError(f"an interval's probability lies between 0 and 1, found {level!r}")
        rows = [None] if draws is None else _thinned(self._draws(draws))
        return laws.count_interval(self.law, [self._theta(h, row) for row in rows], h, t, level)


def _thinned(draws: Array) -> list[Array]:
    steps = np.linspace(0, len(draws) - 1, min(len(draws), _PREDICTIVE_DRAWS))
    return [draws[int(step)] for step in steps]
