"""The door to every dataframe library: in to Narwhals, out to the caller's own type.

Nothing else in the package knows which engine the caller uses. A frame goes in through `read`, is worked on
with Narwhals expressions, and goes out through `give_back`. What must reach the driver is fetched by
`collect`, always as a small pandas frame, and what numpy computes goes back by `map_rows` or `add_columns`.
"""

from __future__ import annotations

import functools
import zoneinfo
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient.errors import ColumnError, raise_all
from segmentclient.schema import kind_of

__all__ = [
    "Frame",
    "add_columns",
    "any_true",
    "beside",
    "check_labels",
    "check_same_keys",
    "collect",
    "days",
    "days_between",
    "give_back",
    "is_lazy",
    "like",
    "map_rows",
    "on_one_engine",
    "one_row",
    "read",
    "said_by_engine",
    "series_like",
    "with_wall_clock",
]

Frame: TypeAlias = "nw.DataFrame[Any] | nw.LazyFrame[Any]"


def read(table: Any, *, name: str = "customers") -> Frame:
    """Take any supported table in, or raise a `ColumnError` that says what is supported."""
    _refuse_duplicate_names(table, name)
    try:
        frame: Frame = nw.from_native(table)
    except TypeError:
        raise ColumnError(
            f"{name}: expected a table (pandas, polars, DuckDB relation, pyarrow, PySpark, Dask or Ibis), "
            f"found {type(table).__module__}.{type(table).__name__}"
        ) from None
    _refuse_unusable(frame, name)
    return frame


def _refuse_unusable(frame: Frame, name: str) -> None:
    """Refuse a table that its engine cannot open, and Python objects in polars, which cannot compare or join them."""
    with said_by_engine(name):
        schema = frame.collect_schema()
    if frame.implementation.is_polars():
        odd = [column for column, dtype in schema.items() if isinstance(dtype, nw.Object)]
        if odd:
            raise ColumnError(
                f"{name}: columns of Python objects cannot be worked on in polars: {', '.join(odd)}; cast or drop them"
            )


ENGINES = frozenset({"duckdb", "polars", "pyarrow", "decimal"})


@contextmanager
def said_by_engine(name: str) -> Iterator[None]:
    """Turn what an engine cannot read (a damaged file, a cell that no number can be) into an error of ours."""
    try:
        yield
    except Exception as error:
        engine = type(error).__module__.split(".")[0].strip("_")
        if engine not in ENGINES:
            raise
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ColumnError(f"{name}: {engine} could not read the table: {said}") from error


def _refuse_duplicate_names(table: Any, name: str) -> None:
    if type(table).__module__.startswith("pandas") and hasattr(table, "columns"):
        columns = table.columns
        _refuse_multilevel(columns, name)
        odd = [column for column in columns if not isinstance(column, str)]
        if odd:
            raise ColumnError(
                f"{name}: column names must be text, found {odd[:5]!r}; rename them with table.rename(columns=str)"
            )
        twice = sorted({str(column) for column in columns[columns.duplicated()]})
        if twice:
            raise ColumnError(f"{name}: column names must be unique, found twice: {', '.join(twice)}")


def _refuse_multilevel(columns: Any, name: str) -> None:
    if getattr(columns, "nlevels", 1) > 1:
        raise ColumnError(
            f"{name}: column names have {columns.nlevels} levels, expected one; flatten them first"
        )


def give_back(frame: Frame) -> Any:
    """Hand the frame out as the caller's own type."""
    return nw.to_native(frame)


def is_lazy(frame: Frame) -> bool:
    """Tell whether the frame is a plan (polars lazy, DuckDB, Spark, Dask, Ibis) rather than data."""
    return isinstance(frame, nw.LazyFrame)


def collect(frame: Frame, columns: Sequence[str] | None = None) -> Any:
    """Bring columns to the driver as a pandas frame with a fresh index (whatever the engine)."""
    wanted = frame if columns is None else frame.select(*columns)
    if isinstance(wanted, nw.LazyFrame):
        wanted = _computed(wanted)
    with said_by_engine("the table"):
        data = wanted.to_pandas()
    data.columns = [str(column) for column in data.columns]
    return data.reset_index(drop=True)


def _computed(plan: nw.LazyFrame[Any]) -> nw.DataFrame[Any]:
    with said_by_engine("the table"):
        return plan.collect(**_collect_backend(plan))


def _collect_backend(frame: nw.LazyFrame[Any]) -> dict[str, Any]:
    return {"backend": "pandas"} if frame.implementation.is_duckdb() or frame.implementation.is_ibis() else {}


def one_row(frame: Frame, **expressions: nw.Expr) -> dict[str, Any]:
    """Compute a few aggregates in one pass of the caller's engine; the answer is one row."""
    row = collect(frame.select(**expressions)).iloc[0].to_dict()
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    """Missing of any flavour becomes None, numpy scalars become Python's."""
    if value is None or value != value:
        return None
    return value.item() if isinstance(value, np.generic) and not isinstance(value, np.datetime64) else value


def days_between(later: nw.Expr, earlier: nw.Expr) -> nw.Expr:
    """Whole days from one date to another (durations do not exist on every engine)."""
    return days(later) - days(earlier)


def days(date: nw.Expr, *, dtype: Any = nw.Int64) -> nw.Expr:
    """Days since the year 0, counted from the year and the day of the year, on every engine.

    Missing dates need `dtype=nw.Float64`: pandas has no missing integers.
    """
    before = date.dt.year().cast(nw.Float64) - 1
    leaps = _whole(before, 4) - _whole(before, 100) + _whole(before, 400)
    return (before * 365 + leaps + date.dt.ordinal_day().cast(nw.Float64)).cast(dtype)


def _whole(number: nw.Expr, by: int) -> nw.Expr:
    """Divide whole numbers and round down, in decimals; half a step off, so that no engine's rounding matters."""
    return ((number + 0.5) / by).floor()


def with_wall_clock(frame: Frame, date: str, timezone: str, *, name: str) -> Frame:
    """Add the local time, without zone, of a column of times with a zone."""
    zoneinfo.ZoneInfo(timezone)
    if frame.implementation.is_duckdb():  # DuckDB keeps the zone in the connection, not in the column
        column = date.replace('"', '""')
        return nw.from_native(
            nw.to_native(frame).project(f'*, timezone(\'{timezone}\', "{column}") as "{name}"')
        )
    local = nw.col(date).dt.convert_time_zone(timezone).dt.replace_time_zone(None)
    return frame.with_columns(local.alias(name))


def like(frame: Frame, data: Mapping[str, Any]) -> Frame:
    """Build a small frame from columns, on the engine (and connection) of `frame`."""
    plain = {
        name: np.asarray(values) if not isinstance(values, list) else values for name, values in data.items()
    }
    implementation = frame.implementation
    if implementation.is_duckdb():
        return _on_duckdb(frame, plain)
    if implementation.is_pyspark() or implementation.is_pyspark_connect():
        return _on_spark(frame, plain)
    if implementation.is_dask():
        return _on_dask(plain)
    if implementation.is_ibis():
        return _on_ibis(plain)
    small = nw.from_dict(plain, backend=implementation)
    return small.lazy() if is_lazy(frame) else small


def beside(frame: Frame, other: Frame) -> Frame:
    """Bring `other` to the engine of `frame`: as it is when it is there, else by way of the driver."""
    if on_one_engine(frame, other):
        return other
    data = collect(other)
    return like(frame, data.astype(object).where(data.notna(), None).to_dict("list"))


def on_one_engine(frame: Frame, other: Frame) -> bool:
    """Tell whether two tables can be joined as they are."""
    return (
        other.implementation == frame.implementation
        and is_lazy(other) == is_lazy(frame)
        and _can_meet(frame, other)
    )


def _can_meet(frame: Frame, other: Frame) -> bool:
    """Tell whether two tables can be joined: a DuckDB relation only meets those of its own connection."""
    if not frame.implementation.is_duckdb():
        return True
    try:
        nw.to_native(frame).cross(nw.to_native(other))
    except Exception as error:
        if "different connections" in str(error):
            return False
        raise
    return True


def _pandas(data: Mapping[str, Any]) -> Any:
    import pandas as pd

    return pd.DataFrame(dict(data))


def _on_duckdb(frame: Frame, data: Mapping[str, Any]) -> Frame:
    small = _pandas(data)  # noqa: F841 (the query below names it)
    relation = nw.to_native(frame)
    return nw.from_native(relation.query("_segmentclient_host", "select * from small"))


def _on_spark(frame: Frame, data: Mapping[str, Any]) -> Frame:
    session = nw.to_native(frame).sparkSession
    return nw.from_native(session.createDataFrame(_pandas(data)))


def _on_dask(data: Mapping[str, Any]) -> Frame:
    import dask.dataframe as dd

    return nw.from_native(dd.from_pandas(_pandas(data), npartitions=1))


def _on_ibis(data: Mapping[str, Any]) -> Frame:
    import ibis

    return nw.from_native(ibis.memtable(_pandas(data)))


def map_rows(
    frame: Frame, keys: Sequence[str], function: Callable[[dict[str, Any]], Mapping[str, Any]]
) -> Frame:
    """Add columns that a numpy function computes from the key columns, on any engine.

    `function` takes a dict of arrays (one a key column, all of one length) and returns a dict of arrays of that
    length. On eager frames it sees every row, in order. On lazy frames it sees the distinct key rows, which are
    collected, and its answer is joined back in the frame's own engine: the frame stays lazy. There, rows with a
    missing key get missing values.
    """
    if isinstance(frame, nw.LazyFrame):
        distinct = collect(frame.select(*keys).drop_nulls().unique())
        arrays = {key: distinct[key].to_numpy() for key in keys}
        small = like(frame, {**arrays, **function(arrays)})
        return frame.join(small, on=list(keys), how="left")  # type: ignore[arg-type]
    return add_columns(frame, function({key: frame[key].to_numpy() for key in keys}))


def add_columns(frame: nw.DataFrame[Any], columns: Mapping[str, Any]) -> nw.DataFrame[Any]:
    """Put arrays, in the order of the rows, beside the rows of an eager frame; its index stays."""
    series = (series_like(frame, name, values) for name, values in columns.items())
    return frame.with_columns(
        *(
            nw.from_native(one, series_only=True).alias(name)
            for one, name in zip(series, columns, strict=True)
        )
    )


def series_like(frame: nw.DataFrame[Any], name: str, values: Any) -> Any:
    """Make a native Series in the order of the frame's rows (on pandas: with the frame's own index)."""
    native = nw.to_native(frame)
    if frame.implementation.is_pandas():
        import pandas as pd

        return pd.Series(values, index=native.index, name=name, copy=not _is_own(values))
    return nw.to_native(nw.new_series(name, values, backend=frame.implementation))


def _is_own(values: Any) -> bool:
    """Tell whether an array is no view of another one, so that a table may keep it without a copy."""
    return isinstance(values, np.ndarray) and values.flags.owndata and values.flags.writeable


def check_labels(frame: Frame, *columns: str, name: str = "customers") -> None:
    """Raise when ids or labels cannot be told apart or sorted: lists, structures, binary data, times of the day.

    A pandas column of objects may, besides, hold numbers beside text.
    """
    if frame.implementation.is_pandas():
        raise_all(_label_problems(nw.to_native(frame), columns), table=name)
    else:
        raise_all(_type_problems(frame, columns), table=name)


def _type_problems(frame: Frame, columns: Iterable[str]) -> Iterable[str]:
    schema = frame.collect_schema()
    for column in columns:
        dtype = schema[column]
        held = _native_type(frame, column) if isinstance(dtype, nw.Unknown) else str(dtype)
        if kind_of(dtype) == "any" and held != "UUID":
            yield f"column {column!r} holds {held}; accepted: text, numbers, dates or true / false"


def _native_type(frame: Frame, column: str) -> str:
    """Name the type of a column that Narwhals has no word for."""
    native = nw.to_native(frame)
    return str(native.types[native.columns.index(column)]) if frame.implementation.is_duckdb() else "Unknown"


def check_same_keys(frame: Frame, other: Frame, key: str, *, name: str) -> None:
    """Raise when a key holds one kind of thing in one table and another kind in the other."""
    ours, theirs = frame.collect_schema()[key], other.collect_schema()[key]
    if kind_of(ours) != kind_of(theirs):
        raise ColumnError(
            f"{name}: the key {key!r} holds {theirs}, and {ours} in customers; cast one of them"
        )
    if frame.implementation.is_pandas() and other.implementation.is_pandas():
        types = {
            type(value).__name__
            for table in (frame, other)
            for value in nw.to_native(table)[key].dropna().head(1)
            if kind_of(ours) == "text"
        }
        if len(types) > 1:
            raise ColumnError(
                f"{name}: the key {key!r} holds {' and '.join(sorted(types))} in the two tables; cast one of them"
            )


def _label_problems(table: Any, columns: Iterable[str]) -> Iterable[str]:
    import pandas as pd

    for column in columns:
        values = table[column]
        if (
            isinstance(values.dtype, pd.IntervalDtype | pd.PeriodDtype)
            or values.dtype.kind in "cm"
            or "object" in {type(value).__name__ for value in values.head(1)}
        ):
            yield f"column {column!r} holds {values.dtype}; accepted: text, numbers, dates or true / false"
        if values.dtype != object:
            continue
        held = pd.api.types.infer_dtype(values, skipna=True)
        if held == "datetime" and len({time.tzinfo is None for time in values.dropna()}) > 1:
            yield f"column {column!r} holds times with a time zone beside times without; accepted: values of one type"
        if held in _ONE_TYPE:
            continue
        types = sorted({type(value).__name__ for value in values[values.notna()]})
        if len(types) > 1 or {"list", "dict", "set", "ndarray"} & set(types):
            yield f"column {column!r} holds {' beside '.join(types[:4])}; accepted: values of one type, for instance text (column.astype(str))"


_ONE_TYPE = frozenset({"string", "integer", "boolean", "date", "datetime", "decimal", "bytes", "empty"})


def any_true(expressions: Iterable[nw.Expr]) -> nw.Expr:
    """Combine conditions with `or`."""
    return functools.reduce(lambda left, right: left | right, expressions)
