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
    frame: Frame,
    keys: Sequence[str],
    function: Callable[[dict[str, Any]], Mapping[str, Any]],
    *,
    apart: str | None = None,
) -> Frame:
    """Add columns that a numpy function computes from the key columns, on any engine.

    `function` takes a dict of arrays (one a key column, all of one length) and returns a dict of arrays of that
    length. On eager frames it sees every row, in order. On lazy frames it sees the distinct key rows, which are
    collected, and its answer is joined back in the frame's own engine: the frame stays lazy. There, rows with a
    missing key get missing values.

    A plan is worked out twice then, and a sum of money may differ in its last bit the second time, so that it finds no
    partner. Keys that may be sums need `apart`, a column that tells the rows apart (`customer_id`): where it does, the
    answer is joined by it.
    """
    if isinstance(frame, nw.LazyFrame):
        distinct, on = _distinct(frame, list(keys), apart)
        arrays = {key: distinct[key].to_numpy() for key in dict.fromkeys([*keys, *on])}
        plain = {key: arrays[key].tolist() if arrays[key].dtype == object else arrays[key] for key in on}
        small = like(frame, {**plain, **function({key: arrays[key] for key in keys})})
        for key in on:  # amounts in decimals, or no row at all
            small = keyed_like(frame, small, key)
        return joined(frame, small, on)
    return add_columns(frame, function({key: _array(frame[key]) for key in keys}))


def _distinct(frame: nw.LazyFrame[Any], keys: list[str], apart: str | None) -> tuple[Any, list[str]]:
    """Collect the distinct key rows, and name the columns by which the answer finds its rows."""
    if apart is None or not _tells_rows_apart(frame, apart):
        return collect(frame.select(*keys).drop_nulls().unique()), keys
    rows = collect(frame.select(*dict.fromkeys([apart, *keys])).drop_nulls(subset=keys).unique())
    if rows[apart].notna().all() and rows[apart].is_unique:
        return rows, [apart]
    return rows.drop_duplicates(keys), keys


def _tells_rows_apart(frame: nw.LazyFrame[Any], name: str) -> bool:
    """Tell whether a column can be joined by without a thought: whole numbers or texts."""
    held = frame.collect_schema().get(name)
    return held is not None and (held.is_integer() or held == nw.String)


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
