"""From a raw order log to transactions: rename once at the door, set faulty rows aside with a reason, count all.

Nothing is lost: every input row is either in `transactions` or, whole, in `rejected`; the audit counts both, in
rows and in money.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args

import narwhals.stable.v2 as nw

from segmentclient import cells, frames
from segmentclient.cells import Cells
from segmentclient.errors import ColumnError, SegmentClientError, TransactionError, raise_all
from segmentclient.schema import check_columns, column_problems, kind_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["REASONS", "CleanTransactions", "clean_transactions"]

Returns = Literal["net", "drop", "raise"]
Duplicates = Literal["keep", "drop"]

REASONS: Mapping[str, str] = {
    "kept": "kept",
    "missing_customer_id": "no customer id",
    "unreadable_customer_id": "customer id is not a whole number",
    "missing_date": "no date",
    "unreadable_date": "date cannot be read",
    "date_out_of_range": "date outside the years 1900 to 2199",
    "missing_amount": "no amount",
    "unreadable_amount": "amount cannot be read",
    "excluded": "excluded on request (staff, tests ...)",
    "refund": "refund, dropped on request",
    "duplicate": "exact duplicate, dropped on request",
    "refunds_only": "customer with refunds and no purchase",
}

ID, DATE, AMOUNT, ORDER, REASON = (
    f"_segmentclient_{name}" for name in ("id", "date", "amount", "order", "reason")
)


@dataclass(frozen=True)
class CleanTransactions:
    """What `clean_transactions` gives: the rows kept, the rows set aside, and the count of both.

    Attributes
    ----------
    transactions : the caller's kind of table
        `customer_id`, `date`, `amount`, `order_id` where one was named, then every other column of the input.
    rejected : the caller's kind of table
        The rows set aside, whole, with their `reason`.
    audit : pandas DataFrame
        Columns `reason`, `rows`, `amount`: one row `kept` and one a reason, in order of precedence. Rows and money
        sum to the input (rows without a readable amount count 0).
    """

    transactions: Any
    rejected: Any
    audit: pd.DataFrame

    @cached_property
    def notes(self) -> Mapping[str, float]:
        """Information that sets nothing aside.

        `exact_duplicates_kept` (rows), `share_of_revenue_identifiable` (share of the money that has a customer id),
        `refund_rows`, `refund_amount`, `customers`, `customer_ids_alike` (ids that differ from another only by
        letter case), `first_day` and `last_day`. Computed on first use: counting duplicates reads every column.
        """
        return _notes(frames.read(self.transactions), self.audit)

    @property
    def rows(self) -> int:
        """Rows of the input."""
        return int(self.audit["rows"].sum())

    @property
    def kept_rows(self) -> int:
        """Rows kept."""
        return int(self.audit.loc[self.audit["reason"] == "kept", "rows"].sum())

    def __repr__(self) -> str:
        aside = self.audit[self.audit["reason"] != "kept"]
        listed = ", ".join(f"{row.reason} {row.rows:,}" for row in aside.itertuples()) or "none"
        return f"CleanTransactions({self.kept_rows:,} of {self.rows:,} rows kept; set aside: {listed})"

    def _repr_html_(self) -> str:
        from segmentclient.locale import language
        from segmentclient.render import html_card, html_table

        words = language("en")
        rows = [
            (REASONS[str(row.reason)], words.number(row.rows), words.number(row.amount, 2))
            for row in self.audit.itertuples()
        ]
        facts = {"rows": words.number(self.rows), "kept": words.number(self.kept_rows)}
        return html_card("Clean transactions", facts, body=html_table(["reason", "rows", "amount"], rows))


def clean_transactions(
    raw: Any,
    *,
    customer_id: str = "customer_id",
    date: str = "date",
    amount: str = "amount",
    order_id: str | None = None,
    quantity: str | None = None,
    unit_price: str | None = None,
    returns: Returns = "net",
    duplicates: Duplicates = "keep",
    exclude: Any = None,
    timezone: str | None = None,
    date_format: str | None = None,
    decimal: Literal[".", ","] = ".",
    known_customers: Any = None,
    currency: str | None = None,
) -> CleanTransactions:
    """Rename, type and check an order log; set faulty rows aside, each with its reason.

    Parameters
    ----------
    raw : table of orders or order lines, on any engine.
    customer_id, date, amount, order_id : names of the columns.
    quantity, unit_price : names of two columns whose product is the amount (`amount` is then not read).
    returns : what to do with negative amounts. "net": they lower revenue and are never a purchase, and customers
        with refunds only are set aside; "drop": they are set aside; "raise": an error counts them.
    duplicates : "keep" exact duplicates (counted in `notes`) or "drop" all but one.
    exclude : ids to leave out (staff, test accounts), or the name of a boolean column that marks rows to leave out.
    timezone : for dates with a time zone, the zone whose wall clock decides the day (default: the column's own).
    date_format : form of text dates, made of %d %m %Y %y %H %M %S; ISO 8601 (2026-12-31, with or without a time)
        when not given.
    decimal : decimal mark of text amounts; blanks, apostrophes and the other mark group thousands.
    currency : name of the column that tells the currency of each row. Amounts in several currencies cannot be added:
        they are refused, with the rows of each.
    known_customers : table with a `customer_id` of customers who bought before this log begins (last month's
        customers). Their refunds are kept even without a purchase in this log, for `update_customers`.

    Returns
    -------
    CleanTransactions
        `transactions`, `rejected`, `audit`, `notes`. Collected: a few rows of counts.

    Raises
    ------
    ColumnError
        A column is missing, of a wrong type, holds nothing readable or mixes time zones; the table is empty; a
        column of the input would be overwritten. All such problems come in one message.
    TransactionError
        No row is left, there are refunds under ``returns="raise"``, or several currencies.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> raw = pd.DataFrame({"who": ["a", "a", None], "day": ["2026-01-02", "2026-02-30", "2026-03-01"],
    ...                     "total": [10.0, 20.0, 5.0]})
    >>> clean = sc.clean_transactions(raw, customer_id="who", date="day", amount="total")
    >>> clean.audit
                    reason  rows  amount
    0                 kept     1    10.0
    1  missing_customer_id     1     5.0
    2      unreadable_date     1    20.0
    """
    _check_options(
        returns=(returns, get_args(Returns)),
        duplicates=(duplicates, get_args(Duplicates)),
        decimal=(decimal, (".", ",")),
    )
    frame = frames.read(raw, name="transactions")
    if currency is not None:
        _refuse_several_currencies(frame, currency)
    names = _Names(customer_id, date, amount, order_id, quantity, unit_price)
    read = _read_columns(frame, names, date_format=date_format, decimal=decimal)
    marked = _mark(_on_wall_clock(frame, date, timezone), read, _excluded(frame, names, exclude), returns)
    _refuse_unusable(marked, names, read)
    marked = _mark_duplicates(marked, frame.collect_schema().names()) if duplicates == "drop" else marked
    first_count = _count(marked)
    if returns == "raise":
        _refuse_refunds(first_count)
    if returns == "net" and first_count["refunds"].sum() > 0:
        marked = _mark_refunds_only(marked, known_customers)
    audit = _audit(_count(marked))
    _refuse_empty(audit)
    kept = _kept(marked, frame, names, read)
    rejected = marked.filter(~nw.col(REASON).is_null())
    rejected = rejected.select(*frame.collect_schema().names(), nw.col(REASON).alias("reason"))
    return CleanTransactions(frames.give_back(kept), frames.give_back(rejected), audit)


@dataclass(frozen=True)
class _Names:
    customer_id: str
    date: str
    amount: str
    order_id: str | None
    quantity: str | None
    unit_price: str | None

    @property
    def renamed(self) -> dict[str, str]:
        """Output name → the input column it comes from."""
        pairs = {"customer_id": self.customer_id, "date": self.date, "order_id": self.order_id}
        pairs |= {} if self.quantity else {"amount": self.amount}
        return {new: old for new, old in pairs.items() if old is not None}

    @property
    def needed(self) -> list[str]:
        return [*self.renamed.values(), *(one for one in (self.quantity, self.unit_price) if one)]


@dataclass(frozen=True)
class _Read:
    customer_id: Cells
    date: Cells
    amount: Cells
    order_id: Cells | None

    @property
    def faults(self) -> dict[str, nw.Expr]:
        return {**self.customer_id.faults, **self.date.faults, **self.amount.faults}


def _check_options(**options: tuple[Any, tuple[Any, ...]]) -> None:
    wrong = [
        f"{name}={value!r}; accepted: {', '.join(map(repr, accepted))}"
        for name, (value, accepted) in options.items()
        if value not in accepted
    ]
    raise_all(wrong, table="clean_transactions", error=SegmentClientError)


def _refuse_several_currencies(frame: frames.Frame, column: str) -> None:
    check_columns(frame.collect_schema(), {column: "any"}, table="transactions")
    counted = frames.collect(frame.group_by(column).agg(nw.len().alias("_rows"))).sort_values(
        ["_rows", column], ascending=[False, True]
    )
    if len(counted) > 1:
        said = ", ".join(
            f"{'missing' if name != name or name is None else name} {int(rows):,}"
            for name, rows in zip(counted[column], counted["_rows"], strict=True)
        )
        raise TransactionError(
            f"transactions: column {column!r} holds {len(counted)} currencies (rows: {said}); convert the amounts to one, "
            "or clean and study each currency by itself"
        )


def _read_columns(frame: frames.Frame, names: _Names, *, date_format: str | None, decimal: str) -> _Read:
    schema = frame.collect_schema()
    missing = column_problems(schema, dict.fromkeys(names.needed, "any"))
    raise_all([*missing, *_name_problems(schema, names)], table="transactions")
    read = _Read(
        customer_id=cells.id_cells(names.customer_id, schema[names.customer_id], what="customer_id"),
        date=cells.date_cells(names.date, schema[names.date], date_format=date_format),
        amount=_amounts(schema, names, decimal),
        order_id=cells.id_cells(names.order_id, schema[names.order_id], what="order_id")
        if names.order_id
        else None,
    )
    used = (read.customer_id, read.date, read.amount, read.order_id)
    raise_all([one.problem for one in used if one is not None and one.problem], table="transactions")
    return read


def _amounts(schema: Mapping[str, Any], names: _Names, decimal: str) -> Cells:
    if not names.quantity or not names.unit_price:
        return cells.amount_cells(names.amount, schema[names.amount], decimal=decimal)
    left, right = (
        cells.amount_cells(one, schema[one], decimal=decimal) for one in (names.quantity, names.unit_price)
    )
    faults = (
        {reason: left.faults[reason] | right.faults[reason] for reason in left.faults}
        if left.faults and right.faults
        else {}
    )
    return Cells(
        left.value * right.value, faults, (*left.stages, *right.stages), left.problem or right.problem
    )


def _name_problems(schema: Mapping[str, Any], names: _Names) -> Iterable[str]:
    if bool(names.quantity) != bool(names.unit_price):
        yield "quantity= and unit_price= go together: name both columns, or neither"
    taken = set(names.renamed) | ({"amount"} if names.quantity else set())
    for new in sorted(taken & set(schema)):
        if names.renamed.get(new) != new:
            yield f"column {new!r} of the input would be overwritten by {_origin(new, names)}; drop or rename it first"
    if "reason" in schema:
        yield "column 'reason' of the input would be overwritten by the reason of each row set aside; rename it first"


def _origin(new: str, names: _Names) -> str:
    return repr(names.renamed[new]) if new in names.renamed else f"{names.quantity!r} × {names.unit_price!r}"


def _excluded(frame: frames.Frame, names: _Names, exclude: Any) -> nw.Expr | None:
    """Turn `exclude` into a condition: a boolean column, or a set of ids compared as they are written."""
    if exclude is None:
        return None
    if isinstance(exclude, str):
        return _marks(frame, exclude)
    ids = list(exclude)
    numeric = kind_of(frame.collect_schema()[names.customer_id]) == "number"
    wrong = [one for one in ids if isinstance(one, str) == numeric]
    if wrong:
        raise ColumnError(
            f"transactions: exclude= lists {wrong[0]!r}, but column {names.customer_id!r} holds "
            f"{'numbers' if numeric else 'text'}; write the ids in the same type"
        )
    return nw.col(ID).is_in([one.strip() for one in ids] if not numeric else ids)


TRUE, FALSE = ("true", "1", "yes", "oui"), ("false", "0", "no", "non", "")


def _marks(frame: frames.Frame, column: str) -> nw.Expr:
    """Read a true / false column, as such or in words (a CSV file has no other way); anything else is an error."""
    schema = frame.collect_schema()
    if column in schema and kind_of(schema[column]) == "text":
        word = nw.col(column).cast(nw.String).str.strip_chars().str.to_lowercase().fill_null("")
        odd = frames.collect(frame.filter(~word.is_in([*TRUE, *FALSE])).select(column).head(3))[
            column
        ].tolist()
        if not odd:
            return word.is_in(list(TRUE))
        raise ColumnError(
            f"transactions: column {column!r} (exclude=) holds {', '.join(map(repr, odd))}, expected true or false"
        )
    where = "transactions (exclude= names a true / false column, or lists ids)"
    check_columns(schema, {column: "boolean"}, table=where)
    return nw.col(column).fill_null(False)


def _mark(frame: frames.Frame, read: _Read, excluded: nw.Expr | None, returns: Returns) -> frames.Frame:
    """Add the typed columns and, on rows to set aside, the first reason that applies."""
    columns = {ID: read.customer_id.value, DATE: read.date.value, AMOUNT: read.amount.value}
    columns |= {ORDER: read.order_id.value} if read.order_id else {}
    typed = _staged(frame, read).with_columns(**columns)
    conditions = dict(read.faults)
    conditions |= {"excluded": excluded} if excluded is not None else {}
    conditions |= {"refund": nw.col(AMOUNT) < 0} if returns == "drop" else {}
    reason: nw.Expr = nw.lit(None, dtype=nw.String)
    for name, condition in reversed(conditions.items()):
        reason = nw.when(condition).then(nw.lit(name)).otherwise(reason)
    return typed.with_columns(reason.alias(REASON))


def _on_wall_clock(frame: frames.Frame, date: str, timezone: str | None) -> frames.Frame:
    """Put the local time of dates that have a time zone beside them."""
    zone = getattr(frame.collect_schema()[date], "time_zone", None)
    try:
        if timezone is not None:
            zoneinfo.ZoneInfo(timezone)
        return frames.with_wall_clock(frame, date, timezone or zone, name=cells.WALL_CLOCK) if zone else frame
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise SegmentClientError(
            f"timezone={timezone!r} is not known ({error}); accepted: IANA names such as 'Europe/Paris'"
        ) from None


def _staged(frame: frames.Frame, read: _Read) -> frames.Frame:
    for one in (read.customer_id, read.date, read.amount, read.order_id):
        for stage in one.stages if one is not None else ():
            frame = frame.with_columns(**stage)
    return frame


def _refuse_unusable(marked: frames.Frame, names: _Names, read: _Read) -> None:
    """Raise when a whole column holds nothing readable, when time zones are mixed, or when there is no row."""
    found = {name: nw.col(name).count() for name in (ID, DATE, AMOUNT)}
    row = frames.one_row(marked, rows=nw.len(), **{f"n{name}": count for name, count in found.items()})
    if row["rows"] == 0:
        raise ColumnError("transactions: the table is empty (0 rows); at least one order is needed")
    raise_all(_unusable_columns(marked, names, row), table="transactions")
    if read.date.zone is not None:
        _refuse_mixed_zones(marked, names, read.date.zone)


def _unusable_columns(marked: frames.Frame, names: _Names, row: Mapping[str, Any]) -> Iterable[str]:
    amount = names.amount if not names.quantity else names.unit_price
    helps = {
        ID: (names.customer_id, "text or whole numbers"),
        DATE: (
            names.date,
            "dates, or text such as 2026-12-31; for another form give date_format=, such as '%d/%m/%Y'",
        ),
        AMOUNT: (amount, "numbers, or text such as 12.50; for 12,50 give decimal=','"),
    }
    for name, (column, accepted) in helps.items():
        if row[f"n{name}"] == 0 and column is not None:
            seen = frames.collect(marked.select(column).filter(~nw.col(column).is_null()).head(3))[
                column
            ].tolist()
            what = f"for instance {', '.join(map(repr, seen))}" if seen else "every cell is empty"
            yield f"column {column!r} holds nothing readable in {row['rows']:,} rows ({what}); accepted: {accepted}"


def _refuse_mixed_zones(marked: frames.Frame, names: _Names, zone: nw.Expr) -> None:
    """Text dates may carry an offset, but only one: +01:00 beside +02:00 is not one wall clock."""
    offset = (
        nw.when(zone.str.contains(r"(?:Z|[+-][0-9]{2}:?[0-9]{2})$"))
        .then(zone.str.slice(-6))
        .otherwise(nw.lit(""))
    )
    seen = frames.one_row(marked.filter(~nw.col(DATE).is_null()), first=offset.min(), last=offset.max())
    if seen["first"] != seen["last"]:
        raise ColumnError(
            f"transactions: column {names.date!r} mixes time zones ({seen['first'] or 'none'} and {seen['last'] or 'none'}); "
            "parse it into one zone first, for instance with pandas.to_datetime(column, utc=True), and give timezone="
        )


def _mark_duplicates(marked: frames.Frame, columns: list[str]) -> frames.Frame:
    """Mark every exact duplicate but one; which one does not matter, for they are the same."""
    number = "_segmentclient_row"
    numbered = (
        marked.with_row_index(number, order_by=columns)
        if isinstance(marked, nw.LazyFrame)
        else marked.with_row_index(number)
    )
    firsts = numbered.group_by(columns).agg(nw.col(number).min()).select(number, _first=nw.lit(1))
    joined = numbered.join(firsts, on=number, how="left")  # type: ignore[arg-type]
    repeated = nw.col("_first").is_null() & nw.col(REASON).is_null()
    reason = nw.when(repeated).then(nw.lit("duplicate")).otherwise(nw.col(REASON))
    return joined.with_columns(reason.alias(REASON)).drop(number, "_first")


def _count(marked: frames.Frame) -> Any:
    """Rows, money and refund rows, one row a reason; the only thing collected."""
    refund = nw.when(nw.col(AMOUNT) < 0).then(nw.lit(1)).otherwise(nw.lit(0))
    flat = marked.select(
        nw.col(REASON).fill_null("kept").alias("reason"),
        nw.col(AMOUNT).alias("amount"),
        refund.alias("refunds"),
    )
    return frames.collect(
        flat.group_by("reason").agg(nw.len().alias("rows"), nw.col("amount").sum(), nw.col("refunds").sum())
    )


def _audit(counted: Any) -> pd.DataFrame:
    counted = counted.assign(
        rows=counted["rows"].astype("int64"), amount=counted["amount"].astype("float64").fillna(0.0)
    )
    counted = counted.set_index("reason")
    present = [reason for reason in REASONS if reason in counted.index or reason == "kept"]
    table = counted[["rows", "amount"]].reindex(present, fill_value=0).reset_index()
    return table.astype({"rows": "int64", "amount": "float64", "reason": "object"})


def _refuse_refunds(counted: Any) -> None:
    kept = counted[(counted["reason"] == "kept") & (counted["refunds"] > 0)]
    if len(kept):
        raise TransactionError(
            f"transactions: {int(kept['refunds'].sum()):,} rows have a negative amount (refunds) and returns='raise'; "
            "use returns='net' to subtract them from revenue or returns='drop' to set them aside"
        )


def _mark_refunds_only(marked: frames.Frame, known_customers: Any) -> frames.Frame:
    """Mark the rows of customers who have refunds and no purchase, here or before."""
    usable = marked.filter(nw.col(REASON).is_null())
    refunders = usable.filter(nw.col(AMOUNT) < 0).group_by(ID).agg(_refunds=nw.len())
    buyers = usable.filter(nw.col(AMOUNT) >= 0).join(refunders, on=ID, how="inner")  # type: ignore[arg-type]
    bought = buyers.group_by(ID).agg(_purchases=nw.len())
    only = refunders.join(bought, on=ID, how="left").filter(nw.col("_purchases").is_null())  # type: ignore[arg-type]
    if known_customers is not None:
        known = _known_ids(marked, known_customers).with_columns(_known=nw.lit(1))
        only = only.join(known, on=ID, how="left").filter(nw.col("_known").is_null())  # type: ignore[arg-type]
    if isinstance(marked, nw.LazyFrame):
        marked = marked.join(only.select(ID, "_refunds"), on=ID, how="left")  # type: ignore[arg-type]
        condition = ~nw.col("_refunds").is_null() & nw.col(REASON).is_null()
    elif len(only):  # type: ignore[arg-type]
        condition = nw.col(ID).is_in(only[ID].to_list()) & nw.col(REASON).is_null()
    else:
        return marked
    return marked.with_columns(
        nw.when(condition).then(nw.lit("refunds_only")).otherwise(nw.col(REASON)).alias(REASON)
    )


def _known_ids(marked: frames.Frame, known_customers: Any) -> frames.Frame:
    """Give the ids of customers who bought before, as the log holds them."""
    known = frames.read(known_customers, name="known_customers")
    check_columns(known.collect_schema(), {"customer_id": "id"}, table="known_customers")
    found, expected = known.collect_schema()["customer_id"], marked.collect_schema()[ID]
    if kind_of(found) != kind_of(expected):
        raise ColumnError(
            f"known_customers: customer_id holds {found}, but {expected} in the log; cast one of them"
        )
    ids = known.select(nw.col("customer_id").cast(expected).alias(ID)).unique()
    return frames.beside(marked, ids)


def _refuse_empty(audit: pd.DataFrame) -> None:
    if audit["rows"].iloc[0] == 0:
        reasons = ", ".join(f"{row.reason} {row.rows:,}" for row in audit.iloc[1:].itertuples())
        raise TransactionError(
            f"transactions: no row is left, all {int(audit['rows'].sum()):,} were set aside ({reasons})"
        )


def _kept(marked: frames.Frame, frame: frames.Frame, names: _Names, read: _Read) -> frames.Frame:
    """Select the kept rows under their new names, then every column that has no new name."""
    kept = marked.filter(nw.col(REASON).is_null())
    typed = [
        _typed(ID, read.customer_id).alias("customer_id"),
        nw.col(DATE).alias("date"),
        nw.col(AMOUNT).alias("amount"),
    ]
    typed += [_order_ids(read.order_id)] if read.order_id else []
    others = [column for column in frame.collect_schema().names() if column not in names.renamed.values()]
    return kept.select(*typed, *others)


def _typed(column: str, read: Cells) -> nw.Expr:
    return nw.col(column).cast(read.cast) if read.cast else nw.col(column)


def _order_ids(read: Cells) -> nw.Expr:
    """A line without an order id counts as the order of its day."""
    text = nw.col(ORDER).cast(nw.String)
    return (
        nw.when(nw.col(ORDER).is_null())
        .then(nw.col(DATE).dt.to_string("%Y-%m-%d"))
        .otherwise(text)
        .alias("order_id")
    )


def _notes(kept: frames.Frame, audit: pd.DataFrame) -> dict[str, Any]:
    refund = nw.when(nw.col("amount") < 0)
    row = frames.one_row(
        kept,
        rows=nw.len(),
        customers=nw.col("customer_id").n_unique(),
        refund_rows=refund.then(nw.lit(1)).otherwise(nw.lit(0)).sum(),
        refund_amount=refund.then(nw.col("amount")).otherwise(nw.lit(0.0)).sum(),
        first_day=nw.col("date").min(),
        last_day=nw.col("date").max(),
    )
    distinct = frames.one_row(kept.unique(), rows=nw.len())["rows"]
    money = audit.set_index("reason")["amount"]
    unknown = float(money.get("missing_customer_id", 0.0))
    total = float(money.sum())
    return {
        "customers": int(row["customers"]),
        "first_day": row["first_day"],
        "last_day": row["last_day"],
        "exact_duplicates_kept": int(row["rows"] - distinct),
        "share_of_revenue_identifiable": 1 - unknown / total if total else None,
        "refund_rows": int(row["refund_rows"]),
        "refund_amount": float(row["refund_amount"]),
        "customer_ids_alike": _ids_alike(kept),
    }


def _ids_alike(kept: frames.Frame) -> int:
    """Count the ids that become one when letter case is ignored: perhaps one person, never merged here."""
    if kind_of(kept.collect_schema()["customer_id"]) != "text":
        return 0
    ids = kept.select("customer_id").unique()
    lowered = nw.col("customer_id").cast(nw.String).str.to_lowercase()
    row = frames.one_row(ids.select(one=lowered), ids=nw.len(), distinct=nw.col("one").n_unique())
    return int(row["ids"] - row["distinct"])
