"""The small tables that charts are drawn from: what each segment, cell or customer weighs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from segmentclient import frames
from segmentclient.errors import raise_all
from segmentclient.locale import Language
from segmentclient.plot import palette
from segmentclient.schema import check_columns

__all__ = ["Groups", "groups", "values"]


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
    frame = frames.read(customers)
    columns = frame.collect_schema()
    check_columns(columns, {by: "any", value: "number"}, optional=("n_orders",))
    frames.check_labels(frame, by)
    orders = nw.col("n_orders") if "n_orders" in columns else nw.lit(0)
    counted = frame.with_columns(orders.alias("_orders"), nw.col(value).alias("_value"))
    summed = counted.group_by(by).agg(
        nw.len().alias("_customers"), nw.col("_orders").sum(), nw.col("_value").sum()
    )
    table = _weighed(frames.collect(summed), by)
    _refuse_absurd(table, {"orders": "n_orders", "value": value})
    return Groups(table, by, value, currency)


def _refuse_absurd(table: pd.DataFrame, named: Mapping[str, str]) -> None:
    raise_all(
        (
            f"column {column!r} holds infinite or absurdly large values; finite numbers can be drawn"
            for name, column in named.items()
            if not (table[name].abs() <= 1e15).all()
        ),
        table="customers",
    )


def _weighed(table: pd.DataFrame, by: str) -> pd.DataFrame:
    made = pd.DataFrame(
        {
            "key": table[by].astype(object).where(table[by].notna(), None),
            "customers": table["_customers"].astype(float),
            "orders": pd.to_numeric(table["_orders"]).fillna(0).astype(float),
            "value": pd.to_numeric(table["_value"]).fillna(0).astype(float),
        }
    )
    made["customer_share"] = made["customers"] / max(made["customers"].sum(), 1)
    made["value_share"] = share_of(made["value"])
    order = made.assign(name=made["key"].map(str)).sort_values(
        ["value", "customers", "name"], ascending=[False, False, True]
    )
    return made.loc[order.index].reset_index(drop=True)


def share_of(value: pd.Series) -> pd.Series:
    """Shares of a total; missing where the total is not positive."""
    total = float(value.sum())
    return value / total if total > 0 else value * np.nan


def values(customers: Any, columns: Sequence[str]) -> pd.DataFrame:
    """Collect number columns, checked, as floats; missing stays missing."""
    frame = frames.read(customers)
    check_columns(frame.collect_schema(), dict.fromkeys(columns, "number"))
    found = frames.collect(frame, list(dict.fromkeys(columns))).astype(float)
    _refuse_absurd(found.fillna(0.0), {column: column for column in found})
    return found


def worth(language: Language, number: float, currency: str | None) -> str:
    """Write an amount in full where it is short, else in thousands and millions; small ones with cents."""
    if abs(number) >= 10_000:
        return language.compact(number, currency)
    return language.money(number, currency, decimals=2 if 0 < abs(number) < 10 else 0)


def of_value(column: str, words: Language) -> str:
    """Say of what a share is: "of revenue", "of lifetime value"."""
    named = {"revenue": "of revenue", "lifetime_value": "of lifetime value"}
    return words.text(named.get(column, "of the value"))


def measure(column: str, words: Language) -> str:
    """Name a column for a reader; one that the library does not know keeps its name."""
    return words.text(_MEASURES[column]) if column in _MEASURES else column


_MEASURES = {
    "n_orders": "Orders",
    "days_since_last_order": "Days since order",
    "revenue": "Revenue",
    "average_order_value": "Average order",
    "frequency": "Repeat purchases",
    "recency": "Time from first to last order",
    "T": "Time since the first order",
    "monetary_value": "Average repeat purchase",
    "clumpiness": "Clumpiness",
    "gap_sd": "Irregularity of gaps",
    "r_score": "Recency score",
    "f_score": "Frequency score",
    "m_score": "Monetary score",
    "p_alive": "Probability of being active",
    "expected_purchases": "Expected purchases",
    "expected_orders": "Expected orders",
    "expected_purchase_value": "Expected purchase value",
    "lifetime_value": "Lifetime value",
}
