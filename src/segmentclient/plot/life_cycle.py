"""Customers through the life cycle, in its own order."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd
from matplotlib.axes import Axes

from segmentclient import frames
from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import palette
from segmentclient.plot.chart import Chart, joined
from segmentclient.plot.drawing import rows, scales, texts
from segmentclient.plot.flow import draw_flow
from segmentclient.plot.moves import Moves, moves_of, say_moves, stage_label
from segmentclient.schema import check_columns
from segmentclient.segments.migration import ABSENT, MISSING

__all__ = ["lifecycle_flow"]

_COUNT = "_segmentclient_count"


STAGES = ("prospect", "potential", "current", "active", "loyal", "former", "inactive")


def lifecycle_flow(
    table: Any, *, by: str = "relation", ax: Axes | None = None, lang: str = "en", **artist_kwargs: Any
) -> Axes:
    """Draw the flow through the life cycle, in its own order: potential, current, loyal, former.

    Parameters
    ----------
    table : the answer of ``compare_periods(before, after, by="relation")`` (or ``by="status"``) for the flow between two
        periods; or a customers table with the column `by`, for the number of customers at each stage.
    by : column that holds the stage, for a customers table.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to the flows, or to `Axes.barh`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ColumnError
        The table has no column `by`.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> ax = sc.plot.lifecycle_flow(pd.DataFrame({"relation": ["current", "former", "current"]}))
    >>> [int(bar.get_width()) for bar in ax.patches]
    [2, 1]
    """
    check_options(lifecycle_flow, locals())
    stages = _stages(table, by=by)
    if isinstance(stages, Moves):
        return draw_flow(stages, LIFECYCLE, ax, lang, artist_kwargs)
    words = language(lang)
    labels = [stage_label(key, words) for key in stages.index]
    axes = rows.start_rows(ax, labels, extra=0.2)
    if stages.empty:
        return LIFECYCLE.sign(texts.nothing(axes, words.text("No customers to show")), stages, lang)
    known = palette.colours(stages.index)
    axes.barh(
        range(len(stages)),
        stages,
        **{"height": 0.55, "color": [known[key] for key in stages.index], **artist_kwargs},
    )
    told = _tell_counts(stages, words)
    rows.leave_room(axes, 0.0, float(stages.max()), told)
    rows.write_ends(axes, stages, told)
    axes.set_xticks([])
    scales.base_line(axes, "left")
    return LIFECYCLE.sign(axes, stages, lang)


def _stages(table: Any, *, by: str = "relation") -> Moves | pd.Series:
    """Moves between stages, or customers a stage, in the order of the life cycle."""
    if hasattr(table, "matrix") or (
        isinstance(table, pd.DataFrame)
        and by not in table
        and set(table.index) <= {*STAGES, ABSENT, MISSING}
        and len(table)
    ):
        counts = moves_of(table).counts
        return Moves(counts.loc[_in_order(counts.index), _in_order(counts.columns)], stages=True)
    frame = frames.read(table)
    check_columns(frames.schema_of(frame), {by: "any"})
    frames.check_labels(frame, by)
    table = frames.collect(frame.group_by(by).agg(nw.len().alias(_COUNT)))
    table[by] = table[by].astype(object).where(table[by].notna(), None)
    counted = dict(zip(table[by], table[_COUNT].astype(float), strict=True))
    keys = _in_order(counted)
    return pd.Series([counted[key] for key in keys], pd.Index(keys, dtype=object), dtype=float)


def _in_order(keys: Any) -> list[Any]:
    known = {key: place for place, key in enumerate(STAGES)}
    return sorted(keys, key=lambda key: (known.get(key, len(known)), str(key)))


def _tell_counts(stages: pd.Series, words: Language) -> list[str]:
    """Write each count with its share."""
    return [f"{words.number(count)}  ({words.percent(count / stages.sum(), 0)})" for count in stages]


def _tell_stages(stages: Moves | pd.Series, words: Language) -> str:
    """List the customers at each stage."""
    if isinstance(stages, Moves):
        return ""
    named = zip(stages.index, _tell_counts(stages, words), strict=True)
    return joined((f"{stage_label(key, words)} {told.replace('  ', ' ')}" for key, told in named), words)


def _say_stages(stages: Moves | pd.Series, words: Language) -> str:
    if isinstance(stages, Moves):
        return say_moves(stages, words)
    if stages.empty:
        return words.text("No customers to show")
    key = max(stages.index, key=lambda stage: (stages[stage], str(stage)))
    return words.text(
        "{stage}: {share} of the people",
        share=words.percent(stages[key] / stages.sum(), 0),
        stage=stage_label(key, words),
    )


LIFECYCLE = Chart("lifecycle_flow", "Customers through the life cycle.", _stages, _say_stages, _tell_stages)


CHARTS = (LIFECYCLE,)
