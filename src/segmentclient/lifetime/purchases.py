"""The models of purchases: one estimator over one small law a model.

Every model of the family rests on two facts. The likelihood of a history is a sum over the moments at which the
customer may have left, the last of them "not yet". And a customer who is alive is a new customer with other
parameters. A law states both in a few pure functions; everything else is written here once. A customer of whom
nothing is known yet has the empty history (0, 0, 0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self, TypeAlias

import numpy as np
from scipy import special

from segmentclient import frames, schema
from segmentclient.errors import ModelError
from segmentclient.lifetime import fitting
from segmentclient.lifetime.estimator import Estimator
from segmentclient.lifetime.fitting import RowDerivatives
from segmentclient.lifetime.histories import (
    COLUMNS,
    Array,
    Histories,
    check_histories,
    distinct,
    history,
    numbers,
    read_histories,
    refuse_lazy,
)

__all__ = ["Law", "PurchaseModel", "Theta"]

Theta: TypeAlias = "tuple[Any, ...]"


class Law(Protocol):
    """What a model must say; parameters are numbers, or arrays that broadcast with the rows."""

    names: tuple[str, ...]
    rates: tuple[str, ...]

    def start(self, scale: float) -> list[tuple[float, ...]]:
        """Where to look for the optimum, with time in units of `scale`."""

    def log_likelihood(self, theta: Theta, h: Histories) -> Array:
        """Log-likelihood of each row."""

    def derivatives(self, theta: Theta, h: Histories) -> RowDerivatives:
        """Log-likelihood of each row, its gradient and Hessian."""

    def log_odds_left(self, theta: Theta, h: Histories) -> Array:
        """Logarithm of the odds that the customer has left."""

    def living(self, theta: Theta, h: Histories) -> Theta:
        """Parameters of the customer, if alive."""

    def expected(self, living: Theta, t: Any) -> Array:
        """Purchases expected within t of a living customer."""

    def still_alive(self, living: Theta, t: Any) -> Array:
        """Probability that a living customer still is after t."""

    def pmf(self, living: Theta, n: Any, t: Any) -> Array:
        """Probability of n purchases within t of a living customer."""


class PurchaseModel(Estimator):
    """An estimator of when and how often customers buy; the law says which."""

    law: Law

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if hasattr(cls, "law"):
            cls.names = cls.law.names

    def __init__(self, time_unit: str = "D") -> None:
        self.time_unit = time_unit

    # ---------------------------------------------------------------- fit

    def fit(self, customers: Any, weights: Any = None) -> Self:
        """Find the parameters under which the histories are most likely.

        Parameters
        ----------
        customers : any table with `frequency`, `recency` and `T`.
        weights : number of customers behind each row: the name of a column, or an array (eager tables).

        Returns
        -------
        self

        Raises
        ------
        ColumnError
            Lists every value that no purchase history can have.
        """
        histories = self._histories_of(customers, weights)
        self._keep(self._search(histories), histories)
        return self

    def _histories_of(self, customers: Any, weights: Any) -> Histories:
        histories = read_histories(customers, weights=weights)
        self._check(histories)
        return histories

    def _keep(self, optimum: fitting.Optimum, histories: Histories) -> None:
        self._take_optimum(optimum, histories.n_customers)
        self._histories = histories

    def _check(self, h: Histories) -> None:
        """Refuse histories that this model cannot have, beyond what every model refuses."""

    def _search(self, histories: Histories) -> fitting.Optimum:
        scale = float(np.average(histories.T, weights=histories.counts)) or 1.0
        sample = histories.every(2000)
        shift = np.array([np.log(scale) if name in self.law.rates else 0.0 for name in self.law.names])
        return fitting.maximize(
            lambda point: self._summed(point, sample),
            lambda point: self._summed(point, histories),
            [np.log(start) for start in self.law.start(scale)],
            sample_size=sample.n_customers,
            size=histories.n_customers,
            low=shift - 14.0,
            high=shift + 14.0,
        )

    def _summed(self, point: Array, h: Histories) -> fitting.Derivatives:
        return fitting.summed(self.law.derivatives(tuple(np.exp(point)), h), point, h.counts)

    # ---------------------------------------------------------------- predict

    def predict(self, customers: Any, t: float) -> Any:
        """Add `p_alive` and `expected_purchases` (within the next `t`) to any table, lazy ones included.

        Parameters
        ----------
        customers : any table with `frequency`, `recency` and `T`.
        t : length of the future, in the unit of `T`.

        Returns
        -------
        The same rows in the same kind of table with `p_alive` (probability) and `expected_purchases` (count).
        """
        theta, span = self._theta(), _span(t)

        def answer(h: Histories) -> dict[str, Array]:
            alive = special.expit(-self.law.log_odds_left(theta, h))
            return {
                "p_alive": alive,
                "expected_purchases": alive * self.law.expected(self.law.living(theta, h), span),
            }

        frame = self._read(customers)
        _refuse_overwriting(frame, ("p_alive", "expected_purchases"))
        return frames.give_back(frames.map_rows(frame, COLUMNS, lambda rows: self._on_distinct(rows, answer)))

    def probability_alive(self, customers: Any) -> Any:
        """Give the probability that each customer is still one (a Series or array in the order of the rows)."""
        theta = self._theta()
        return self._row_values(
            customers,
            "probability_alive",
            "p_alive",
            lambda h: special.expit(-self.law.log_odds_left(theta, h)),
        )

    def expected_purchases(self, customers: Any, t: float) -> Any:
        """Give the purchases expected of each customer within the next `t` (in the unit of `T`)."""
        theta, span = self._theta(), _span(t)
        return self._row_values(
            customers, "expected_purchases", "expected_purchases", lambda h: self._expected(theta, h, span)
        )

    def expected_purchases_new_customer(self, t: Any) -> Any:
        """Give the repeat purchases expected of a new customer within `t` of the first one."""
        spans = np.atleast_1d(_span(t))
        value = self._expected(self._theta(), history(0.0, 0.0, np.zeros(spans.size)), spans)
        return float(value[0]) if np.ndim(t) == 0 else value.reshape(np.shape(t))

    def pmf(self, n: Any, t: Any) -> Any:
        """Give the probability that a new customer buys exactly `n` times within `t` of the first purchase."""
        counts, spans = np.broadcast_arrays(_whole(n), _span(t))
        value = self._pmf(
            self._theta(), history(0.0, 0.0, np.zeros(counts.size)), counts.ravel(), spans.ravel()
        )
        return float(value[0]) if counts.ndim == 0 else value.reshape(counts.shape)

    def conditional_pmf(self, customers: Any, n: int, t: float) -> Any:
        """Give the probability that each customer buys exactly `n` times in (T, T + t], given the history."""
        theta, count, span = self._theta(), _whole(n), _span(t)
        return self._row_values(
            customers, "conditional_pmf", "probability", lambda h: self._pmf(theta, h, count, span)
        )

    def log_likelihood(self, customers: Any) -> Any:
        """Give the log-likelihood of each customer's history."""
        theta = self._theta()
        return self._row_values(
            customers, "log_likelihood", "log_likelihood", lambda h: self.law.log_likelihood(theta, h)
        )

    def _expected(self, theta: Theta, h: Histories, t: Any) -> Array:
        alive = special.expit(-self.law.log_odds_left(theta, h))
        return alive * self.law.expected(self.law.living(theta, h), t)

    def _pmf(self, theta: Theta, h: Histories, n: Any, t: Any) -> Array:
        odds = self.law.log_odds_left(theta, h)
        alive = special.expit(-odds) * self.law.pmf(self.law.living(theta, h), n, t)
        return alive + np.where(n == 0, special.expit(odds), 0.0)

    def _theta(self) -> Theta:
        return tuple(self._params().to_numpy())

    def _read(self, customers: Any) -> frames.Frame:
        frame = frames.read(customers)
        schema.check_columns(frame.collect_schema(), dict.fromkeys(COLUMNS, "number"))
        return frame

    def _row_values(self, customers: Any, method: str, name: str, function: Any) -> Any:
        frame = self._read(customers)
        refuse_lazy(frame, f"{type(self).__name__}.{method}")
        rows = {key: numbers(frame[key]) for key in COLUMNS}
        return frames.series_like(frame, name, self._on_distinct(rows, lambda h: {name: function(h)})[name])

    def _on_distinct(self, rows: Mapping[str, Any], function: Any) -> dict[str, Array]:
        """Evaluate on the distinct histories and deal the answers out to the rows."""
        columns = [numbers(rows[name]) for name in COLUMNS]
        first, kind = distinct(columns)
        x, t_x, T = (column[first] for column in columns)
        check_histories(
            {"frequency": x, "recency": t_x, "T": T}, counts=np.bincount(kind, minlength=len(first))
        )
        h = history(x, t_x, T)
        self._check(h)
        return {name: values[kind] for name, values in function(h).items()}


def _refuse_overwriting(frame: frames.Frame, columns: Sequence[str]) -> None:
    there = [column for column in columns if column in frame.collect_schema()]
    if there:
        raise ModelError(
            f"the table already has {', '.join(there)}: drop {'it' if len(there) == 1 else 'them'} first"
        )


def _span(t: Any) -> Any:
    span = np.asarray(t, float)
    if not np.isfinite(span).all() or (span < 0).any():
        raise ModelError(f"t={t!r}: a length of time is a finite number ≥ 0, in the unit of T")
    return span


def _whole(n: Any) -> Any:
    count = np.asarray(n, float)
    if (count < 0).any() or (count != np.floor(count)).any():
        raise ModelError(f"n={n!r}: a number of purchases is a whole number ≥ 0")
    return count
