"""Why a row is set aside, in order of precedence, and the columns that carry it through the cleaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

__all__ = ["AMOUNT", "DATE", "ID", "KEPT", "ORDER", "REASON", "REASONS", "Duplicates", "Returns"]

Returns = Literal["net", "drop", "raise"]
Duplicates = Literal["keep", "drop"]

KEPT = "kept"
REASONS: Mapping[str, str] = {
    "kept": "kept",
    "missing_customer_id": "no customer id",
    "unreadable_customer_id": "customer id cannot be read",
    "missing_date": "no date",
    "unreadable_date": "date cannot be read",
    "date_out_of_range": "date outside the years 1900 to 2199",
    "missing_amount": "no amount",
    "unreadable_amount": "amount cannot be read",
    "negative_quantity_and_price": "quantity and price are both negative",
    "unreadable_order_id": "order id cannot be read",
    "excluded": "excluded on request (staff, tests ...)",
    "refund": "refund, dropped on request",
    "duplicate": "exact duplicate, dropped on request",
    "refunds_only": "customer with refunds and no purchase",
}

ID, DATE, AMOUNT, ORDER, REASON = (
    f"_segmentclient_{name}" for name in ("id", "date", "amount", "order", "reason")
)
