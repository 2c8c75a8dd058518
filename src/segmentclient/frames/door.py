"""In to Narwhals and out again: any table becomes a frame, and a frame becomes the caller's own type."""

from __future__ import annotations

import copy
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient.errors import ColumnError, missing_package
from segmentclient.frames.arrow import with_common_fields, with_common_types, without_arrow
from segmentclient.frames.engine_words import said_by
from segmentclient.frames.letters import with_whole_characters
from segmentclient.frames.odd_cells import with_calm_cells
from segmentclient.frames.zones import with_own_zones, with_plain_zones

__all__ = ["Frame", "collect", "give_back", "is_lazy", "one_row", "read", "said_by_engine", "with_own_names"]

_HIDDEN = "_segmentclient_level_"

Frame: TypeAlias = "nw.DataFrame[Any] | nw.LazyFrame[Any]"


def read(table: Any, *, name: str = "customers") -> Frame:
    """Take any supported table in, or raise a `ColumnError` that says what is supported."""
    _refuse_duplicate_names(table, name)
    try:
        frame: Frame = nw.from_native(_as_engines_work(table, name))
    except TypeError:
        raise ColumnError(
            f"{name}: expected a table (pandas, polars, DuckDB relation, pyarrow, PySpark, Dask or Ibis), "
            f"found {type(table).__module__}.{type(table).__name__}"
        ) from None
    _refuse_unusable(frame, name)
    return frame


_OWN = "_segmentclient_"  # begins the names of columns that are added and taken away again


def _is_pandas(table: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(table, pandas.DataFrame)


def _is_arrow(table: Any) -> bool:
    pyarrow = sys.modules.get("pyarrow")
    return pyarrow is not None and isinstance(table, pyarrow.Table)


def _as_engines_work(table: Any, name: str) -> Any:
    """Make a table ready: rare types of Arrow, and what the joins and groups of pandas fail on."""
    if _is_pandas(table):
        return _as_pandas_works(table, name)
    return with_common_fields(table) if _is_arrow(table) else table


def _as_pandas_works(table: Any, name: str) -> Any:
    """Make a pandas table ready: its joins and groups fail on index levels called like a column, and on odd cells.

    Time zones take names that Narwhals can read.
    """
    table = with_plain_zones(with_common_types(with_calm_cells(_with_calm_attrs(table), name)))
    names = [_HIDDEN + str(name) if name in table.columns else name for name in table.index.names]
    return _with_index(table, table.index.set_names(names)) if names != list(table.index.names) else table


def _with_calm_attrs(table: Any) -> Any:
    """Leave notes on the table out which pandas cannot compare, as it does wherever it puts rows together."""
    if not table.attrs:
        return table
    try:
        if bool(copy.deepcopy(table.attrs) == table.attrs):
            return table
    except Exception:  # whatever the objects in there raise
        pass
    bare = table.copy(deep=False)
    bare.attrs = {}
    return bare


def with_own_names(index: Any) -> Any:
    """Give the levels of a pandas index the names that they came with."""
    names = [name.removeprefix(_HIDDEN) if isinstance(name, str) else name for name in index.names]
    return index.set_names(names) if names != list(index.names) else index


def _with_index(table: Any, index: Any) -> Any:
    changed = table.copy(deep=False)
    changed.index = index
    return changed


def _refuse_unusable(frame: Frame, name: str) -> None:
    """Refuse a table that its engine cannot open, and Python objects in polars, which cannot compare or join them."""
    with said_by_engine(name):
        schema = frame.collect_schema()
    taken = [column for column in schema if column.startswith(_OWN)]
    if taken:
        raise ColumnError(
            f"{name}: column names that begin with {_OWN} are needed here, found {', '.join(taken[:5])}; rename them"
        )
    _refuse_patterns(frame, schema, name)
    if frame.implementation.is_polars():
        odd = [column for column, dtype in schema.items() if isinstance(dtype, nw.Object)]
        if odd:
            raise ColumnError(
                f"{name}: columns of Python objects cannot be worked on in polars: {', '.join(odd)}; cast or drop them"
            )


def _refuse_patterns(frame: Frame, columns: Iterable[str], name: str) -> None:
    """Refuse names that an engine takes for several columns: the star, and to polars ^...$ too."""
    engine = frame.implementation
    if engine.is_pandas() or engine.is_pyarrow() or engine.is_dask():
        return
    polars = engine.is_polars()
    odd = [one for one in columns if one == "*" or (polars and one[:1] == "^" and one[-1:] == "$")]
    if odd:
        raise ColumnError(
            f"{name}: columns called {', '.join(odd[:5])} stand for several columns in {engine.name.lower()}; rename them"
        )


ENGINES = frozenset({"duckdb", "polars", "pyarrow", "decimal"})
_ON_THE_WAY = "narwhals"  # which says what polars says of a plan


@contextmanager
def said_by_engine(name: str) -> Iterator[None]:
    """Turn what an engine cannot read (a damaged file, a cell that no number can be) into an error of ours."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise ColumnError(f"{name}: pandas could not read the table: half characters, {error}") from error
    except Exception as error:
        engine = type(error).__module__.split(".")[0].strip("_")
        if engine == _ON_THE_WAY or isinstance(error, OSError):
            raise ColumnError(f"{name}: the engine could not read the table: {said_by(error)}") from error
        if engine not in ENGINES:
            raise
        raise ColumnError(f"{name}: {engine} could not read the table: {said_by(error)}") from error


def _refuse_duplicate_names(table: Any, name: str) -> None:
    if _is_arrow(table):
        _refuse_twice(table.column_names, name)
    if _is_pandas(table):
        columns = table.columns
        _refuse_multilevel(columns, name)
        odd = [column for column in columns if not isinstance(column, str)]
        if odd:
            raise ColumnError(
                f"{name}: column names must be text, found {odd[:5]!r}; rename them with table.rename(columns=str)"
            )
        _refuse_twice(columns.tolist(), name)


def _refuse_twice(columns: Sequence[str], name: str) -> None:
    twice = sorted(column for column, times in Counter(columns).items() if times > 1)
    if twice:
        raise ColumnError(
            f"{name}: column names must be unique, found twice: {', '.join(twice)}; rename one of each"
        )


def _refuse_multilevel(columns: Any, name: str) -> None:
    if getattr(columns, "nlevels", 1) > 1:
        raise ColumnError(
            f"{name}: column names have {columns.nlevels} levels, expected one; flatten them first"
        )


def give_back(frame: Frame) -> Any:
    """Hand the frame out as the caller's own type."""
    table = nw.to_native(frame)
    if not frame.implementation.is_pandas():
        return table
    table = with_own_zones(table)
    index = with_own_names(table.index)
    return table if index is table.index else _with_index(table, index)


def is_lazy(frame: Frame) -> bool:
    """Tell whether the frame is a plan (polars lazy, DuckDB, Spark, Dask, Ibis) rather than data."""
    return isinstance(frame, nw.LazyFrame)


def collect(frame: Frame, columns: Sequence[str] | None = None) -> Any:
    """Bring columns to the driver as a pandas frame with a fresh index (whatever the engine)."""
    wanted = frame if columns is None else frame.select(*columns)
    if isinstance(wanted, nw.LazyFrame):
        wanted = _computed(wanted)
    data = _to_pandas(wanted)
    data.columns = [str(column) for column in data.columns]
    return with_whole_characters(with_own_zones(without_arrow(data.reset_index(drop=True))))


def _to_pandas(frame: nw.DataFrame[Any]) -> Any:
    with said_by_engine("the table"):
        try:
            return frame.to_pandas()
        except ModuleNotFoundError as error:  # polars goes by way of pyarrow
            raise missing_package("a polars table", str(error.name), "polars") from None


def _computed(plan: nw.LazyFrame[Any]) -> nw.DataFrame[Any]:
    try:
        with said_by_engine("the table"):
            return plan.collect(**_collect_backend(plan))
    except ColumnError:
        raise
    except Exception as error:  # of a function of the caller's own, that the plan calls
        raise _of_its_plan(error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # which polars makes no Exception
            raise
        raise _of_its_plan(error) from error


def _of_its_plan(error: BaseException) -> ColumnError:
    return ColumnError(f"the table: its plan could not be computed: {type(error).__name__}: {said_by(error)}")


def _collect_backend(frame: nw.LazyFrame[Any]) -> dict[str, Any]:
    return {"backend": "pandas"} if frame.implementation.is_duckdb() or frame.implementation.is_ibis() else {}


def one_row(frame: Frame, **expressions: nw.Expr) -> dict[str, Any]:
    """Compute a few aggregates in one pass of the caller's engine; the answer is one row."""
    with said_by_engine("the table"):
        chosen = frame.select(**expressions)
    row = collect(chosen).iloc[0].to_dict()
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    """Missing of any flavour becomes None, numpy scalars become Python's."""
    import pandas as pd

    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) and not isinstance(value, np.datetime64) else value
