"""The types of columns: under their engine's own name where Narwhals has none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient.errors import ColumnError
from segmentclient.frames.door import Frame

__all__ = ["OwnType", "folded", "keeps_in_arrow", "schema_of", "taken", "with_known_times"]


_PLAIN = {
    "Sparse[": "column.sparse.to_dense()",
    **dict.fromkeys(("float96", "float128"), 'column.astype("float64")'),
}


class OwnType(nw.Unknown):
    """A type that only the engine knows, called what the engine calls it."""

    __slots__ = ("called",)

    def __init__(self, called: str) -> None:
        self.called = called

    def __repr__(self) -> str:
        """Name the type, with the call that makes a plain one of it, where pandas has one."""
        calls = (call for start, call in _PLAIN.items() if self.called.startswith(start))
        return "".join([self.called, *(f" ({call} gives a plain column)" for call in calls)])

    __str__ = __repr__

    @property
    def holds_nothing(self) -> bool:
        """Whether no cell can hold a value: the type of a column that never had one."""
        return self.called.strip('"').removesuffix("[pyarrow]").lower() in ("null", "void")

    @property
    def is_written(self) -> bool:
        """Whether its cells are written as ids are; one that never held a value has none to tell."""
        return self.called.lower() == "uuid" or self.holds_nothing


def schema_of(frame: Frame) -> Mapping[str, Any]:
    """Give the types of a frame's columns; what Narwhals calls unknown has its engine's own name."""
    schema = frame.collect_schema()
    return {
        name: OwnType(_called(frame, name)) if isinstance(dtype, nw.Unknown) else dtype
        for name, dtype in schema.items()
    }


def keeps_in_arrow(frame: Frame, column: str) -> bool:
    """Whether a pandas table keeps a column in a type of Arrow's own."""
    return frame.implementation.is_pandas() and hasattr(nw.to_native(frame)[column].dtype, "pyarrow_dtype")


def folded(frame: Frame, name: str) -> str:
    """Give a name of a column as its engine compares it: to DuckDB, and so to Ibis, capitals are no difference."""
    engine = frame.implementation
    return name.lower() if engine.is_duckdb() or engine.is_ibis() else name


def taken(frame: Frame, names: Iterable[str]) -> list[str]:
    """List the columns of a table that stand, as its engine compares names, where columns of these names would go.

    A name for a new column that some engine has no place for is a `ColumnError`.
    """
    names = list(names)
    odd = [
        name for name in names if not name or name == "*" or "\0" in name or (name[0], name[-1]) == ("^", "$")
    ]
    if odd:
        raise ColumnError(
            f"column={odd[0]!r}: accepted: a name that every engine can hold, such as 'segment'"
        )
    there = {folded(frame, name): name for name in frame.collect_schema()}
    return [there[folded(frame, name)] for name in names if folded(frame, name) in there]


def with_known_times(frame: Frame, column: str) -> Frame:
    """Give DuckDB's times of a zone in nanoseconds, which Narwhals does not know, as those in microseconds."""
    if not frame.implementation.is_duckdb() or str(schema_of(frame).get(column)) not in _ZONED_NANOSECONDS:
        return frame
    name = column.replace('"', '""')
    relation = nw.to_native(frame)
    return nw.from_native(relation.project(f'* replace (cast("{name}" as timestamptz) as "{name}")'))


_ZONED_NANOSECONDS = ("TIMESTAMPTZ_NS", "TIMESTAMP_NS WITH TIME ZONE")


def _called(frame: Frame, column: str) -> str:
    native, engine = nw.to_native(frame), frame.implementation
    if engine.is_pandas() or engine.is_dask():
        return str(native[column].dtype)
    if engine.is_duckdb():
        return str(native.types[native.columns.index(column)])
    if engine.is_pyarrow():
        return str(native.schema.field(column).type)
    if engine.is_polars():
        return str(native.collect_schema()[column])
    if engine.is_ibis():
        return str(native.schema()[column])
    return str(native.schema[column].dataType.simpleString())
