"""The words of the customers table: one meaning, one unit, one kind each.

`COLUMNS` is the single source. `docs/columns.md` is generated from it, `check_columns` judges every table
by it, and its messages say which function makes a missing column.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from segmentclient.errors import raise_all

__all__ = ["COLUMNS", "Column", "check_columns", "column_problems", "kind_of", "nearest", "unknown_names"]

Kind = Literal["id", "text", "date", "number", "boolean", "any"]


@dataclass(frozen=True)
class Column:
    """One word of the customers table."""

    name: str
    kind: Kind
    unit: str
    meaning: str
    made_by: str
    literature: str = ""


def _column(name: str, kind: Kind, unit: str, made_by: str, meaning: str, literature: str = "") -> Column:
    return Column(name, kind, unit, meaning, made_by, literature)


_SUMMARY = "summarize_customers"
_GAPS = "summarize_customers(gaps=True)"
_SCORES = "score_rfm"
_VALUE = "predict_lifetime_value"

COLUMNS: Mapping[str, Column] = {
    column.name: column
    for column in (
        _column("customer_id", "id", "", _SUMMARY, "the key: whatever the unit of analysis is (payer, user, household, account)"),
        _column("first_order", "date", "date", _SUMMARY, "day of the first order"),
        _column("last_order", "date", "date", _SUMMARY, "day of the last order"),
        _column("n_orders", "number", "count", _SUMMARY, "distinct orders, by order_id where there is one, else order days", "RFM frequency"),
        _column("days_since_last_order", "number", "days", _SUMMARY, "as_of minus the last order", "RFM recency"),
        _column("revenue", "number", "money", _SUMMARY, "sum of amounts, net of returns under the chosen policy", "RFM monetary"),
        _column("average_order_value", "number", "money", _SUMMARY, "revenue divided by n_orders"),
        _column("frequency", "number", "count", _SUMMARY, "repeat purchase periods (days): purchase days after the first", "x"),
        _column("recency", "number", "time units", _SUMMARY, "last order minus first order", "t_x"),
        _column("T", "number", "time units", _SUMMARY, "as_of minus first order", "T"),
        _column("monetary_value", "number", "money", _SUMMARY, "mean total of the repeat purchase periods, 0 where there is none", "z̄ of Gamma-Gamma"),
        _column("first_day_revenue", "number", "money", _SUMMARY, "net revenue of the first purchase period (needed to bring a summary forward)"),
        _column("gap_sd", "number", "days", _GAPS, "standard deviation of the days between purchases"),
        _column("sum_log_gaps", "number", "log days", _GAPS, "sum of the logarithms of the gaps between purchases"),
        _column("clumpiness", "number", "0 to 1", _GAPS, "0 when purchases are evenly spaced, towards 1 when they come in bursts", "C"),
        _column("r_score", "number", "1 to n", _SCORES, "recency score, high is recent"),
        _column("f_score", "number", "1 to n", _SCORES, "frequency score, high is often"),
        _column("m_score", "number", "1 to n", _SCORES, "monetary score, high is much"),
        _column("rfm_code", "number", "100R + 10F + M", _SCORES, "the three scores in one number"),
        _column("segment", "text", "", "segment_rfm", "stable English key of the segment; labels are translated at display"),
        _column("cluster", "text", "", "segment_kmeans", "key of the cluster, ordered by value"),
        _column("status", "text", "", "lifecycle", "prospect, active or inactive"),
        _column("relation", "text", "", "lifecycle", "potential, current, loyal or former"),
        _column("is_new", "boolean", "", "lifecycle", "the first order is recent"),
        _column("soon_lost", "boolean", "", "lifecycle", "active and valuable, and about to stop"),
        _column("retention_due", "boolean", "", "lifecycle", "no order and no contact for three years: delete, or ask again"),
        _column("p_alive", "number", "probability", _VALUE, "probability that the customer is still a customer"),
        _column("expected_purchases", "number", "count", _VALUE, "purchase days expected within the horizon"),
        _column("expected_orders", "number", "count", _VALUE, "expected_purchases times the observed orders per purchase day"),
        _column("expected_purchase_value", "number", "money", _VALUE, "expected spend on one purchase day"),
        _column("lifetime_value", "number", "money", _VALUE, "margin on future purchases, discounted, minus costs"),
        _column("value_basis", "text", "", _VALUE, "own_history, average_customer (no repeat purchase above 0) or no_order_yet"),
        _column("expected_purchases_low", "number", "count", _VALUE, "lower bound of the purchase days to come (predictive)"),
        _column("expected_purchases_high", "number", "count", _VALUE, "upper bound of the purchase days to come (predictive)"),
        _column("lifetime_value_low", "number", "money", _VALUE, "lower bound of the value to come (predictive)"),
        _column("lifetime_value_high", "number", "money", _VALUE, "upper bound of the value to come (predictive)"),
        _column("holdout_purchases", "number", "count", "split_periods", "purchase days in the holdout period"),
        _column("holdout_revenue", "number", "money", "split_periods", "revenue in the holdout period"),
        _column("holdout_days", "number", "days", "split_periods", "length of the holdout period"),
    )
}  # fmt: skip


def kind_of(dtype: Any) -> Kind:
    """Say what a Narwhals data type holds: id-like types are `text`, everything countable is `number`."""
    if dtype.is_numeric():
        return "number"
    name = type(dtype).__name__ if not isinstance(dtype, type) else dtype.__name__
    if name in {"Datetime", "Date"}:
        return "date"
    if name == "Boolean":
        return "boolean"
    if name in {"String", "Categorical", "Enum", "Object"}:
        return "text"
    return "any"


def nearest(name: str, available: Iterable[str]) -> str:
    """Give the hint `; did you mean 'x'?` for a misspelt name, or nothing."""
    lowered = {str(other).lower(): str(other) for other in available}
    close = difflib.get_close_matches(str(name).lower(), list(lowered), n=1, cutoff=0.6)
    return f"; did you mean {lowered[close[0]]!r}?" if close else ""


def unknown_names(found: Iterable[str], known: Iterable[str]) -> Iterable[str]:
    """Say which names of a file are not known, one sentence each, and what is accepted."""
    known = list(known)
    for name in found:
        if name not in known:
            yield f"{name!r} is unknown{nearest(name, known)}; accepted: {', '.join(known)}"


def check_columns(
    schema: Mapping[str, Any],
    needed: Iterable[str] | Mapping[str, Kind],
    *,
    optional: Iterable[str] = (),
    table: str = "customers",
) -> None:
    """Raise one `ColumnError` that lists every needed column that is missing or of the wrong kind.

    Parameters
    ----------
    schema : mapping of column name to Narwhals data type
    needed : names of `COLUMNS`, or a mapping of any names to the kind expected
        ("number", "text", "date", "boolean", "id" and "any").
    optional : names of `COLUMNS` that may be missing, but are of the right kind where they are there.
    table : what to call the table in the message.
    """
    kinds = needed if isinstance(needed, Mapping) else {name: COLUMNS[name].kind for name in needed}
    there: dict[str, Kind] = {name: COLUMNS[name].kind for name in optional if name in schema}
    kinds = {**there, **kinds}
    hints = {"customer_id": ""} if table in _BROUGHT else {}
    raise_all(column_problems(schema, kinds, hints), table=table)


_BROUGHT = frozenset({"attributes", "interactions", "known_customers", "people", "prospects"})


def column_problems(
    schema: Mapping[str, Any], kinds: Mapping[str, Kind], hints: Mapping[str, str] = MappingProxyType({})
) -> Iterable[str]:
    """Say what is wrong with the needed columns, one sentence each; `hints` say where a column comes from."""
    for name, kind in kinds.items():
        if name not in schema:
            yield f"column {name!r} is missing{hints.get(name, _made_by(name))}{nearest(name, schema) or '.'} Columns found: {_listed(schema)}"
        elif kind not in {"any", "id", kind_of(schema[name])}:
            yield f"column {name!r} holds {schema[name]}, expected {_EXPECTED[kind]}"


_EXPECTED = {
    "number": "numbers (cast the column first)",
    "date": "dates (parse them first, for instance with clean_transactions)",
    "text": "text",
    "boolean": "true / false",
}


def _made_by(name: str) -> str:
    if name in COLUMNS:
        return f" ({COLUMNS[name].made_by} makes it)"
    return " (clean_transactions makes it from a column of yours)" if name in _OF_TRANSACTIONS else ""


_OF_TRANSACTIONS = ("date", "amount")


def _listed(schema: Mapping[str, Any], most: int = 20) -> str:
    names = [str(name) for name in schema]
    return (
        ", ".join(names[:most]) + (f" … and {len(names) - most} more" if len(names) > most else "") or "none"
    )
