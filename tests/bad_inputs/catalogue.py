"""Hostile tables: what may become of a column, of a whole table, and of what is no table at all.

A case has one of three answers: rows set aside with a reason, one error of ours, or a result. `answer` runs a
function and says which; anything else (a foreign exception, a foreign warning) is a failure that it lets through.
"""

import datetime as dt
import warnings
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import polars as pl

import segmentclient as sc


def _every_third(values, odd):
    new = values.astype(object).copy()
    new.iloc[::3] = odd
    return new


class Wordless:
    """A cell that cannot even be shown."""

    def __repr__(self):
        raise RuntimeError("no words")


PARIS = dt.timezone(dt.timedelta(hours=1))
# name: what becomes of a column
QUIRKS = {
    "garbage text": lambda s: pd.Series(["gar\x00bage"] * len(s), s.index, dtype=object),
    "locale decimals": lambda s: pd.Series(["1 234,56"] * len(s), s.index, dtype=object),
    "some missing": lambda s: s.where(np.arange(len(s)) % 3 > 0),
    "all missing": lambda s: pd.Series(np.nan, s.index, dtype=float),
    "all None": lambda s: pd.Series([None] * len(s), s.index, dtype=object),
    "some infinite": lambda s: pd.Series(np.where(np.arange(len(s)) % 3, 1.0, np.inf), s.index),
    "minus infinite": lambda s: pd.Series(np.where(np.arange(len(s)) % 3, 1.0, -np.inf), s.index),
    "minus zero": lambda s: pd.Series(-0.0, s.index),
    "negative": lambda s: pd.Series(-5.0, s.index),
    "fractions": lambda s: pd.Series(1.5, s.index),
    "huge": lambda s: pd.Series(1e300, s.index),
    "tiny": lambda s: pd.Series(5e-324, s.index),
    "ints and text": lambda s: _every_third(s, "x"),
    "text and ints": lambda s: _every_third(s.astype(str), 7),
    "Decimals": lambda s: pd.Series([Decimal("1.10")] * len(s), s.index, dtype=object),
    "signalling NaN": lambda s: pd.Series([Decimal("sNaN")] * len(s), s.index, dtype=object),
    "Decimal NaN": lambda s: pd.Series([Decimal("NaN")] * len(s), s.index, dtype=object),
    "lists": lambda s: pd.Series([[1, 2]] * len(s), s.index, dtype=object),
    "dicts": lambda s: pd.Series([{"a": 1}] * len(s), s.index, dtype=object),
    "bytes": lambda s: pd.Series([b"x"] * len(s), s.index, dtype=object),
    "objects": lambda s: pd.Series([object()] * len(s), s.index, dtype=object),
    "objects without words": lambda s: pd.Series([Wordless()] * len(s), s.index, dtype=object),
    "booleans": lambda s: pd.Series(True, s.index),
    "true and false": lambda s: pd.Series(np.arange(len(s)) % 2 == 0, s.index),
    "complex": lambda s: pd.Series(1 + 2j, s.index),
    "durations": lambda s: pd.Series(pd.Timedelta("1D"), s.index),
    "periods": lambda s: pd.Series([pd.Period("2026-01", "M")] * len(s), s.index),
    "intervals": lambda s: pd.Series([pd.Interval(0, 1)] * len(s), s.index),
    "category": lambda s: s.astype("category"),
    "nullable": lambda s: s.convert_dtypes(),
    "nullable missing": lambda s: s.convert_dtypes().where(np.arange(len(s)) % 3 > 0),
    "arrow": lambda s: s.convert_dtypes(dtype_backend="pyarrow"),
    "object": lambda s: s.astype(object),
    "text of it": lambda s: s.astype(str),
    "dates": lambda s: pd.Series(pd.Timestamp("2026-01-01"), s.index),
    "date objects": lambda s: pd.Series([dt.date(2026, 1, 1)] * len(s), s.index, dtype=object),
    "zoned dates": lambda s: pd.Series(pd.Timestamp("2026-03-29 02:30", tz="UTC"), s.index),
    "mixed zones": lambda s: pd.Series([dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 1, 1, tzinfo=PARIS)] * (len(s) // 2) + [dt.datetime(2026, 1, 1)] * (len(s) % 2), s.index, dtype=object),
    "year 1 and 9999": lambda s: pd.Series(np.array(["0001-01-01", "9999-12-31"] * (len(s) // 2) + ["0001-01-01"] * (len(s) % 2), dtype="datetime64[us]"), s.index),
    "Excel days": lambda s: pd.Series(46_000, s.index),
    "float32": lambda s: pd.Series(np.float32(2.5), s.index),
    "int8": lambda s: pd.Series(np.int8(3), s.index),
    "uint64": lambda s: pd.Series(np.uint64(2**64 - 1), s.index),
    "control characters": lambda s: pd.Series(["\x01\x1f\ud7ff\u202e"] * len(s), s.index, dtype=object),
    "half characters": lambda s: pd.Series(["a\ud800"] * len(s), s.index, dtype=object),
    "tables in cells": lambda s: pd.Series([pd.Series([1])] * len(s), s.index, dtype=object),
    "types": lambda s: pd.Series([int, str] * len(s), dtype=object)[: len(s)].set_axis(s.index),
    "fixed offset": lambda s: pd.Series(pd.Timestamp("2026-01-01 23:30+05:30"), s.index),
    "arrow whole": lambda s: pd.Series(pd.array([2**64 - 1] * len(s), dtype="uint64[pyarrow]"), s.index),
    "formulas": lambda s: pd.Series(['=cmd|" /C calc"!A0'] * len(s), s.index, dtype=object),
    "padded text": lambda s: s.astype(str) + "  ",
    "markup": lambda s: pd.Series(["<script>alert(1)</script>"] * len(s), s.index, dtype=object),
}  # fmt: skip


def _named(table, names):
    new = table.copy()
    new.columns = names
    return new


def _with_arrow_days(table):
    return table.assign(
        **{
            name: table[name].astype("date32[day][pyarrow]")
            for name, dtype in table.dtypes.items()
            if str(dtype).startswith("timestamp")
        }
    )


# name: what becomes of a whole pandas table
SHAPES = {
    "no rows": lambda t: t.iloc[:0],
    "no rows nor columns": lambda t: pd.DataFrame(),
    "one row": lambda t: t.iloc[:1],
    "two equal rows": lambda t: pd.concat([t.iloc[:1]] * 2),
    "every row twice": lambda t: pd.concat([t, t]),
    "string index": lambda t: t.set_index(pd.Index([f"r{one}" for one in range(len(t))])),
    "duplicate index": lambda t: t.set_index(pd.Index([0] * len(t))),
    "date index": lambda t: t.set_index(pd.date_range("2026-01-01", periods=len(t))),
    "index of levels": lambda t: t.set_index(pd.MultiIndex.from_arrays([range(len(t)), ["x"] * len(t)])),
    "index named as a column": lambda t: t.set_index(pd.Index(range(len(t)), name="revenue")),
    "index named as the key": lambda t: t.set_index(pd.Index(range(len(t)), name="customer_id")),
    "levels named as columns": lambda t: t.set_index(pd.MultiIndex.from_arrays([range(len(t))] * 2, names=["customer_id", "revenue"])),
    "a class of its own": lambda t: type("Own", (pd.DataFrame,), {"_constructor": property(type)})(t),
    "all of Arrow": lambda t: _with_arrow_days(t.convert_dtypes(dtype_backend="pyarrow")),
    "names of numbers": lambda t: _named(t, range(t.shape[1])),
    "one name is None": lambda t: _named(t, [*t.columns[:-1], None]),
    "names twice": lambda t: _named(t, [*t.columns[:-1], t.columns[0]]),
    "names in levels": lambda t: _named(t, pd.MultiIndex.from_product([["x"], t.columns])),
    "awkward extra names": lambda t: t.assign(**{"a b": 1, 'q"uo\'te': 2, "dot.ted": 3, "$": 4, "été": 5, "": 6, "{x}": 7, "%s": 8}),
    "names used within": lambda t: t.assign(_value="x", _n="x", _orders="x", _customers="x", _best="x", _name="x"),
    "names that differ by case": lambda t: t.assign(**{name.upper(): "other" for name in t.columns}),
    "extra column of lists": lambda t: t.assign(extra=[[1]] * len(t)),
    "extra column of objects": lambda t: t.assign(extra=[object() for _ in range(len(t))]),
    "extra column named reason": lambda t: t.assign(Reason="x"),
    "a cell of ten megabytes": lambda t: t.assign(extra=["x" * 10_000_000 if one == 0 else "" for one in range(len(t))]),
}  # fmt: skip

# name: what becomes of a column of a polars table, by its length
POLARS_QUIRKS = {
    "Decimal": lambda n: pl.Series([Decimal("1.10")] * n, dtype=pl.Decimal(38, 10)),
    "Decimal of a warehouse": lambda n: pl.Series([Decimal(730912345678901234)] * n, dtype=pl.Decimal(38, 0)),
    "Categorical": lambda n: pl.Series(["x", "y"] * n, dtype=pl.Categorical)[:n],
    "Enum": lambda n: pl.Series(["x", "y"] * n, dtype=pl.Enum(["unused", "y", "x"]))[:n],
    "List": lambda n: pl.Series([[1, 2]] * n),
    "Array": lambda n: pl.Series([[1, 2]] * n, dtype=pl.Array(pl.Int64, 2)),
    "Struct": lambda n: pl.Series([{"a": 1}] * n),
    "Null": lambda n: pl.Series([None] * n),
    "Object": lambda n: pl.Series([object()] * n, dtype=pl.Object),
    "Binary": lambda n: pl.Series([b"x"] * n),
    "Boolean": lambda n: pl.Series([True] * n),
    "Duration": lambda n: pl.Series([dt.timedelta(days=1)] * n),
    "Time": lambda n: pl.Series([dt.time(1)] * n),
    "Date": lambda n: pl.Series([dt.date(2026, 1, 1)] * n),
    "Datetime ms": lambda n: pl.Series([dt.datetime(2026, 1, 1)] * n, dtype=pl.Datetime("ms")),
    "Datetime of a DST night": lambda n: pl.Series([dt.datetime(2026, 10, 25, 0, 30)] * n).dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Paris"),
    "year 1 and 9999": lambda n: pl.Series([dt.date(1, 1, 1), dt.date(9999, 12, 31)] * n)[:n],
    "UInt8": lambda n: pl.Series([3] * n, dtype=pl.UInt8),
    "UInt64": lambda n: pl.Series([2**64 - 1] * n, dtype=pl.UInt64),
    "Int128": lambda n: pl.Series([2**70] * n, dtype=pl.Int128),
    "Float32": lambda n: pl.Series([2.5] * n, dtype=pl.Float32),
    "NaN and null": lambda n: pl.Series([float("nan"), None, 1.0] * n, dtype=pl.Float64)[:n],
    "infinite": lambda n: pl.Series([float("inf"), 1.0] * n)[:n],
    "text": lambda n: pl.Series(["", " ", "nan", "1 234,56"] * n)[:n],
}  # fmt: skip

# name: what becomes of a column of a DuckDB table, in SQL
DUCKDB_QUIRKS = {
    "HUGEINT": "170141183460469231731687303715884105727::hugeint",
    "UBIGINT": "18446744073709551615::ubigint",
    "TINYINT": "3::tinyint",
    "DECIMAL(38,10)": "1.1::decimal(38,10)",
    "DECIMAL(38,0)": "730912345678901234::decimal(38,0)",
    "FLOAT": "2.5::float",
    "NaN": "'nan'::double",
    "infinite": "'inf'::double",
    "NULL": "null",
    "BOOLEAN": "true",
    "VARCHAR": "'1 234,56'",
    "UUID": "md5((row_number() over ())::varchar)::uuid",
    "ENUM": "'x'::enum('unused', 'x')",
    "DATE": "date '2026-01-01'",
    "TIMESTAMPTZ": "timestamptz '2026-10-25 00:30:00+00'",
    "TIMESTAMP_NS": "'2026-01-01'::timestamp_ns",
    "infinite date": "'infinity'::timestamp",
    "date before Christ": "'0044-03-15 (BC)'::date",
    "TIME": "time '01:00'",
    "INTERVAL": "interval 3 days",
    "STRUCT": "{'a': 1}",
    "LIST": "[1, 2]",
    "MAP": "map {1: 2}",
    "BLOB": "'a'::blob",
    "BIT": "'101'::bit",
    "failing cast": "('x' || random())::int",
}


def on_polars(table, column, quirk):
    """Spoil a column of a table on polars."""
    return pl.from_pandas(table).with_columns(POLARS_QUIRKS[quirk](len(table)).alias(column))


def on_duckdb(table, column, quirk):
    """Spoil a column of a table on DuckDB."""
    import conftest

    spoilt = f'{DUCKDB_QUIRKS[quirk]} as "{column}"'
    return conftest.DUCKDB.from_df(table).project(f"* replace ({spoilt})")


# name: what becomes of a whole table before it goes to another engine
SHAPES_ANYWHERE = {
    "no rows": SHAPES["no rows"],
    "one row": SHAPES["one row"],
    "awkward extra names": SHAPES["awkward extra names"],
    "reserved words": lambda t: t.assign(**{"select": 1, "order": 2, "from": 3, "group by": 4, "a.b": 5, 'x"y': 6}),
    "names that differ by case": SHAPES["names that differ by case"],
    "two thousand columns": lambda t: pd.concat([t, pd.DataFrame(0.5, t.index, [f"x{n}" for n in range(2_000)])], axis=1),
}  # fmt: skip

NOT_TABLES = {
    "None": None,
    "text": "orders.csv",
    "list": [1, 2],
    "dict": {"customer_id": [1]},
    "array": np.zeros((3, 3)),
    "series": pd.Series([1, 2], name="revenue"),
    "class": pd.DataFrame,
}


def answer(function, table):
    """Say "result" or "error" (one of ours); let anything else through, warnings that are not ours included."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", sc.SegmentClientWarning)
        try:
            found = function(table)
        except sc.SegmentClientError:
            return "error"
        try:
            _computed(found)
        except duckdb.ConversionException:  # the caller's own cast, in the plan that the caller got back
            return "error"
    return "result"


def _computed(found):
    """Run a plan that was given back: its errors are part of the answer."""
    if hasattr(found, "collect"):
        found.collect()
    elif hasattr(found, "fetchall"):
        found.fetchall()
