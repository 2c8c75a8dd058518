"""Tables on disk, for the command line: orders and people in, customers out."""

from __future__ import annotations

import argparse
import glob
import importlib.util
from pathlib import Path
from typing import Any

from segmentclient.errors import ColumnError, SegmentClientError, missing_package
from segmentclient.order_files import scan_orders
from segmentclient.writing import whole_file

__all__ = ["check_page", "read_customers", "read_orders", "read_table", "write_table"]


def read_orders(options: argparse.Namespace) -> Any:
    """Open the orders: through DuckDB where it is installed (larger than memory), else with pandas."""
    _must_exist(options.orders)
    if importlib.util.find_spec("duckdb") is None:
        return read_table(options.orders, separator=options.separator, encoding=options.encoding)
    relation = scan_orders(
        options.orders,
        separator=options.separator,
        encoding=options.encoding,
        memory_limit=options.memory_limit,
        spill_folder=options.spill_folder,
    )
    return relation


def check_page(path: str) -> None:
    """Refuse a place where no page can be written before the work begins."""
    if Path(path).is_dir() or Path(path).suffix.lower() not in {".html", ".htm", ".pdf"}:
        raise SegmentClientError(f"--output {path}: expected the name of a file that ends in .html or .pdf")


def _must_exist(path: str) -> None:
    if not glob.glob(path):
        raise ColumnError(f"{path}: no such file")


def read_table(path: str, *, separator: str | None = None, encoding: str = "utf-8") -> Any:
    """Read a whole .csv (every cell as text) or .parquet file with pandas."""
    import pandas as pd

    _must_exist(path)
    try:
        if path.lower().endswith((".parquet", ".pq")):
            return pd.read_parquet(path)
        sniff = {"sep": separator} if separator else {"sep": None, "engine": "python"}
        return pd.read_csv(
            path, dtype="string", keep_default_na=False, na_values=[""], encoding=encoding, **sniff
        )
    except ImportError:
        raise missing_package("a Parquet file", "pyarrow", "duckdb") from None
    except (ValueError, OSError) as error:
        raise ColumnError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from None


def read_customers(path: str) -> Any:
    """Read a table that `score` wrote: .csv with its numbers and dates told apart, or .parquet."""
    import pandas as pd

    if not path.lower().endswith(".csv"):
        return read_table(path)
    text = read_table(path)
    typed = text.apply(_typed)
    known = [name for name in ("first_order", "last_order") if name in typed]
    return typed.assign(**{name: pd.to_datetime(text[name], errors="coerce") for name in known})


def _typed(column: Any) -> Any:
    """Turn a column into numbers when every cell that is there is one; ids with leading zeros stay text."""
    import pandas as pd

    there = column.dropna()
    if there.str.match(r"^-?0[0-9]").any():
        return column
    numbers = pd.to_numeric(column, errors="coerce")
    return numbers if numbers.notna().sum() == len(there) else column


def write_table(table: Any, path: str) -> None:
    """Write a pandas table whole or not at all, as .csv or .parquet."""
    if not path.lower().endswith((".parquet", ".pq", ".csv")):
        raise SegmentClientError(f"{path}: expected a name that ends in .csv or .parquet")
    with whole_file(path) as draft:
        if path.lower().endswith(".csv"):
            table.to_csv(draft, index=False)
        else:
            table.to_parquet(draft, index=False)
