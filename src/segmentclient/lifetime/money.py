"""The money side of a prediction: written once, computed on arrays and planned on lazy tables alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient.errors import ModelError, raise_all
from segmentclient.lifetime.choice import LifetimeModels
from segmentclient.lifetime.rows import Span, history_columns

__all__ = ["ARRAYS", "PLANS", "Algebra", "Forecast", "Terms", "value_customers"]


@dataclass(frozen=True)
class Terms:
    """The money side: margin (a number or a column), cost of winning a customer, cost a year of keeping one."""

    margin: float | str
    acquisition_cost: float
    service_cost: float

    @classmethod
    def checked(cls, margin: float | str, acquisition_cost: float, service_cost: float) -> Terms:
        """Build the terms, or raise one `ModelError` for all that cannot be."""
        numbers = {"acquisition_cost": acquisition_cost, "service_cost": service_cost}
        if not isinstance(margin, str):
            numbers["margin"] = margin
        raise_all(
            (
                f"{name}={value!r}: expected a finite number ≥ 0"
                for name, value in numbers.items()
                if not _is_amount(value)
            ),
            table="predict_lifetime_value",
            error=ModelError,
        )
        return cls(
            margin if isinstance(margin, str) else float(margin), float(acquisition_cost), float(service_cost)
        )


def _is_amount(value: Any) -> bool:
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0


@dataclass(frozen=True)
class Forecast:
    """What is to be computed: models, how far ahead, bounds, money, and the columns that the models read."""

    models: LifetimeModels
    span: Span
    interval: float | None
    terms: Terms
    keys: tuple[str, ...]

    def of_history(self, keys: Mapping[str, Any]) -> dict[str, Any]:
        """Columns of (frequency, recency, T) and the covariates."""
        return history_columns(
            self.models, keys, self.span, self.interval, with_time=self.terms.service_cost > 0
        )


@dataclass(frozen=True)
class Algebra:
    """The three operations that arrays and expressions spell differently."""

    where: Callable[[Any, Any, Any], Any]
    least: Callable[[Any, Any], Any]
    most: Callable[[Any, Any], Any]


ARRAYS = Algebra(np.where, np.minimum, np.maximum)
PLANS = Algebra(
    lambda condition, yes, no: nw.when(condition).then(yes).otherwise(no),
    lambda a, b: nw.min_horizontal(a, b),
    lambda a, b: nw.max_horizontal(a, b),
)


def value_customers(
    column: Mapping[str, Any], margin: Any, forecast: Forecast, algebra: Algebra
) -> dict[str, Any]:
    """Value each customer: the spend law scaled to her own history, times what is ahead, minus costs."""
    x, m, per = column["frequency"], column["monetary_value"], column["_per"]
    known = (x > 0) & (m > 0)
    scale = column["_v"] + x * m
    spend = algebra.where(known & (per > 0), per * scale, column["_mean"])
    terms = forecast.terms
    value = (
        margin * spend * column["_discounted"]
        - terms.acquisition_cost
        - terms.service_cost * column["_years"]
    )
    money = {"expected_purchase_value": spend, "lifetime_value": value}
    if forecast.interval is None:
        return money
    unit = margin * column["_fade"] * algebra.where(known, scale, column["_typical"])
    low, high = (_bound(column, side, unit, forecast, algebra) for side in ("low", "high"))
    return money | {
        "lifetime_value_low": algebra.least(low, value),
        "lifetime_value_high": algebra.most(high, value),
    }


def _bound(column: Mapping[str, Any], side: str, unit: Any, forecast: Forecast, algebra: Algebra) -> Any:
    """Quantile of profit: the dead bring 0, the living their spend minus what they cost, all the span if idle."""
    terms, late = forecast.terms, unit * column[f"_late_{side}"]
    if terms.service_cost == 0:
        return late - terms.acquisition_cost
    idle = terms.service_cost * forecast.span.years
    cost = terms.service_cost * column["_years_alive"]
    early = algebra.where(
        column[f"_early_{side}"] > 0, unit * column[f"_early_{side}"] - cost, -idle + 0.0 * late
    )
    return algebra.least(early, algebra.most(late - cost, 0.0 * late)) - terms.acquisition_cost
