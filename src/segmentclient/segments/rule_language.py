"""The language of rules: from a text to a tree that holds nothing but columns, constants and conditions.

::

    condition  := condition and condition | condition or condition | not condition | ( condition )
                | value < value          also <= > >= == !=, and chains: 18 <= age < 50
                | value in [constant, …] | value not in [constant, …]
                | value is missing       | value is not missing
                | column                 a true / false column
    value      := column | constant | value + value    also - * / // % and ** with a whole power of 1 to 10
    constant   := 12.5 | 'text' | "text" | true | false | 2026-01-31 | '2026-01-31' | date('2026-01-31')
    column     := revenue | `any other name`

The text is parsed by Python's own parser into a syntax tree, which is then copied node by node into the
classes of `rule_tree`. What has no class here (a call, an attribute, a lambda …) is refused. Nothing is ever evaluated.
"""

from __future__ import annotations

import ast
import datetime as dt
import functools
import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from segmentclient.segments.rule_text import DEEPEST, PlainText, syntax_tree, without_quotes
from segmentclient.segments.rule_tree import (
    All,
    AnyOf,
    Arithmetic,
    Column,
    Compare,
    Condition,
    Constant,
    Fault,
    Flag,
    IsIn,
    IsMissing,
    Not,
    Place,
    Value,
    leaves_of,
)

__all__ = ["as_date", "parse"]

HIGHEST_POWER = 10


@functools.lru_cache(maxsize=1024)
def parse(text: str) -> Condition:
    """Read the text of a rule; a `Fault` tells what cannot be read, and where."""
    source = without_quotes(text)
    condition = _Reader(source).condition(syntax_tree(source.text), 1)
    _check_useful(condition, text)
    return condition


_COMPARISONS = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
}  # fmt: skip
_RESERVED = {"missing", "null", "none", "nan", "inf", "infinity", "na"}
_FOREIGN = {
    ast.Call: "a call", ast.Attribute: "a dot", ast.Subscript: "an index", ast.Lambda: "a lambda", ast.IfExp: "if … else",
    ast.NamedExpr: ":=", ast.JoinedStr: "an f-string", ast.ListComp: "a loop", ast.SetComp: "a loop", ast.DictComp: "a loop",
    ast.GeneratorExp: "a loop", ast.Dict: "{…}", ast.Set: "{…}", ast.Starred: "*", ast.List: "a list outside `in`",
    ast.Tuple: "a comma", ast.Await: "await", ast.Yield: "yield", ast.YieldFrom: "yield",
}  # fmt: skip


@dataclass(frozen=True)
class _Reader:
    """Copies Python's syntax tree into ours."""

    source: PlainText

    def place(self, node: ast.expr) -> Place:
        """Give positions in characters of the text (Python counts bytes, from the first sign that is no blank)."""
        start, end = node.col_offset, node.end_col_offset or node.col_offset
        if not self.source.text.isascii():
            start, end = (len(self._octets[:at].decode(errors="ignore")) for at in (start, end))
        return self._lead + start, self._lead + end

    @functools.cached_property
    def _octets(self) -> bytes:
        return self.source.text.strip().encode()

    @functools.cached_property
    def _lead(self) -> int:
        return len(self.source.text) - len(self.source.text.lstrip())

    def condition(self, node: ast.expr, depth: int) -> Condition:
        self._check_depth(node, depth)
        if isinstance(node, ast.BoolOp):
            parts = tuple(self.condition(part, depth + 1) for part in node.values)
            return All(parts) if isinstance(node.op, ast.And) else AnyOf(parts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return Not(self.condition(node.operand, depth + 1))
        if isinstance(node, ast.Compare):
            return self._comparison(node, depth)
        if isinstance(node, ast.Name):
            return Flag(self._column(node))
        if isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Constant)):
            raise Fault(
                f"a condition is expected here, for instance a comparison{_bitwise(node)}", self.place(node)
            )
        raise self._foreign(node)

    def value(self, node: ast.expr, depth: int) -> Value:
        self._check_depth(node, depth)
        if isinstance(node, ast.Constant):
            return self._constant(node)
        if isinstance(node, ast.Name):
            return self._day(node) or self._truth(node) or self._column(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            inner = self.value(node.operand, depth + 1)
            minus = isinstance(node.op, ast.USub)
            return (
                self._arithmetic("*", Constant(-1.0, "number", inner.place), inner, self.place(node))
                if minus
                else inner
            )
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            left, right = self.value(node.left, depth + 1), self.value(node.right, depth + 1)
            return self._arithmetic(_OPERATORS[type(node.op)], left, right, self.place(node))
        if isinstance(node, ast.Call):
            return self._date(node)
        if isinstance(node, (ast.Compare, ast.BoolOp, ast.BinOp, ast.UnaryOp)):
            raise Fault(f"a value is expected here, not a condition{_bitwise(node)}", self.place(node))
        raise self._foreign(node)

    def _check_depth(self, node: ast.expr, depth: int) -> None:
        if depth > DEEPEST:
            raise Fault(f"more than {DEEPEST} levels of nesting", self.place(node))

    def _foreign(self, node: ast.expr) -> Fault:
        found = _FOREIGN.get(type(node), "this")
        accepted = "comparisons, and / or / not, in [...], is missing, arithmetic, text, numbers, dates, column names"
        return Fault(f"{found} is not part of the language of rules ({accepted})", self.place(node))

    def _comparison(self, node: ast.Compare, depth: int) -> Condition:
        sides = [node.left, *node.comparators]
        parts = tuple(self._pair(*pair, depth + 1) for pair in zip(sides, node.ops, sides[1:], strict=False))
        return parts[0] if len(parts) == 1 else All(parts)

    def _pair(self, left: ast.expr, operator: ast.cmpop, right: ast.expr, depth: int) -> Condition:
        place = (self.place(left)[0], self.place(right)[1])
        if isinstance(operator, (ast.Is, ast.IsNot)):
            if not (isinstance(right, ast.Name) and right.id == "missing" and not self._is_quoted(right)):
                raise Fault(
                    "after `is`, only `missing` or `not missing` is accepted; write == to compare",
                    self.place(right),
                )
            return IsMissing(
                self._of_table(self.value(left, depth), place), isinstance(operator, ast.Is), place
            )
        if isinstance(operator, (ast.In, ast.NotIn)):
            value = self._of_table(self.value(left, depth), place)
            return IsIn(value, self._options(right, depth), isinstance(operator, ast.In), place)
        first, second = self.value(left, depth), self.value(right, depth)
        if isinstance(first, Constant) and isinstance(second, Constant):
            raise Fault("two constants are compared; name a column", place)
        return Compare(_COMPARISONS[type(operator)], first, second, place)

    def _of_table(self, value: Value, place: Place) -> Value:
        if isinstance(value, Constant):
            raise Fault("a constant stands where a column is expected", place)
        return value

    def _options(self, node: ast.expr, depth: int) -> tuple[Constant, ...]:
        if not isinstance(node, (ast.List, ast.Tuple)) or not node.elts:
            raise Fault("after `in`, a list of constants is expected, such as ['a', 'b']", self.place(node))
        return tuple(self._option(self.value(one, depth + 1)) for one in node.elts)

    def _option(self, value: Value) -> Constant:
        if not isinstance(value, Constant):
            raise Fault("a list after `in` holds constants only", value.place)
        return value

    def _constant(self, node: ast.Constant) -> Constant:
        value, place = node.value, self.place(node)
        if isinstance(value, bool):
            return Constant(value, "boolean", place)
        if isinstance(value, (int, float)):
            return Constant(_finite(lambda: float(value), place), "number", place)
        if isinstance(value, str):
            return Constant(value, "text", place)
        raise Fault("only numbers, text, dates, true and false are accepted as constants", place)

    def _day(self, node: ast.Name) -> Constant | None:
        place = self.place(node)
        day = self.source.days.get(place[0])
        return None if day is None else as_date(Constant(day, "text", place))

    def _truth(self, node: ast.Name) -> Constant | None:
        if node.id in {"true", "false"} and not self._is_quoted(node):
            return Constant(node.id == "true", "boolean", self.place(node))
        return None

    def _date(self, node: ast.Call) -> Constant:
        """Read date('2026-01-31'), the only thing that looks like a call."""
        named = isinstance(node.func, ast.Name) and node.func.id == "date" and not node.keywords
        text = node.args[0] if named and len(node.args) == 1 else None
        if not (isinstance(text, ast.Constant) and isinstance(text.value, str)):
            raise self._foreign(node)
        return as_date(self._constant(text))

    def _is_quoted(self, node: ast.Name) -> bool:
        return self.place(node)[0] in self.source.names

    def _column(self, node: ast.Name) -> Column:
        place = start, end = self.place(node)
        if start in self.source.names:
            return Column(self.source.names[start], (start - 1, end + 1))
        if start in self.source.days:
            raise Fault("a condition is expected here, found a day", place)
        if node.id != self.source.text[start:end]:
            raise Fault("this name is written with unusual letter forms; write it between `backticks`", place)
        if node.id.startswith("__"):
            raise Fault("a name that begins with two underscores is not accepted", place)
        if node.id.lower() in _RESERVED | {"true", "false"}:
            raise Fault(
                f"{node.id!r} is not a column; to find missing values write: column is missing", place
            )
        return Column(node.id, place)

    def _arithmetic(self, operator: str, left: Value, right: Value, place: Place) -> Value:
        if operator == "**" and not _is_small_power(right):
            raise Fault(f"a power must be a whole number from 1 to {HIGHEST_POWER}", right.place)
        if isinstance(left, Constant) and isinstance(right, Constant):
            return _folded(operator, left, right, place)
        return Arithmetic(operator, left, right, place)


def _bitwise(node: ast.expr) -> str:
    signs = isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr, ast.BitXor))
    inverted = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert)
    return (
        "; write and, or, not instead of signs, and brackets around each comparison"
        if signs or inverted
        else ""
    )


def _is_small_power(value: Value) -> bool:
    return (
        isinstance(value, Constant) and value.kind == "number" and value.value in range(1, HIGHEST_POWER + 1)
    )


_FOLD: dict[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow,
}  # fmt: skip


def _folded(sign: str, left: Constant, right: Constant, place: Place) -> Constant:
    """Work out two constants, such as 12 * 100."""
    for side in (left, right):
        if side.kind != "number":
            raise Fault(f"{sign} needs numbers, found a {side.kind}", side.place)
    return Constant(_finite(lambda: _FOLD[sign](left.number, right.number), place), "number", place)


def _finite(compute: Callable[[], float], place: Place) -> float:
    try:
        number = compute()
    except ZeroDivisionError:
        raise Fault("division by zero", place) from None
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Fault("this number is not finite", place)
    return number


def as_date(constant: Constant) -> Constant:
    """Read a text constant as a day: '2026-01-31'."""
    text = str(constant.value)
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError
        return Constant(dt.date.fromisoformat(text), "date", constant.place)
    except ValueError:
        raise Fault(f"{text!r} is not a date; write a day as '2026-01-31'", constant.place) from None


def _check_useful(condition: Condition, text: str) -> None:
    if all(isinstance(leaf, Flag) for leaf in leaves_of(condition)):
        message = "a rule needs a comparison or `is missing`; for a true / false column write: column == true"
        raise Fault(message, (0, len(text)))
