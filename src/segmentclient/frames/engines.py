"""Small tables made on the engine of a large one, and tables brought to one engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient.frames.arrow import in_arrow
from segmentclient.frames.door import Frame, collect, is_lazy, said_by_engine

__all__ = ["beside", "like", "on_one_engine"]


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


def beside(frame: Frame, other: Frame, *, name: str) -> Frame:
    """Bring `other` to the engine of `frame`: as it is when it is there, else by way of the driver."""
    if on_one_engine(frame, other):
        return other
    engine, data = frame.implementation, collect(other)
    if engine.is_pandas():
        return nw.from_native(data)
    if engine.is_duckdb():
        return _arrow_on_duckdb(frame, in_arrow(data, name))
    if engine.is_polars() or engine.is_pyarrow():
        small = nw.from_arrow(in_arrow(data, name), backend=engine)
        return small.lazy() if is_lazy(frame) else small
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
    ours, theirs = nw.to_native(frame), nw.to_native(other)
    try:  # under names of their own, for relations made from one table have one name
        ours.set_alias("_segmentclient_ours").cross(theirs.set_alias("_segmentclient_theirs"))
    except Exception as error:
        if "different connections" in str(error):
            return False
        with said_by_engine("the table"):
            raise
    return True


def _pandas(data: Mapping[str, Any]) -> Any:
    import pandas as pd

    return pd.DataFrame(dict(data))


def _on_duckdb(frame: Frame, data: Mapping[str, Any]) -> Frame:
    small = _pandas(data)  # noqa: F841 (the query below names it)
    relation = nw.to_native(frame)
    with said_by_engine("the table"):
        return nw.from_native(relation.query("_segmentclient_host", "select * from small"))


def _arrow_on_duckdb(frame: Frame, small: Any) -> Frame:
    with said_by_engine("the table"):
        return nw.from_native(nw.to_native(frame).query("_segmentclient_host", "select * from small"))


def _on_spark(frame: Frame, data: Mapping[str, Any]) -> Frame:
    session = nw.to_native(frame).sparkSession
    return nw.from_native(session.createDataFrame(_pandas(data)))


def _on_dask(data: Mapping[str, Any]) -> Frame:
    import dask.dataframe as dd

    return nw.from_native(dd.from_pandas(_pandas(data), npartitions=1))


def _on_ibis(data: Mapping[str, Any]) -> Frame:
    import ibis

    return nw.from_native(ibis.memtable(_pandas(data)))
