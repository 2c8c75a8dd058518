"""Tables put beside and below one another; that both are of one engine, the types cannot tell."""

from __future__ import annotations

from typing import Any, Literal

import narwhals.stable.v2 as nw

from segmentclient.frames.door import Frame

__all__ = ["joined", "stacked"]


def joined(
    left: Frame, right: Any, on: str | list[str], how: Literal["left", "inner", "anti"] = "left"
) -> Frame:
    """Join two tables of one engine; a left join keeps the order of the rows where the engine has one."""
    if left.implementation.is_pyarrow():
        return _joined_on_arrow(nw.to_native(left), nw.to_native(right), on, how)
    if left.implementation.is_polars() and how == "left":
        return _kept_in_order(left, right, on)
    return left.join(right, on=on, how=how)


def _kept_in_order(left: Frame, right: Any, on: str | list[str]) -> Frame:
    """Polars promises no order of joined rows unless it is asked to."""
    ordered = nw.to_native(left).join(nw.to_native(right), on=on, how="left", maintain_order="left")
    both: Frame = nw.from_native(ordered)
    return both


_PLACES = ("_segmentclient_left", "_segmentclient_right")


def _joined_on_arrow(
    left: Any, right: Any, on: str | list[str], how: Literal["left", "inner", "anti"]
) -> Frame:
    """Let lists, structures and empty columns of pyarrow, which joins none of them, follow by the place of their row."""
    import pyarrow as pa

    keys = [on] if isinstance(on, str) else on
    apart = [
        {field.name: table[field.name] for field in table.schema if _cannot_join(field.type)}
        for table in (left, right)
    ]
    simple = [
        table.drop_columns(list(columns)).append_column(place, pa.array(range(len(table)), pa.int64()))
        if columns
        else table
        for table, columns, place in zip((left, right), apart, _PLACES, strict=True)
    ]
    joined = nw.to_native(nw.from_native(simple[0]).join(nw.from_native(simple[1]), on=keys, how=how))
    for columns, place in zip(apart, _PLACES, strict=True):
        for name, cells in columns.items() if place in joined.column_names else ():
            joined = joined.append_column(name, cells.combine_chunks().take(joined[place]))
    new = [] if how == "anti" else [name for name in right.column_names if name not in keys]
    order = [*left.column_names, *new]
    return nw.from_native(joined.select(order) if any(apart) else joined)


def _cannot_join(held: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_nested(held) or pa.types.is_null(held))


def stacked(first: Any, second: Any) -> Frame:
    """Put the rows of the second table, of the same engine and columns, below those of the first."""
    both: Frame = nw.concat([first, second], how="vertical")
    return both
