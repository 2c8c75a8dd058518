"""Rows compared with one another, whatever stands in their cells: what cannot be hashed is compared as it is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import narwhals.stable.v2 as nw

from segmentclient.frames.columns import series_like
from segmentclient.frames.door import Frame
from segmentclient.frames.letters import half_characters

__all__ = ["comparable"]


AnyFrame = TypeVar("AnyFrame", bound=Frame)


def comparable(frame: AnyFrame) -> AnyFrame:
    """Write the cells of a table as text where pandas or pyarrow could not compare them: lists, dictionaries, sets.

    Numbers that Arrow tells apart (-0.0 and 0.0), or that pandas cannot group (of half precision), are made plain. Other
    engines compare what they hold.
    """
    if not isinstance(frame, nw.DataFrame):
        return frame
    if frame.implementation.is_pandas():
        columns = nw.to_native(frame)
        written = {name: cells.tolist() for name, cells in columns.items() if _is_odd(cells)}
    elif frame.implementation.is_pyarrow():
        table = nw.to_native(frame)
        written = {
            field.name: table[field.name].to_pylist() for field in table.schema if _is_nested(field.type)
        }
    else:
        return frame
    texts = {name: [None if one is None else _words(one) for one in cells] for name, cells in written.items()}
    series = (
        nw.from_native(series_like(frame, name, text), series_only=True) for name, text in texts.items()
    )
    plain = [nw.col(name).cast(nw.Float64) + 0.0 for name in _floats(frame) if name not in texts]
    return frame.with_columns(*(one.alias(name) for one, name in zip(series, texts, strict=True)), *plain)


def _floats(frame: Frame) -> list[str]:
    return [name for name, dtype in frame.collect_schema().items() if dtype.is_float()]


def _is_odd(cells: Any) -> bool:
    if cells.dtype != object:
        return _is_nested(getattr(cells.dtype, "pyarrow_dtype", None))
    held = cells[cells.notna()].tolist()
    kinds = {type(one) for one in held}
    return (
        any(kind.__hash__ is None or issubclass(kind, tuple) for kind in kinds)
        or _refuse_hash(held)
        or (str in kinds and bool(half_characters([one for one in held if isinstance(one, str)], most=1)))
    )


def _refuse_hash(held: Sequence[Any]) -> bool:
    """Whether some cells are of a class that can be compared, and hold what cannot."""
    try:
        {hash(one) for one in held if type(one) not in _HASHED}
    except TypeError:
        return True
    return False


_HASHED = frozenset({str, int, float, bool, bytes})


def _is_nested(held: Any) -> bool:
    if held is None:
        return False
    import pyarrow as pa

    return bool(pa.types.is_nested(held))


def _words(cell: Any) -> str:
    """Write a cell in full; an object that says nothing of what it holds is like no other."""
    if isinstance(cell, str | bytes | int | float | list | dict | set | tuple | bytearray):
        return ascii(cell)
    if hasattr(cell, "dtype") and hasattr(cell, "tolist"):  # an array, which would be written with gaps
        return ascii(cell.tolist())
    return f"{type(cell).__name__} {id(cell) if type(cell).__hash__ is None else ascii(cell)}"
