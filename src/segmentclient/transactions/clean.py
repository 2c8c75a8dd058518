"""From a raw order log to transactions: rename once at the door, set faulty rows aside with a reason, count all.

Nothing is lost: every input row is either in `transactions` or, whole, in `rejected`; the audit counts both, in
rows and in money.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.cells import Cells
from segmentclient.options import check_options
from segmentclient.transactions.clocks import offsets_in, on_clock_of, on_wall_clock, refuse_mixed_zones
from segmentclient.transactions.columns import ColumnNames, ReadColumns, read_columns, with_object_cells
from segmentclient.transactions.counting import audit_table, count_reasons, notes_on
from segmentclient.transactions.exclusion import exclusion, warn_of_nobody
from segmentclient.transactions.marking import (
    mark_duplicates,
    mark_refunds_only,
    mark_rows,
    name_orders,
    stage_rows,
    type_rows,
)
from segmentclient.transactions.reasons import (
    AMOUNT,
    DATE,
    ID,
    KEPT,
    ORDER,
    REASON,
    REASONS,
    Duplicates,
    Returns,
)
from segmentclient.transactions.refusals import (
    refuse_currencies,
    refuse_empty,
    refuse_refunds,
    refuse_unusable,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CleanTransactions", "clean_transactions"]


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
        letter case, or by how accents are stored: é as one sign or as e and an accent), `rows_of_ids_like_none`
        (rows whose id reads "nan", "NULL", "#", "guest" …), `first_day` and `last_day`. Computed on first use: counting
        duplicates reads every column, and the different ids beyond ASCII are collected.
        """
        return notes_on(frames.read(self.transactions), self.audit)

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
    exclude: str | Iterable[Any] | None = None,
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
    quantity, unit_price : names of two columns whose product is the amount (`amount` is then not read). Where both
        are negative, the row is set aside.
    returns : what to do with negative amounts. "net": they lower revenue and are never a purchase, and customers
        with refunds only are set aside; "drop": they are set aside; "raise": an error counts them.
    duplicates : "keep" exact duplicates (counted in `notes`) or "drop" all but one; values are compared as they are
        read ("1.0" and "1.00" are equal), text dates with their fractions of a second.
    exclude : ids to leave out (staff, test accounts), or the name of a boolean column that marks rows to leave out.
    timezone : for dates with a time zone, and for text with offsets (2026-12-31T23:30:00+01:00), the zone whose wall
        clock decides the day (default: the column's own, or the clock that the text was written by).
    date_format : form of text dates, made of %d %m %Y %y %H %M %S; ISO 8601 (2026-12-31, with or without a time)
        when not given.
    decimal : decimal mark of text amounts; blanks, apostrophes or the other mark group thousands, in threes. Cells
        that are numbers already are taken as they are.
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

    Warns
    -----
    SegmentClientWarning
        None of the ids of `exclude` is in the log.

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
    check_options(clean_transactions, locals())
    frame = frames.with_known_times(frames.read(raw, name="transactions"), date)
    if currency is not None:
        refuse_currencies(frame, currency)
    names = ColumnNames(customer_id, date, amount, order_id, quantity, unit_price)
    read = read_columns(frame, names, date_format=date_format, decimal=decimal)
    with frames.said_by_engine("transactions"):
        staged = stage_rows(on_wall_clock(with_object_cells(frame, names), date, timezone), read)
        offsets = offsets_in(staged, read.date)
        refuse_mixed_zones(offsets, date, timezone)
        dated = on_clock_of(type_rows(staged, read), read.date, offsets, timezone)
        typed = name_orders(dated, read.order_id)
        excluded = exclusion(frame, names, exclude)
        marked = mark_rows(typed, read, excluded, returns)
    refuse_unusable(marked, names)
    if duplicates == "drop":
        marked = mark_duplicates(marked, read, _other_columns(frame, names))
    first_count = count_reasons(marked)
    if returns == "raise":
        refuse_refunds(first_count)
    if returns == "net" and first_count["refunds"].sum() > 0:
        marked = mark_refunds_only(marked, known_customers)
    audit = audit_table(count_reasons(marked))
    refuse_empty(audit)
    if "excluded" not in set(audit["reason"]):
        warn_of_nobody(marked, excluded, exclude)
    kept = _kept_rows(marked, frame, names, read)
    rejected = marked.filter(nw.col(REASON) != KEPT)
    rejected = rejected.select(*frame.collect_schema().names(), nw.col(REASON).alias("reason"))
    return CleanTransactions(frames.give_back(kept), frames.give_back(rejected), audit)


def _kept_rows(
    marked: frames.Frame, frame: frames.Frame, names: ColumnNames, read: ReadColumns
) -> frames.Frame:
    """Select the kept rows under their new names, then every column that has no new name."""
    kept = marked.filter(nw.col(REASON) == KEPT)
    typed = [
        _typed(ID, read.customer_id).alias("customer_id"),
        nw.col(DATE).alias("date"),
        nw.col(AMOUNT).alias("amount"),
    ]
    typed += [nw.col(ORDER).alias("order_id")] if read.order_id else []
    return kept.select(*typed, *_other_columns(frame, names))


def _other_columns(frame: frames.Frame, names: ColumnNames) -> list[str]:
    """Name the columns that keep their name."""
    return [column for column in frame.collect_schema().names() if column not in names.renamed.values()]


def _typed(column: str, read: Cells) -> nw.Expr:
    return nw.col(column).cast(read.cast) if read.cast else nw.col(column)
