"""BG/CNBD-k and MBG/CNBD-k: regular buyers, whose purchases keep a rhythm.

The time between purchases is Erlang(k): see the law in `erlang_geometric`. With k = 1 these are BG/NBD and MBG/NBD.

References
----------
Reutterer, Platzer and Schröder (2021), Leveraging purchase regularity for predicting customer behavior the easy way,
International Journal of Research in Marketing 38(1), 194-215.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

import narwhals.stable.v2 as nw
import numpy as np
from scipy import special

from segmentclient import frames
from segmentclient.errors import ModelError
from segmentclient.lifetime import fitting
from segmentclient.lifetime.erlang_geometric import ErlangGeometric
from segmentclient.lifetime.gaps import check_gaps
from segmentclient.lifetime.histories import Histories
from segmentclient.lifetime.horizons import days_a_unit
from segmentclient.lifetime.purchases import PurchaseModel
from segmentclient.lifetime.soundness import has_history, numbers

__all__ = ["BGCNBD", "MBGCNBD"]

_MOST_REGULAR = 12


class BGCNBD(PurchaseModel):
    """BG/CNBD-k (Reutterer, Platzer and Schröder 2021): BG/NBD with a rhythm of purchases.

    Parameters
    ----------
    k : regularity, 1 (no rhythm) to 12; None lets the likelihood choose, which needs the column `sum_log_gaps`
        (`summarize_customers(gaps=True)`).
    time_unit : unit of `recency`, `T` and `t` ("D", "W", ...), stored with the model.

    Attributes
    ----------
    params_ : Series r, alpha, a, b; r and alpha are those of the ticks.
    k_ : the regularity.
    standard_errors_, covariance_, log_likelihood_, aic_, bic_, converged_, n_customers_ : of the fit.

    Examples
    --------
    >>> model = BGCNBD.from_params(k=1, r=0.243, alpha=4.414, a=0.793, b=2.426, time_unit="W")
    >>> round(model.expected_purchases_new_customer(t=78), 4)
    1.8605
    """

    first: ClassVar[int] = 0
    law = ErlangGeometric(first=0, k=1)

    def __init__(self, k: int | None = None, time_unit: Literal["D", "W", "M", "Y"] = "D") -> None:
        self.k = k
        self.time_unit = time_unit

    @classmethod
    def from_params(cls, **params: Any) -> Self:
        """Build a model with given parameters and regularity `k` (1 unless given), ready to predict."""
        model = super().from_params(**{"k": 1, **params})
        model._beat(_checked(model.k))
        return model

    def _learn_histories(self, customers: Any, weights: Any, covariates: Sequence[str] = ()) -> Histories:
        histories = super()._learn_histories(customers, weights, covariates)
        self._gaps = _log_gaps(customers, weights, self.time_unit)
        if self.k is None and self._gaps is None:
            raise ModelError(
                f"{type(self).__name__} chooses k from the column 'sum_log_gaps', which is missing: make it with "
                "summarize_customers(gaps=True), or give k"
            )
        return histories

    def _search(self, histories: Histories) -> fitting.Optimum:
        """Try one regularity after the other, until two in a row are worse than the best."""
        best: tuple[int, fitting.Optimum] | None = None
        bought = float(np.dot(histories.counts, histories.frequency))
        for k in range(1, _MOST_REGULAR + 1) if self.k is None else [_checked(self.k)]:
            self._beat(k)
            times = (k - 1) * (self._gaps or 0.0) - bought * float(special.gammaln(k))
            optimum = super()._search(histories).shifted(times)
            if best is None or optimum.value > best[1].value:
                best = k, optimum
            elif k - best[0] == 2:
                break
        assert best is not None
        self._beat(best[0])
        return best[1]

    def _beat(self, k: int) -> None:
        self.k_ = k
        self.law = ErlangGeometric(first=self.first, k=k)

    def _extra(self) -> dict[str, Any]:
        return {"k": self.k_, **super()._extra()}

    def _take_extra(self, content: Mapping[str, Any]) -> None:
        super()._take_extra(content)
        self._beat(_checked(content["k"]))


class MBGCNBD(BGCNBD):
    """MBG/CNBD-k (Reutterer, Platzer and Schröder 2021): MBG/NBD with a rhythm of purchases.

    Parameters
    ----------
    k : regularity, 1 (no rhythm) to 12; None lets the likelihood choose, which needs the column `sum_log_gaps`
        (`summarize_customers(gaps=True)`).
    time_unit : unit of `recency`, `T` and `t` ("D", "W", ...), stored with the model.

    Attributes
    ----------
    params_ : Series r, alpha, a, b; r and alpha are those of the ticks.
    k_ : the regularity.
    standard_errors_, covariance_, log_likelihood_, aic_, bic_, converged_, n_customers_ : of the fit.

    Examples
    --------
    >>> model = MBGCNBD.from_params(k=2, r=0.5, alpha=2.0, a=0.5, b=2.0)
    >>> round(model.pmf(0, t=10), 4)
    0.6627
    """

    first: ClassVar[int] = 1
    law = ErlangGeometric(first=1, k=1)


def _checked(k: Any) -> int:
    if k not in range(1, _MOST_REGULAR + 1):
        raise ModelError(f"k={k!r}: the regularity is a whole number from 1 to {_MOST_REGULAR}")
    return int(k)


def _log_gaps(customers: Any, weights: Any, time_unit: str) -> float | None:
    """Sum the logarithms of all gaps, in the unit of T; None where the table does not have them."""
    frame = frames.read(customers)
    if "sum_log_gaps" not in frame.collect_schema():
        return None
    unit_days = days_a_unit(time_unit)
    check_gaps(frame, unit_days)
    if isinstance(frame, nw.LazyFrame):
        by = nw.col(weights) if isinstance(weights, str) else nw.lit(1.0)
        sums = frames.one_row(
            frame.filter(has_history(frame)),
            gaps=(nw.col("sum_log_gaps") * by).sum(),
            bought=(nw.col("frequency") * by).sum(),
        )
        gaps, bought = sums["gaps"] or 0.0, sums["bought"] or 0.0
    else:
        given = frame[weights] if isinstance(weights, str) else np.asarray(weights)
        weight = 1.0 if weights is None else numbers(given)
        gaps = float(np.nansum(numbers(frame["sum_log_gaps"]) * weight))
        bought = float(np.nansum(numbers(frame["frequency"]) * weight))
    return gaps - bought * float(np.log(unit_days))
