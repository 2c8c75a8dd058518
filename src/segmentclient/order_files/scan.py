"""The door to order files: which kind, on which connection, with which errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from segmentclient.errors import ColumnError, SegmentClientError, missing_package
from segmentclient.options import check_options, shown
from segmentclient.order_files.parquet_files import read_parquet
from segmentclient.order_files.text_files import read_csv

__all__ = ["scan_orders"]


def scan_orders(
    path: str | Path,
    *,
    separator: str | None = None,
    encoding: str = "utf-8",
    skip_lines: int = 0,
    timezone: str | None = None,
    memory_limit: str | None = None,
    spill_folder: str | Path | None = None,
    connection: Any = None,
) -> Any:
    r"""Open CSV or Parquet files as a DuckDB relation that every function of this library takes.

    Parameters
    ----------
    path : one file, or a pattern such as "orders/*.parquet"; the files of a pattern have the same columns, which are
        matched by name. Parquet columns of several types get the one that holds them all (whole numbers and decimals
        together), if there is one. Every cell of a CSV file is read as text, so that ids keep their zeros; `clean_transactions`
        reads dates and amounts. The first line of a CSV file names its columns, and cells may stand in double quotes.
    separator : of a CSV file; found in the first lines (comma, semicolon, tab or bar) when not given.
    encoding : of a CSV file: "utf-8", "latin-1", "cp1252" or any that Python knows (files that are not in UTF-8 are
        copied once, unpacked, into the system's temporary folder).
    skip_lines : of a CSV file: how many lines stand above the names of the columns, such as a title.
    timezone : of Parquet times that have a zone: whose wall clock decides the day (default: the columns' own). DuckDB
        keeps it in the connection.
    memory_limit : the most memory DuckDB takes, such as "2GB".
    spill_folder : where DuckDB puts what does not fit in memory.
    connection : an own DuckDB connection to read on.

    Returns
    -------
    duckdb.DuckDBPyRelation
        Lazy; nothing is read but the first lines. A later line that is cut or too long is an error that names it.

    Raises
    ------
    SegmentClientError
        DuckDB is not installed (``pip install "segmentclient[duckdb]"``), or the file is neither CSV nor Parquet.
    ColumnError
        There is no such file; it cannot be read; a line has fewer or more fields than there are names; the files of a
        pattern have different columns or types; times have several zones, or another than `connection`.

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
    kind = _kind(path)
    if skip_lines < 0:
        raise SegmentClientError(f"skip_lines={skip_lines}; accepted: 0 or more")
    own = _connection(duckdb, connection)
    _set(own, memory_limit, spill_folder)
    try:
        if kind == "parquet":
            return read_parquet(own, str(path), timezone, connection is None)
        return read_csv(own, str(path), separator, encoding, skip_lines)
    except duckdb.Error as error:
        raise ColumnError(f"{path}: cannot be read as {kind}: {_first_line(error)}") from None


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError:
        raise missing_package("scan_orders", "DuckDB", "duckdb") from None
    return duckdb


def _connection(duckdb: Any, given: Any) -> Any:
    if given is not None and not isinstance(given, duckdb.DuckDBPyConnection):
        raise SegmentClientError(
            f"connection={shown(given)}; accepted: a connection of DuckDB, as duckdb.connect() gives"
        )
    return given if given is not None else duckdb.connect()


def _set(connection: Any, memory_limit: str | None, spill_folder: str | Path | None) -> None:
    settings = (
        ("memory_limit", "memory_limit", memory_limit, "a size such as '2GB'"),
        ("spill_folder", "temp_directory", spill_folder, "a folder that can be written"),
    )
    for option, setting, value, accepted in settings:
        if value is None:
            continue
        try:
            connection.execute(f"set {setting} = ?", [str(value)])
        except _duckdb().Error as error:
            raise SegmentClientError(
                f"{option}={shown(value)} is not accepted by DuckDB ({_first_line(error)}); accepted: {accepted}"
            ) from None


def _kind(path: str | Path) -> str:
    name = str(path).lower()
    if name.endswith((".parquet", ".pq")):
        return "parquet"
    if name.endswith((".csv", ".csv.gz", ".txt", ".tsv")):
        return "csv"
    raise SegmentClientError(f"{path}: expected a file that ends in .csv, .csv.gz, .tsv, .txt or .parquet")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
