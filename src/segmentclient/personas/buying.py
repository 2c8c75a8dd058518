"""How a group buys, as fields of a card: rhythm and amounts from the customers, the rest from the order log."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from segmentclient.locale import Language
from segmentclient.personas import words
from segmentclient.personas.fields import Field, from_summary, to_complete
from segmentclient.personas.habits import Habits
from segmentclient.personas.summaries import Summary, of_counts
from segmentclient.personas.worth import rhythm

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["buying_fields"]

MARKED = 1.2


def buying_fields(
    group: Any, rows: pd.DataFrame, habits: Habits, kind: str, currency: str | None, fewest: int, L: Language
) -> list[Field]:
    """Give rhythm, orders, amount, moments, place, products and price level."""
    label = L.text("Buying cycle") if kind == "company" else L.text("Rhythm of purchase")
    return [
        rhythm(rows, label, L, fewest),
        *_orders(rows, currency, L),
        *(_moment(key, group, habits, fewest, L) for key in ("weekday", "hour", "month")),
        *(_place(key, group, habits, fewest, L) for key in ("channel", "device") if key in habits.counts),
        *(_bought(key, group, habits, fewest, L) for key in ("category", "product") if key in habits.counts),
        _price(group, habits, currency, L),
    ]


def _orders(rows: pd.DataFrame, currency: str | None, L: Language) -> list[Field]:
    """Median orders a customer, and revenue over orders of the whole group."""
    if "n_orders" not in rows:
        return [to_complete("orders", L.text("Orders"), "buy", L)]
    known = rows["n_orders"].fillna(0)
    middle = float(known.median())
    fields = [
        Field(
            "orders",
            L.text("Orders"),
            L.plural("{n} order", "{n} orders", round(middle)),
            middle,
            None,
            "observed",
            "median",
            len(known),
            1.0,
            "",
            "buy",
        )
    ]
    total = float(known.sum())
    if "revenue" in rows and total:
        average = float(rows["revenue"].sum()) / total
        fields.append(
            Field(
                "average_order_value",
                L.text("Average order"),
                L.money(average, currency),
                average,
                None,
                "observed",
                "ratio",
                int(total),
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


def _moment(key: str, group: Any, habits: Habits, fewest: int, L: Language) -> Field:
    name, written, cells = _MOMENTS[key]
    label, counts = L.text(name), habits.of(key, group)
    if counts is None or (key == "month" and group not in habits.full_years):
        why = L.text("less than a year of orders") if counts is not None else ""
        return to_complete(key, label, "buy", L, why=why)
    summary = of_counts(counts)
    if summary.statistic != "none" and not _is_marked(counts, cells):
        summary = Summary("even", summary.value, summary.share, summary.parts, summary.n)
    elif summary.statistic == "spread":
        summary = Summary("mode", summary.value, summary.share, summary.parts, summary.n)
    return _of_orders(key, label, summary, habits.orders[group], L, lambda value: written(value, L), fewest)


def _is_marked(counts: pd.Series, cells: int) -> bool:
    """Tell a preference from evenness: a fifth above the even share, and a chi-square test at 1 %."""
    from scipy.stats import chisquare

    observed = [*counts.to_list(), *[0] * (cells - len(counts))]
    return max(observed) >= MARKED * sum(observed) / cells and bool(chisquare(observed).pvalue < 0.01)


def _of_orders(
    key: str,
    label: str,
    summary: Summary,
    orders: int,
    L: Language,
    written: Callable[[Any], str],
    fewest: int,
) -> Field:
    return from_summary(key, label, summary, orders, "buy", L, written=written, fewest=fewest, least=0.0)


def _place(key: str, group: Any, habits: Habits, fewest: int, L: Language) -> Field:
    counts = habits.of(key, group)
    summary = of_counts(counts) if counts is not None else Summary("none")
    label = {"channel": L.text("Channel"), "device": L.text("Device")}[key]
    return _of_orders(
        key, label, summary, habits.orders.get(group, 0), L, lambda value: words.say(value, L), fewest
    )


def _bought(key: str, group: Any, habits: Habits, fewest: int, L: Language) -> Field:
    """Shares of the orders that hold each category or product (an order may hold several)."""
    label = {"category": L.text("Favourite categories"), "product": L.text("Favourite products")}[key]
    counts, orders = habits.of(key, group), habits.orders.get(group, 0)
    if counts is None or orders < fewest or not len(counts):
        return to_complete(key, label, "buy", L)
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))[:3]
    parts = tuple((value, count / orders) for value, count in ordered)
    return _of_orders(
        key,
        label,
        Summary("mentions", parts[0][0], parts[0][1], parts, orders),
        orders,
        L,
        lambda value: words.say(value, L),
        fewest,
    )


def _price(group: Any, habits: Habits, currency: str | None, L: Language) -> Field:
    label, price, overall = L.text("Price level"), habits.prices.get(group), habits.prices.get(None)
    if price is None or not overall:
        return to_complete("price_level", label, "buy", L)
    index = price / overall
    money = L.money(price, currency, 2)
    text = L.text("{price} an item, {index} times the average", price=money, index=L.number(index, 1))
    return Field(
        "price_level",
        label,
        text,
        price,
        None,
        "observed",
        "ratio",
        habits.orders.get(group, 0),
        1.0,
        L.text("money over quantity"),
        "buy",
        None,
        None,
    )
