"""What a group is worth and how it buys, from the customers table: plain sums, means and medians."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segmentclient.customers.money import is_money
from segmentclient.locale import Language
from segmentclient.personas.fields import Field, to_complete
from segmentclient.personas.setting import Setting

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


def rhythm(group: pd.DataFrame, label: str, setting: Setting) -> Field:
    """Typical days between purchases, of the customers who came back."""
    L, known = setting.L, gaps(group).dropna()
    coverage = len(known) / len(group)
    if len(known) < setting.min_size:
        why = L.text("too few customers have bought twice") if "frequency" in group else ""
        return to_complete("rhythm", label, "buy", L, n=len(known), coverage=coverage, why=why)
    middle, low, high = (float(known.quantile(q)) for q in (0.5, 0.25, 0.75))
    text = L.plural("every {n} day", "every {n} days", max(1, round(middle)))
    if coverage < 0.5:
        text = L.text("{rhythm}, for the {share} who came back", rhythm=text, share=L.percent(coverage, 0))
    return Field(
        "rhythm", label, text, middle, None, "observed", "median", len(known), coverage, "", "buy", low, high
    )


def worth_fields(group: pd.DataFrame, everyone: pd.DataFrame, setting: Setting) -> list[Field]:
    """Size, revenue and future value of the group, with its shares of everyone's."""
    L, share = setting.L, len(group) / len(everyone)
    count = L.plural("{n} customer", "{n} customers", len(group))
    fields = [
        _worth("customers", L.text("Customers"), count, len(group), "count", group.index, group, share),
        _worth(
            "share_of_customers",
            L.text("Share of customers"),
            L.percent(share),
            share,
            "share",
            group.index,
            group,
            share,
        ),
    ]
    if "revenue" in everyone:
        fields += _revenue(group, everyone, setting)
    if "lifetime_value" in everyone:
        fields += _future(group, everyone, setting)
    return fields


def _worth(
    key: str,
    label: str,
    text: str,
    value: float,
    statistic: str,
    known: Any,
    group: pd.DataFrame,
    share: float,
) -> Field:
    coverage = len(known) / len(group)
    return Field(key, label, text, value, share, "observed", statistic, len(known), coverage, "", "worth")


def _revenue(group: pd.DataFrame, everyone: pd.DataFrame, setting: Setting) -> list[Field]:
    L, known = setting.L, group["revenue"].dropna()
    total, share = _total_and_share(group, everyone, "revenue")
    money = L.compact(total, setting.currency)
    return [
        _worth("revenue", L.text("Revenue"), money, total, "sum", known, group, share),
        _worth(
            "share_of_revenue",
            L.text("Share of revenue"),
            L.percent(share),
            share,
            "share",
            known,
            group,
            share,
        ),
    ]


def _total_and_share(group: pd.DataFrame, everyone: pd.DataFrame, column: str) -> tuple[float, float]:
    """Give the money of a group and its share of everyone's; there are no shares of nothing, nor of a loss."""
    total, whole = float(group[column].sum()), float(everyone[column].sum())
    has_shares = whole > 0 and is_money(whole, float(everyone[column].abs().sum()))
    return total, total / whole if has_shares else float("nan")


def _future(group: pd.DataFrame, everyone: pd.DataFrame, setting: Setting) -> list[Field]:
    """The interval is that of one typical customer: the medians of the individual bounds, or else the quartiles."""
    L, known = setting.L, group["lifetime_value"].dropna()
    label, label_total = L.text("Lifetime value"), L.text("Lifetime value of the group")
    if not len(known):
        return [to_complete("lifetime_value", label, "worth", L)]
    mean, coverage = float(known.mean()), len(known) / len(group)
    value = setting.money(mean)
    text, rule, bounds = _worth_of_one(mean, _interval(group, known, L), setting)
    total, share = _total_and_share(group, everyone, "lifetime_value")
    one = Field(
        "lifetime_value",
        label,
        text,
        mean,
        None,
        "observed",
        "mean",
        len(known),
        coverage,
        rule,
        "worth",
        *bounds,
        short=value,
    )
    whole = L.compact(total, setting.currency)
    return [one, _worth("lifetime_value_total", label_total, whole, total, "sum", known, group, share)]


def _interval(group: pd.DataFrame, known: pd.Series, L: Language) -> tuple[float, float, str]:
    if {"lifetime_value_low", "lifetime_value_high"} <= set(group.columns):
        bounds = group[["lifetime_value_low", "lifetime_value_high"]].median()
        rule = L.text("prediction of the model; bounds for one typical customer")
        return float(bounds.iloc[0]), float(bounds.iloc[1]), rule
    rule = L.text("prediction of the model; half of the customers are between the bounds")
    return float(known.quantile(0.25)), float(known.quantile(0.75)), rule


def _worth_of_one(
    mean: float, interval: tuple[float, float, str], setting: Setting
) -> tuple[str, str, tuple[float | None, float | None]]:
    """Tell a mean between the bounds of a typical customer; it stands alone where a few weigh more than all others."""
    L, (low, high, rule) = setting.L, interval
    value, least, most = (setting.money(amount) for amount in (mean, low, high))
    noise = 1e-9 * abs(mean)  # of averages and quantiles of equal values
    if not (mean < low - noise or mean > high + noise):
        text = L.text("{value} a customer ({low} to {high})", value=value, low=least, high=most)
        return text, rule, (low, high)
    text = L.text("{value} a customer on average", value=value)
    if mean > high:
        rule = "prediction of the model; a few are worth far more than most ({low} to {high})"
    else:
        rule = "prediction of the model; a few are worth far less than most ({low} to {high})"
    return text, L.text(rule, low=least, high=most), (None, None)


def measures(
    groups: dict[object, pd.DataFrame], everyone: pd.DataFrame, setting: Setting
) -> dict[object, list[Measure]]:
    """Compare each group with the average customer in up to five numbers."""
    L = setting.L
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
                        _written(value, kind, setting),
                        _written(overall, kind, setting),
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
        return float(gaps(rows).dropna().median())
    return float(rows[key].mean())


def _written(value: float, kind: str, setting: Setting) -> str:
    L = setting.L
    if kind == "money":
        return setting.money(value)
    return L.number(value, 1 if abs(value) < 10 else 0)
