"""What a group is worth and how it buys, from the customers table: plain sums, means and medians."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from segmentclient.locale import Language
from segmentclient.personas.fields import Field, to_complete

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["WORTH_COLUMNS", "Measure", "gaps", "measures", "rhythm", "worth_fields"]

WORTH_COLUMNS = (
    "first_order", "last_order", "n_orders", "days_since_last_order", "revenue", "frequency", "p_alive",
    "lifetime_value", "lifetime_value_low", "lifetime_value_high",
)  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """One of the numbers compared with the average customer; `scale` is the largest value of any group."""

    key: str
    label: str
    value: float
    everyone: float
    text: str
    everyone_text: str
    scale: float

    @property
    def ratio(self) -> float:
        """The value against the average customer's."""
        return self.value / self.everyone if self.everyone else float("nan")

    def width(self, value: float) -> float:
        """Length of a bar in per cent of the longest."""
        return round(100 * min(max(value / self.scale, 0.0), 1.0), 1) if self.scale > 0 else 0.0


def gaps(customers: pd.DataFrame) -> pd.Series:
    """Mean days between the purchases of each customer; missing for those who bought once."""
    import pandas as pd

    if not {"first_order", "last_order", "frequency"} <= set(customers.columns):
        return pd.Series(np.nan, index=customers.index)
    days = (pd.to_datetime(customers["last_order"]) - pd.to_datetime(customers["first_order"])).dt.days
    repeats = customers["frequency"].astype(float)
    return days.where(repeats > 0).astype(float) / repeats.where(repeats > 0)


def rhythm(group: pd.DataFrame, label: str, L: Language, fewest: int) -> Field:
    """Typical days between purchases, of the customers who came back."""
    known = gaps(group).dropna()
    coverage = len(known) / len(group)
    if len(known) < fewest:
        why = L.text("too few customers have bought twice") if "frequency" in group else ""
        return to_complete("rhythm", label, "buy", L, n=len(known), coverage=coverage, why=why)
    middle, low, high = (float(known.quantile(q)) for q in (0.5, 0.25, 0.75))
    text = L.plural("every {n} day", "every {n} days", round(middle))
    return Field(
        "rhythm", label, text, middle, None, "observed", "median", len(known), coverage, "", "buy", low, high
    )


def worth_fields(
    group: pd.DataFrame, everyone: pd.DataFrame, currency: str | None, L: Language
) -> list[Field]:
    """Size, revenue and future value of the group, with its shares of everyone's."""
    size, share = len(group), len(group) / len(everyone)
    fields = [
        _worth(
            "customers",
            L.text("Customers"),
            L.plural("{n} customer", "{n} customers", size),
            size,
            "count",
            size,
            size,
            share,
        )
    ]
    fields += [
        _worth(
            "share_of_customers",
            L.text("Share of customers"),
            L.percent(share),
            share,
            "share",
            size,
            size,
            share,
        )
    ]
    if "revenue" in everyone:
        fields += _revenue(group, everyone, currency, L)
    if "lifetime_value" in everyone:
        fields += _future(group, everyone, currency, L)
    return fields


def _worth(
    key: str,
    label: str,
    text: str,
    value: float,
    statistic: str,
    n: int,
    size: int,
    share: float | None = None,
    **bounds: float,
) -> Field:
    return Field(
        key,
        label,
        text,
        value,
        share,
        "observed",
        statistic,
        n,
        n / size if size else 0.0,
        "",
        "worth",
        **bounds,
    )


def _revenue(group: pd.DataFrame, everyone: pd.DataFrame, currency: str | None, L: Language) -> list[Field]:
    known, total, whole = (
        group["revenue"].dropna(),
        float(group["revenue"].sum()),
        float(everyone["revenue"].sum()),
    )
    share = total / whole if whole else float("nan")
    return [
        _worth(
            "revenue",
            L.text("Revenue"),
            L.compact(total, currency),
            total,
            "sum",
            len(known),
            len(group),
            share,
        ),
        _worth(
            "share_of_revenue",
            L.text("Share of revenue"),
            L.percent(share),
            share,
            "share",
            len(known),
            len(group),
            share,
        ),
    ]


def _future(group: pd.DataFrame, everyone: pd.DataFrame, currency: str | None, L: Language) -> list[Field]:
    """The interval is that of one typical customer: the medians of the individual bounds, or else the quartiles."""
    known = group["lifetime_value"].dropna()
    if not len(known):
        return [to_complete("lifetime_value", L.text("Lifetime value"), "worth", L)]
    mean, total, whole = float(known.mean()), float(known.sum()), float(everyone["lifetime_value"].sum())
    low, high, rule = _interval(group, known, L)
    text = L.text(
        "{value} a customer ({low} to {high})",
        value=L.money(mean, currency),
        low=L.money(low, currency),
        high=L.money(high, currency),
    )
    share = total / whole if whole else float("nan")
    return [
        Field(
            "lifetime_value",
            L.text("Lifetime value"),
            text,
            mean,
            None,
            "observed",
            "mean",
            len(known),
            len(known) / len(group),
            rule,
            "worth",
            low,
            high,
            short=L.money(mean, currency),
        ),
        _worth(
            "lifetime_value_total",
            L.text("Lifetime value of the group"),
            L.compact(total, currency),
            total,
            "sum",
            len(known),
            len(group),
            share,
        ),
    ]


def _interval(group: pd.DataFrame, known: pd.Series, L: Language) -> tuple[float, float, str]:
    if {"lifetime_value_low", "lifetime_value_high"} <= set(group.columns):
        bounds = group[["lifetime_value_low", "lifetime_value_high"]].median()
        return (
            float(bounds.iloc[0]),
            float(bounds.iloc[1]),
            L.text("prediction of the model; bounds for one typical customer"),
        )
    return (
        float(known.quantile(0.25)),
        float(known.quantile(0.75)),
        L.text("prediction of the model; half of the customers are between the bounds"),
    )


def measures(
    groups: dict[object, pd.DataFrame], everyone: pd.DataFrame, currency: str | None, L: Language
) -> dict[object, list[Measure]]:
    """Compare each group with the average customer in up to five numbers."""
    found: dict[object, list[Measure]] = {group: [] for group in groups}
    for key, label, kind in _measured(everyone, L):
        values = {group: _measure(key, rows) for group, rows in groups.items()}
        overall = _measure(key, everyone)
        scale = max([overall, *(value for value in values.values() if value == value)], default=0.0)
        for group, value in values.items():
            if value == value and overall == overall:
                found[group].append(
                    Measure(
                        key,
                        label,
                        value,
                        overall,
                        _written(value, kind, currency, L),
                        _written(overall, kind, currency, L),
                        scale,
                    )
                )
    return found


def _measured(everyone: pd.DataFrame, L: Language) -> list[tuple[str, str, str]]:
    possible = [
        ("revenue", L.text("Revenue a customer"), "money", {"revenue"}),
        ("n_orders", L.text("Orders a customer"), "count", {"n_orders"}),
        ("average_order_value", L.text("Average order"), "money", {"revenue", "n_orders"}),
        ("rhythm", L.text("Days between purchases"), "count", {"first_order", "last_order", "frequency"}),
        ("lifetime_value", L.text("Lifetime value"), "money", {"lifetime_value"}),
        ("days_since_last_order", L.text("Days since the last order"), "count", {"days_since_last_order"}),
    ]
    return [(key, label, kind) for key, label, kind, needs in possible if needs <= set(everyone.columns)][:5]


def _measure(key: str, rows: pd.DataFrame) -> float:
    """Mean a customer; the average order is revenue over orders; the rhythm is the median of those who came back."""
    if key == "average_order_value":
        orders = float(rows["n_orders"].sum())
        return float(rows["revenue"].sum()) / orders if orders else float("nan")
    if key == "rhythm":
        return float(gaps(rows).median())
    return float(rows[key].mean())


def _written(value: float, kind: str, currency: str | None, L: Language) -> str:
    if kind == "money":
        return L.money(value, currency)
    return L.number(value, 1 if abs(value) < 10 else 0)
