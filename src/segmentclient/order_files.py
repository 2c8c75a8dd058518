"""Order files on disk, larger than memory if need be: CSV and Parquet through DuckDB."""

from __future__ import annotations

import atexit
import codecs
import glob
import shutil
import tempfile
from pathlib import Path
from typing import Any

from segmentclient.errors import ColumnError, SegmentClientError, missing_package
from segmentclient.options import check_options

__all__ = ["scan_orders"]


def scan_orders(
    path: str | Path,
    *,
    separator: str | None = None,
    encoding: str = "utf-8",
    memory_limit: str | None = None,
    spill_folder: str | Path | None = None,
    connection: Any = None,
) -> Any:
    r"""Open CSV or Parquet files as a DuckDB relation that every function of this library takes.

    Parameters
    ----------
    path : one file, or a pattern such as "orders/*.parquet". Every cell of a CSV file is read as text, so that ids
        keep their zeros; `clean_transactions` reads dates and amounts.
    separator : of a CSV file; found by DuckDB when not given.
    encoding : of a CSV file: "utf-8", "latin-1", "cp1252" or any that Python knows (files that are not in UTF-8 are
        copied once, into the system's temporary folder).
    memory_limit : the most memory DuckDB takes, such as "2GB".
    spill_folder : where DuckDB puts what does not fit in memory.
    connection : an own DuckDB connection to read on.

    Returns
    -------
    duckdb.DuckDBPyRelation
        Lazy; nothing is read but the first lines.

    Raises
    ------
    SegmentClientError
        DuckDB is not installed (``pip install "segmentclient[duckdb]"``), or the file is neither CSV nor Parquet.
    ColumnError
        There is no such file, or it cannot be read.

    Examples
    --------
    >>> import pathlib, tempfile, segmentclient as sc
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "orders.csv"
    >>> _ = file.write_text("customer_id,date,amount\n007,2026-01-02,12.50\n")
    >>> sc.clean_transactions(sc.scan_orders(file)).transactions.df()
      customer_id       date  amount
    0         007 2026-01-02    12.5
    """
    check_options(scan_orders, locals())
    duckdb = _duckdb()
    own = connection if connection is not None else duckdb.connect()
    _set(own, memory_limit, spill_folder)
    kind = _kind(path)
    try:
        if kind == "parquet":
            return own.read_parquet(str(path))
        return _read_csv(own, str(path), separator, encoding)
    except LookupError:
        raise SegmentClientError(
            f"encoding={encoding!r} is not known; accepted: 'utf-8', 'latin-1', 'cp1252' ..."
        ) from None
    except UnicodeDecodeError as error:
        raise ColumnError(f"{path}: is not in {encoding}: {error.reason} at byte {error.start:,}") from None
    except duckdb.Error as error:
        raise ColumnError(f"{path}: cannot be read as {kind}: {_first_line(error)}") from None


def _read_csv(connection: Any, path: str, separator: str | None, encoding: str) -> Any:
    options = {
        "all_varchar": True,
        "header": True,
        "strict_mode": True,
        **({"sep": separator} if separator else {}),
    }
    if codecs.lookup(encoding).name in {"utf-8", "ascii"} and not _is_misread(path):
        return connection.read_csv(path, **options)
    copy = Path(tempfile.mkdtemp(prefix="segmentclient-"))
    # plans made from the relation read the copy until the process ends
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    return connection.read_csv(_in_utf8(path, encoding, copy), **options)


def _is_misread(path: str) -> bool:
    """Tell whether lines end in a separator and carriage return: some versions of DuckDB then lose every line."""
    for source in glob.glob(path):
        with open(source, "rb") as file:
            if file.readline(1 << 20).endswith((b";\r\n", b",\r\n", b"\t\r\n", b"|\r\n")):
                return True
    return False


def _in_utf8(path: str, encoding: str, folder: Path) -> str:
    """Copy files into UTF-8, the one encoding that DuckDB reads without an extension."""
    for number, source in enumerate(sorted(glob.glob(path))):
        with (
            open(source, encoding=encoding) as old,  # every end of line becomes the plain one
            open(folder / f"{number}.csv", "w", encoding="utf-8", newline="") as new,
        ):
            shutil.copyfileobj(old, new, 1 << 20)
    return str(folder / "*.csv")


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError:
        raise missing_package("scan_orders", "DuckDB", "duckdb") from None
    return duckdb


def _set(connection: Any, memory_limit: str | None, spill_folder: str | Path | None) -> None:
    if memory_limit is not None:
        connection.execute("set memory_limit = ?", [memory_limit])
    if spill_folder is not None:
        connection.execute("set temp_directory = ?", [str(spill_folder)])


def _kind(path: str | Path) -> str:
    name = str(path).lower()
    if name.endswith((".parquet", ".pq")):
        return "parquet"
    if name.endswith((".csv", ".csv.gz", ".txt", ".tsv")):
        return "csv"
    raise SegmentClientError(f"{path}: expected a file that ends in .csv, .csv.gz, .tsv, .txt or .parquet")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
