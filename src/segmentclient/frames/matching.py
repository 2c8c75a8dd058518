"""Columns of two tables brought to one type, so that their rows can meet.

Ids that are equal to a person (7 and 7.0, a text and a category) are of different types to an engine. The type
in the first table holds; what it cannot hold is never cut to fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient.errors import ColumnError, raise_all
from segmentclient.frames.door import Frame, one_row
from segmentclient.schema import kind_of

__all__ = ["MOST_WHOLE", "in_types_of", "keyed_like", "limits_of"]

MOST_WHOLE = 2**53  # above it, doubles skip whole numbers


def keyed_like(frame: Frame, other: Frame, key: str) -> Frame:
    """Give `other` with its key in the type that it has in `frame`, for a left join to `frame`.

    A key that the type cannot hold (1.5 among whole numbers) equals nobody: it becomes missing, or its row is left out.
    """
    wanted, found = frame.collect_schema()[key], other.collect_schema()[key]
    if frame.implementation.is_pyarrow():
        if wanted.is_integer() and found.is_float():
            other = other.filter(_is_within(nw.col(key), wanted, found))
        return _cast_on_arrow(frame, other, [key])
    if wanted == found or (wanted.is_integer() and found.is_integer()):
        return other  # these are joined as they are
    if frame.implementation.is_polars():
        return other.with_columns(_fitting(key, wanted, found))
    if {wanted.is_float(), wanted.is_integer()} == {found.is_float(), found.is_integer()} == {True, False}:
        held = other.with_columns(_held(key, wanted, found)).filter(~nw.col(key).is_null())
        return held.with_columns(nw.col(key).cast(wanted))  # without gaps, which NumPy's whole numbers lack
    return other


def in_types_of(frame: Frame, other: Frame, names: Sequence[str], *, table: str) -> Frame:
    """Give `other` with some columns in the types that they have in `frame`, or raise where a value does not fit."""
    if frame.implementation.is_pyarrow():
        return _cast_on_arrow(frame, other, names)
    wanted, found = frame.collect_schema(), other.collect_schema()
    changed = [name for name in names if wanted[name] != found[name]]
    gaps = _check_fit(other, {name: (wanted[name], found[name]) for name in changed}, table)
    stiff = {name for name in gaps if wanted[name].is_integer() and frame.implementation.is_pandas()}
    casts = [_fitting(name, wanted[name], found[name]) for name in changed if name not in stiff]
    return other.with_columns(*casts) if casts else other


def _check_fit(other: Frame, types: Mapping[str, tuple[Any, Any]], table: str) -> set[str]:
    """Raise where a value does not fit; name the columns that have missing cells, which NumPy's integers lack."""
    if not types:
        return set()
    gaps = {f"gaps {name}": nw.col(name).is_null() for name in types}
    lost = {
        f"lost {name}": _held(name, *pair).is_null() & ~nw.col(name).is_null() for name, pair in types.items()
    }
    counts = one_row(other, **{name: one.cast(nw.Int64).sum() for name, one in {**gaps, **lost}.items()})
    raise_all(
        (
            f"column {name!r}: {wanted}, its type in customers, cannot hold {counts[f'lost {name}']:,.0f} of its "
            "values; cast one of them"
            for name, (wanted, _) in types.items()
            if counts[f"lost {name}"]
        ),
        table=table,
    )
    return {name for name in types if counts[f"gaps {name}"]}


def _fitting(name: str, wanted: Any, found: Any) -> nw.Expr:
    """Cast a column to a type; values that the type cannot hold become missing."""
    return _held(name, wanted, found).cast(wanted)


def _held(name: str, wanted: Any, found: Any) -> nw.Expr:
    """Keep the values of a column that a type can hold, ready to be cast."""
    column = nw.col(name)
    if wanted.is_integer():
        return nw.when(_is_within(column, wanted, found)).then(column)
    if wanted.is_float() and found.is_integer():
        most = MOST_WHOLE if wanted == nw.Float64 else 2**24
        return nw.when(column.is_between(-most, most)).then(column)
    if kind_of(wanted) == "text" and found != nw.String:
        column = column.cast(nw.String)
    return nw.when(column.is_in(wanted.categories)).then(column) if isinstance(wanted, nw.Enum) else column


def _is_within(column: nw.Expr, wanted: Any, found: Any) -> nw.Expr:
    """Where a whole-number type can hold the values of a column."""
    low, high = limits_of(wanted)
    if found.is_integer():
        own = limits_of(found)
        return column.is_between(max(low, own[0]), min(high, own[1]))
    value = column.cast(nw.Float64)
    return (value == value.floor()) & value.is_between(max(low, -MOST_WHOLE), min(high, MOST_WHOLE))


def limits_of(integer: Any) -> tuple[int, int]:
    """Smallest and largest value of Int8 to Int128 and of UInt8 to UInt64; 64 bits where the name says none."""
    name = str(integer)
    bits = int(name.rpartition("Int")[2] or 64)
    return (0, 2**bits - 1) if name.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _cast_on_arrow(frame: Frame, other: Frame, names: Sequence[str]) -> Frame:
    """Pyarrow casts nothing that would change, and says so."""
    import pyarrow as pa

    schema, table = nw.to_native(frame).schema, nw.to_native(other)
    for name in names:
        wanted, found = schema.field(name).type, table.schema.field(name).type
        try:
            table = table.set_column(table.column_names.index(name), name, table[name].cast(wanted))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise ColumnError(
                f"column {name!r} holds {found}, and {wanted} in customers, which cannot hold all of it; cast one of them"
            ) from None
    return nw.from_native(table)
