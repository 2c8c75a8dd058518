"""One row a segment: how many customers, what share, what they bring, what they look like."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.customers.money import is_money
from segmentclient.errors import ColumnError, raise_all
from segmentclient.options import check_options, shown
from segmentclient.schema import check_columns, kind_of, nearest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["profile_segments"]

_SUMS = ("n_orders", "revenue", "lifetime_value")
_OWN = "_segmentclient_"
_VALUE, _COUNT, _ALL = (_OWN + name for name in ("value", "count", "all"))
_MEDIANS = ("days_since_last_order", "n_orders", "revenue", "lifetime_value")


def profile_segments(
    customers: Any, by: str = "segment", *, attributes: Any = None, groupby: str | Sequence[str] | None = None
) -> pd.DataFrame:
    """Describe each segment by its size, its shares, its medians and its attributes.

    Parameters
    ----------
    customers : any table, lazy or not; the counts, sums and medians are computed by its engine.
    by : the column of segments. Customers without a segment make a row of their own, with a missing key.
    attributes : names of further columns of `customers`, or a table of people with `customer_id`, whose
        other columns of numbers, text and truth values are taken.
    groupby : one or several columns (market, region …): the same profile for each of their values, with shares
        within each.

    Returns
    -------
    pandas.DataFrame, the segment with the highest revenue first. Columns, where the table has what they need:

    - the columns of `groupby`, and `by`;
    - `n_customers`, `share_customers` (shares add up to 1);
    - `n_orders`, `revenue` (sums), `share_revenue`, `average_order_value` (revenue / orders), `mean_revenue` (a
      customer);
    - `median_days_since_last_order`, `median_n_orders`, `median_revenue`;
    - `lifetime_value` (sum), `share_lifetime_value`, `mean_lifetime_value`, `median_lifetime_value`;
    - for an attribute of numbers or true / false values: `mean_<name>` (missing values left out); for one of text:
      `mode_<name>` (the first in the alphabet of the most frequent) and `mode_share_<name>` (among known values).

    Raises
    ------
    ColumnError
        When `by`, an attribute or a column of `groupby` is missing.

    Notes
    -----
    Prospects (`n_orders` 0) count as customers of their segment, lower no median of days, and give 0 orders and revenue.
    A share of a total that is 0 is missing.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({
    ...     "segment": ["a", "a", "b"], "n_orders": [1, 3, 1], "revenue": [10.0, 50.0, 20.0], "city": ["Lyon", "Lyon", "Nice"],
    ... })
    >>> sc.profile_segments(customers, attributes=["city"]).T
                                0      1
    segment                     a      b
    n_customers                 2      1
    share_customers      0.666667  0.333333
    n_orders                    4      1
    revenue                  60.0   20.0
    share_revenue            0.75   0.25
    average_order_value      15.0   20.0
    mean_revenue             30.0   20.0
    median_n_orders           2.0    1.0
    median_revenue           30.0   20.0
    mode_city                Lyon   Nice
    mode_share_city           1.0    1.0
    """
    check_options(profile_segments, locals())
    around = [groupby] if isinstance(groupby, str) else list(groupby or [])
    keys = [*around, by]
    frame, names = _with_attributes(frames.with_truths(frames.read(customers)), attributes, keys)
    _check_names(frames.schema_of(frame), keys, names)
    frames.check_labels(frame, *keys)
    frame = _with_exact_medians(frame, keys, names)
    table = _with_shares(_sizes(frame, keys), keys, around)
    return _in_order(_with_summaries(table, frame, keys, names), around, by)


def _with_attributes(
    frame: frames.Frame, attributes: Any, keys: Sequence[str]
) -> tuple[frames.Frame, list[str]]:
    """Give the frame with its attributes joined, and their names."""
    if attributes is None:
        return frame, []
    if isinstance(attributes, str):
        return frame, [attributes]
    if isinstance(attributes, Iterable) and not (
        hasattr(attributes, "columns") or isinstance(attributes, Mapping)
    ):
        return frame, _named(attributes)
    frame, names = _joined(frame, frames.with_truths(frames.read(attributes, name="attributes")), keys)
    return frame, [name for name in names if name not in keys]


def _named(attributes: Iterable[Any]) -> list[str]:
    names: list[Any] = list(attributes) if getattr(attributes, "ndim", 1) else [attributes]
    odd = [name for name in names if not isinstance(name, str)]
    raise_all(
        (f"attributes= lists {shown(name)}; accepted: names of columns" for name in odd), table="customers"
    )
    return names


def _joined(frame: frames.Frame, people: frames.Frame, keys: Sequence[str]) -> tuple[frames.Frame, list[str]]:
    check_columns(frames.schema_of(frame), ["customer_id"])
    check_columns(frames.schema_of(people), ["customer_id"], table="attributes")
    frames.check_labels(frame, "customer_id")
    frames.check_labels(people, "customer_id", name="attributes")
    frames.check_same_keys(frame, people, "customer_id", name="attributes")
    frames.warn_of_blanks(people, "customer_id", name="attributes")
    schema = frame.collect_schema()
    plain = {"number", "boolean", "text"}
    names = [
        name
        for name, dtype in people.collect_schema().items()
        if name != "customer_id" and kind_of(dtype) in plain
    ]
    raise_all(
        (
            f"column {name!r} is in customers too; drop it from one of the tables"
            for name in names
            if name in schema and name not in keys
        ),
        table="attributes",
    )
    people = _one_row_a_person(people.select("customer_id", *(name for name in names if name not in schema)))
    people = frames.keyed_like(frame, frames.beside(frame, people, name="attributes"), "customer_id")
    _refuse_strangers(frame, people)
    return frames.joined(frame, people, "customer_id"), names


def _refuse_strangers(frame: frames.Frame, people: frames.Frame) -> None:
    """Refuse people of whom nobody is a customer: they would describe nobody, without a word."""
    ids = frame.select("customer_id"), people.select("customer_id")
    both = frames.joined(*ids, "customer_id", "inner")
    if all(_rows_and_ids(one)[0] for one in ids) and not _rows_and_ids(both)[0]:
        raise ColumnError(
            "attributes: no customer_id of the customers is found among the people; compare how the two tables write them"
        )


def _one_row_a_person(people: frames.Frame) -> frames.Frame:
    """Take equal rows once; who is described in two ways is an error, for the order of rows must not decide."""
    known = people.drop_nulls("customer_id")
    rows, ids = _rows_and_ids(known)
    if rows == ids:
        return known
    with contextlib.suppress(TypeError):  # pandas compares no lists: their rows count as different
        known = known.unique()
    rows, ids = _rows_and_ids(known)
    if rows > ids:
        raise ColumnError(
            f"attributes: expected one row a customer, found {rows:,} different rows for {ids:,} ids; "
            "join_people(customers, people) merges them and reports what it merged"
        )
    return known


def _rows_and_ids(people: frames.Frame) -> tuple[int, int]:
    counts = frames.one_row(people.select("customer_id"), rows=nw.len(), ids=nw.col("customer_id").n_unique())
    return int(counts["rows"]), int(counts["ids"] or 0)


def _check_names(schema: Mapping[str, Any], keys: Sequence[str], names: Sequence[str]) -> None:
    wanted = dict.fromkeys([*keys, *names])
    check_columns(schema, dict.fromkeys(keys, "any"), optional=(*_SUMS, *_MEDIANS))
    raise_all(
        (f"attribute {name!r} is missing{nearest(name, schema)}" for name in wanted if name not in schema),
        table="customers",
    )
    measures = [key for key in keys if key in _measures(names)]
    if measures:
        raise ColumnError(
            f"customers: {measures[0]!r} is a measure of each segment and cannot name the segments"
        )
    twice = [key for key in keys if list(keys).count(key) > 1]
    if twice:
        raise ColumnError(f"customers: {twice[0]!r} is asked for twice, in by= and groupby=")


def _measures(names: Sequence[str]) -> set[str]:
    """The columns of a profile, which none that names the segments can share."""
    sums = {"n_customers", "share_customers", "average_order_value", *_SUMS}
    sums |= {f"{what}_{name}" for what in ("share", "mean", "median") for name in (*_SUMS, *_MEDIANS)}
    return (
        sums | set(_MEDIANS) | {f"{what}_{name}" for what in ("mean", "mode", "mode_share") for name in names}
    )


def _with_exact_medians(frame: frames.Frame, keys: Sequence[str], names: Sequence[str]) -> frames.Frame:
    """Hand a pyarrow table, whose grouped medians are approximate, over to pandas."""
    if not frame.implementation.is_pyarrow():
        return frame
    present = frame.collect_schema()
    needed = dict.fromkeys([*keys, *names, *(name for name in (*_SUMS, *_MEDIANS) if name in present)])
    return nw.from_native(frames.collect(frame, list(needed)))


@frames.said_by_engine("customers")
def _sizes(frame: frames.Frame, keys: Sequence[str]) -> pd.DataFrame:
    """Counts, sums and medians: one row a segment, computed by the engine."""
    schema = frame.collect_schema()
    summed = [name for name in _SUMS if name in schema]
    middles = [name for name in _MEDIANS if name in schema]
    numbers = dict.fromkeys([*summed, *middles])
    ready = frame.select(*keys, *(_number(name, schema) for name in numbers))
    counted = ready.group_by(*keys).agg(
        nw.len().alias("n_customers"),
        *(nw.col(_OWN + name).sum().alias(name) for name in summed),
        *(nw.col(_OWN + name).median().alias(f"median_{name}") for name in middles),
    )
    table = frames.collect(counted)
    table["n_customers"] = table["n_customers"].astype("int64")
    if "n_orders" in summed:
        if not np.isfinite(table["n_orders"].to_numpy(dtype=np.float64)).all():
            raise ColumnError("customers: column 'n_orders' holds infinite values; expected counts of orders")
        table["n_orders"] = table["n_orders"].round().astype("int64")
    return table


def _number(name: str, schema: Mapping[str, Any]) -> nw.Expr:
    """Make a column of doubles whose NaN are missing on every engine."""
    values = nw.col(name).cast(nw.Float64)
    known = nw.when(~values.is_nan()).then(values) if schema[name].is_float() else values
    return known.alias(_OWN + name)


def _with_shares(table: pd.DataFrame, keys: Sequence[str], around: Sequence[str]) -> pd.DataFrame:
    columns = {key: table[key] for key in keys}
    n = table["n_customers"]
    columns |= {"n_customers": n, "share_customers": _share(table, "n_customers", around)}
    if "n_orders" in table:
        columns["n_orders"] = table["n_orders"]
    if "revenue" in table:
        columns |= {"revenue": table["revenue"], "share_revenue": _share(table, "revenue", around)}
        if "n_orders" in table:
            columns["average_order_value"] = _ratio(table["revenue"], table["n_orders"])
        columns["mean_revenue"] = table["revenue"] / n
    medians = (f"median_{name}" for name in _MEDIANS if name != "lifetime_value")
    columns |= {name: table[name] for name in medians if name in table}
    if "lifetime_value" in table:
        columns |= {
            "lifetime_value": table["lifetime_value"],
            "share_lifetime_value": _share(table, "lifetime_value", around),
            "mean_lifetime_value": table["lifetime_value"] / n,
            "median_lifetime_value": table["median_lifetime_value"],
        }
    return table.assign(**columns)[list(columns)]


def _share(table: pd.DataFrame, name: str, around: Sequence[str]) -> Any:
    total, size = (_total(values, table, around) for values in (table[name], table[name].abs()))
    return _ratio(table[name], np.where(is_money(total, size), total, 0))


def _total(values: pd.Series, table: pd.DataFrame, around: Sequence[str]) -> Any:
    if not around:
        return values.sum()
    return values.groupby([table[key] for key in around], dropna=False).transform("sum")


def _ratio(part: Any, whole: Any) -> Any:
    whole = np.broadcast_to(np.asarray(whole, dtype=np.float64), len(part))
    return part / np.where(whole == 0, np.nan, whole)


# --- attributes -------------------------------------------------------------------------------------------


def _with_summaries(
    table: pd.DataFrame, frame: frames.Frame, keys: Sequence[str], names: Sequence[str]
) -> pd.DataFrame:
    """Add the mean of each numeric attribute, and the most frequent value of each other one, in the order of `names`."""
    schema, first = frame.collect_schema(), list(table.columns)
    wanted = [name for name in dict.fromkeys(names) if f"mean_{name}" not in first]
    numeric = [name for name in wanted if kind_of(schema[name]) in {"number", "boolean"}]
    parts = [_means(frame, keys, numeric, schema)] if numeric else []
    parts += [_modes(frame, keys, name) for name in wanted if name not in numeric]
    for part in parts:
        table = table.merge(part, on=list(keys), how="left")
    added = [f"{what}_{name}" for name in wanted for what in ("mean", "mode", "mode_share")]
    return table[[*first, *(name for name in added if name in table.columns)]]


@frames.said_by_engine("customers")
def _means(
    frame: frames.Frame, keys: Sequence[str], names: Sequence[str], schema: Mapping[str, Any]
) -> pd.DataFrame:
    values = {f"mean_{name}": _number(name, schema) for name in names}
    grouped = frame.select(*keys, **values).group_by(*keys)
    return frames.collect(grouped.agg(*(nw.col(name).mean() for name in values)))


@frames.said_by_engine("customers")
def _modes(frame: frames.Frame, keys: Sequence[str], name: str) -> pd.DataFrame:
    """Count each value in each segment by the engine; the most frequent is found in the small table of counts."""
    texts = frame.select(*keys, nw.col(name).cast(nw.String).alias(_VALUE)).filter(~nw.col(_VALUE).is_null())
    counts = frames.collect(texts.group_by(*keys, _VALUE).agg(nw.len().alias(_COUNT)))
    counts[_ALL] = counts.groupby(list(keys), dropna=False)[_COUNT].transform("sum")
    counts = counts.sort_values([_COUNT, _VALUE], ascending=[False, True]).drop_duplicates(list(keys))
    counts[f"mode_share_{name}"] = counts[_COUNT] / counts[_ALL]
    return counts.rename(columns={_VALUE: f"mode_{name}"})[[*keys, f"mode_{name}", f"mode_share_{name}"]]


def _in_order(table: pd.DataFrame, around: Sequence[str], by: str) -> pd.DataFrame:
    size = "revenue" if "revenue" in table else "n_customers"
    order = [*around, size, by]
    return table.sort_values(order, ascending=[name != size for name in order], ignore_index=True)
