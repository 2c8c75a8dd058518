"""Numbers of customers, collected and checked, and how a reader sees them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from segmentclient import frames
from segmentclient.customers.collected import LARGEST
from segmentclient.errors import raise_all
from segmentclient.locale import Language
from segmentclient.schema import check_columns
from segmentclient.shown import plain_name

__all__ = ["measure", "of_value", "percent", "refuse_absurd", "share_of", "tense", "values", "worth"]


def values(customers: Any, columns: Sequence[str]) -> pd.DataFrame:
    """Collect number columns, checked, as floats; missing stays missing."""
    frame = frames.read(customers)
    check_columns(frames.schema_of(frame), dict.fromkeys(columns, "number"))
    found = frames.collect(frame, list(dict.fromkeys(columns))).astype(float)
    refuse_absurd(found.fillna(0.0), {column: column for column in found})
    return found


def refuse_absurd(table: pd.DataFrame, named: Mapping[str, str]) -> None:
    """Refuse sums that are infinite or beyond any shop, in one error that names the columns."""
    raise_all(
        (
            f"column {column!r} holds infinite or absurdly large values; finite numbers can be drawn"
            for name, column in named.items()
            if not (table[name].abs() <= LARGEST).all()
        ),
        table="customers",
    )


def share_of(value: pd.Series) -> pd.Series:
    """Shares of a total; missing where the total is not positive."""
    total = float(value.sum())
    return value / total if total > 0 else value * np.nan


def worth(language: Language, number: float, currency: str | None) -> str:
    """Write an amount in full where it is short, else in thousands and millions; small ones with cents, or what tells them from 0."""
    if abs(number) >= 10_000:
        return language.compact(number, currency)
    return language.money(number, currency, decimals=_decimals(abs(number)))


def _decimals(size: float) -> int:
    """Count the decimals of an amount: none from ten on, those of cents, and two digits of what is less than a cent."""
    if size >= 10 or size < 1e-9:
        return 0
    return 2 if size >= 0.01 else 1 - math.floor(math.log10(size))


def percent(words: Language, share: float) -> str:
    """Write a share; small ones with a decimal."""
    return words.percent(share, 0 if share == 0 or abs(share) >= 0.1 else 1)


def of_value(column: str, words: Language) -> str:
    """Say of what a share is: "of revenue", "of lifetime value"."""
    named = {"revenue": "of revenue", "lifetime_value": "of lifetime value"}
    return words.text(named.get(column, "of the value"))


def tense(column: str) -> str:
    """Tell what customers have brought in ("past") from what they should still bring ("future"); "" for other values."""
    return {"revenue": "past", "lifetime_value": "future"}.get(column, "")


def measure(column: str, words: Language) -> str:
    """Name a column for a reader; one that the library does not know keeps its name."""
    return words.text(_MEASURES[column]) if column in _MEASURES else plain_name(column)


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
