"""Columns that pandas keeps in Arrow, turned into pandas' own: what is collected is worked on with NumPy."""

from __future__ import annotations

from typing import Any

__all__ = ["without_arrow"]


def without_arrow(data: Any) -> Any:
    """Turn numbers, days and times of Arrow into pandas' own types; texts and all else stay."""
    changed = {
        name: _plain(data[name]) for name, dtype in data.dtypes.items() if hasattr(dtype, "pyarrow_dtype")
    }
    return data.assign(**changed) if changed else data


def _plain(column: Any) -> Any:
    import pandas as pd
    import pyarrow as pa

    held = column.dtype.pyarrow_dtype
    if pa.types.is_date(held):
        return column.astype("timestamp[s][pyarrow]").astype("datetime64[s]")
    if pa.types.is_timestamp(held):
        return column.astype(
            pd.DatetimeTZDtype(held.unit, held.tz) if held.tz else f"datetime64[{held.unit}]"
        )
    if pa.types.is_floating(held):
        return column.astype("float64")
    if pa.types.is_integer(held):
        whole = column.dtype.numpy_dtype.name
        return column.astype(whole if not column.hasnans else whole.replace("i", "I").replace("u", "U"))
    return column
