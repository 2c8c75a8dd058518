"""Segments by rules: short texts such as ``r_score >= 4 and revenue > 500``, on any engine.

The language of the texts is described in `rule_language`, what they mean in `rule_compiler`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.errors import ColumnError, RuleError, raise_all
from segmentclient.options import check_options
from segmentclient.schema import nearest
from segmentclient.segments.rule_compiler import compile_condition
from segmentclient.segments.rule_language import parse
from segmentclient.segments.rule_tree import Condition, Fault, UnknownColumn, columns_of, point_at

__all__ = ["PACKS", "Rule", "load_rules", "segment_by_rules"]

_AT_A_TIME = 30
PACKS = ("age_bands", "channel", "customer_type", "region")


@dataclass(frozen=True)
class Rule:
    """A named condition: the customers for whom `when` is true are called `name`.

    Parameters
    ----------
    name : stable key of the segment.
    when : the condition: comparisons (chained too), ``and``, ``or``, ``not``, ``in [...]``, ``is missing``,
        ``is not missing``, arithmetic, numbers, text between quotes, days (2026-01-31), column names (between backticks
        when they hold blanks or signs). A comparison with a missing value is not true, and neither is its
        contrary. Dates are compared by the day.
    label_en, label_fr : how the segment is shown; its key when left out.
    colour, meaning, action : optional notes for charts and reports.

    Raises
    ------
    RuleError
        When the text cannot be read; the message shows the place.

    Examples
    --------
    >>> import segmentclient as sc
    >>> sc.Rule("vip", "revenue > 500 and n_orders >= 3").columns
    ('revenue', 'n_orders')
    """

    name: str
    when: str
    label_en: str | None = None
    label_fr: str | None = None
    colour: str | None = None
    meaning: str | None = None
    action: str | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (isinstance(value, str) or (value is None and field.default is None)):
                raise RuleError(
                    f"rule {self.name!r}: {field.name} must be text, found {type(value).__name__}"
                )
        if not self.name.strip():
            raise RuleError("a rule needs a name")
        try:
            parse(self.when)
        except Fault as fault:
            raise RuleError(explain_fault(self.name, self.when, fault)) from None

    @property
    def condition(self) -> Condition:
        """The tree of `when`."""
        return parse(self.when)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that `when` names."""
        return tuple(dict.fromkeys(column.name for column in columns_of(self.condition)))

    def label(self, lang: str = "en") -> str:
        """Give the name shown to a reader."""
        check_options(Rule.label, locals(), error=RuleError)
        return (self.label_fr if lang == "fr" else self.label_en) or self.name


def explain_fault(name: str, when: str, fault: Fault) -> str:
    """Say what is wrong with a rule and point at the place."""
    return f"rule {name!r}: {fault.message}\n{point_at(when, fault.place)}"


def segment_by_rules(
    customers: Any, rules: Sequence[Rule], *, default: str | None = "others", column: str = "segment"
) -> Any:
    """Name each customer after the first rule that is true for them.

    Parameters
    ----------
    customers : any table, one row a customer. Lazy tables stay lazy.
    rules : the rules in order of priority, as a list or from `load_rules`.
    default : name of the customers whom no rule fits, or None for a missing value.
    column : name of the new column.

    Returns
    -------
    The same rows in the same kind of table, plus `column` (text).

    Raises
    ------
    RuleError
        When a rule names an unknown column or compares things of different kinds; all faults in one message.
    ColumnError
        When the table already has `column`.

    Notes
    -----
    The meaning does not depend on the engine: numbers are compared as doubles, dates by the day, text by code point.
    A missing value (null or NaN) makes a comparison unknown; ``not`` unknown is unknown, and a customer matches a rule
    only when it is true. A division by zero gives a missing value. Customers without orders (`add_prospects`)
    therefore match only the rules on values that they have, or that ask ``is missing``.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"customer_id": [1, 2, 3], "revenue": [900.0, 40.0, None]})
    >>> rules = [sc.Rule("big", "revenue >= 500"), sc.Rule("unknown", "revenue is missing")]
    >>> sc.segment_by_rules(customers, rules)["segment"].tolist()
    ['big', 'others', 'unknown']
    """
    check_options(segment_by_rules, locals(), error=RuleError)
    frame = frames.read(customers)
    told = frames.with_truths(frame)
    schema = frames.schema_of(told)
    if frames.taken(frame, [column]):
        raise ColumnError(
            f"customers: column {column!r} is there already; drop it or give another name with column="
        )
    rules = as_rules(rules)
    raise_all(faults_of(rules, schema), table="rules", error=RuleError)
    named = _name_all(told, rules, schema, default, column)
    return frames.give_back(frames.own_columns_with(frame, named, [column]))


@frames.said_by_engine("customers")
def _name_all(
    frame: frames.Frame, rules: Sequence[Rule], schema: Mapping[str, Any], default: str | None, column: str
) -> frames.Frame:
    """Name the rows a few rules at a time (a chain of hundreds is too deep for some engines)."""
    named = frame.with_columns(nw.lit(default, dtype=nw.String).alias(column))
    starts = range(0, len(rules), _AT_A_TIME)
    for start in reversed(starts):
        name = _first_match(rules[start : start + _AT_A_TIME], schema, otherwise=nw.col(column))
        named = named.with_columns(name.alias(column))
    return named


def _first_match(rules: Sequence[Rule], schema: Mapping[str, Any], *, otherwise: nw.Expr) -> nw.Expr:
    name = otherwise
    for rule in reversed(rules):
        name = nw.when(compile_condition(rule.condition, schema)).then(nw.lit(rule.name)).otherwise(name)
    return name


def as_rules(rules: Any) -> list[Rule]:
    """Check that a list of rules was given; one rule alone is a list of one."""
    if isinstance(rules, Rule):
        return [rules]
    if isinstance(rules, (str, bytes, Path)) or not isinstance(rules, Iterable):
        raise RuleError(f"rules: a list of Rule is expected, found {rules!r}; read a file with load_rules")
    listed = list(rules)
    odd = next((rule for rule in listed if not isinstance(rule, Rule)), None)
    if odd is not None:
        raise RuleError(f"rules: a list of Rule is expected, found {type(odd).__name__} in it")
    return listed


def faults_of(rules: Iterable[Rule], schema: Mapping[str, Any]) -> Iterator[str]:
    """Say what keeps rules from running on a table of this schema."""
    for rule in rules:
        for fault in schema_faults(rule, schema):
            yield explain_fault(rule.name, rule.when, fault)


def schema_faults(rule: Rule, schema: Mapping[str, Any]) -> Sequence[Fault]:
    """List the unknown columns of a rule or, when there are none, the first clash of kinds."""
    columns = columns_of(rule.condition)
    unknown = [
        UnknownColumn(column, nearest(column.name, schema)) for column in columns if column.name not in schema
    ]
    if unknown:
        return unknown
    try:
        compile_condition(rule.condition, schema)
    except Fault as fault:
        return [fault]
    return []


# --- files ------------------------------------------------------------------------------------------------


def load_rules(path: str | Path) -> list[Rule]:
    """Read rules from a TOML file, or a pack shipped with the package.

    Parameters
    ----------
    path : a file, or ``"pack:age_bands"``, ``"pack:channel"``, ``"pack:customer_type"``, ``"pack:region"`` (of France).

    Returns
    -------
    The rules, in the order of the file.

    Raises
    ------
    RuleError
        When the file is missing, is not TOML, or holds rules that cannot be read; all faults in one message.

    Notes
    -----
    A file is a series of tables with `name`, `when`, and any of `label_en`, `label_fr`, `colour`, `meaning`, `action`::

        [[rule]]
        name = "vip"
        when = "revenue > 500 and n_orders >= 3"
        label_fr = "Meilleurs clients"

    The short form ``[rules]`` followed by ``vip = "revenue > 500"`` is accepted too.

    Examples
    --------
    >>> import segmentclient as sc
    >>> [rule.name for rule in sc.load_rules("pack:age_bands")]
    ['under_12', '12_25', '26_49', '50_65', 'over_65']
    """
    check_options(load_rules, locals(), error=RuleError)
    source = str(path)
    entries = _entries(_read_toml(source), source)
    rules, problems = [], []
    for position, entry in enumerate(entries, start=1):
        try:
            rules.append(_rule(entry, position))
        except RuleError as error:
            problems.append(str(error))
    raise_all(problems, table=source, error=RuleError)
    return rules


def _read_toml(source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(_read_text(source))
    except (ValueError, RecursionError) as error:
        raise RuleError(f"{source}: not a TOML file: {error}") from None
    except OSError as error:
        raise RuleError(f"{source}: cannot be read: {error.strerror}") from None


def _read_text(source: str) -> str:
    if not source.startswith("pack:") and (source not in PACKS or Path(source).exists()):
        return Path(source).read_bytes().decode("utf-8-sig")
    name = source.removeprefix("pack:")
    if name not in PACKS:
        raise RuleError(f"{source}: no such pack{nearest(name, PACKS)}; packs: {', '.join(PACKS)}")
    return resources.files("segmentclient.segments").joinpath("packs", f"{name}.toml").read_text("utf-8")


def _entries(content: Mapping[str, Any], source: str) -> list[Any]:
    """Give the rules that stand under one name, or alone; what else stands in the file would be passed over."""
    under = next((key for key in ("rule", "rules", "segment", "segments") if key in content), None)
    found = content if under is None else content[under]
    if under is not None:
        raise_all(_beside(under, content), table=source, error=RuleError)
    if isinstance(found, Mapping):
        found = [_named(name, body) for name, body in found.items()]
    if not isinstance(found, list) or not found:
        raise RuleError(f"{source}: no rule found; write [[rule]] tables with name and when")
    return found


def _beside(under: str, content: Mapping[str, Any]) -> Iterator[str]:
    for name in content:
        if name != under:
            yield f"{name!r} is unknown{nearest(name, [under])}; a file holds one list of rules, here {under!r}, and nothing beside it"


def _named(name: str, body: Any) -> Any:
    return {"name": name, **body} if isinstance(body, Mapping) else {"name": name, "when": body}


def _rule(entry: Any, position: int) -> Rule:
    known = [field.name for field in fields(Rule)]
    if not isinstance(entry, Mapping):
        raise RuleError(f"rule {position}: a table with name and when is expected")
    missing = [key for key in ("name", "when") if key not in entry]
    odd = [key for key in entry if key not in known]
    if missing or odd:
        wrong = [f"{key!r} is missing" for key in missing] + [
            f"{key!r} is unknown{nearest(key, known)}" for key in odd
        ]
        raise RuleError(f"rule {position}: {', '.join(wrong)} (keys: {', '.join(known)})")
    return Rule(**entry)
