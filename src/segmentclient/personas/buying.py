"""How a group buys, as fields of a card: rhythm and amounts from the customers, the rest from the order log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from segmentclient.customers.money import is_money
from segmentclient.locale import Language
from segmentclient.personas import words
from segmentclient.personas.fields import Field, deduced, from_summary, to_complete
from segmentclient.personas.habits import Habits
from segmentclient.personas.setting import Setting
from segmentclient.personas.summaries import Summary, of_counts
from segmentclient.personas.worth import rhythm

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["buying_fields"]

MARKED = 1.2


def buying_fields(
    group: Any, rows: pd.DataFrame, everyone: pd.DataFrame, habits: Habits, kind: str, setting: Setting
) -> list[Field]:
    """Give rhythm, last order, orders, amount, moments, place, products and price level."""
    L = setting.L
    return [
        rhythm(rows, L.text("Buying cycle") if kind == "company" else L.text("Rhythm of purchase"), setting),
        *_last_order(rows, setting),
        *_orders(rows, setting),
        *(_moment(key, group, habits, setting) for key in ("weekday", "hour", "month")),
        *(_place(key, group, habits, setting) for key in ("channel", "device") if key in habits.counts),
        *(_bought(key, group, habits, setting) for key in ("category", "product") if key in habits.counts),
        _price(group, rows, everyone, habits, setting),
    ]


def _last_order(rows: pd.DataFrame, setting: Setting) -> list[Field]:
    """Median days since the last order of those who have ordered."""
    if "days_since_last_order" not in rows:
        return []
    L, known = setting.L, rows["days_since_last_order"].dropna()
    if len(known) < setting.min_size:
        return []
    low, middle, high = (float(known.quantile(share)) for share in (0.25, 0.5, 0.75))
    text, coverage = L.plural("{n} day ago", "{n} days ago", round(middle)), len(known) / len(rows)
    return [
        Field(
            "days_since_last_order", L.text("Last order"), text, middle, None, "observed", "median", len(known),
            coverage, "", "buy", low, high,
        )
    ]  # fmt: skip


def _orders(rows: pd.DataFrame, setting: Setting) -> list[Field]:
    """Median orders a customer, and revenue over orders of the whole group."""
    L = setting.L
    if "n_orders" not in rows:
        return [to_complete("orders", L.text("Orders"), "buy", L)]
    known = rows["n_orders"].fillna(0)
    low, middle, high = (float(known.quantile(share)) for share in (0.25, 0.5, 0.75))
    text, total = L.plural("{n} order", "{n} orders", round(middle)), int(known.sum())
    fields = [
        Field(
            "orders", L.text("Orders"), text, middle, None, "observed", "median", len(known), 1.0, "", "buy",
            low, high,
        )
    ]  # fmt: skip
    average = _average_order(rows)
    if average:
        amount = setting.money(average)
        fields.append(
            Field(
                "average_order_value",
                L.text("Average order"),
                amount,
                average,
                None,
                "observed",
                "ratio",
                total,
                1.0,
                "",
                "buy",
            )
        )
    return fields


_MOMENTS: dict[str, tuple[str, Callable[[Any, Language], str], int]] = {
    "weekday": ("Day of the week", words.weekday, 7),
    "hour": ("Hour", words.hour, 24),
    "month": ("Month", words.month, 12),
}


def _moment(key: str, group: Any, habits: Habits, setting: Setting) -> Field:
    L = setting.L
    name, written, cells = _MOMENTS[key]
    label, counts = L.text(name), habits.of(key, group)
    if counts is None or (key == "month" and group not in habits.full_years):
        why = L.text("less than a year of orders") if counts is not None else ""
        return to_complete(key, label, "buy", L, why=why)
    summary = of_counts(counts)
    if summary.statistic != "none" and not _is_marked(counts, cells):
        summary = replace(summary, statistic="even")
    elif summary.statistic == "spread":
        summary = replace(summary, statistic="mode")
    return from_summary(
        key,
        label,
        summary,
        habits.orders.get(group, 0),
        "buy",
        setting,
        written=lambda value: written(value, L),
    )


def _is_marked(counts: pd.Series, cells: int) -> bool:
    """Tell a preference from evenness: a fifth above the even share, and a chi-square test at 1 %."""
    from scipy.special import chdtrc  # scipy.stats takes half a second to import

    observed = np.array([*counts.to_list(), *[0] * (cells - len(counts))], dtype=float)
    even = observed.sum() / cells
    p_value = chdtrc(cells - 1, ((observed - even) ** 2 / even).sum())
    return bool(observed.max() >= MARKED * even and p_value < 0.01)


def _place(key: str, group: Any, habits: Habits, setting: Setting) -> Field:
    """Shares of the orders; one made in two places counts in both, and once among those known."""
    L, counts = setting.L, habits.of(key, group)
    summary = of_counts(counts) if counts is not None else Summary("none")
    summary = replace(summary, n=habits.known_orders(key, group))
    label = {"channel": L.text("Order channel"), "device": L.text("Order device")}[key]
    orders = habits.orders.get(group, 0)
    return from_summary(
        key, label, summary, orders, "buy", setting, written=lambda value: words.say(value, L)
    )


def _bought(key: str, group: Any, habits: Habits, setting: Setting) -> Field:
    """Shares of the orders that hold each category or product (an order may hold several)."""
    L, counts, orders = setting.L, habits.of(key, group), habits.orders.get(group, 0)
    known = habits.known_orders(key, group)
    label = {"category": L.text("Favourite categories"), "product": L.text("Favourite products")}[key]
    if counts is None or not len(counts):
        return to_complete(key, label, "buy", L)
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))[:3]
    parts = tuple((value, count / known) for value, count in ordered)
    summary = Summary("mentions", parts[0][0], parts[0][1], parts, known)
    return from_summary(
        key, label, summary, orders, "buy", setting, written=lambda value: words.say(value, L)
    )


def _price(group: Any, rows: pd.DataFrame, everyone: pd.DataFrame, habits: Habits, setting: Setting) -> Field:
    """Average price of an item where quantities are known; otherwise deduced from the average order."""
    L = setting.L
    label, price, overall = L.text("Price level"), habits.prices.get(group), habits.prices.get(None)
    if price is not None and overall:
        text = L.text(
            "{price} an item, {level}",
            price=L.money(price, setting.currency, 2),
            level=_level(price / overall, L),
        )
        orders = habits.orders.get(group, 0)
        return Field(
            "price_level",
            label,
            text,
            price,
            None,
            "observed",
            "ratio",
            orders,
            1.0,
            L.text("money over quantity"),
            "buy",
        )
    mine, usual = _average_order(rows), _average_order(everyone)
    if mine <= 0 or usual <= 0:
        return to_complete("price_level", label, "buy", L)
    return deduced(
        "price_level",
        label,
        _level(mine / usual, L),
        "buy",
        L.text("from the average order, against everyone's"),
        mine / usual,
    )


def _average_order(rows: pd.DataFrame) -> float:
    """Revenue over orders (0 when unknown, or where the money cancels out)."""
    if not {"revenue", "n_orders"} <= set(rows.columns) or not rows["n_orders"].sum():
        return 0.0
    revenue = float(rows["revenue"].sum())
    if not is_money(revenue, float(rows["revenue"].abs().sum())):
        return 0.0
    return revenue / float(rows["n_orders"].sum())


def _level(index: float, L: Language) -> str:
    if 0.95 <= index <= 1.05:
        return L.text("close to the average")
    return L.text("{index} times the average", index=L.number(index, 1 if abs(index - 1) >= 0.095 else 2))
