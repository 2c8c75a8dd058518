"""Logs of orders that several tests are made of."""

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa

COLUMNS = {"customer_id": "who", "date": "day", "amount": "total"}


def orders(**columns):
    table = {
        "who": ["a", "a", "b"],
        "day": ["2026-01-01", "2026-01-02", "2026-01-03"],
        "total": [10.0, 20.0, 30.0],
    }
    return pd.DataFrame({**table, **columns})


def audit_of(clean):
    return {row.reason: (row.rows, row.amount) for row in clean.audit.itertuples()}


def made(**columns):
    """A log of one customer, a day a row."""
    rows = max(len(column) for column in columns.values() if not isinstance(column, float))
    days = pd.date_range("2026-01-01", periods=rows)
    return pd.DataFrame({"customer_id": "a", "date": days, **columns})


class Mute:
    """An object that says nothing of what it holds."""


def as_engines(data):
    """The same table as five engines hold it."""
    table = pa.table(data)
    return [
        pd.DataFrame(data),
        pl.from_arrow(table),
        pl.from_arrow(table).lazy(),
        duckdb.connect().from_arrow(table),
        table,
    ]
