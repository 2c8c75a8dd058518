"""Features of a clustering: read from any frame, checked, collected as one array of floats.

Prospects (customers with no order) have no behaviour to compare: they take no part, and get no cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from segmentclient import frames
from segmentclient.errors import ColumnError, raise_all
from segmentclient.schema import check_columns, kind_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "LARGEST",
    "as_floats",
    "buyers",
    "collected",
    "feature_names",
    "labelled",
    "refuse_missing",
    "refuse_unusable",
]

Array: TypeAlias = NDArray[np.float64]
LARGEST = 1e90  # third powers are still numbers


def feature_names(features: Any, frame: frames.Frame) -> list[str]:
    """Check the names asked for: a list of different numeric columns of the frame."""
    names = [features] if isinstance(features, str) else list(features or ())
    if not names:
        raise ColumnError(
            'customers: features is empty; name at least one numeric column, such as ["n_orders", "revenue"]'
        )
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        raise ColumnError(f"customers: features must be different columns, named twice: {', '.join(twice)}")
    schema = frames.schema_of(frames.with_truths(frame, names))
    raise_all(_text_features(schema, names), table="customers")
    check_columns(schema, dict.fromkeys((name for name in names if not _is_boolean(schema, name)), "number"))
    return names


def _is_boolean(schema: Mapping[str, Any], name: str) -> bool:
    return name in schema and kind_of(schema[name]) == "boolean"


def _text_features(schema: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    for name in names:
        if name in schema and kind_of(schema[name]) == "text":
            yield (
                f"column {name!r} holds {schema[name]}, and distances need numbers (cast the column first); "
                f"for categories, use MixedSegmenter(categorical=[{name!r}])"
            )


def buyers(frame: frames.Frame) -> frames.Frame:
    """Leave prospects out: rows whose `n_orders` is 0 or missing, where the table has that column."""
    schema = frame.collect_schema()
    if "n_orders" not in schema.names():
        return frame
    check_columns(schema, {"n_orders": "number"})
    return frame.filter(~nw.col("n_orders").is_null() & (nw.col("n_orders") > 0))


def collected(frame: frames.Frame, names: Sequence[str]) -> pd.DataFrame:
    """Collect the features of those who bought (8 bytes a number), or raise when there is nobody."""
    data = frames.collect(buyers(frame), names)
    if not len(data):
        raise ColumnError(
            "customers: nobody to compare; the table has no row, or no row with n_orders above 0"
        )
    schema = frame.collect_schema()
    decimals = [name for name in names if data[name].dtype == object and kind_of(schema[name]) == "number"]
    return data.assign(**{name: as_floats(data[name]) for name in decimals})


def labelled(frame: frames.Frame, by: str, names: Sequence[str]) -> pd.DataFrame:
    """Collect the features of those who have a label, or raise when nobody has."""
    if by in names:
        raise ColumnError(f"customers: column {by!r} is named as label and as feature; leave it out of one")
    data = collected(frame, [by, *names]).dropna(subset=[by])
    if not len(data):
        raise ColumnError(f"customers: column {by!r} is missing in every row; at least one label is needed")
    return data


def refuse_missing(frame: frames.Frame, names: Sequence[str]) -> None:
    """Refuse missing values on a lazy table, counted by its own engine, as an eager one is refused."""
    counts = frames.one_row(buyers(frame), **{name: nw.col(name).is_null().sum() for name in names})
    raise_all(
        (
            f"column {name!r} holds {int(count):,} missing values; fill them, or leave these rows out"
            for name, count in counts.items()
            if count
        ),
        table="customers",
    )


def as_floats(values: Any) -> Array:
    """Turn a column of any numeric flavour (nullable, decimal, boolean) into floats; missing becomes NaN."""
    import pandas as pd

    series = pd.Series(values)
    if series.dtype == object:
        series = pd.to_numeric(series.where(series.notna(), np.nan).astype(float))
    return np.asarray(series.to_numpy(dtype=np.float64, na_value=np.nan))


def refuse_unusable(values: Array, names: Sequence[str]) -> None:
    """Raise one `ColumnError` that names every column with missing or infinite values, and where."""
    if not np.abs(values).max(initial=0.0) <= LARGEST:  # NaN neither
        raise_all(_unusable(values, names), table="customers")


def _unusable(values: Array, names: Sequence[str]) -> Iterator[str]:
    for place, name in enumerate(names):
        column = values[:, place]
        large = np.isfinite(column) & (np.abs(column) > LARGEST)
        faults = {
            "missing (NaN)": (np.isnan(column), f"customers.dropna(subset=[{name!r}])"),
            "infinite (inf)": (np.isinf(column), f"customers[np.isfinite(customers[{name!r}])]"),
            f"absurdly large (beyond {LARGEST:g})": (
                large,
                f"customers[customers[{name!r}].abs() <= {LARGEST:g}]",
            ),
        }
        for word, (bad, without) in faults.items():
            if bad.any():
                yield (
                    f"column {name!r} holds {int(bad.sum()):,} {word} values in {len(column):,} rows "
                    f"(first at row {_first(bad)}); finite numbers are accepted: fill them, or leave these rows out, "
                    f"for instance {without} in pandas"
                )


def _first(bad: NDArray[np.bool_], most: int = 3) -> str:
    places = np.flatnonzero(bad)
    return ", ".join(str(place) for place in places[:most]) + (" …" if len(places) > most else "")
