"""Python objects in the cells of a pandas table that raise as soon as they are compared, counted or shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from segmentclient.errors import ColumnError

__all__ = ["with_calm_cells"]

_HARMLESS = frozenset({"string", "empty", "bytes", "boolean", "date", "datetime", "integer", "floating"})


def with_calm_cells(table: Any, name: str) -> Any:
    """Give signalling NaNs as quiet ones, as any arithmetic would, and refuse cells that cannot be written as text."""
    import pandas as pd

    changed = {}
    for column, values in table.items():
        if values.dtype != object or pd.api.types.infer_dtype(values) in _HARMLESS:
            continue
        _refuse_wordless(values, name)
        if any(isinstance(one, Decimal) and one.is_snan() for one in values):
            changed[column] = values.map(_quiet)
    return table.assign(**changed) if changed else table


def _quiet(value: Any) -> Any:
    return Decimal("NaN") if isinstance(value, Decimal) and value.is_snan() else value


def _refuse_wordless(values: Any, name: str) -> None:
    """Ask only objects of a class that writes its own text, for those of Python and of the engines can."""
    for place, value in enumerate(values):
        if not type(value).__module__.startswith(_KNOWN) and (error := _silence(value)):
            raise ColumnError(
                f"{name}: column {values.name!r} holds a {type(value).__qualname__} in row {place} that cannot be "
                f"written as text ({error}); accepted: text, numbers, dates or true / false"
            )


_KNOWN = ("builtins", "datetime", "decimal", "fractions", "uuid", "numpy", "pandas", "pyarrow", "polars")


def _silence(value: Any) -> str:
    try:
        f"{value} {value!r}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""
