"""From three scores to the name of a segment, in the caller's own engine."""

from __future__ import annotations

import warnings
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.errors import ColumnError, SegmentClientWarning, raise_all
from segmentclient.options import check_options
from segmentclient.rfm.maps.checking import score_problems
from segmentclient.rfm.maps.segment_map import SCORES, SegmentMap
from segmentclient.schema import check_columns

__all__ = ["segment_rfm"]

_ENOUGH = 50  # customers, among whom somebody has the best score of an axis


def segment_rfm(customers: Any, *, segments: str | SegmentMap = "standard", column: str = "segment") -> Any:
    """Name each customer's segment from the three scores.

    Parameters
    ----------
    customers : table with `r_score`, `f_score` and `m_score` (see `score_rfm`), on any engine.
    segments : name of a preset ("standard", "rf_grid", "shopify", "klaviyo", "r_rfm", "heavy_medium_light")
        or a `SegmentMap`.
    column : name of the column to add.

    Returns
    -------
    The same rows in the same kind of table, with the text column `segment`: a stable English key. Rows without
    scores (people who never bought) are `prospects`; cells that no rule of the map covers take its `default`.
    One row (the highest score) is collected.

    Raises
    ------
    ColumnError
        A score column is missing, the output column is there already, or the scores have more bins than the map.
    RuleError
        The map is not known.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> scored = pd.DataFrame({"r_score": [5, 1], "f_score": [5, 1], "m_score": [5, 1]})
    >>> sc.segment_rfm(scored)["segment"].tolist()
    ['champions', 'lost']
    """
    check_options(segment_rfm, locals())
    chosen = segments if isinstance(segments, SegmentMap) else SegmentMap.preset(segments)
    frame = frames.read(customers)
    check_columns(frames.schema_of(frame), SCORES)
    _check_new(frame, column)
    _check_bins(frame, chosen)
    return frames.give_back(frame.with_columns(_segment_expression(frame, chosen).alias(column)))


def _check_new(frame: frames.Frame, column: str) -> None:
    if frames.taken(frame, [column]):
        raise ColumnError(
            f"customers: column {column!r} is there already; drop it, or choose another name with column="
        )


def _check_bins(frame: frames.Frame, chosen: SegmentMap) -> None:
    wanted = {score: nw.col(score).max() for score in SCORES}
    wanted |= {f"{score}_odd": frames.count_of(_is_odd(frame, score)) for score in SCORES}
    facts = frames.one_row(frame, rows=nw.len(), **wanted)
    raise_all(score_problems({score: facts[f"{score}_odd"] for score in SCORES}), table="customers")
    found = max((facts[score] for score in SCORES if facts[score] is not None), default=0)
    call = chosen.scored_by or f"score_rfm(customers, bins={chosen.bins})"
    if found > chosen.bins:
        raise ColumnError(
            f"customers: the map {chosen.name!r} reads scores of 1 to {chosen.bins}, found {found:g}; "
            f"drop the score columns and call {call} first"
        )
    if 0 < found < chosen.bins and facts["rows"] >= _ENOUGH:
        warnings.warn(
            f"the map {chosen.name!r} reads scores of 1 to {chosen.bins}, and nobody has more than {found:g}: if the scores "
            f"are of 1 to {found:g}, drop them and call {call} first",
            SegmentClientWarning,
            stacklevel=3,
        )


def _is_odd(frame: frames.Frame, score: str) -> nw.Expr:
    """Below 1, or between two whole numbers, or missing where recency has a score."""
    schema = frame.collect_schema()
    scored, known = (frames.is_present(name, schema[name]) for name in (SCORES[0], score))
    value = nw.col(score)
    if not schema[score].is_integer():
        value = value.cast(nw.Float64)
        return (scored & ~known) | (known & ((value < 1) | (value != value.floor())))
    return (scored & ~known) | (known & (value < 1))


def _segment_expression(frame: frames.Frame, chosen: SegmentMap) -> nw.Expr:
    """First the rows without scores, then one branch a segment, then the default."""
    schema = frame.collect_schema()
    is_whole = all(schema[score].is_integer() for score in SCORES)
    r, f, m = (nw.col(score).cast(nw.Int64 if is_whole else nw.Float64) for score in SCORES)
    code = r * 100 + f * 10 + m
    cells: dict[str, list[float]] = {}
    for cell, key in chosen.grid().items():
        cells.setdefault(key, []).append(int(cell) if is_whole else float(cell))
    result = nw.lit(chosen.default)
    for key, codes in cells.items():
        result = nw.when(code.is_in(codes)).then(nw.lit(key)).otherwise(result)
    unscored = r.is_null() if is_whole else r.is_null() | r.is_nan()
    return nw.when(unscored).then(nw.lit("prospects")).otherwise(result)
