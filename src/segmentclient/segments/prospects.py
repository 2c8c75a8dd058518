"""People who never bought, as rows of the customers table."""

from __future__ import annotations

import warnings
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.errors import SegmentClientWarning, raise_all
from segmentclient.options import check_options
from segmentclient.schema import check_columns, kind_of

__all__ = ["add_prospects"]


def add_prospects(customers: Any, people: Any, *, customer_id: str = "customer_id") -> Any:
    """Add the people without orders to the customers, so that nobody is left out of the picture.

    Parameters
    ----------
    customers : the customers table, any engine.
    people : any table with one row a person (a CRM export): customers and others. Rows without an id (missing or blank) are
        left out with a warning, repeated ids count once (any one of their rows is taken when the rows differ).
    customer_id : the column of `people` that holds the key.

    Returns
    -------
    The customers table, unchanged, followed by one row for each person of `people` who is not in it: `n_orders` and
    `revenue` are 0, columns that both tables have (region, age …) come from `people`, every other column is missing.
    On pandas, whole numbers that become missing turn into floats, truth values into "boolean", and new rows continue a
    numeric index.

    Raises
    ------
    ColumnError
        When the key is missing from a table, or holds numbers on one side and text on the other.

    Notes
    -----
    What later functions give to these rows: `lifecycle` the status "prospect" and the relation "potential";
    `segment_by_rules` only rules that are true for what is known of them; `profile_segments` counts them and leaves
    them out of medians of what they lack. Join more of what is known of people with `join_people`.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"customer_id": [1, 2], "n_orders": [3, 1], "revenue": [90.0, 15.0]})
    >>> sc.add_prospects(customers, pd.DataFrame({"customer_id": [2, 7]}))
       customer_id  n_orders  revenue
    0            1         3     90.0
    1            2         1     15.0
    2            7         0      0.0
    """
    check_options(add_prospects, locals())
    frame, others = frames.read(customers), frames.read(people, name="people")
    check_columns(frames.schema_of(frame), ["customer_id"])
    check_columns(frames.schema_of(others), {customer_id: "id"}, table="people")
    _refuse_two_keys(others, customer_id)
    frames.check_labels(frame, "customer_id")
    frames.check_labels(others, customer_id, name="people")
    frames.warn_of_blanks(others, customer_id, name="people")
    others = _like_customers(
        frame, others.rename({customer_id: "customer_id"}) if customer_id != "customer_id" else others
    )
    new = frames.joined(others, frame.select("customer_id"), "customer_id", "anti")
    return frames.give_back(_below(frame, _nothing_bought(new, frame.collect_schema())))


def _refuse_two_keys(others: frames.Frame, key: str) -> None:
    """Refuse people with a column that the key would take the name of."""
    taken = [
        name
        for name in others.collect_schema()
        if name != key and frames.folded(others, name) == "customer_id"
    ]
    raise_all(
        (f"column {name!r} would be overwritten by {key!r}; drop or rename it first" for name in taken),
        table="people",
    )


def _like_customers(frame: frames.Frame, others: frames.Frame) -> frames.Frame:
    """Keep the shared columns, one row an id, on the engine and in the types of the customers."""
    schema, found = frame.collect_schema(), others.collect_schema()
    _check_kinds(schema, found)
    shared = [name for name in schema if name in found]
    nameless = _is_nameless(others)
    _warn_without_id(others, nameless)
    others = others.filter(~nameless).select(*shared).unique("customer_id", keep="any")
    others = frames.beside(frame, others, name="people")
    return frames.in_types_of(frame, others, shared, table="people")


def _check_kinds(schema: Any, found: Any) -> None:
    """Raise when the key or a shared column cannot take the type that it has among the customers."""
    problems = [
        f"column {name!r} holds {found[name]}, and {dtype} in customers; cast one of them"
        for name, dtype in schema.items()
        if name in found and not _fits(found[name], dtype, is_key=name == "customer_id")
    ]
    raise_all(problems, table="people")


def _fits(found: Any, expected: Any, *, is_key: bool) -> bool:
    if found == expected:
        return True
    if kind_of(found) != kind_of(expected):
        return kind_of(expected) == "text" and kind_of(found) != "any" and not is_key
    return _has_clock(found) == _has_clock(expected)


def _has_clock(held: Any) -> bool:
    return getattr(held, "time_zone", None) is not None


def _is_nameless(others: frames.Frame) -> nw.Expr:
    """Without an id: missing, or text of blanks, as in an order log."""
    key, held = nw.col("customer_id"), others.collect_schema()["customer_id"]
    if kind_of(held) != "text":
        return key.is_null()
    bare = frames.stripping(others)(key if held == nw.String else key.cast(nw.String))
    return key.is_null() | (bare.str.len_chars() == 0).fill_null(True)


def _warn_without_id(others: frames.Frame, nameless: nw.Expr) -> None:
    rows = frames.one_row(others, n=frames.count_of(nameless))["n"] or 0
    if rows:
        warnings.warn(
            f"people: {rows:,.0f} rows without an id are left out", SegmentClientWarning, stacklevel=4
        )


def _nothing_bought(new: frames.Frame, schema: Any) -> frames.Frame:
    zeros = {name: nw.lit(0).cast(schema[name]) for name in ("n_orders", "revenue") if name in schema}
    return new.with_columns(**zeros) if zeros else new


def _below(frame: frames.Frame, new: frames.Frame) -> frames.Frame:
    if frame.implementation.is_pandas():
        return _below_on_pandas(frame, new)
    if frame.implementation.is_pyarrow():
        return _below_on_arrow(frame, new)
    schema, present = frame.collect_schema(), new.collect_schema()
    raise_all(
        (
            f"column {name!r} is of a type that people without it cannot be given; cast it, for instance to text"
            for name, dtype in schema.items()
            if name not in present and isinstance(dtype, nw.Unknown)
        ),
        table="customers",
    )
    columns = (
        nw.col(name) if name in present else nw.lit(None, dtype=dtype).alias(name)
        for name, dtype in schema.items()
    )
    return frames.stacked(frame, new.select(*columns))


def _below_on_arrow(frame: frames.Frame, new: frames.Frame) -> frames.Frame:
    """Pyarrow stacks rows of the very same types only: give the new ones those, and nulls where people tell nothing."""
    import pyarrow as pa

    table, rows = nw.to_native(frame), nw.to_native(new)
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(len(rows), field.type)
        for field in table.schema
    ]
    return nw.from_native(pa.concat_tables([table, pa.table(columns, schema=table.schema)]))


def _below_on_pandas(frame: frames.Frame, new: frames.Frame) -> frames.Frame:
    """Pandas has no missing whole numbers: let it choose the types, and continue the index."""
    import pandas as pd

    table, rows = nw.to_native(frame), nw.to_native(new)
    if table.index.nlevels == 1 and pd.api.types.is_integer_dtype(table.index):
        start = int(table.index.max()) + 1 if len(table) else 0
        start = start if start + len(rows) < np.iinfo(np.int64).max else 0
        rows = rows.set_axis(pd.RangeIndex(start, start + len(rows), name=table.index.name))
    flags = [name for name in table if name not in rows and pd.api.types.is_bool_dtype(table[name])]
    both = pd.concat([table.astype(dict.fromkeys(flags, "boolean")), rows]) if len(rows) else table.copy()
    return nw.from_native(both)
