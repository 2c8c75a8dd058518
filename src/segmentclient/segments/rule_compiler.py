"""From the tree of a rule to a Narwhals expression that means the same on every engine.

Numbers are doubles, dates are whole days, and a value is *known* or *missing* (null, NaN, or the result of an
arithmetic without a finite answer, such as a division by zero). Logic has three values: a comparison with a
missing value is unknown, `not` unknown is unknown, and a customer matches a rule that is true, not unknown.
It is done with two-valued expressions only: `not` is carried inwards until it turns a comparison round, and each
comparison is written as "both sides are known, and …".
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.schema import kind_of
from segmentclient.segments.rule_language import as_date
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
)

__all__ = ["compile_condition"]

_INVERSE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "<=": operator.le,
}  # fmt: skip


@dataclass(frozen=True)
class _Operand:
    """A value ready for a comparison: its expression, where it is known (None: everywhere), and its kind."""

    expression: Any
    known: nw.Expr | None
    kind: str


def compile_condition(condition: Condition, schema: Mapping[str, Any], want: bool = True) -> nw.Expr:
    """Give the expression that is true exactly where the condition is `want`, and never null.

    The columns must be in `schema`; a clash of kinds is a `Fault`.
    """
    if isinstance(condition, Not):
        return compile_condition(condition.part, schema, not want)
    if isinstance(condition, (All, AnyOf)):
        parts = [compile_condition(part, schema, want) for part in condition.parts]
        return _joined(parts, operator.and_ if isinstance(condition, All) is want else operator.or_)
    if isinstance(condition, Compare):
        return _compare(condition, schema, want)
    if isinstance(condition, IsIn):
        return _is_in(condition, schema, want)
    if isinstance(condition, IsMissing):
        return _is_missing(condition.value, schema, condition.missing is want)
    return _flag(condition, schema, want)


def _joined(parts: list[nw.Expr], join: Callable[[nw.Expr, nw.Expr], nw.Expr]) -> nw.Expr:
    """Join by halves: five hundred parts in a row would be nested too deeply for some engines."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return join(_joined(parts[:middle], join), _joined(parts[middle:], join))


def _compare(condition: Compare, schema: Mapping[str, Any], want: bool) -> nw.Expr:
    left, right = _alike(condition.left, condition.right, schema)
    sign = condition.operator if want else _INVERSE[condition.operator]
    if left.kind == "boolean" and sign not in {"==", "!="}:
        raise Fault("true / false values are compared with == or != only", condition.place)
    return _where_known(_COMPARE[sign](left.expression, right.expression), left, right)


def _is_in(condition: IsIn, schema: Mapping[str, Any], want: bool) -> nw.Expr:
    value = _operand(condition.value, schema)
    options = [_matched(value.kind, option) for option in condition.options]
    found = value.expression.is_in([_literal(option).expression for option in options])
    return _where_known(found if condition.inside is want else ~found, value)


def _where_known(condition: nw.Expr, *operands: _Operand) -> nw.Expr:
    known = [operand.known for operand in operands if operand.known is not None]
    return functools.reduce(operator.and_, [*known, condition])


def _is_missing(value: Value, schema: Mapping[str, Any], missing: bool) -> nw.Expr:
    if isinstance(value, Column):
        known = _known(value, schema)
    else:
        operand = _operand(value, schema)
        assert (
            operand.known is not None
        )  # only a constant is known everywhere, and the parser refuses it here
        known = operand.known
    return ~known if missing else known


def _flag(condition: Flag, schema: Mapping[str, Any], want: bool) -> nw.Expr:
    operand = _operand(condition.column, schema)
    if operand.kind != "boolean":
        message = f"column {condition.column.name!r} holds a {operand.kind}, a condition is expected: compare it with something"
        raise Fault(message, condition.column.place)
    return _where_known(operand.expression if want else ~operand.expression, operand)


# --- values -----------------------------------------------------------------------------------------------


def _alike(left: Value, right: Value, schema: Mapping[str, Any]) -> tuple[_Operand, _Operand]:
    """Make two values comparable; a text beside a date is read as a date."""
    first, second = _operand(left, schema), _operand(right, schema)
    if isinstance(left, Constant):
        return _literal(_matched(second.kind, left)), second
    if isinstance(right, Constant):
        return first, _literal(_matched(first.kind, right))
    if first.kind != second.kind:
        raise Fault(f"a {first.kind} is compared with a {second.kind}", (left.place[0], right.place[1]))
    return first, second


def _matched(kind: str, constant: Constant) -> Constant:
    if kind == "date" and constant.kind == "text":
        return as_date(constant)
    if kind != constant.kind:
        raise Fault(
            f"a {kind} is compared with a {constant.kind}{_ADVICE.get((kind, constant.kind), '')}",
            constant.place,
        )
    return constant


_ADVICE = {
    ("date", "number"): "; write a day as 2026-01-31",
    ("number", "text"): "; write numbers without quotes, or cast the column",
    ("text", "number"): "; write text between quotes",
    ("boolean", "number"): "; write true or false",
    ("boolean", "text"): "; write true or false without quotes",
}


def _operand(value: Value, schema: Mapping[str, Any]) -> _Operand:
    if isinstance(value, Constant):
        return _literal(value)
    if isinstance(value, Column):
        return _column(value, schema)
    return _arithmetic(value, schema)


def _literal(constant: Constant) -> _Operand:
    value = constant.number if constant.kind == "date" else constant.value
    return _Operand(value, None, constant.kind)


def _known(column: Column, schema: Mapping[str, Any]) -> nw.Expr:
    missing = nw.col(column.name).is_null()
    return ~(missing | nw.col(column.name).is_nan()) if schema[column.name].is_float() else ~missing


def _column(column: Column, schema: Mapping[str, Any]) -> _Operand:
    known = _known(column, schema)
    dtype, values = schema[column.name], nw.col(column.name)
    kind = "any" if dtype == nw.Object else kind_of(dtype)
    if kind == "number":
        return _Operand(values.cast(nw.Float64), known, kind)
    if kind == "date":
        return _Operand(frames.days(frames.day_column(schema, column.name), dtype=nw.Float64), known, kind)
    if kind == "text":
        return _Operand(values.cast(nw.String).fill_null(""), known, kind)
    if kind == "boolean":
        return _Operand(values, known, kind)
    raise Fault(
        f"column {column.name!r} holds {dtype}; cast it to numbers, text, dates or true / false", column.place
    )


def _arithmetic(value: Arithmetic, schema: Mapping[str, Any]) -> _Operand:
    left, right = _operand(value.left, schema), _operand(value.right, schema)
    kind = _result_kind(value, left.kind, right.kind)
    result = _compute(value, left.expression, right.expression)
    return _Operand(result, ~result.is_null() & result.is_finite(), kind)


def _result_kind(value: Arithmetic, left: str, right: str) -> str:
    """Tell number from date: a day ± a number is a day, a day − a day is a number of days."""
    kinds = (left, value.operator, right)
    if kinds in {("date", "+", "number"), ("number", "+", "date"), ("date", "-", "number")}:
        return "date"
    if kinds == ("date", "-", "date") or (left == right == "number"):
        return "number"
    wrong, place = (left, value.left.place) if left != "number" else (right, value.right.place)
    raise Fault(f"{value.operator} needs numbers, found a {wrong}", place)


def _compute(value: Arithmetic, left: Any, right: Any) -> nw.Expr:
    if value.operator == "**":
        assert isinstance(value.right, Constant)
        return functools.reduce(operator.mul, [left] * int(value.right.number))
    if value.operator in {"+", "-", "*"}:
        return {"+": operator.add, "-": operator.sub, "*": operator.mul}[value.operator](left, right)
    ratio = _ratio(left, right, value.right.place)
    if value.operator == "/":
        return ratio
    return ratio.floor() if value.operator == "//" else left - right * ratio.floor()


def _ratio(left: Any, right: Any, place: Place) -> nw.Expr:
    """Divide; by zero the answer is missing, on every engine."""
    if isinstance(right, nw.Expr):
        return nw.when(right != 0.0).then(left / right)
    if right == 0.0:
        raise Fault("division by zero", place)
    return left / right
