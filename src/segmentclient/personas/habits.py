"""What the order log says of a group: when, where and what it buys, and at which price.

Every count is made by the engine of the order log, one small table a dimension; refund lines count for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.errors import ColumnError
from segmentclient.personas.attributes import folded
from segmentclient.schema import check_columns

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Habits", "read_habits"]

DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "channel": ("channel", "canal", "sales_channel"),
    "device": ("device", "appareil"),
    "category": ("category", "product_category", "categorie", "department"),
    "product": (
        "product",
        "product_name",
        "item",
        "description",
        "produit",
        "product_id",
        "sku",
        "stock_code",
        "stockcode",
    ),
}
QUANTITY = ("quantity", "qty", "quantite", "units")
FULL_YEAR = 365


@dataclass(frozen=True)
class Habits:
    """Orders by group: `counts[dimension]` has columns group, value, orders; `orders` and `prices` one row a group."""

    counts: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    orders: Mapping[Any, int] = field(default_factory=dict)
    prices: Mapping[Any, float] = field(default_factory=dict)
    price_unit: str = ""
    full_years: frozenset[Any] = frozenset()

    def of(self, dimension: str, group: Any) -> pd.Series | None:
        """Give the orders of a group by value, or None when the log does not hold the dimension."""
        table = self.counts.get(dimension)
        if table is None:
            return None
        mine = table[table["group"] == group]
        return mine.set_index("value")["orders"]


def read_habits(transactions: Any, ids: Iterable[Any], groups: Iterable[Any]) -> Habits:
    """Count the orders of each group along every dimension that the order log holds."""
    frame = frames.read(transactions, name="transactions")
    schema = frame.collect_schema()
    check_columns(schema, {"customer_id": "any", "date": "date"}, table="transactions")
    lines = _with_groups(frame, list(ids), list(groups))
    key = ["customer_id", "order_id" if "order_id" in schema else "_day"]
    found = _dimensions(schema)
    counts = {name: _counted(lines, key, nw.col(column)) for name, column in found.items()}
    counts |= {name: _counted(lines, key, moment) for name, moment in _moments(lines).items()}
    if "hour" in counts and set(counts["hour"]["value"]) <= {0}:
        counts.pop("hour")
    prices, unit = _prices(lines, schema)
    return Habits(counts, _orders(lines, key), prices, unit, _full_years(lines))


def _with_groups(frame: frames.Frame, ids: list[Any], groups: list[Any]) -> frames.Frame:
    """Keep the purchases of the customers described, with the group of each and the day of the order."""
    small = frames.like(frame, {"customer_id": ids, "_group": groups})
    try:
        joined = frame.join(small, on="customer_id", how="inner")  # type: ignore[arg-type]
        joined.collect_schema()
    except Exception as error:
        raise ColumnError(
            "transactions: customer_id cannot be matched with the customers' "
            f"({frame.collect_schema()['customer_id']} against {type(ids[0]).__name__}); give both the same type"
        ) from error
    if "amount" in frame.collect_schema():
        joined = joined.filter(nw.col("amount") >= 0)
    return joined.with_columns(_day=frames.days(nw.col("date")))


def _dimensions(schema: Iterable[str]) -> dict[str, str]:
    by_folded = {folded(name): name for name in schema}
    return {
        key: by_folded[next(name for name in names if name in by_folded)]
        for key, names in DIMENSIONS.items()
        if any(name in by_folded for name in names)
    }


def _moments(lines: frames.Frame) -> dict[str, nw.Expr]:
    date = nw.col("date")
    moments = {"weekday": date.dt.weekday(), "month": date.dt.month()}
    if lines.collect_schema()["date"] != nw.Date:
        moments["hour"] = date.dt.hour()
    return moments


def _counted(lines: frames.Frame, key: list[str], value: nw.Expr) -> pd.DataFrame:
    """Count distinct orders by group and value (an order with two categories counts once in each)."""
    orders = lines.select("_group", *key, value=value).filter(~nw.col("value").is_null()).unique()
    counted = frames.collect(orders.group_by("_group", "value").agg(orders=nw.len()))
    counted = counted.rename(columns={"_group": "group"})
    return (
        counted.sort_values(["group", "value"], kind="stable").astype({"orders": int}).reset_index(drop=True)
    )


def _orders(lines: frames.Frame, key: list[str]) -> dict[Any, int]:
    counted = frames.collect(lines.select("_group", *key).unique().group_by("_group").agg(orders=nw.len()))
    return {group: int(orders) for group, orders in zip(counted["_group"], counted["orders"], strict=True)}


def _prices(lines: frames.Frame, schema: Iterable[str]) -> tuple[dict[Any, float], str]:
    """Average price of an item (money divided by quantity), of every group and of all under the key None."""
    by_folded = {folded(name): name for name in schema}
    quantity = next((by_folded[name] for name in QUANTITY if name in by_folded), None)
    if "amount" not in by_folded or quantity is None:
        return {}, ""
    bought = lines.filter(nw.col(quantity) > 0)
    sums = frames.collect(
        bought.group_by("_group").agg(money=nw.col("amount").sum(), units=nw.col(quantity).sum())
    )
    prices = {
        group: float(money / units)
        for group, money, units in sums[["_group", "money", "units"]].itertuples(index=False)
    }
    if len(sums):
        prices[None] = float(sums["money"].sum() / sums["units"].sum())
    return prices, "item"


def _full_years(lines: frames.Frame) -> frozenset[Any]:
    """Groups whose orders span a year: on less, the months would only say when the log begins and ends."""
    spans = frames.collect(
        lines.group_by("_group").agg(first=nw.col("_day").min(), last=nw.col("_day").max())
    )
    return frozenset(spans["_group"][spans["last"] - spans["first"] >= FULL_YEAR - 1])
