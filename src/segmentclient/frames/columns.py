"""Columns that numpy computes, put beside the rows they belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient.frames.door import Frame, collect, with_own_names
from segmentclient.frames.engines import like
from segmentclient.frames.joins import joined
from segmentclient.frames.matching import keyed_like

__all__ = ["add_columns", "map_rows", "plain_rows", "series_like"]


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
        plain = {key: values.tolist() if values.dtype == object else values for key, values in arrays.items()}
        small = like(frame, {**plain, **function(arrays)})
        for key in keys:  # amounts in decimals, or no row at all
            small = keyed_like(frame, small, key)
        return joined(frame, small, list(keys))
    return add_columns(frame, function({key: _array(frame[key]) for key in keys}))


def _array(column: nw.Series[Any]) -> Any:
    """Give the values to NumPy, which has no integers of 128 bits."""
    return (column.cast(nw.Float64) if column.dtype == nw.Int128 else column).to_numpy()


def add_columns(frame: nw.DataFrame[Any], columns: Mapping[str, Any]) -> nw.DataFrame[Any]:
    """Put arrays, in the order of the rows, beside the rows of an eager frame; its index stays."""
    series = (series_like(frame, name, values) for name, values in columns.items())
    return frame.with_columns(
        *(
            nw.from_native(one, series_only=True).alias(name)
            for one, name in zip(series, columns, strict=True)
        )
    )


def plain_rows(data: Any) -> Iterator[tuple[Any, ...]]:
    """Give the rows of a pandas frame, with None for a missing value of any kind."""
    return data.astype(object).where(data.notna(), None).itertuples(index=False, name=None)


def series_like(frame: nw.DataFrame[Any], name: str, values: Any) -> Any:
    """Make a native Series in the order of the frame's rows (on pandas: with the frame's own index)."""
    native = nw.to_native(frame)
    if frame.implementation.is_pandas():
        import pandas as pd

        return pd.Series(values, index=with_own_names(native.index), name=name, copy=not _is_own(values))
    return nw.to_native(nw.new_series(name, values, backend=frame.implementation))


def _is_own(values: Any) -> bool:
    """Tell whether an array is no view of another one, so that a table may keep it without a copy."""
    return isinstance(values, np.ndarray) and values.flags.owndata and values.flags.writeable
