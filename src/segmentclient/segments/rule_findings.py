"""What a check of rules found, shown as text and as a card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from segmentclient.locale import Language, language
from segmentclient.render import html_card, html_table
from segmentclient.segments.criteria import Family
from segmentclient.segments.rule_tree import Place

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Kind", "RuleCheck", "RuleProblem"]

Kind = Literal["unknown column", "type clash", "never reached", "matches nobody"]
_HEADINGS = {
    "unknown column": "unknown column",
    "type clash": "kinds that clash",
    "never reached": "never reached",
    "matches nobody": "matches nobody",
}
_CRITERIA: Mapping[Family, str] = {
    "geographic": "geographic criteria",
    "demographic": "demographic criteria",
    "behavioural": "behavioural criteria",
    "psychographic": "psychographic criteria",
    "unknown": "other criteria",
}


@dataclass(frozen=True)
class RuleProblem:
    """One thing wrong with a rule; `place` counts characters in its text, `excerpt` shows it."""

    rule: str
    position: int
    kind: Kind
    message: str
    place: Place
    excerpt: str


@dataclass(frozen=True)
class RuleCheck:
    """What `check_rules` found.

    Attributes
    ----------
    table : one row a rule: `rule`, `when`, `n_matched` (customers for whom it is true), `n_assigned` (those whom no
        earlier rule took), `share_assigned`. Counts are missing without a table of customers.
    overlaps : one row a pair of rules that are true together: `rule`, `later_rule`, `n_customers`.
    problems : what is wrong, in the order of the rules.
    criteria : the columns that the rules look at, by family: geographic, demographic, behavioural, psychographic, unknown.
    n_customers, n_covered : customers, and those for whom at least one rule is true (None without a table).
    """

    table: pd.DataFrame
    overlaps: pd.DataFrame
    problems: tuple[RuleProblem, ...]
    n_customers: int | None = None
    n_covered: int | None = None
    criteria: Mapping[Family, tuple[str, ...]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """No problem was found (an overlap is none: the first rule wins)."""
        return not self.problems

    @property
    def coverage(self) -> float | None:
        """Share of the customers for whom at least one rule is true."""
        return self.n_covered / self.n_customers if self.n_customers and self.n_covered is not None else None

    def summary(self, lang: str = "en") -> str:
        """Say it in plain text, with the places shown."""
        words = language(lang)
        lines = [self._verdict(words)]
        for problem in self.problems:
            kind = words.text(_HEADINGS[problem.kind])
            lines += [
                words.text(
                    "Rule {name}: {kind}: {message}",
                    name=repr(problem.rule),
                    kind=kind,
                    message=problem.message,
                )
            ]
            lines += [problem.excerpt]
        return "\n".join([*lines, *self._counts(words)])

    def _verdict(self, words: Language) -> str:
        rules = words.plural("{n} rule", "{n} rules", len(self.table))
        if self.ok:
            return words.text("{rules}: no problem found.", rules=rules)
        return words.text(
            "{rules}: {problems}.",
            rules=rules,
            problems=words.plural("{n} problem", "{n} problems", len(self.problems)),
        )

    def _counts(self, words: Language) -> Iterator[str]:
        if self.n_customers is None:
            return
        for row in self.table.itertuples():
            if row.n_matched == row.n_matched:
                yield words.plural(
                    "  {name}: {n} customer ({share}), {matched} matched",
                    "  {name}: {n} customers ({share}), {matched} matched",
                    row.n_assigned,
                    name=row.rule, share=words.percent(row.share_assigned), matched=words.number(row.n_matched),
                )  # fmt: skip
        yield words.plural(
            "  covered: {covered} of {n} customer ({share})",
            "  covered: {covered} of {n} customers ({share})",
            self.n_customers,
            covered=words.number(self.n_covered), share=words.percent(self.coverage),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.summary()

    def to_html(self, lang: str = "en") -> str:
        """Show the check as a card."""
        words = language(lang)
        facts = {
            words.text("problems"): words.number(len(self.problems)),
            words.text("coverage"): words.percent(self.coverage),
            **{words.text(_CRITERIA[family]): words.listed(names) for family, names in self.criteria.items()},
        }
        headers = [words.text(head) for head in ("rule", "customers", "share", "matched")]
        rows = [
            (
                f"{row.rule}: {row.when}",
                words.number(row.n_assigned),
                words.percent(row.share_assigned),
                words.number(row.n_matched),
            )
            for row in self.table.itertuples()
        ]
        wrong = [
            (problem.rule, words.text(_HEADINGS[problem.kind]), problem.message) for problem in self.problems
        ]
        body = html_table(headers, rows)
        if wrong:
            body += html_table([words.text(head) for head in ("rule", "problem", "detail")], wrong)
        return html_card(words.text("Check of the rules"), facts, body=body)

    def _repr_html_(self) -> str:
        return self.to_html()
