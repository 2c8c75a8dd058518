"""Are these rules sound? Unknown columns, clashes, rules never reached, overlaps and coverage, before they are used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.errors import RuleError
from segmentclient.options import check_options
from segmentclient.schema import COLUMNS
from segmentclient.segments.criteria import FAMILIES, Family, criteria_families
from segmentclient.segments.rule_compiler import compile_condition
from segmentclient.segments.rule_findings import Kind, RuleCheck, RuleProblem
from segmentclient.segments.rule_reach import never_true, taken_by
from segmentclient.segments.rule_tree import Place, UnknownColumn, point_at
from segmentclient.segments.rules import Rule, as_rules, load_rules, schema_faults

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["check_rules"]


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
    frame = frames.with_truths(frames.read(customers))
    schema = frames.schema_of(frame)
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


@frames.said_by_engine("customers")
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
