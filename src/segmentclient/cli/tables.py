"""Tables on disk, for the command line: orders and people in, customers out."""

from __future__ import annotations

import argparse
import codecs
import importlib.util
import re
import warnings
from pathlib import Path
from typing import Any

from segmentclient.cells.formulas import unguarded
from segmentclient.errors import ColumnError, SegmentClientError, missing_package
from segmentclient.frames import BLANKS
from segmentclient.order_files import scan_orders
from segmentclient.order_files.bytes_on_disk import files_of, is_packed, is_utf8
from segmentclient.order_files.heads import Head, read_head, refuse_cut_lines
from segmentclient.report.audience_files import safe_cell
from segmentclient.writing import whole_file

__all__ = [
    "check_page",
    "check_table",
    "read_customers",
    "read_orders",
    "read_table",
    "with_ids_like",
    "write_table",
]

ID = "customer_id"
PLAIN_NUMBER = r"-?(?:(?:0|[1-9][0-9]{0,17})(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|inf)"  # as a program writes one
PLAIN_ID = r"0|-?[1-9][0-9]{0,17}"
PIECE, PIECES = 1 << 20, 8  # bytes at a time, and how many times: the first 8 MB tell how a file is written


def read_orders(options: argparse.Namespace) -> Any:
    """Open the orders: through DuckDB where it is installed (larger than memory), else with pandas."""
    _must_exist(options.orders)
    _must_be_text(options.orders, options.encoding)
    if importlib.util.find_spec("duckdb") is None:
        return read_table(
            options.orders,
            separator=options.separator,
            encoding=options.encoding,
            skip_lines=options.skip_lines,
        )
    relation = scan_orders(
        options.orders,
        separator=options.separator,
        encoding=options.encoding,
        skip_lines=options.skip_lines,
        timezone=options.timezone,
        memory_limit=options.memory_limit,
        spill_folder=options.spill_folder,
    )
    return relation


def check_page(path: str) -> None:
    """Refuse a place where no page can be written before the work begins."""
    if Path(path).is_dir() or Path(path).suffix.lower() not in {".html", ".htm", ".pdf"}:
        raise SegmentClientError(f"--output {path}: expected the name of a file that ends in .html or .pdf")


def check_table(path: str) -> None:
    """Refuse a place where no table can be written before the work begins."""
    if Path(path).is_dir() or not path.lower().endswith((".parquet", ".pq", ".csv")):
        raise SegmentClientError(f"{path}: expected the name of a file that ends in .csv or .parquet")


def _must_exist(path: str) -> None:
    if not files_of(path) and not Path(path).exists():
        raise ColumnError(f"{path}: no such file")


def _must_be_text(path: str, encoding: str) -> None:
    """Refuse an empty file, and text that is not written as it is said to be, before an engine stumbles over it."""
    for name in files_of(path):
        if not Path(name).stat().st_size:
            raise ColumnError(f"{name}: the file is empty")
        if name.lower().endswith((".csv", ".tsv", ".txt")) and is_utf8(encoding) and not is_packed(name):
            _must_be_utf8(name)


def _must_be_utf8(name: str) -> None:
    decode = codecs.getincrementaldecoder("utf-8")().decode
    with Path(name).open("rb") as file:
        try:
            for _ in range(PIECES):
                decode(file.read(PIECE))
        except UnicodeDecodeError:
            raise ColumnError(
                f"{name}: not UTF-8 text; say how it is written, such as --encoding latin-1"
            ) from None


def read_table(
    path: str, *, separator: str | None = None, encoding: str = "utf-8", skip_lines: int = 0
) -> Any:
    """Read a whole .csv (every cell as text) or .parquet file with pandas."""
    _must_exist(path)
    if path.lower().endswith((".parquet", ".pq")):
        return _read_parquet(path)
    head = read_head(path, separator=separator, encoding=encoding, skip_lines=skip_lines)
    table = _read_text(head, encoding)
    if table.iloc[:, -1].isna().any():  # pandas fills a line that is cut
        refuse_cut_lines(head, encoding)
    return table


def _read_parquet(path: str) -> Any:
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except ImportError:
        raise missing_package("a Parquet file", "pyarrow", "duckdb") from None
    except (ValueError, OSError) as error:
        raise ColumnError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from None


def _read_text(head: Head, encoding: str) -> Any:
    """Read a CSV file as its head says; what does not fit is an error, and so is pandas' warning that it cuts lines."""
    import pandas as pd

    several = len(head.separator) > 1  # to pandas such a one is a pattern, for its slower engine
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                head.file,
                sep=re.escape(head.separator) if several else head.separator,
                engine="python" if several else "c",
                names=list(head.names),
                header=0,
                skiprows=head.above,
                index_col=False,
                skipinitialspace=True,  # as DuckDB does before a quote
                dtype="string",
                keep_default_na=False,
                na_values=[""],
                encoding="utf-8-sig" if is_utf8(encoding) else encoding,
                compression="gzip" if head.packed else None,
            )
    except (ValueError, OSError, pd.errors.ParserWarning) as error:
        raise ColumnError(f"{head.file}: cannot be read: {str(error).splitlines()[0]}") from None


def read_customers(path: str) -> Any:
    """Read a table of customers or people: .parquet as it is, text with its numbers and dates told apart, ids as text.

    The apostrophes that an export of ours puts before what a spreadsheet would take for a formula are taken away again.
    """
    import pandas as pd

    if path.lower().endswith((".parquet", ".pq")):
        return read_table(path)
    text = read_table(path).apply(_unguarded)
    typed = text.apply(_typed)
    known = [name for name in ("first_order", "last_order") if name in typed]
    return typed.assign(**{name: pd.to_datetime(text[name], errors="coerce") for name in known})


def _unguarded(column: Any) -> Any:
    guarded = column.str.contains("'", regex=False).any()
    return column.map(unguarded, na_action="ignore").astype(column.dtype) if guarded else column


def _typed(column: Any) -> Any:
    """Turn a column into numbers when every cell that is there is one in plain writing; ids stay text always.

    +336 and 336, 1.10 and 1.1 are different customers, and no telephone number loses its sign.
    """
    import pandas as pd

    there = column.dropna()
    if column.name == ID or not there.str.fullmatch(PLAIN_NUMBER).all():
        return column
    return pd.to_numeric(column, errors="coerce")


def with_ids_like(table: Any, other: Any) -> Any:
    """Give the ids of a table the type that they have in another: a file of text beside one of whole numbers.

    Blanks around ids are no part of them, as in the orders. Whole numbers are written as text; text becomes whole numbers only where each id is plain digits, so that 007 and 7
    stay different customers. What cannot be brought together is left to the function that joins.
    """
    if table is None or ID not in table or ID not in other:
        return table
    table = table.assign(**{ID: _bare_ids(table[ID])})
    here, there = _whole_ids(table[ID]), _whole_ids(other[ID])
    if _is_whole(here) and _is_text(there):
        return table.assign(**{ID: here.astype("Int64").astype("string")})
    if _is_text(here) and _is_whole(there) and here.dropna().str.fullmatch(PLAIN_ID).all():
        return table.assign(
            **{ID: here.astype("Int64").astype(there.dtype if here.notna().all() else "Int64")}
        )
    return table


def _bare_ids(ids: Any) -> Any:
    """Take the blanks around ids away, which columns of fixed width fill up with."""
    return ids.str.strip(BLANKS) if _is_text(ids) and hasattr(ids, "str") else ids


def _whole_ids(ids: Any) -> Any:
    """Undo the decimals that pandas gives to whole numbers with gaps."""
    from pandas.api import types

    whole = types.is_float_dtype(ids) and (ids.dropna() % 1 == 0).all()
    return ids.astype("Int64") if whole else ids


def _is_whole(ids: Any) -> bool:
    from pandas.api import types

    return bool(types.is_integer_dtype(ids))


def _is_text(ids: Any) -> bool:
    from pandas.api import types

    return bool(types.is_string_dtype(ids.dropna()))  # pandas 2: objects with gaps are no text


def write_table(table: Any, path: str) -> None:
    """Write a pandas table whole or not at all, as .parquet, or as .csv whose texts no spreadsheet takes for formulas."""
    check_table(path)
    with whole_file(path) as draft:
        if path.lower().endswith(".csv"):
            texts = {
                name: table[name].map(_harmless) for name in table if table[name].dtype.kind not in "biufmM"
            }
            table.assign(**texts).to_csv(draft, index=False)
        else:
            _write_parquet(table, draft)


def _write_parquet(table: Any, path: Path) -> None:
    try:
        table.to_parquet(path, index=False)
    except ImportError:
        raise missing_package("a Parquet file", "pyarrow", "duckdb") from None


def _harmless(value: Any) -> Any:
    return safe_cell(value) if isinstance(value, str) else value
