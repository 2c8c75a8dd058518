"""Are these rules sound? Unknown columns, clashes, rules never reached, overlaps and coverage, before they are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.errors import RuleError
from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.render import html_card, html_table
from segmentclient.schema import COLUMNS
from segmentclient.segments.criteria import FAMILIES, Family, criteria_families
from segmentclient.segments.rule_compiler import compile_condition
from segmentclient.segments.rule_reach import never_true, taken_by
from segmentclient.segments.rule_tree import Place, UnknownColumn, point_at
from segmentclient.segments.rules import Rule, as_rules, load_rules, schema_faults

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RuleCheck", "RuleProblem", "check_rules"]

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
                yield words.text(
                    "  {name}: {assigned} customers ({share}), {matched} matched",
                    name=row.rule, assigned=words.number(row.n_assigned), share=words.percent(row.share_assigned),
                    matched=words.number(row.n_matched),
                )  # fmt: skip
        yield words.text(
            "  covered: {covered} of {all} customers ({share})",
            covered=words.number(self.n_covered), all=words.number(self.n_customers), share=words.percent(self.coverage),
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


def check_rules(rules: Sequence[Rule] | str | Path, customers: Any = None) -> RuleCheck:
    """Check rules before using them, on a table of customers or by themselves.

    Parameters
    ----------
    rules : rules in order of priority, or the path of a file (see `load_rules`).
    customers : any table. With it, names, kinds, reach, overlaps and coverage are checked; one small table of
        counts is collected. Without it, only what the texts alone can prove.

    Returns
    -------
    RuleCheck
        `ok`, `problems`, `table`, `overlaps`, `coverage`; prints as text and shows as a card.

    Raises
    ------
    RuleError
        When a text cannot be read at all.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"revenue": [900.0, 40.0, 700.0]})
    >>> rules = [sc.Rule("some", "revenue > 10"), sc.Rule("big", "revenue > 500")]
    >>> print(sc.check_rules(rules, customers))
    2 rules: 1 problem.
    Rule 'big': never reached: all that it lets in is taken before, by 'some'
        revenue > 500
        ^^^^^^^^^^^^^
      some: 3 customers (100.0%), 3 matched
      big: 0 customers (0.0%), 2 matched
      covered: 3 of 3 customers (100.0%)
    """
    check_options(check_rules, locals(), error=RuleError)
    listed = load_rules(rules) if isinstance(rules, (str, Path)) else as_rules(rules)
    if customers is None:
        proved = tuple(_proved(listed))
        return RuleCheck(_table(listed, {}), _overlaps(listed, []), proved, criteria=_criteria(listed))
    frame = frames.read(customers)
    schema = frame.collect_schema()
    broken = [
        problem
        for position, rule in enumerate(listed)
        for problem in _schema_problems(position, rule, schema)
    ]
    sound = [n for n in range(len(listed)) if n not in {problem.position for problem in broken}]
    matched, weights = _patterns(frame, [listed[n] for n in sound], schema)
    return _judge(listed, sound, matched, weights, broken)


def _schema_problems(position: int, rule: Rule, schema: Any) -> Iterator[RuleProblem]:
    for fault in schema_faults(rule, schema):
        if isinstance(fault, UnknownColumn):
            yield _problem(
                position, rule, "unknown column", f"{fault.detail}{_made_by(fault.name)}", fault.place
            )
        else:
            yield _problem(position, rule, "type clash", fault.message, fault.place)


def _made_by(name: str) -> str:
    return f"; {COLUMNS[name].made_by} makes it" if name in COLUMNS else ""


def _problem(position: int, rule: Rule, kind: Kind, message: str, place: Place | None = None) -> RuleProblem:
    start = len(rule.when) - len(rule.when.lstrip())
    place = place or (start, len(rule.when.rstrip()))
    return RuleProblem(rule.name, position, kind, message, place, point_at(rule.when, place))


def _proved(rules: Sequence[Rule]) -> Iterator[RuleProblem]:
    """Find the rules of which the texts alone prove that they are never reached."""
    for position, rule in enumerate(rules):
        if never_true(rule.condition):
            yield _problem(position, rule, "never reached", "it contradicts itself, nobody can match it")
            continue
        takers = taken_by(rule.condition, [earlier.condition for earlier in rules[:position]])
        if takers:
            names = ", ".join(dict.fromkeys(repr(rules[taker].name) for taker in takers))
            yield _problem(
                position, rule, "never reached", f"all that it lets in is taken before, by {names}"
            )


def _patterns(frame: frames.Frame, rules: Sequence[Rule], schema: Any) -> tuple[Any, Any]:
    """Count the customers for every combination of rules that are true together: one pass of the engine."""
    names = [f"rule_{n}" for n in range(len(rules))]
    if not rules:
        total = frames.one_row(frame, n=nw.len())["n"]
        return np.zeros((1, 0), dtype=bool), np.array([total])
    truths = frame.select(
        *(
            compile_condition(rule.condition, schema).alias(name)
            for name, rule in zip(names, rules, strict=True)
        )
    )
    counted = frames.collect(truths.group_by(*names).agg(nw.len().alias("n")))
    return counted[names].to_numpy(dtype=bool), counted["n"].to_numpy(dtype=np.int64)


def _judge(
    rules: Sequence[Rule], sound: list[int], matched: Any, weights: Any, broken: list[RuleProblem]
) -> RuleCheck:
    first = matched & (np.cumsum(matched, axis=1) == 1)
    n_matched = dict(zip(sound, (matched * weights[:, None]).sum(axis=0).tolist(), strict=True))
    n_assigned = dict(zip(sound, (first * weights[:, None]).sum(axis=0).tolist(), strict=True))
    total = int(weights.sum())
    proved = [problem for problem in _proved(rules) if problem.position in n_matched]
    told = {problem.position for problem in proved}
    unreached = [
        _unreached(n, rules, sound, matched, n_matched[n])
        for n in sound
        if total and not n_assigned[n] and n not in told
    ]
    return RuleCheck(
        table=_table(rules, {n: (n_matched[n], n_assigned[n], total) for n in sound}),
        overlaps=_overlaps([rules[n] for n in sound], (matched.T * weights) @ matched),
        problems=tuple(
            sorted([*broken, *proved, *unreached], key=lambda problem: (problem.position, problem.place))
        ),
        n_customers=total,
        n_covered=int(weights[matched.any(axis=1)].sum()),
        criteria=_criteria(rules),
    )


def _unreached(n: int, rules: Sequence[Rule], sound: list[int], matched: Any, count: int) -> RuleProblem:
    if not count:
        return _problem(n, rules[n], "matches nobody", "it is true for no customer of this table")
    mine = matched[matched[:, sound.index(n)]]
    takers = dict.fromkeys(rules[sound[at]].name for at in mine.argmax(axis=1))
    return _problem(
        n,
        rules[n],
        "never reached",
        f"earlier rules take all of its {count:,} customers ({', '.join(takers)})",
    )


def _table(rules: Sequence[Rule], counts: dict[int, tuple[int, int, int]]) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for position, rule in enumerate(rules):
        matched, assigned, total = counts.get(position, (np.nan, np.nan, 0))
        rows.append((rule.name, rule.when, matched, assigned, assigned / total if total else np.nan))
    return pd.DataFrame(rows, columns=["rule", "when", "n_matched", "n_assigned", "share_assigned"])


def _criteria(rules: Sequence[Rule]) -> dict[Family, tuple[str, ...]]:
    """Sort the columns of the rules into the families of criteria."""
    families = criteria_families(dict.fromkeys(column for rule in rules for column in rule.columns))
    kinds: tuple[Family, ...] = (*FAMILIES, "unknown")
    sorted_in = {kind: tuple(name for name in families if families[name] == kind) for kind in kinds}
    return {kind: names for kind, names in sorted_in.items() if names}


def _overlaps(rules: Sequence[Rule], together: Any) -> pd.DataFrame:
    import pandas as pd

    pairs = [(a, b) for a in range(len(together)) for b in range(a + 1, len(together)) if together[a][b]]
    rows = [(rules[a].name, rules[b].name, int(together[a][b])) for a, b in pairs]
    return pd.DataFrame(rows, columns=["rule", "later_rule", "n_customers"])
