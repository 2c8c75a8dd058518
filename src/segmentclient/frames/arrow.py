"""Columns of Arrow: rare types in words that every step knows, and those of pandas as pandas' own."""

from __future__ import annotations

from typing import Any

from segmentclient.errors import raise_all

__all__ = ["in_arrow", "with_common_fields", "with_common_types", "without_arrow"]


def with_common_fields(table: Any) -> Any:
    """Give a pyarrow table without the types that pyarrow neither trims, compares nor counts; no value changes."""
    for place, field in enumerate(table.schema):
        if (common := _in_common_type(table.column(place))) is not None:
            table = table.set_column(place, field.name, common)
    return table


def with_common_types(table: Any) -> Any:
    """Do the same for the columns that a pandas table keeps in Arrow."""
    import pandas as pd

    changed = {
        name: pd.Series(pd.arrays.ArrowExtensionArray(common), index=table.index)
        for name, dtype in table.dtypes.items()
        if hasattr(dtype, "pyarrow_dtype")
        and (common := _in_common_type(table[name].array.__arrow_array__())) is not None
    }
    return table.assign(**changed) if changed else table


def _in_common_type(column: Any) -> Any:
    """Cast a column of a rare type; None where its type is a common one, or no cast keeps every value."""
    import pyarrow as pa

    common = _common(column.type)
    try:
        return None if common is None else column.cast(common)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _common(held: Any) -> Any:
    """Give the common type that takes the place of a rare one."""
    import pyarrow as pa

    if str(held) == "string_view":  # which older releases of pyarrow do not know
        return pa.large_string()
    if pa.types.is_date64(held):
        return pa.date32()
    if pa.types.is_float16(held):
        return pa.float32()
    if pa.types.is_decimal(held) and not pa.types.is_decimal128(held):
        return pa.decimal128(min(held.precision, 38), min(held.scale, 38))
    return None


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


def in_arrow(data: Any, name: str) -> Any:
    """Give a pandas table as one of pyarrow, or raise one error for all the columns that Arrow cannot hold."""
    import pyarrow as pa

    columns = {column: _column_in_arrow(cells) for column, cells in data.items()}
    raise_all(
        (
            f"column {column!r} holds {_held(data[column])}, which the engine of the other table has no type for; cast "
            "it, for instance to text (column.astype(str))"
            for column, cells in columns.items()
            if cells is None
        ),
        table=name,
    )
    return pa.table(columns)


def _column_in_arrow(cells: Any) -> Any:
    import pyarrow as pa

    try:
        column = pa.array(cells, from_pandas=True)
    except (TypeError, ValueError, NotImplementedError, OverflowError):
        return None
    if isinstance(column.type, pa.BaseExtensionType):
        return None
    common = _in_common_type(column)
    return column if common is None else common


def _held(cells: Any) -> str:
    if cells.dtype != object:
        return str(cells.dtype)
    return " beside ".join(sorted({type(cell).__name__ for cell in cells[cells.notna()]}))
