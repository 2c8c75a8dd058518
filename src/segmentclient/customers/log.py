"""The order log as the summaries read it: checked in one pass, cut at `as_of`."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.cells import EARLIEST, LATEST, no_id
from segmentclient.errors import SegmentClientError, SegmentClientWarning, TransactionError, raise_all
from segmentclient.options import shown
from segmentclient.schema import check_columns, kind_of

__all__ = [
    "DAY",
    "FIRST",
    "KEY",
    "LAST",
    "Log",
    "after",
    "as_day",
    "daily_lines",
    "in_order",
    "read_log",
    "until",
]

KEY, DAY = "customer_id", "_day"
FIRST, LAST = "_first", "_last"  # days of the first and last order, counted from the year 0


def as_day(value: Any, name: str) -> dt.date:
    """Read a day given by the caller: a date, a time stamp, or text such as "2026-12-31"."""
    try:
        day = _day_of(value)
    except (ValueError, NotImplementedError):  # pandas knows years that Python's dates do not
        day = None
    if day is None or not EARLIEST <= day.year <= LATEST:
        raise SegmentClientError(
            f"{name}={shown(value)} is not a day of the years {EARLIEST} to {LATEST}; accepted: a date, or text such "
            "as '2026-12-31'"
        )
    return day


def _day_of(value: Any) -> dt.date | None:
    """Give the day of a date or a time stamp (pandas' too), or of text that may go on with a time."""
    if isinstance(value, dt.datetime):
        return value.date() if value == value else None
    if isinstance(value, dt.date):
        return value
    text = str(value) if isinstance(value, str | np.datetime64) else ""
    return dt.datetime.fromisoformat(text).date() if len(text) < 20 else dt.date.fromisoformat(text[:10])


@dataclass(frozen=True)
class Log:
    """Checked transactions: the frame up to `as_of`, and what one pass over it told."""

    frame: frames.Frame
    as_of: dt.date
    has_refunds: bool
    has_orders: bool
    lacks_orders: bool  # in some rows, which count as one of the order of their day


def read_log(transactions: Any, as_of: Any) -> Log:
    """Check the transactions, and leave out the rows after `as_of` with a warning that counts them."""
    frame = frames.with_known_times(frames.read(transactions, name="transactions"), "date")
    schema = frames.schema_of(frame)
    check_columns(schema, {KEY: "id", "date": "date", "amount": "number"}, table="transactions")
    frames.check_labels(frame, KEY, name="transactions")
    _refuse_odd_orders(frame, schema)
    frame = _with_plain_key(_on_wall_clock(frame))
    limit = None if as_of is None else as_day(as_of, "as_of")
    facts = _facts(frame, limit)
    raise_all(_cell_problems(facts), table="transactions")
    _refuse_odd_years(frame, facts)
    if not facts["rows"]:
        raise TransactionError("transactions: the table is empty (0 rows); at least one purchase is needed")
    day = limit or as_day(facts["last"], "date")
    if facts["late"] == facts["rows"]:
        raise TransactionError(
            f"transactions: every row is dated after as_of={day}; the first is of {as_day(facts['first'], 'date')}"
        )
    if facts["late"]:
        _warn_late(facts, day)
        frame = until(frame, day)
    return Log(frame, day, bool(facts["refunds"]), "order_id" in schema, bool(facts.get("no_order")))


def _on_wall_clock(frame: frames.Frame) -> frames.Frame:
    """Dates with a time zone count by the wall clock of their own zone."""
    held = frame.collect_schema()["date"]
    if held == nw.Date and frame.implementation.is_pandas():
        # days of Arrow, which pandas compares with no time
        return frame.with_columns(nw.col("date").cast(nw.Datetime("us")))
    if held == nw.Date and frame.implementation.is_duckdb():
        # infinite days, which have no year and which DuckDB compares with no time, are missing
        return frame.with_columns(date=nw.when(~nw.col("date").dt.year().is_null()).then(nw.col("date")))
    zone = getattr(held, "time_zone", None)
    if zone is None:
        return frame
    local = frames.with_wall_clock(frame, "date", zone, name="_segmentclient_clock")
    return local.drop("date").rename({"_segmentclient_clock": "date"})


def _with_plain_key(frame: frames.Frame) -> frames.Frame:
    """Make one of -0.0 and 0.0, which Arrow tells apart, and texts of the categories of Arrow, which pandas cannot sort."""
    held = frame.collect_schema()[KEY]
    if held.is_float():
        return frame.with_columns(nw.col(KEY) + 0.0)
    if held == nw.Categorical and frames.keeps_in_arrow(frame, KEY):
        return frame.with_columns(nw.col(KEY).cast(nw.String))
    return frame


def _refuse_odd_orders(frame: frames.Frame, schema: Mapping[str, Any]) -> None:
    """Refuse what is no order's id, as clean_transactions does: dates, truth values, lists, bytes ..."""
    held = schema.get("order_id")
    if held is None or held == nw.String:
        return
    odd = frames.no_ids_in(frame, "order_id")
    if frames.holds_half_characters(frame, "order_id"):
        odd.append("text of no encoding")
    if kind_of(held) not in ("text", "number") and not (isinstance(held, frames.OwnType) and held.is_written):
        odd = odd or [str(held)]
    if odd:
        raise_all([no_id("order_id", ", ".join(odd))], table="transactions")


def _refuse_odd_years(frame: frames.Frame, facts: dict[str, Any]) -> None:
    """Count the days outside the years that are read; the first and the last tell whether there are any."""
    ends = [_year_of(day) for day in (facts["first"], facts["last"]) if day is not None]
    if all(EARLIEST <= year <= LATEST for year in ends):
        return
    outside = frames.count_of(~nw.col("date").dt.year().is_between(EARLIEST, LATEST).fill_null(False))
    rows = int(frames.one_row(frame, rows=outside)["rows"])
    raise_all(
        [
            f"column 'date' has {rows:,} days outside the years {EARLIEST} to {LATEST} in {facts['rows']:,} rows; "
            "clean_transactions sets such rows aside"
        ],
        table="transactions",
    )


def _year_of(day: Any) -> int:
    """Give the year of a day, of NumPy too, which knows years that Python does not."""
    return (
        int(day.astype("datetime64[Y]").astype(int)) + 1970
        if isinstance(day, np.datetime64)
        else int(day.year)
    )


def _facts(frame: frames.Frame, limit: dt.date | None) -> dict[str, Any]:
    """Everything to be known of the log before it is summed, in one pass."""
    schema = frame.collect_schema()
    amount = nw.col("amount").cast(nw.Float64)
    orders = (
        {"no_order": frames.count_of(~frames.is_present("order_id", schema["order_id"]))}
        if "order_id" in schema
        else {}
    )
    late = _is_late(limit) if limit else nw.col("date").is_null()
    nameless = nw.col(KEY).is_null()
    return frames.one_row(
        frame,
        rows=nw.len(),
        first=nw.col("date").min(),
        last=nw.col("date").max(),
        late=frames.count_of(late),
        late_amount=nw.when(late).then(amount).otherwise(nw.lit(0.0)).sum(),
        refunds=frames.count_of(amount < 0),
        no_id=frames.count_of(nameless | ~nw.col(KEY).is_finite() if schema[KEY].is_float() else nameless),
        no_date=frames.count_of(nw.col("date").is_null()),
        no_amount=frames.count_of(nw.col("amount").is_null() | ~amount.is_finite()),
        **orders,
    )


def _is_late(day: dt.date) -> nw.Expr:
    return nw.col("date") >= nw.lit(dt.datetime.combine(day + dt.timedelta(days=1), dt.time()))


def until(frame: frames.Frame, day: dt.date) -> frames.Frame:
    """Keep the rows up to a day, that day included."""
    return frame.filter(~_is_late(day))


def _cell_problems(facts: dict[str, Any]) -> list[str]:
    names = {"no_id": KEY, "no_date": "date", "no_amount": "amount"}
    return [
        f"column {names[key]!r} has {int(facts[key]):,} missing or infinite cells in {facts['rows']:,} rows; clean_transactions sets such rows aside"
        for key in names
        if facts[key]
    ]


def _warn_late(facts: dict[str, Any], day: dt.date) -> None:
    warnings.warn(
        f"{int(facts['late']):,} of {facts['rows']:,} rows ({facts['late_amount']:,.2f} in money) are dated after as_of={day} and are left out",
        SegmentClientWarning,
        stacklevel=4,
    )


def daily_lines(log: Log) -> frames.Frame:
    """Cut times to days and keep only what the sums need."""
    day, amount = nw.col("date").dt.truncate("1d").alias(DAY), nw.col("amount").cast(nw.Float64)
    if not log.has_orders:
        return log.frame.select(KEY, day, amount)
    held = log.frame.collect_schema()["order_id"]
    lines = log.frame.select(KEY, day, amount, "order_id")
    return lines.with_columns(_order_of_the_day(held)) if log.lacks_orders else lines


def _order_of_the_day(held: Any) -> nw.Expr:
    """Name the order of a line without one by its day, as clean_transactions does."""
    order = nw.col("order_id") if held == nw.String else nw.col("order_id").cast(nw.String)
    day = nw.col(DAY).cast(nw.Datetime("us")).dt.to_string("%Y-%m-%d")
    return nw.when(frames.is_present("order_id", held)).then(order).otherwise(day).alias("order_id")


def after(lines: frames.Frame, day: dt.date) -> frames.Frame:
    """Keep the lines after a day."""
    return lines.filter(nw.col(DAY) > nw.lit(dt.datetime.combine(day, dt.time())))


def in_order(frame: frames.Frame) -> frames.Frame:
    """Sort an eager table by customer, on a fresh index; a plan has no order."""
    return frame if isinstance(frame, nw.LazyFrame) else nw.maybe_reset_index(frame.sort(KEY))
