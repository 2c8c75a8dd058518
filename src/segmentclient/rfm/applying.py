"""Scores as expressions: how many cut points lie below the value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient.errors import ModelError
from segmentclient.rfm.cuts import Cut
from segmentclient.rfm.options import Options

__all__ = ["axis_expression", "axis_score"]


def axis_score(cuts: Iterable[Cut], options: Options, axis: str, *, absent: nw.Expr | None) -> nw.Expr:
    """Score one axis; rows without recency (who never bought) have no score."""
    score = axis_expression(cuts, options, axis)
    return score.cast(nw.Int64) if absent is None else nw.when(~absent).then(score)


def axis_expression(cuts: Iterable[Cut], options: Options, axis: str) -> nw.Expr:
    """Build the score of an axis: one branch a set of conditions."""
    result: nw.Expr | None = None
    for cut in cuts:
        if cut.axis == axis:
            score = _count_below(nw.col(options.columns[axis]), cut, options.method_of(axis))
            result = _otherwise(nw.when(_meets(cut.within)).then(score), result) if cut.within else score
    if result is None:
        raise ModelError(f"no cut points for {axis}: fit the scorer again")
    return result


def _otherwise(branch: Any, rest: nw.Expr | None) -> nw.Expr:
    expression: nw.Expr = branch if rest is None else branch.otherwise(rest)
    return expression


def _meets(within: tuple[tuple[str, Any], ...]) -> nw.Expr:
    condition = nw.lit(True)
    for name, value in within:
        condition = condition & (nw.col(name) == value)
    return condition


def _count_below(value: nw.Expr, cut: Cut, method: str) -> nw.Expr:
    """Score = 1 + number of cut points strictly below the value (R's rule: at or below); recency backwards."""
    one, none = nw.lit(1, dtype=nw.Int64), nw.lit(0, dtype=nw.Int64)
    passed = [nw.when(_is_past(value, point, method)).then(one).otherwise(none) for point in cut.points]
    count = nw.sum_horizontal(*passed)
    return (len(cut.points) + 1) - count if cut.axis == "recency" else count + 1


def _is_past(value: nw.Expr, point: float, method: str) -> nw.Expr:
    """Compare with a cut point; a value within a billionth of it is on it, whatever the order it was summed in."""
    slack = abs(point) * 1e-9
    return value >= point - slack if method == "r_rfm" else value > point + slack
