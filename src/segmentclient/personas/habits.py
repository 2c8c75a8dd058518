"""What the order log says of a group: when, where and what it buys, and at which price.

Every count is made by the engine of the order log, one small table a dimension; refund lines count for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.cells import amount_cells, with_number_cells
from segmentclient.errors import ColumnError
from segmentclient.personas.attributes import folded
from segmentclient.schema import Kind, check_columns

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
    """Orders by group: `counts[dimension]` has columns group, value, orders; the others have one number a group.

    `known[dimension]` counts the orders whose value is known.
    """

    counts: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    known: Mapping[str, Mapping[Any, int]] = field(default_factory=dict)
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

    def known_orders(self, dimension: str, group: Any) -> int:
        """Give how many orders of a group have a value (an order with two is one order)."""
        return self.known.get(dimension, {}).get(group, 0)


def read_habits(transactions: Any, ids: Sequence[Any], groups: Sequence[Any]) -> Habits:
    """Count the orders of each group along every dimension that the order log holds."""
    frame = frames.read(transactions, name="transactions")
    schema = frames.schema_of(frame)
    money: dict[str, Kind] = {"amount": "number"} if "amount" in schema else {}
    check_columns(schema, {"customer_id": "any", "date": "date", **money}, table="transactions")
    codes, names = _numbered(groups)
    lines = _with_groups(frame, ids, codes)
    key = ["customer_id", "order_id" if "order_id" in schema else "_day"]
    answers = {name: _answers(lines, key, column) for name, column in _dimensions(schema).items()}
    counts = {name: _counted(orders, names) for name, orders in answers.items()}
    known = {name: _known(orders, key, names) for name, orders in answers.items()}
    calendar = _calendar(lines, key, names, has_hour=schema["date"] != nw.Date)
    prices, unit = _prices(lines, schema, names)
    return Habits(counts | _moments(calendar), known, _orders(calendar), prices, unit, _full_years(calendar))


def _numbered(groups: Sequence[Any]) -> tuple[Any, Any]:
    """Number the groups: engines join and count whole numbers faster than names."""
    import pandas as pd

    codes, names = pd.factorize(pd.Series(groups))
    return codes, names


def _with_groups(frame: frames.Frame, ids: Sequence[Any], codes: Any) -> frames.Frame:
    """Keep the purchases of the customers described, with the group of each and the day of the order."""
    small = frames.like(frame, {"customer_id": ids, "_group": codes})
    try:
        joined = frames.joined(frame, small, "customer_id", "inner")
        joined.collect_schema()
    except Exception as error:
        raise ColumnError(
            "transactions: customer_id cannot be matched with the customers' "
            f"({frame.collect_schema()['customer_id']} against {small.collect_schema()['customer_id']}); "
            "give both the same type"
        ) from error
    if "amount" in frame.collect_schema():
        joined = joined.filter(nw.col("amount") >= 0)
    return joined.with_columns(_day=frames.days(nw.col("date"), dtype=nw.Float64))


def _dimensions(schema: Iterable[str]) -> dict[str, str]:
    by_folded = {folded(name): name for name in schema}
    return {
        key: by_folded[next(name for name in names if name in by_folded)]
        for key, names in DIMENSIONS.items()
        if any(name in by_folded for name in names)
    }


def _answers(lines: frames.Frame, key: list[str], column: str) -> frames.Frame:
    """Each order with each of its values, once."""
    return lines.select("_group", *key, value=nw.col(column)).filter(~nw.col("value").is_null()).unique()


def _counted(answers: frames.Frame, names: Any) -> pd.DataFrame:
    """Count distinct orders by group and value (an order with two categories counts once in each)."""
    counted = frames.collect(answers.group_by("_group", "value").agg(orders=nw.len()))
    return _by_value(counted.assign(group=names[counted["_group"]]), "value")


def _known(answers: frames.Frame, key: list[str], names: Any) -> dict[Any, int]:
    """Count the orders of each group that have a value."""
    orders = answers.select("_group", *key).unique()
    counted = frames.collect(orders.group_by("_group").agg(orders=nw.len()))
    return dict(zip(names[counted["_group"]], map(int, counted["orders"]), strict=True))


def _by_value(counted: pd.DataFrame, value: str) -> pd.DataFrame:
    table = counted.groupby(["group", value], sort=False)["orders"].sum().reset_index()
    table = table.rename(columns={value: "value"}).sort_values(["group", "value"], kind="stable")
    return table.astype({"orders": int}).reset_index(drop=True)


def _calendar(lines: frames.Frame, key: list[str], names: Any, *, has_hour: bool) -> pd.DataFrame:
    """Count orders by group and moment in one pass: an order is made when its first line is."""
    first = nw.col("date")
    moments = {"weekday": first.dt.weekday(), "month": first.dt.month()}
    moments |= {"hour": first.dt.hour()} if has_hour else {}
    orders = lines.group_by("_group", *key).agg(nw.col("date").min())
    cells = orders.select("_group", _day=frames.days(first, dtype=nw.Float64), **moments).group_by(
        "_group", *moments
    )
    counted = frames.collect(
        cells.agg(orders=nw.len(), first=nw.col("_day").min(), last=nw.col("_day").max())
    )
    return counted.assign(group=names[counted["_group"]])


def _moments(calendar: pd.DataFrame) -> dict[str, pd.DataFrame]:
    found = [name for name in ("weekday", "month", "hour") if name in calendar]
    if "hour" in found and not calendar["hour"].any():
        found.remove("hour")
    return {name: _by_value(calendar, name) for name in found}


def _orders(calendar: pd.DataFrame) -> dict[Any, int]:
    return {group: int(orders) for group, orders in calendar.groupby("group")["orders"].sum().items()}


def _prices(lines: frames.Frame, schema: Mapping[str, Any], names: Any) -> tuple[dict[Any, float], str]:
    """Average price of an item (money divided by quantity), of every group and of all under the key None."""
    by_folded = {folded(name): name for name in schema}
    quantity = next((by_folded[name] for name in QUANTITY if name in by_folded), None)
    if "amount" not in by_folded or quantity is None:
        return {}, ""
    bought = _with_units(lines, quantity, schema[quantity])
    if bought is None:
        return {}, ""
    sums = frames.collect(
        bought.group_by("_group").agg(money=nw.col("amount").sum(), units=nw.col("_units").sum())
    )
    prices = {
        names[group]: float(money / units)
        for group, money, units in sums[["_group", "money", "units"]].itertuples(index=False)
    }
    if len(sums):
        prices[None] = float(sums["money"].sum() / sums["units"].sum())
    return prices, "item"


def _with_units(lines: frames.Frame, quantity: str, dtype: Any) -> frames.Frame | None:
    """Read the quantities, text too (a file read as text has no numbers yet); None where they are none."""
    read = amount_cells(quantity, dtype, decimal=".", strip=frames.stripping(lines))
    if read.problem:
        return None
    lines = with_number_cells(lines, [quantity])
    for stage in read.stages:
        lines = lines.with_columns(**stage)
    return lines.with_columns(_units=read.value).filter(nw.col("_units") > 0)


def _full_years(calendar: pd.DataFrame) -> frozenset[Any]:
    """Groups whose orders span a year: on less, the months would only say when the log begins and ends."""
    groups = calendar.groupby("group")
    spans = groups["last"].max() - groups["first"].min()
    return frozenset(spans.index[spans >= FULL_YEAR - 1])
