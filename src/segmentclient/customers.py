"""From transactions to customers: one row each, in the caller's own engine.

The order lines are first summed a day, the days are then summed a customer; whole days are counted as
integers, and only at the end divided by the time unit.
"""

from __future__ import annotations

import datetime as dt
import re
import warnings
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.errors import (
    ColumnError,
    SegmentClientError,
    SegmentClientWarning,
    TransactionError,
    raise_all,
)
from segmentclient.schema import check_columns

__all__ = ["UNIT_DAYS", "as_day", "split_periods", "summarize_customers", "update_customers"]

UNIT_DAYS = {"D": 1.0, "W": 7.0, "M": 365.2425 / 12, "Y": 365.2425}

SUMMARY = (
    "customer_id",
    "first_order",
    "last_order",
    "n_orders",
    "days_since_last_order",
    "revenue",
    "average_order_value",
    "frequency",
    "recency",
    "T",
    "monetary_value",
    "first_day_revenue",
)
GAPS = ("gap_sd", "sum_log_gaps", "clumpiness")
KEY, DAY = "customer_id", "_day"


def summarize_customers(
    transactions: Any, *, as_of: Any = None, time_unit: str = "D", period: str = "D", gaps: bool = False
) -> Any:
    """Sum an order log into one row a customer.

    Parameters
    ----------
    transactions : table with `customer_id`, `date`, `amount` and perhaps `order_id` (see `clean_transactions`).
    as_of : the day from which recency is counted (date or "2026-12-31"); the last day in the data by default,
        never today. Later rows are left out, with a warning that gives rows and money.
    time_unit : unit of `recency` and `T`: "D", "W", "M" (a twelfth of 365.2425 days) or "Y". It only divides.
    period : "D" counts purchases a day. "W", or a number of days such as "30D", merges the purchases of each such
        period, counted from the customer's first order, and floors `recency` and `T` to whole periods, which are
        then the unit.
    gaps : also give `gap_sd`, `sum_log_gaps` and `clumpiness`, the regularity of the days between purchases.

    Returns
    -------
    The same kind of table, one row a customer, with the columns `customer_id`, `first_order`, `last_order`,
    `n_orders`, `days_since_last_order` (days), `revenue`, `average_order_value` (money), `frequency` (repeat
    purchase days), `recency`, `T` (time units), `monetary_value` (mean total of the repeat purchase days, 0 where
    there is none), `first_day_revenue` (money), and with `gaps` the three columns above (missing where there are
    too few purchases). Eager tables come sorted by customer. A negative amount is a refund: it lowers revenue and
    is never a purchase; customers with refunds only are left out, with a warning on eager tables. Collected: one row (dates and counts).

    Raises
    ------
    ColumnError
        A column is missing or of the wrong type, or holds missing or infinite cells (`clean_transactions` sets
        such rows aside).
    TransactionError
        There is no row, or none up to `as_of`.

    References
    ----------
    Frequency, recency and T as in Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way.
    Clumpiness as in Zhang, Bradlow and Small (2015), over the days from the first order to `as_of`.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> log = pd.DataFrame({"customer_id": ["a", "a", "b"], "amount": [10.0, 30.0, 5.0],
    ...                     "date": pd.to_datetime(["2026-01-01", "2026-01-15", "2026-01-08"])})
    >>> table = sc.summarize_customers(log, as_of="2026-01-29", time_unit="W")
    >>> table[["customer_id", "n_orders", "revenue", "frequency", "recency", "T"]]
      customer_id  n_orders  revenue  frequency  recency    T
    0           a         2     40.0          1      2.0  4.0
    1           b         1      5.0          0      0.0  3.0
    """
    units = _Units.of(time_unit, period)
    log = _read_log(transactions, as_of)
    lines = _lines(log)
    totals = _totals(lines, log, units.period_days)
    summary = _finish(totals, log.as_of, units)
    if gaps:
        summary = _with_gaps(summary, lines, log.as_of)
    wanted = SUMMARY + (GAPS if gaps else ())
    return frames.give_back(_sorted(summary.select(*wanted)))


def split_periods(
    transactions: Any, *, calibration_end: Any, holdout_end: Any = None, time_unit: str = "D"
) -> Any:
    """Summarise the customers up to a day, and count what they did after it.

    Parameters
    ----------
    transactions : as in `summarize_customers`.
    calibration_end : last day of the calibration period.
    holdout_end : last day of the holdout period; the last day in the data by default.
    time_unit : unit of `recency` and `T`.

    Returns
    -------
    The customers known at `calibration_end`, as `summarize_customers` gives them, with `holdout_purchases` (purchase
    days), `holdout_revenue` (money) and `holdout_days` (length of the holdout period in days).

    Raises
    ------
    ColumnError, TransactionError
        As in `summarize_customers`; also when the holdout does not end after the calibration.

    Examples
    --------
    >>> import segmentclient as sc
    >>> table = sc.split_periods(sc.datasets.load_cdnow(), calibration_end="1997-09-30")
    >>> int(table["holdout_purchases"].sum()), int(table["holdout_days"].iloc[0])
    (1882, 273)
    """
    end = as_day(calibration_end, "calibration_end")
    log = _read_log(transactions, holdout_end)
    if log.as_of <= end:
        raise TransactionError(
            f"the holdout ends on {log.as_of} and the calibration on {end}: nothing is held out"
        )
    known = summarize_customers(frames.give_back(_until(log.frame, end)), as_of=end, time_unit=time_unit)
    later = _after(_lines(log), end)
    revenue = later.group_by(KEY).agg(nw.col("amount").sum().alias("holdout_revenue"))
    purchases = (
        later.filter(nw.col("amount") >= 0)
        .select(KEY, DAY)
        .unique()
        .group_by(KEY)
        .agg(nw.len().alias("holdout_purchases"))
    )
    table = _join(_join(frames.read(known), revenue), purchases).with_columns(
        nw.col("holdout_purchases").fill_null(0).cast(nw.Int64),
        nw.col("holdout_revenue").fill_null(0.0),
        nw.lit((log.as_of - end).days, dtype=nw.Int64).alias("holdout_days"),
    )
    return frames.give_back(_sorted(table))


def update_customers(customers: Any, new_transactions: Any, *, as_of: Any = None) -> Any:
    """Bring last month's customers forward with this month's transactions, without rereading the whole log.

    Parameters
    ----------
    customers : table made by `summarize_customers` (daily period, time unit in days, without gaps).
    new_transactions : the transactions dated after the day up to which `customers` was made, on the same engine.
    as_of : the new day from which recency is counted; the last day of the new transactions by default.

    Returns
    -------
    The same table that `summarize_customers` would give on the whole log (an order whose lines fall on both sides
    counts once on each). Score, segment and prediction columns of `customers` are not carried: they are out of date.

    Raises
    ------
    ColumnError
        A summary column is missing.
    TransactionError
        New transactions are dated within the period that `customers` covers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> log = sc.datasets.load_cdnow()
    >>> old = sc.summarize_customers(log[log["date"] <= "1997-12-31"])
    >>> new = sc.update_customers(old, log[log["date"] > "1997-12-31"])
    >>> pd.testing.assert_frame_equal(new, sc.summarize_customers(log))
    """
    before = frames.read(customers)
    check_columns(before.collect_schema(), SUMMARY)
    log = _read_log(new_transactions, as_of)
    _check_follows(before, log)
    totals = _merged(before, _totals(_lines(log), log, 1, whole_base=False))
    return frames.give_back(_sorted(_finish(totals, log.as_of, _Units(1.0, 1)).select(*SUMMARY)))


def as_day(value: Any, name: str) -> dt.date:
    """Read a day given by the caller: a date, a time stamp, or text such as "2026-12-31"."""
    try:
        day = value.date() if hasattr(value, "date") else value
        if isinstance(day, dt.date) and day == day:
            return day
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        raise SegmentClientError(
            f"{name}={value!r} is not a day; accepted: a date, or text such as '2026-12-31'"
        ) from None


@dataclass(frozen=True)
class _Units:
    """How days become time units: `divide` by so many days, after merging purchases a `period_days`."""

    divide: float
    period_days: int

    @classmethod
    def of(cls, time_unit: str, period: str) -> _Units:
        if time_unit not in UNIT_DAYS:
            raise SegmentClientError(f"time_unit={time_unit!r}; accepted: {', '.join(map(repr, UNIT_DAYS))}")
        days = _period_days(period)
        if days > 1 and time_unit != "D":
            raise SegmentClientError(
                f"period={period!r} makes whole periods the unit: leave time_unit out (found {time_unit!r})"
            )
        return cls(UNIT_DAYS[time_unit], days)


def _period_days(period: str) -> int:
    match = re.fullmatch(r"(\d*)D|W", str(period))
    if not match or match[1] == "0":
        raise SegmentClientError(f"period={period!r}; accepted: 'D', 'W', or a number of days such as '30D'")
    return 7 if period == "W" else int(match[1] or 1)


@dataclass(frozen=True)
class _Log:
    """Checked transactions: the frame up to `as_of`, and what one pass over it told."""

    frame: frames.Frame
    as_of: dt.date
    has_refunds: bool
    has_orders: bool


def _read_log(transactions: Any, as_of: Any) -> _Log:
    frame = frames.read(transactions, name="transactions")
    schema = frame.collect_schema()
    check_columns(schema, {KEY: "id", "date": "date", "amount": "number"}, table="transactions")
    limit = None if as_of is None else as_day(as_of, "as_of")
    facts = _facts(frame, limit)
    raise_all(_cell_problems(facts), table="transactions")
    if not facts["rows"]:
        raise TransactionError("transactions: the table is empty (0 rows); at least one purchase is needed")
    day = limit or as_day(facts["last"], "date")
    if facts["late"] == facts["rows"]:
        raise TransactionError(
            f"transactions: every row is dated after as_of={day}; the first is of {as_day(facts['first'], 'date')}"
        )
    if facts["late"]:
        _warn_late(facts, day)
        frame = _until(frame, day)
    return _Log(frame, day, bool(facts["refunds"]), "order_id" in schema)


def _facts(frame: frames.Frame, limit: dt.date | None) -> dict[str, Any]:
    """Everything to be known of the log before it is summed, in one pass."""
    amount = nw.col("amount").cast(nw.Float64)
    late = _is_late(limit) if limit else nw.col("date").is_null()
    return frames.one_row(
        frame,
        rows=nw.len(),
        first=nw.col("date").min(),
        last=nw.col("date").max(),
        late=_ones(late),
        late_amount=nw.when(late).then(amount).otherwise(nw.lit(0.0)).sum(),
        refunds=_ones(amount < 0),
        no_id=_ones(nw.col(KEY).is_null()),
        no_date=_ones(nw.col("date").is_null()),
        no_amount=_ones(nw.col("amount").is_null() | ~amount.is_finite()),
    )


def _ones(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0)).sum()


def _is_late(day: dt.date) -> nw.Expr:
    return nw.col("date") >= nw.lit(dt.datetime.combine(day + dt.timedelta(days=1), dt.time()))


def _until(frame: frames.Frame, day: dt.date) -> frames.Frame:
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


def _lines(log: _Log) -> frames.Frame:
    order = ["order_id"] if log.has_orders else []
    return log.frame.select(
        KEY, nw.col("date").dt.truncate("1d").alias(DAY), nw.col("amount").cast(nw.Float64), *order
    )


def _after(lines: frames.Frame, day: dt.date) -> frames.Frame:
    return lines.filter(nw.col(DAY) > nw.lit(dt.datetime.combine(day, dt.time())))


def _totals(lines: frames.Frame, log: _Log, period_days: int, *, whole_base: bool = True) -> frames.Frame:
    """One row a customer: first and last day, purchase periods, orders, revenue, revenue of the first period.

    With `whole_base`, customers with refunds only are left out; else they come with missing dates and counts.
    """
    purchase = nw.when(nw.col("amount") >= 0).then(nw.lit(1)).otherwise(nw.lit(0))
    marked = lines.with_columns(_purchases=purchase)
    daily = marked.group_by(KEY, DAY).agg(nw.col("amount").sum(), nw.col("_purchases").sum())
    bought = daily.filter(nw.col("_purchases") > 0) if log.has_refunds else daily
    first = bought.group_by(KEY).agg(
        nw.col(DAY).min().alias("first_order"),
        nw.col(DAY).max().alias("last_order"),
        nw.len().alias("n_periods"),
    )
    revenue = daily.group_by(KEY).agg(nw.col("amount").sum().alias("revenue"))
    dated = daily.join(first.select(KEY, "first_order"), on=KEY, how="inner")  # type: ignore[arg-type]
    age = frames.days_between(nw.col(DAY), nw.col("first_order"))
    opening = (
        dated.filter((age >= 0) & (age < period_days))
        .group_by(KEY)
        .agg(nw.col("amount").sum().alias("first_day_revenue"))
    )
    if whole_base:
        _warn_refunds_only(revenue, first)
        totals = _join(_join(first, revenue), opening)
    else:
        totals = _join(_join(revenue, first), opening)
    if period_days > 1:
        totals = _join(totals.drop("n_periods"), _periods(dated, age, period_days))
    if log.has_orders:
        return _join(totals, _orders(lines))
    return (
        totals.with_columns(n_orders=nw.col("n_periods"))
        if period_days == 1
        else _join(totals, _order_days(bought))
    )


def _warn_refunds_only(revenue: frames.Frame, first: frames.Frame) -> None:
    """Say how many customers have refunds and no purchase (on a plan, counting them would run it twice)."""
    if isinstance(revenue, nw.LazyFrame) or isinstance(first, nw.LazyFrame) or len(revenue) == len(first):
        return
    only = revenue.join(first, on=KEY, how="anti")
    warnings.warn(
        f"{len(only):,} customers have refunds and no purchase ({only['revenue'].sum():,.2f} in money) and are left out; "
        "clean_transactions sets such rows aside with their reason",
        SegmentClientWarning,
        stacklevel=4,
    )


def _periods(dated: frames.Frame, age: nw.Expr, period_days: int) -> frames.Frame:
    """Count the distinct periods, counted from the first order, in which there is a purchase."""
    index = dated.filter(nw.col("_purchases") > 0).select(KEY, (age // period_days).alias("_period")).unique()
    return index.group_by(KEY).agg(nw.len().alias("n_periods"))


def _orders(lines: frames.Frame) -> frames.Frame:
    bought = lines.filter(nw.col("amount") >= 0)
    return bought.group_by(KEY).agg(nw.col("order_id").n_unique().alias("n_orders"))


def _order_days(bought: frames.Frame) -> frames.Frame:
    return bought.group_by(KEY).agg(nw.len().alias("n_orders"))


def _join(left: frames.Frame, right: frames.Frame) -> frames.Frame:
    return left.join(right, on=KEY, how="left")  # type: ignore[arg-type]


def _finish(totals: frames.Frame, as_of: dt.date, units: _Units) -> frames.Frame:
    """Turn totals into the words of the customers table."""
    today = nw.lit(as_of.toordinal(), dtype=nw.Int64)
    first, last = frames.days(nw.col("first_order")), frames.days(nw.col("last_order"))
    frequency = nw.col("n_periods").cast(nw.Int64) - 1
    repeat = nw.col("revenue") - nw.col("first_day_revenue")
    return totals.with_columns(
        nw.col("n_orders").cast(nw.Int64),
        (today - last).cast(nw.Int64).alias("days_since_last_order"),
        frequency.alias("frequency"),
        _in_units(last - first, units).alias("recency"),
        _in_units(today - first, units).alias("T"),
        (nw.col("revenue") / nw.col("n_orders")).alias("average_order_value"),
        nw.when(frequency > 0).then(repeat / frequency).otherwise(nw.lit(0.0)).alias("monetary_value"),
    )


def _in_units(days: nw.Expr, units: _Units) -> nw.Expr:
    if units.period_days > 1:
        return (days // units.period_days).cast(nw.Float64)
    if units.divide == 1:
        return days.cast(nw.Float64)
    # polars divides by a constant through its reciprocal, one bit off; by a column it divides exactly
    return days.cast(nw.Float64) / (days * 0.0 + units.divide)


def _with_gaps(summary: frames.Frame, lines: frames.Frame, as_of: dt.date) -> frames.Frame:
    """Add the regularity of the days between purchases, from sums of gaps alone."""
    gap = nw.col("_gap")
    sums = _gaps(lines).group_by(KEY).agg(
        nw.len().alias("_n"), gap.sum().alias("_s1"), nw.col("_gap2").sum().alias("_s2"),
        nw.col("_log").sum().alias("sum_log_gaps"), nw.col("_xlog").sum().alias("_s_xlog"),
    )  # fmt: skip
    window = (nw.lit(as_of.toordinal()) - frames.days(nw.col("first_order")) + 1).cast(nw.Float64)
    n, s1, s2 = (nw.col(name).cast(nw.Float64) for name in ("_n", "_s1", "_s2"))
    rest = window - s1
    entropy = (nw.col("_s_xlog") + rest * rest.log() - window * window.log()) / window
    return _join(summary, sums).with_columns(
        gap_sd=nw.when(n > 1).then(((s2 - s1 * s1 / n) / (n - 1)).clip(0.0).sqrt()),
        sum_log_gaps=nw.col("sum_log_gaps").fill_null(0.0),
        clumpiness=(1 + entropy / (n + 1).log()).clip(0.0, 1.0),
    )


def _gaps(lines: frames.Frame) -> frames.Frame:
    """One row a gap: the days from one purchase day of a customer to the next."""
    days = lines.filter(nw.col("amount") >= 0).select(KEY, _at=frames.days(nw.col(DAY))).unique()
    if isinstance(days, nw.LazyFrame):
        ordered = days.with_columns(_before=nw.col("_at").shift(1).over(KEY, order_by="_at"))
        gaps = ordered.filter(~nw.col("_before").is_null())
    else:
        ordered = days.sort(KEY, "_at").with_columns(
            _before=nw.col("_at").shift(1), _who=nw.col(KEY).shift(1)
        )
        gaps = ordered.filter(nw.col("_who") == nw.col(KEY))
    gap = (nw.col("_at") - nw.col("_before")).cast(nw.Float64)
    return gaps.select(KEY, _gap=gap).with_columns(
        _gap2=nw.col("_gap") * nw.col("_gap"),
        _log=nw.col("_gap").log(),
        _xlog=nw.col("_gap") * nw.col("_gap").log(),
    )


def _with_day_before(days: frames.Frame) -> frames.Frame:
    """Put the purchase day before beside each one; first purchases fall away."""
    if isinstance(days, nw.LazyFrame):
        ordered = days.with_columns(_before=nw.col("_at").shift(1).over(KEY, order_by="_at"))
        return ordered.filter(~nw.col("_before").is_null())
    sorted_days = days.sort(KEY, "_at").with_columns(
        _before=nw.col("_at").shift(1), _who=nw.col(KEY).shift(1)
    )
    return sorted_days.filter(nw.col("_who") == nw.col(KEY))


def _sorted(frame: frames.Frame) -> frames.Frame:
    return frame if isinstance(frame, nw.LazyFrame) else nw.maybe_reset_index(frame.sort(KEY))


def _check_follows(before: frames.Frame, log: _Log) -> None:
    """The new transactions must start after the day up to which the customers were summed."""
    end = frames.one_row(
        before, day=(frames.days(nw.col("last_order")) + nw.col("days_since_last_order")).max()
    )["day"]
    start = frames.one_row(log.frame, day=nw.col("date").min())["day"]
    covered = dt.date.fromordinal(int(end))
    if as_day(start, "date") <= covered:
        raise TransactionError(
            f"new_transactions start on {as_day(start, 'date')}, but customers already covers every day up to {covered}; "
            "keep only later rows, or rebuild with summarize_customers"
        )
    present = [name for name in GAPS if name in before.collect_schema()]
    if present:
        raise ColumnError(
            f"customers: {', '.join(present)} cannot be brought forward; rebuild with summarize_customers(gaps=True)"
        )


def _merged(before: frames.Frame, new: frames.Frame) -> frames.Frame:
    """Add the new totals to the old ones, customer by customer; the first order stays the first."""
    names = [KEY, "first_order", "last_order", "revenue", "first_day_revenue", "n_orders", "n_periods"]
    old = before.with_columns(n_periods=nw.col("frequency") + 1)
    both = nw.concat([_aged(old, names, 0), _aged(new, names, 1)], how="vertical")  # type: ignore[type-var]
    sums = both.group_by(KEY).agg(
        nw.col("first_order").min(), nw.col("last_order").max(), nw.col("revenue").sum(),
        nw.col("n_orders").sum(), nw.col("n_periods").sum(),
    ).filter(~nw.col("first_order").is_null())  # fmt: skip
    dated = both.filter(~nw.col("first_order").is_null())
    firsts = dated.group_by(KEY).agg(nw.col("_age").min().alias("_first"))
    opening = _join(dated, firsts).filter(nw.col("_age") == nw.col("_first")).select(KEY, "first_day_revenue")
    return _join(sums, opening)


def _aged(totals: frames.Frame, names: list[str], age: int) -> frames.Frame:
    """Bring old and new totals to one shape; counts are decimals here, for they may be missing."""
    counts = [nw.col(name).cast(nw.Float64) for name in ("n_orders", "n_periods")]
    dates = [nw.col(name).cast(nw.Datetime("us")) for name in ("first_order", "last_order")]
    return totals.with_columns(*counts, *dates, _age=nw.lit(age)).select(*names, "_age")
