"""RFM scores: cut points are learnt (or given), kept in real units, and applied in the caller's own engine.

The default rule: score = 1 + the number of cut points strictly below the value, with type-7 quantiles as cut
points; recency is counted backwards, so that high is always good. Equal values always get equal scores.
"""

from __future__ import annotations

import itertools
import json
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.errors import (
    ColumnError,
    ModelError,
    SegmentClientError,
    SegmentClientWarning,
    not_fitted,
    raise_all,
)
from segmentclient.rfm.breaks import jenks_breaks
from segmentclient.schema import check_columns

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AXES", "Cut", "RFMScorer", "score_rfm"]

AXES = {"recency": "r_score", "frequency": "f_score", "monetary": "m_score"}
METHODS = ("quantile", "nested", "fixed", "jenks", "r_rfm")
OUTPUT = (*AXES.values(), "rfm_code")
Bins = int | Mapping[str, int | Sequence[float]]


def score_rfm(
    customers: Any,
    *,
    bins: Bins = 5,
    method: str | Mapping[str, str] = "quantile",
    recency: str = "days_since_last_order",
    frequency: str = "n_orders",
    monetary: str = "revenue",
    weights: Sequence[float] | None = None,
    groupby: str | None = None,
    scorer: RFMScorer | None = None,
) -> Any:
    """Score customers on recency, frequency and money, from 1 (low) to `bins` (high is good, always).

    Parameters
    ----------
    customers : table made by `summarize_customers`, or any table with three number columns, on any engine.
    bins : number of scores (2 to 9), or one entry an axis: ``{"recency": [30, 90, 365], "frequency": 3}``. A list
        holds cut points in days, orders or money under ``method="fixed"``, and probabilities under the others.
    method : "quantile"; "nested" (F within R, M within R and F); "fixed"; "jenks" (natural breaks); "r_rfm" (the
        rule of the R package rfm, for parity). One name, or one an axis.
    recency, frequency, monetary : columns to score. Any value can stand for money: margin, donations, engagement.
    weights : weights of R, F and M; adds `rfm_score`, their weighted mean score.
    groupby : a column (market, region): each of its values gets its own cut points.
    scorer : a fitted `RFMScorer` to apply instead of learning new cut points (then no other option counts).

    Returns
    -------
    The same rows in the same kind of table, with `r_score`, `f_score`, `m_score` (1 to bins) and `rfm_code`
    (100 R + 10 F + M). People who never bought (no recency) have no scores. Collected: the cut points.

    Raises
    ------
    ColumnError
        A column is missing, not a number, holds missing or infinite cells, or a score column is there already.
    SegmentClientError
        An option is not accepted.

    Warns
    -----
    SegmentClientWarning
        So many customers share a value that some scores stay empty.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> table = pd.DataFrame({"days_since_last_order": [3, 40, 90, 200, 300], "n_orders": [9, 5, 4, 2, 1],
    ...                       "revenue": [900.0, 400.0, 450.0, 80.0, 20.0]})
    >>> sc.score_rfm(table)["rfm_code"].tolist()
    [555, 443, 334, 222, 111]
    """
    if scorer is None:
        columns = {"recency": recency, "frequency": frequency, "monetary": monetary}
        scorer = RFMScorer(bins=bins, method=method, weights=weights, groupby=groupby, **columns).fit(
            customers
        )
    return scorer.transform(customers)


@dataclass(frozen=True)
class Cut:
    """The cut points of one axis, within the customers that meet every condition (column, value)."""

    axis: str
    within: tuple[tuple[str, Any], ...]
    points: tuple[float, ...]


class RFMScorer:
    """Learn cut points on one period and apply them to the next.

    Parameters
    ----------
    bins, method, recency, frequency, monetary, weights, groupby : as in `score_rfm`.

    Attributes
    ----------
    thresholds_ : dict
        Axis ("recency", "frequency", "monetary") → array of cut points in days, orders and money; with "nested" or
        `groupby`, axis → dict of conditions → array.
    cuts_ : tuple of Cut
        The same, as applied.
    ties_ : DataFrame
        `axis`, `score`, `above`, `up_to`, `empty`: the scores that nobody can get because a value is shared by
        too many.

    Examples
    --------
    >>> import segmentclient as sc
    >>> log = sc.datasets.load_cdnow()
    >>> march = sc.summarize_customers(log[log["date"] <= "1998-03-31"], as_of="1998-03-31")
    >>> june = sc.summarize_customers(log, as_of="1998-06-30")
    >>> scorer = sc.RFMScorer(bins=3).fit(march)
    >>> scorer.thresholds_["recency"].round(1).tolist()
    [281.0, 405.0]
    >>> again = sc.RFMScorer.from_json(scorer.to_json())
    >>> again.transform(june)["r_score"].max()
    np.int64(3)
    """

    def __init__(
        self,
        *,
        bins: Bins = 5,
        method: str | Mapping[str, str] = "quantile",
        recency: str = "days_since_last_order",
        frequency: str = "n_orders",
        monetary: str = "revenue",
        weights: Sequence[float] | None = None,
        groupby: str | None = None,
    ) -> None:
        self.bins = bins
        self.method = method
        self.recency = recency
        self.frequency = frequency
        self.monetary = monetary
        self.weights = weights
        self.groupby = groupby

    def fit(self, customers: Any) -> RFMScorer:
        """Learn the cut points; the customers without recency (who never bought) are left out."""
        raise_all(_option_problems(self), table="score_rfm", error=SegmentClientError)
        frame = frames.read(customers)
        facts = _facts(frame, self)
        buyers = frame.filter(~nw.col(self.recency).is_null()) if facts["absent"] else frame
        groups = _groups(buyers, self.groupby)
        self.cuts_ = tuple(cut for within in groups for cut in _learn(buyers, self, within))
        self.ties_ = _ties(self, facts)
        _warn_ties(self.ties_)
        return self

    def transform(self, customers: Any) -> Any:
        """Add the score columns to a table, in its own engine; values out of range take the end scores."""
        if not hasattr(self, "cuts_"):
            raise not_fitted(self)
        frame = frames.read(customers)
        facts = _facts(frame, self)
        output = [*OUTPUT, *(["rfm_score"] if self.weights else [])]
        taken = [name for name in output if name in frame.collect_schema()]
        if taken:
            raise ColumnError(
                f"customers: scored already (columns {', '.join(taken)}); drop them first to score again"
            )
        _refuse_unknown_groups(frame, self)
        for axis, score in AXES.items():
            frame = frame.with_columns(_score(self, axis, absent=bool(facts["absent"])).alias(score))
        r, f, m = (nw.col(name) for name in AXES.values())
        frame = frame.with_columns((r * 100 + f * 10 + m).alias("rfm_code"))
        if self.weights:
            weights = np.asarray(self.weights, float) / sum(self.weights)
            frame = frame.with_columns((r * weights[0] + f * weights[1] + m * weights[2]).alias("rfm_score"))
        return frames.give_back(frame)

    @property
    def thresholds_(self) -> dict[str, Any]:
        """Cut points in real units, an array an axis (or a dict of arrays under conditions)."""
        if not hasattr(self, "cuts_"):
            raise not_fitted(self)
        found: dict[str, Any] = {}
        for cut in self.cuts_:
            if cut.within:
                found.setdefault(cut.axis, {})[cut.within] = np.array(cut.points)
            else:
                found[cut.axis] = np.array(cut.points)
        return found

    def threshold(self, axis: str, score: int) -> float:
        """Give the value to reach for a score: at most so many days, or above so many orders or so much money."""
        points = self.thresholds_[axis]
        if isinstance(points, dict):
            return float("nan")
        return float(points[len(points) + 1 - score] if axis == "recency" else points[score - 2])

    def table(self) -> pd.DataFrame:
        """List every score with its range of values: `axis`, `score`, `above`, `up_to` (and `within`)."""
        import pandas as pd

        rows = [
            {"axis": cut.axis, "within": _said(cut.within), "score": score, "above": low, "up_to": high}
            for cut in self.cuts_
            for score, low, high in _ranges(cut)
        ]
        return pd.DataFrame(rows)

    def to_json(self) -> str:
        """Write options and cut points as JSON."""
        if not hasattr(self, "cuts_"):
            raise not_fitted(self)
        return json.dumps(
            {
                "format": "segmentclient.RFMScorer",
                "version": 1,
                "options": {name: getattr(self, name) for name in _OPTIONS},
                "cuts": [
                    {"axis": cut.axis, "within": cut.within, "points": cut.points} for cut in self.cuts_
                ],
            },
            default=_plain,
        )

    @classmethod
    def from_json(cls, text: str) -> RFMScorer:
        """Read what `to_json` wrote."""
        data = _loaded(text)
        try:
            return cls(**data["options"])._taken_back(data["cuts"])
        except (AttributeError, TypeError, ValueError) as error:
            raise ModelError(f"RFMScorer.from_json: not a scorer written by to_json ({error})") from None

    def _taken_back(self, cuts: Sequence[Mapping[str, Any]]) -> RFMScorer:
        raise_all(_option_problems(self), table="RFMScorer.from_json", error=SegmentClientError)
        self.cuts_ = tuple(
            Cut(
                cut["axis"],
                tuple((name, value) for name, value in cut["within"]),
                tuple(map(float, cut["points"])),
            )
            for cut in cuts
        )
        return self

    def __repr__(self) -> str:
        fitted = ", fitted" if hasattr(self, "cuts_") else ""
        return f"RFMScorer(bins={self.bins!r}, method={self.method!r}{fitted})"

    def _method(self, axis: str) -> str:
        return self.method if isinstance(self.method, str) else self.method.get(axis, "quantile")

    def _bins(self, axis: str) -> int | Sequence[float]:
        bins = self.bins.get(axis, 5) if isinstance(self.bins, Mapping) else self.bins
        return int(bins) if isinstance(bins, np.integer) else bins


_OPTIONS = ("bins", "method", "recency", "frequency", "monetary", "weights", "groupby")


def _option_problems(scorer: RFMScorer) -> Iterable[str]:
    for name in ("bins", "method"):
        value = getattr(scorer, name)
        if isinstance(value, Mapping) and not set(value) <= set(AXES):
            yield f"{name}={value!r}: the axes are {', '.join(AXES)}"
    for axis in AXES:
        method, bins = scorer._method(axis), scorer._bins(axis)
        if method not in METHODS:
            yield f"method={method!r}; accepted: {', '.join(METHODS)}"
        elif isinstance(bins, int):
            yield from _count_problems(axis, method, bins)
        elif isinstance(bins, Iterable) and not isinstance(bins, str):
            yield from _list_problems(axis, method, list(bins))
        else:
            yield f"bins={bins!r} for {axis}; accepted: a whole number (2 to 9) or a list"
    if scorer.weights is not None and (
        len(scorer.weights) != 3 or min(scorer.weights) < 0 or sum(scorer.weights) <= 0
    ):
        yield f"weights={scorer.weights!r}: give three numbers of 0 or more (R, F, M), not all 0"


def _count_problems(axis: str, method: str, bins: int) -> Iterable[str]:
    if isinstance(bins, bool) or not 2 <= bins <= 9:
        yield f"bins={bins!r} for {axis}; accepted: 2 to 9"
    if method == "fixed":
        yield f"method='fixed' needs cut points: bins={{{axis!r}: [..]}} in its own unit, found {bins!r}"


def _list_problems(axis: str, method: str, points: list[float]) -> Iterable[str]:
    if (
        not 1 <= len(points) <= 8
        or not all(isinstance(point, int | float | np.number) and np.isfinite(point) for point in points)
        or points != sorted(points)
    ):
        yield f"bins for {axis}: give 1 to 8 finite cut points in increasing order, found {points!r}"
    elif method == "jenks":
        yield f"bins for {axis}: natural breaks take a number of bins, not a list"
    elif method != "fixed" and not all(0 < point < 1 for point in points):
        yield f"bins for {axis}: under method={method!r} a list holds probabilities between 0 and 1, found {points!r}"


def _facts(frame: frames.Frame, scorer: RFMScorer) -> dict[str, Any]:
    """Check the columns; one row tells who is absent, what is missing, and the highest values."""
    columns = {axis: getattr(scorer, axis) for axis in AXES}
    needed = dict.fromkeys(columns.values(), "number") | ({scorer.groupby: "any"} if scorer.groupby else {})
    check_columns(frame.collect_schema(), needed)
    absent = _absent(frame, scorer.recency)
    wanted = {"rows": nw.len(), "absent": _ones(absent)}
    for axis, column in columns.items():
        value = nw.col(column).cast(nw.Float64)
        wanted[f"{axis}_bad"] = _ones(~absent & (nw.col(column).is_null() | ~value.is_finite()))
        wanted[f"{axis}_max"] = value.max()
    facts = frames.one_row(frame, **wanted)
    raise_all(_fact_problems(facts, columns), table="customers")
    return facts


def _absent(frame: frames.Frame, column: str) -> nw.Expr:
    """Missing recency: null, or NaN where the engine tells them apart."""
    is_float = frame.collect_schema()[column].is_float()
    return nw.col(column).is_null() | nw.col(column).is_nan() if is_float else nw.col(column).is_null()


def _fact_problems(facts: Mapping[str, Any], columns: Mapping[str, str]) -> Iterable[str]:
    if facts["rows"] == 0 or facts["absent"] == facts["rows"]:
        yield f"nobody to score: {facts['rows']} rows, {facts['absent'] or 0} without {columns['recency']!r}; at least one customer with an order is needed"
    for axis, column in columns.items():
        if facts[f"{axis}_bad"]:
            yield f"column {column!r} has {int(facts[f'{axis}_bad']):,} missing or infinite cells; fill them or leave those rows out before scoring"


def _ones(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0)).sum()


def _groups(frame: frames.Frame, groupby: str | None) -> list[tuple[tuple[str, Any], ...]]:
    if groupby is None:
        return [()]
    values = frames.collect(frame.select(groupby).unique())[groupby]
    if values.isna().any():
        raise ColumnError(
            f"customers: column {groupby!r} has missing cells, expected a group for each customer; fill them first"
        )
    return [((groupby, _plain(value)),) for value in sorted(values.tolist())]


def _learn(frame: frames.Frame, scorer: RFMScorer, group: tuple[tuple[str, Any], ...]) -> Iterable[Cut]:
    """Learn the cuts of one group, axis by axis; a nested axis is cut within the scores of those before it."""
    cuts: list[Cut] = []
    before: list[str] = []
    for axis, score in AXES.items():
        for within in _cells(cuts, before, group) if scorer._method(axis) == "nested" else [group]:
            inside = _inside(frame, scorer, cuts, within)
            cuts.append(Cut(axis, within, _points(inside, scorer, axis)))
        before.append(score)
    return cuts


def _cells(
    cuts: list[Cut], before: list[str], group: tuple[tuple[str, Any], ...]
) -> list[tuple[tuple[str, Any], ...]]:
    axes = [axis for axis, score in AXES.items() if score in before]
    sizes = [max(len(cut.points) for cut in cuts if cut.axis == axis) + 1 for axis in axes]
    numbers = itertools.product(*(range(1, size + 1) for size in sizes))
    return [(*group, *zip(before, cell, strict=True)) for cell in numbers]


def _inside(
    frame: frames.Frame, scorer: RFMScorer, cuts: list[Cut], within: tuple[tuple[str, Any], ...]
) -> frames.Frame:
    for axis, score in AXES.items():
        if any(name == score for name, _ in within):
            frame = frame.with_columns(_combined(cuts, scorer, axis).alias(score))
    for name, value in within:
        frame = frame.filter(nw.col(name) == value)
    return frame


def _points(frame: frames.Frame, scorer: RFMScorer, axis: str) -> tuple[float, ...]:
    bins, method, column = scorer._bins(axis), scorer._method(axis), getattr(scorer, axis)
    if method == "fixed":
        return tuple(float(point) for point in bins)  # type: ignore[union-attr]
    if method == "jenks":
        values = frames.collect(frame.group_by(column).agg(nw.len().alias("_n")))
        return jenks_breaks(values[column].to_numpy(float), values["_n"].to_numpy(float), cast(int, bins))
    probabilities = [one / bins for one in range(1, bins)] if isinstance(bins, int) else list(bins)
    quantiles = _quantiles(frame, column, probabilities)
    return tuple(point + 1 for point in quantiles) if method == "r_rfm" else quantiles


def _quantiles(frame: frames.Frame, column: str, probabilities: Sequence[float]) -> tuple[float, ...]:
    """Type-7 quantiles, to twelve digits: sums of money differ in the last bits with the order of the rows."""
    value = nw.col(column).cast(nw.Float64)
    names = [f"q{place}" for place in range(len(probabilities))]
    if (
        isinstance(frame, nw.LazyFrame) and not frame.implementation.is_dask()
    ):  # Dask has none over partitions
        row = frames.one_row(
            frame, **{name: value.quantile(p, "linear") for name, p in zip(names, probabilities, strict=True)}
        )
        found = [row[name] for name in names]
    else:
        data = frames.collect(frame, [column]) if isinstance(frame, nw.LazyFrame) else frame
        values = data[column].to_numpy().astype(float)
        found = list(np.quantile(values, probabilities)) if len(values) else [None]
    if found[0] is None:  # a nested cell without customers
        return (0.0,) * len(names)
    return tuple(_twelve_digits(point) for point in found)


def _twelve_digits(value: float) -> float:
    return float(f"{value:.12g}")


def _score(scorer: RFMScorer, axis: str, *, absent: bool) -> nw.Expr:
    score = _combined(scorer.cuts_, scorer, axis)
    if not absent:
        return score.cast(nw.Int64)
    return nw.when(~nw.col(scorer.recency).is_null()).then(score)


def _combined(cuts: Iterable[Cut], scorer: RFMScorer, axis: str) -> nw.Expr:
    """Build the score of an axis: one branch a set of conditions."""
    result: nw.Expr | None = None
    for cut in cuts:
        if cut.axis == axis:
            score = _count_below(nw.col(getattr(scorer, axis)), cut, scorer._method(axis))
            result = (
                score
                if not cut.within
                else nw.when(_meets(cut.within))
                .then(score)
                .otherwise(nw.lit(None) if result is None else result)
            )
    if result is None:
        raise ModelError(f"no cut points for {axis}: fit the scorer again")
    return result


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


def _refuse_unknown_groups(frame: frames.Frame, scorer: RFMScorer) -> None:
    if scorer.groupby is None:
        return
    known = {dict(cut.within)[scorer.groupby] for cut in scorer.cuts_}
    found = {value for ((_, value),) in _groups(frame, scorer.groupby)}
    if found - known:
        raise ColumnError(
            f"customers: column {scorer.groupby!r} holds groups that the scorer has not learnt: "
            f"{', '.join(map(str, sorted(found - known)[:5]))}; fit it on a table that has them"
        )


def _ties(scorer: RFMScorer, facts: Mapping[str, Any]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        (cut.axis, _said(cut.within), score, low, high, low >= min(high, facts[f"{cut.axis}_max"]))
        for cut in scorer.cuts_
        for score, low, high in _ranges(cut)
    ]
    return pd.DataFrame(rows, columns=["axis", "within", "score", "above", "up_to", "empty"])


def _ranges(cut: Cut) -> Iterable[tuple[int, float, float]]:
    """Each score with the values it takes: above `low`, up to `high`."""
    edges = [-np.inf, *cut.points, np.inf]
    scores = range(len(cut.points) + 1, 0, -1) if cut.axis == "recency" else range(1, len(cut.points) + 2)
    return sorted(zip(scores, edges[:-1], edges[1:], strict=True))


def _warn_ties(ties: pd.DataFrame) -> None:
    empty = ties[ties["empty"] & (ties["within"] == "")]
    if empty.empty:
        return
    listed = "; ".join(
        f"{axis} {', '.join(map(str, rows['score']))}" for axis, rows in empty.groupby("axis", sort=False)
    )
    warnings.warn(
        f"so many customers share a value that some scores stay empty ({listed}); equal customers keep equal scores. "
        "Fewer bins, or method='fixed' with own cut points, fill them",
        SegmentClientWarning,
        stacklevel=4,
    )


def _said(within: tuple[tuple[str, Any], ...]) -> str:
    return ", ".join(f"{name}={value}" for name, value in within)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _loaded(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
        right = data["format"] == "segmentclient.RFMScorer" and data["version"] == 1
        right = (
            right
            and set(data["options"]) == set(_OPTIONS)
            and {cut["axis"] for cut in data["cuts"]} == set(AXES)
        )
        for cut in data["cuts"]:
            right = (
                right
                and all(np.isfinite(point) for point in cut["points"])
                and all(len(pair) == 2 for pair in cut["within"])
            )
    except (ValueError, TypeError, KeyError) as error:
        raise ModelError(
            f"RFMScorer.from_json: not a scorer written by to_json ({type(error).__name__}: {error})"
        ) from None
    if not right:
        raise ModelError("RFMScorer.from_json: not a scorer of version 1 written by to_json")
    return data
