"""What each group of customers weighs, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from segmentclient import frames
from segmentclient.locale import Language, check_currency
from segmentclient.plot import palette
from segmentclient.plot.chart import joined
from segmentclient.plot.numbers import of_value, percent, refuse_absurd, share_of
from segmentclient.schema import check_columns, kind_of
from segmentclient.shown import OTHERS

__all__ = ["Groups", "groups", "say_top", "tell_shares"]


@dataclass(frozen=True)
class Groups:
    """What each group of customers weighs.

    `table` has one row a group, the most valuable first: key, customers, orders, value, customer_share, value_share.
    """

    table: pd.DataFrame
    by: str
    value: str
    currency: str | None

    @property
    def total(self) -> float:
        """Sum of the value over all groups."""
        return float(self.table["value"].sum())

    @property
    def customers(self) -> int:
        """Number of customers."""
        return int(self.table["customers"].sum())

    @property
    def empty(self) -> bool:
        """True when there is no customer."""
        return self.table.empty

    def labels(self, lang: str) -> list[str]:
        """Names of the groups for a reader."""
        return [palette.label(key, lang) for key in self.table["key"]]

    def colours(self) -> list[str]:
        """Colours of the groups, the same in every chart."""
        known = palette.colours(self.table["key"])
        return [known[key] for key in self.table["key"]]


def groups(
    customers: Any, *, by: str = "segment", value: str = "revenue", currency: str | None = None
) -> Groups:
    """Count and add up each group in the table's own engine; only one row a group is collected."""
    check_currency(currency)
    frame = frames.read(customers)
    columns = frames.schema_of(frame)
    check_columns(columns, {by: "any", value: "number"}, optional=("n_orders",))
    frames.check_labels(frame, by)
    countable = "n_orders" in columns and kind_of(columns["n_orders"]) == "number"
    orders = nw.col("n_orders") if countable else nw.lit(0)
    counted = frame.with_columns(orders.alias(_ORDERS), nw.col(value).alias(_VALUE))
    summed = counted.group_by(by).agg(nw.len().alias(_CUSTOMERS), nw.col(_ORDERS).sum(), nw.col(_VALUE).sum())
    table = _weighed(frames.collect(summed), by)
    refuse_absurd(table, {"orders": "n_orders", "value": value})
    return Groups(table, by, value, currency)


_CUSTOMERS, _ORDERS, _VALUE = (f"_segmentclient_{name}" for name in ("customers", "orders", "value"))


def _weighed(table: pd.DataFrame, by: str) -> pd.DataFrame:
    made = pd.DataFrame(
        {
            "key": table[by].astype(object).where(table[by].notna(), None),
            "customers": table[_CUSTOMERS].astype(float),
            "orders": pd.to_numeric(table[_ORDERS]).fillna(0).astype(float),
            "value": pd.to_numeric(table[_VALUE]).fillna(0).astype(float),
        }
    )
    made["customer_share"] = made["customers"] / max(made["customers"].sum(), 1)
    made["value_share"] = share_of(made["value"])
    order = made.assign(name=made["key"].map(str)).sort_values(
        ["value", "customers", "name"], ascending=[False, False, True]
    )
    return made.loc[order.index].reset_index(drop=True)


def say_top(data: Groups, words: Language) -> str:
    """Name the group that weighs most; the others together are none."""
    if data.empty:
        return words.text("No customers to show")
    first = int((data.table["key"] != OTHERS).to_numpy().argmax())
    top, name = data.table.iloc[first], data.labels(words.key)[first]
    people = words.percent(top["customer_share"], 0)
    if data.total <= 0:
        return words.text("{segment}: {share} of customers; nothing to share out", segment=name, share=people)
    return words.text(
        "{segment}: {customers} of customers, {share} {of_value}", of_value=of_value(data.value, words),
        segment=name, customers=people, share=words.percent(top["value_share"], 0),
    )  # fmt: skip


def tell_shares(data: Groups, words: Language) -> str:
    """List each group's shares."""
    rows = zip(data.labels(words.key), data.table["customer_share"], data.table["value_share"], strict=True)
    told = (
        words.text("{segment}: {customers} of customers, {share} {of_value}", segment=name, customers=percent(words, people), share=percent(words, money), of_value=of_value(data.value, words))
        for name, people, money in rows
    )  # fmt: skip
    return joined(told, words)
