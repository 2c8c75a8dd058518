"""What moved between two periods: the result of `compare_periods`, in numbers, text and HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.render import html_card, html_table
from segmentclient.shown import label

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ABSENT", "MISSING", "MOVES", "Migration"]

ABSENT = "(absent)"
MISSING = "(missing)"
MOVES = ("upgraded", "downgraded", "new", "lost", "reactivated", "stayed")


@dataclass(frozen=True)
class Migration:
    """What `compare_periods` found.

    Attributes
    ----------
    matrix : customers by segment before (rows) and after (columns), best segment first. The row "(absent)" counts those who
        are in the second table only, the column "(absent)" those in the first only. It sums to the number of customers
        in either table.
    value_flow : one row a pair of segments: `before`, `after`, `n_customers`, `value_before`, `value_after`, `change`.
        `value_before` sums to the total of the first table, `value_after` to that of the second.
    movers : one row a customer who moved: `customer_id`, `before`, `after`, `move` ("upgraded", "downgraded", "new",
        "lost", "reactivated"), `value_before`, `value_after`, `change`, the greatest changes first.
    psi : population stability index of the shares of segments: 0 for none, above 0.1 a drift, above 0.25 a
        strong one; missing where a table is empty.
    moves : one row a move, with those who stayed: `move`, `n_customers`, `share`, `change`.
    order : the segments, best first.
    n_before, n_after : customers in each table.
    ordered_by : where `order` comes from: "given" with the call, "segments" (the own order of the segments that the library
        knows), "value" (their mean value), or "both" of these.
    """

    matrix: pd.DataFrame
    value_flow: pd.DataFrame
    movers: pd.DataFrame
    psi: float
    moves: pd.DataFrame
    order: tuple[str, ...]
    n_before: int
    n_after: int
    ordered_by: str = "given"

    @property
    def rates(self) -> pd.DataFrame:
        """Share of each segment before that is in each segment after (rows sum to 1)."""
        return self.matrix.div(self.matrix.sum(axis=1).replace(0, np.nan), axis=0)

    def summary(self, lang: str = "en") -> str:
        """Say it in a few lines of text."""
        check_options(Migration.summary, locals())
        words = language(lang)
        colon = words.text(": ")
        lines = [
            words.plural("{n} customer before, {after} after.", "{n} customers before, {after} after.", self.n_before, after=words.number(self.n_after)),
            f"{self._verdict(words)} (PSI {words.number(self.psi, 3)}).",
        ]  # fmt: skip
        return "\n".join(
            [*lines, *(f"  {name}{colon}{count} ({share})" for name, count, share, _ in self._rows(words))]
        )

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return f"Migration: {self.summary()}"

    def _verdict(self, words: Language) -> str:
        if np.isnan(self.psi):
            return words.text("One of the periods has no customer, and nothing can be said of a drift")
        if self.psi > 0.25:
            return words.text("The segments have drifted strongly")
        return (
            words.text("The segments have drifted")
            if self.psi > 0.1
            else words.text("The segments are stable")
        )

    def _rows(self, words: Language) -> list[tuple[str, str, str, str]]:
        return [
            (
                words.term("move", str(row.move)),
                words.number(row.n_customers),
                words.percent(row.share),
                words.number(row.change),
            )
            for row in self.moves.itertuples()
        ]

    def to_html(self, lang: str = "en") -> str:
        """Show the moves and the transitions as a card."""
        check_options(Migration.to_html, locals())
        words = language(lang)
        facts = {
            words.text("customers before"): words.number(self.n_before),
            words.text("customers after"): words.number(self.n_after),
            "PSI": words.number(self.psi, 3),
        }
        heads = [words.text(head) for head in ("move", "customers", "share", "change in value")]
        names = [
            words.text(name) if name in {ABSENT, MISSING} else label(name, lang) for name in self.matrix.index
        ]
        rows = zip(names, self.matrix.to_numpy(), strict=True)
        cells = [(name, *(words.number(n) if n else "·" for n in counts)) for name, counts in rows]
        body = html_table(heads, self._rows(words)) + html_table(
            [words.text("before ↓ after →"), *names], cells
        )
        return html_card(
            words.text("Movement between two periods"), facts, body=body, foot=self._verdict(words) + "."
        )

    def _repr_html_(self) -> str:
        return self.to_html()
