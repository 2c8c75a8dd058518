"""How a report speaks: one language, one currency, one label and one colour a segment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from segmentclient.locale import MISSING, Language, language
from segmentclient.plot import style
from segmentclient.report.content import UNNAMED

__all__ = ["COLUMN_NAMES", "Cell", "Table", "Words", "words"]


COLUMN_NAMES = {
    "customer_id": "Customer",
    "first_order": "First order",
    "last_order": "Last order",
    "n_orders": "Orders",
    "days_since_last_order": "Days since last order",
    "revenue": "Revenue",
    "average_order_value": "Average order",
    "frequency": "Repeat purchases",
    "recency": "From first to last order",
    "T": "Since first order",
    "monetary_value": "Average repeat purchase",
    "first_day_revenue": "Revenue of the first day",
    "gap_sd": "Spread of the gaps between purchases",
    "sum_log_gaps": "Sum of the logarithms of the gaps",
    "clumpiness": "Clumpiness",
    "r_score": "Recency score",
    "f_score": "Frequency score",
    "m_score": "Monetary score",
    "rfm_code": "RFM code",
    "segment": "Segment",
    "cluster": "Cluster",
    "status": "Status",
    "relation": "Relation",
    "is_new": "New customer",
    "soon_lost": "Soon lost",
    "retention_due": "Storage period over",
    "p_alive": "Probability still a customer",
    "expected_purchases": "Expected purchases",
    "expected_orders": "Expected orders",
    "expected_purchase_value": "Expected purchase value",
    "lifetime_value": "Lifetime value",
    "value_basis": "Value deduced from",
    "expected_purchases_low": "Expected purchases, low",
    "expected_purchases_high": "Expected purchases, high",
    "lifetime_value_low": "Lifetime value, low",
    "lifetime_value_high": "Lifetime value, high",
    "holdout_purchases": "Purchases observed afterwards",
    "holdout_revenue": "Revenue observed afterwards",
    "holdout_days": "Days observed afterwards",
}
VALUE_BASES = {
    "own_history": "own history",
    "average_customer": "average customer",
    "no_order_yet": "no order yet",
}
SCORE_AXES = {
    "r_score": "Recency score (days)",
    "f_score": "Frequency score (orders)",
    "m_score": "Monetary score (amount)",
}


@dataclass(frozen=True)
class Cell:
    """One cell of a table: its text, the value it is sorted by, and a share of 1 drawn as a thin bar."""

    text: str
    sort: float | str | None = None
    share: float | None = None
    note: str = ""
    tint: str = ""


@dataclass(frozen=True)
class Table:
    """A table ready to be shown: the first column names the rows, the others are numbers unless told."""

    headers: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    foot: Sequence[Cell] = ()
    text_columns: Sequence[int] = (0,)


@dataclass(frozen=True)
class Words:
    """A language and a currency, with the habits of this report: cents only where they can be seen."""

    language: Language
    currency: str | None = None

    def text(self, message: str, /, **values: Any) -> str:
        """Translate a sentence and fill its places."""
        return self.language.text(message, **values)

    def plural(self, singular: str, plural: str, n: float, /, **values: Any) -> str:
        """Translate a sentence that counts."""
        return self.language.plural(singular, plural, n, **values)

    def money(self, value: Any) -> str:
        """Format an amount in full; cents below one hundred."""
        small = _known(value) and 0.005 <= abs(value) < 100
        return self.language.money(value, self.currency, 2 if small else 0)

    def amount(self, value: Any, decimals: int) -> str:
        """Format an amount with so many decimals."""
        return self.language.money(value, self.currency, decimals)

    def signed_money(self, value: Any) -> str:
        """Format a change of money with its sign."""
        sign = (
            "+"
            if _known(value) and value >= 0.5
            else "\N{MINUS SIGN}"
            if _known(value) and value <= -0.5
            else ""
        )
        return sign + self.language.money(abs(value) if _known(value) else None, self.currency)

    def short(self, value: Any) -> str:
        """Format an amount for a headline: in full below 10,000, then with k and M."""
        if not _known(value) or abs(value) < 10_000:
            return self.money(value)
        return self.language.compact(_as_shown(value), self.currency)

    def number(self, value: Any, decimals: int = 0) -> str:
        """Format a count."""
        return self.language.number(value, decimals)

    def trimmed(self, value: Any) -> str:
        """Format a number with one decimal only where it has one (medians of counts)."""
        if not _known(value):
            return MISSING
        return self.language.number(value, 0 if round(value, 1) == int(round(value, 1)) else 1)

    def percent(self, share: Any, decimals: int = 1) -> str:
        """Format a share of 1."""
        return self.language.percent(share, decimals)

    def change(self, share: Any) -> str:
        """Format a relative change with its sign; one that doubles or more has no decimals."""
        if not _known(share):
            return MISSING
        sign = "+" if round(share, 3) > 0 else "\N{MINUS SIGN}" if round(share, 3) < 0 else ""
        return sign + self.percent(abs(share), 1 if abs(share) < 1 else 0)

    def days(self, value: Any) -> str:
        """Format a number of days."""
        return self.plural("{n} day", "{n} days", round(value)) if _known(value) else MISSING

    def date(self, day: Any) -> str:
        """Format a date."""
        return self.language.date(day)

    def listed(self, words: Sequence[str]) -> str:
        """Join words with commas and "and"."""
        return self.language.listed(words)

    def column(self, name: str) -> str:
        """Name a column of the customers table; a column that is not ours keeps its name."""
        return self.text(COLUMN_NAMES[name]) if name in COLUMN_NAMES else name

    def axis(self, score: str) -> str:
        """Name a score with what its limits are counted in."""
        return self.text(SCORE_AXES[score])

    def label(self, key: str) -> str:
        """Name a segment."""
        return style.label(None if key == UNNAMED else key, self.language.key)


def words(lang: str, currency: str | None) -> Words:
    """Give the `Words` of a language and a currency."""
    return Words(language(lang), currency)


def _known(value: Any) -> bool:
    return value is not None and not math.isnan(value) and not math.isinf(value)


def _as_shown(value: float) -> float:
    """Round once, to the thousands or millions that will be shown: 999,999 is one million, 15,498 is 15 thousand."""
    magnitude = math.floor(math.log10(abs(value)))
    unit = magnitude // 3 * 3
    return round(value, 1 - unit if magnitude == unit else -unit)
