"""RFM scores: cut points are learnt (or given), kept in real units, and applied in the caller's own engine.

The default rule: score = 1 + the number of cut points strictly below the value, with type-7 quantiles as cut
points; recency is counted backwards, so that high is always good. Equal values always get equal scores.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.errors import (
    ColumnError,
    ModelError,
    SegmentClientError,
    not_fitted,
    raise_all,
)
from segmentclient.locale import MISSING
from segmentclient.options import check_options, shown
from segmentclient.rfm.applying import scored
from segmentclient.rfm.checks import group_conditions, is_absent, refuse_unknown_groups, table_facts
from segmentclient.rfm.cuts import AXES, Cut, conditions_text, plain_value, score_ranges
from segmentclient.rfm.learning import learn
from segmentclient.rfm.options import (
    OPTIONS,
    Bins,
    Options,
    check_cells,
    check_number_of_points,
    option_problems,
    read_json,
)
from segmentclient.rfm.ties import tie_report, warn_of_ties

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RFMScorer", "score_rfm"]


OUTPUT = (*AXES.values(), "rfm_code")


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
    method : "quantile"; "nested" (F within R, M within R and F; a cell where nobody is takes the cut points of
        everybody, for those who come there later); "fixed"; "jenks" (natural breaks); "r_rfm" (the
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
    check_options(score_rfm, locals())
    if scorer is not None:
        return scorer.transform(customers)
    columns = {"recency": recency, "frequency": frequency, "monetary": monetary}
    fresh = RFMScorer(bins=bins, method=method, weights=weights, groupby=groupby, **columns)
    frame, facts = fresh._learnt(customers)
    return fresh._applied(frame, facts)


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
        self._learnt(customers)
        return self

    def _learnt(self, customers: Any) -> tuple[frames.Frame, dict[str, Any]]:
        """Learn, and give what was read, so that nothing is counted twice."""
        check_options(RFMScorer.__init__, vars(self))
        options = self._options()
        raise_all(option_problems(options), table="score_rfm", error=SegmentClientError)
        frame = frames.read(customers)
        facts = table_facts(frame, options)
        buyers = frame.filter(~is_absent(frame, self.recency)) if facts["absent"] else frame
        groups = group_conditions(buyers, self.groupby)
        learnt = [one for within in groups for one in learn(buyers, options, within)]
        self.cuts_ = tuple(one.cut for one in learnt)
        self.ties_ = tie_report(learnt)
        warn_of_ties(self.ties_)
        return frame, facts

    def transform(self, customers: Any) -> Any:
        """Add the score columns to a table, in its own engine; values out of range take the end scores."""
        self._check_fitted()
        frame = frames.read(customers)
        return self._applied(frame, table_facts(frame, self._options()))

    def _applied(self, frame: frames.Frame, facts: Mapping[str, Any]) -> Any:
        options = self._options()
        output = [*OUTPUT, *(["rfm_score"] if self.weights else [])]
        taken = frames.taken(frame, output)
        if taken:
            raise ColumnError(
                f"customers: scored already (columns {', '.join(taken)}); drop them first to score again"
            )
        refuse_unknown_groups(frame, self.cuts_, self.groupby)
        absent = is_absent(frame, self.recency) if facts["absent"] else None
        frame = scored(frame, self.cuts_, options, absent=absent)
        if self.weights:
            r, f, m = (nw.col(name) for name in AXES.values())
            weights = np.asarray(self.weights, float) / sum(self.weights)
            frame = frame.with_columns((r * weights[0] + f * weights[1] + m * weights[2]).alias("rfm_score"))
        return frames.give_back(frame)

    @property
    def thresholds_(self) -> dict[str, Any]:
        """Cut points in real units, an array an axis (or a dict of arrays under conditions)."""
        self._check_fitted()
        found: dict[str, Any] = {}
        for cut in self.cuts_:
            if cut.within:
                found.setdefault(cut.axis, {})[cut.within] = np.array(cut.points)
            else:
                found[cut.axis] = np.array(cut.points)
        return found

    def threshold(self, axis: str, score: int) -> float:
        """Give the value to reach for a score: at most so many days, or above so many orders or so much money.

        NaN where the cut points differ between groups, or between the scores of another axis.
        """
        check_options(RFMScorer.threshold, locals())
        points = self.thresholds_.get(axis)
        if points is None or not 2 <= score <= self._top(axis):
            raise ModelError(
                f"axis={shown(axis)}, score={score!r}; accepted: {', '.join(AXES)}, and the scores from 2 that it has"
            )
        if isinstance(points, dict):
            return float("nan")
        return float(points[len(points) + 1 - score] if axis == "recency" else points[score - 2])

    def table(self) -> pd.DataFrame:
        """List every score with its range of values: `axis`, `score`, `above`, `up_to` (and `within`)."""
        import pandas as pd

        self._check_fitted()
        rows = [
            {
                "axis": cut.axis,
                "within": conditions_text(cut.within),
                "score": score,
                "above": low,
                "up_to": high,
            }
            for cut in self.cuts_
            for score, low, high in score_ranges(cut)
        ]
        return pd.DataFrame(rows)

    def to_json(self) -> str:
        """Write options and cut points as JSON."""
        self._check_fitted()
        return json.dumps(
            {
                "format": "segmentclient.RFMScorer",
                "version": 1,
                "options": {name: getattr(self, name) for name in OPTIONS},
                "cuts": [
                    {"axis": cut.axis, "within": cut.within, "points": cut.points} for cut in self.cuts_
                ],
            },
            default=self._storable,
        )

    def _storable(self, value: Any) -> Any:
        """Turn numpy scalars into Python's; JSON knows no days, which may be groups."""
        plain = plain_value(value)
        if plain is value:
            raise ModelError(
                f"RFMScorer.to_json: the groups of {self.groupby!r} are {type(value).__name__}; accepted: text, numbers or "
                "true / false (cast the column before the fit)"
            )
        return plain

    @classmethod
    def from_json(cls, text: str) -> RFMScorer:
        """Read what `to_json` wrote."""
        check_options(RFMScorer.from_json, locals())
        data = read_json(text)
        try:
            return cls(**data["options"])._taken_back(data["cuts"])
        except (AttributeError, TypeError, ValueError) as error:
            raise ModelError(f"RFMScorer.from_json: not a scorer written by to_json ({error})") from None

    def _taken_back(self, cuts: Sequence[Mapping[str, Any]]) -> RFMScorer:
        check_options(RFMScorer.__init__, vars(self))
        raise_all(option_problems(self._options()), table="RFMScorer.from_json", error=SegmentClientError)
        self.cuts_ = tuple(
            Cut(
                cut["axis"],
                tuple((name, value) for name, value in cut["within"]),
                tuple(map(float, cut["points"])),
            )
            for cut in cuts
        )
        for cut in self.cuts_:
            check_number_of_points(cut, self._options())
        check_cells(self.cuts_, self._options())
        return self

    def __repr__(self) -> str:
        fitted = ", fitted" if hasattr(self, "cuts_") else ""
        return f"RFMScorer(bins={self.bins!r}, method={self.method!r}{fitted})"

    def _repr_html_(self) -> str:
        from segmentclient.render import html_card, html_table

        if not hasattr(self, "cuts_"):
            return html_card(repr(self), {})
        ranges = self.table()
        shown = ranges if ranges["within"].any() else ranges.drop(columns="within")
        rows = [[_shown(cell) for cell in row] for row in shown.to_numpy()]
        heads = [name.replace("_", " ") for name in shown.columns]
        return html_card(repr(self), {}, body=html_table(heads, rows))

    def _check_fitted(self) -> None:
        if not hasattr(self, "cuts_"):
            raise not_fitted(self)

    def _top(self, axis: str) -> int:
        return 1 + max(len(cut.points) for cut in self.cuts_ if cut.axis == axis)

    def _options(self) -> Options:
        return Options(**{name: getattr(self, name) for name in OPTIONS})


def _shown(cell: Any) -> Any:
    """Write a limit with the digits that decide; a side without limit is a dash."""
    if not isinstance(cell, float):
        return cell
    return f"{cell:.10g}" if np.isfinite(cell) else MISSING
