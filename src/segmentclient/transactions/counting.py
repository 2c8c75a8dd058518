"""What was kept and set aside, counted in rows and money."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.schema import kind_of
from segmentclient.transactions.reasons import AMOUNT, KEPT, REASON, REASONS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["audit_table", "count_reasons", "notes_on"]

_NOTHING = (
    "nan", "none", "null", "nil", "na", "n/a", "#n/a", "<na>", "nat",
    "\\n", "undefined", "-", "?", "#", "(not set)",
    "unknown", "inconnu", "guest", "anonymous", "anonyme", "00000000-0000-0000-0000-000000000000",
)  # fmt: skip


def count_reasons(marked: frames.Frame) -> Any:
    """Rows, money and refund rows, one row a reason; the only thing collected."""
    refund = nw.when(nw.col(AMOUNT) < 0).then(nw.lit(1)).otherwise(nw.lit(0))
    flat = marked.select(
        nw.col(REASON).alias("reason"),
        nw.col(AMOUNT).alias("amount"),
        refund.alias("refunds"),
    )
    return frames.collect(
        flat.group_by("reason").agg(nw.len().alias("rows"), nw.col("amount").sum(), nw.col("refunds").sum())
    )


def audit_table(counted: Any) -> pd.DataFrame:
    """Order the counts by precedence; the kept rows come first."""
    counted = counted.assign(
        rows=counted["rows"].astype("int64"), amount=counted["amount"].astype("float64").fillna(0.0)
    )
    counted = counted.set_index("reason")
    present = [reason for reason in REASONS if reason in counted.index or reason == KEPT]
    table = counted[["rows", "amount"]].reindex(present, fill_value=0).reset_index()
    return table.astype({"rows": "int64", "amount": "float64", "reason": "object"})


def notes_on(kept: frames.Frame, audit: pd.DataFrame) -> dict[str, Any]:
    """Compute the notes, each in one pass."""
    refund = nw.when(nw.col("amount") < 0)
    row = frames.one_row(
        kept,
        rows=nw.len(),
        customers=nw.col("customer_id").n_unique(),
        refund_rows=frames.count_of(nw.col("amount") < 0),
        refund_amount=refund.then(nw.col("amount")).otherwise(nw.lit(0.0)).sum(),
        first_day=nw.col("date").min(),
        last_day=nw.col("date").max(),
    )
    distinct = frames.one_row(frames.comparable(kept).unique(), rows=nw.len())["rows"]
    money = audit.set_index("reason")["amount"]
    unknown = float(money.get("missing_customer_id", 0.0))
    total = float(money.sum())
    return {
        "customers": int(row["customers"]),
        "first_day": row["first_day"],
        "last_day": row["last_day"],
        "exact_duplicates_kept": int(row["rows"] - distinct),
        "share_of_revenue_identifiable": 1 - unknown / total if total else None,
        "refund_rows": int(row["refund_rows"]),
        "refund_amount": float(row["refund_amount"]),
        "customer_ids_alike": _ids_alike(kept),
        "rows_of_ids_like_none": _rows_of_ids_like_none(kept),
    }


def _rows_of_ids_like_none(kept: frames.Frame) -> int:
    """Count the rows whose id is text that other programs write for nothing: perhaps many people in one."""
    if not _has_texts(kept):
        return 0
    word = nw.col("customer_id").cast(nw.String).str.to_lowercase()
    like_none = nw.when(word.is_in(_NOTHING)).then(nw.lit(1)).otherwise(nw.lit(0))
    return int(frames.one_row(kept, rows=like_none.sum())["rows"] or 0)


def _has_texts(kept: frames.Frame) -> bool:
    return kind_of(kept.collect_schema()["customer_id"]) == "text"


def _ids_alike(kept: frames.Frame) -> int:
    """Count the ids that are one when letter case, and how accents are stored, are ignored: perhaps one person.

    They are never merged. An é may be stored as one sign (NFC) or as two, e and an accent (NFD, as macOS names
    files); no engine but a few can tell, so the different ids beyond ASCII are collected and compared here.
    """
    if not _has_texts(kept):
        return 0
    lowered = nw.col("customer_id").cast(nw.String).str.to_lowercase()
    ids = kept.select("customer_id").unique().select(one=lowered)
    beyond_ascii = nw.col("one").str.contains(r"[^\x00-\x7f]")
    plain = frames.one_row(ids.filter(~beyond_ascii), ids=nw.len(), distinct=nw.col("one").n_unique())
    others = frames.collect(ids.filter(beyond_ascii))["one"]
    composed = {unicodedata.normalize("NFC", str(one)) for one in others}
    return int(plain["ids"] - plain["distinct"]) + len(others) - len(composed)
