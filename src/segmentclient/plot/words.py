"""What a chart says in words: its finding in one line, and its description for who cannot see it."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segmentclient.errors import SegmentClientError
from segmentclient.options import check_options
from segmentclient.plot import (
    beliefs,
    bridge,
    choice,
    cohorts,
    distribution,
    expected,
    flow,
    grid,
    histograms,
    history,
    indices,
    life_cycle,
    lorenz,
    over_time,
    parameters,
    plane,
    portraits,
    score_cells,
    segment_table,
    shares,
    silhouettes,
    snake,
    transitions,
    treemap,
    validation,
)
from segmentclient.plot.chart import Chart
from segmentclient.schema import nearest

__all__ = ["CHARTS", "chart_description", "finding"]

ROOMS = (
    *(treemap, shares, segment_table, grid, score_cells, histograms, lorenz, distribution, expected),
    *(snake, indices, silhouettes, plane, choice, portraits),
    *(transitions, flow, bridge, life_cycle, beliefs, history, parameters, validation, over_time, cohorts),
)
DRAWN = {chart.name: getattr(room, chart.name) for room in ROOMS for chart in room.CHARTS}
CHARTS: dict[str, Chart] = {chart.name: chart for room in ROOMS for chart in room.CHARTS}


def finding(name: str, table: Any, lang: str = "en", **options: Any) -> str:
    """Say in one line what a chart shows, for a title.

    Parameters
    ----------
    name : name of the chart, such as "segment_treemap".
    table : what the chart is drawn from.
    lang : "en" or "fr".
    **options : the chart's own options that choose its numbers (`by=`, `value=`, `currency=`, `scorer=` ...).

    Returns
    -------
    str

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"segment": ["champions", "lost"], "revenue": [90.0, 10.0]})
    >>> sc.plot.finding("share_pairs", customers)
    'Champions: 50% of customers, 90% of revenue'
    """
    chart = _known(name, {**options, "lang": lang})
    return chart.finding(chart.prepare(table, **options), lang)


def chart_description(chart: str | Axes | Figure, table: Any = None, lang: str = "en", **options: Any) -> str:
    """Describe a chart for a reader who cannot see it: what is drawn, what it says, and the numbers where they are few.

    Parameters
    ----------
    chart : a chart that was drawn (its description is on it), or the name of one.
    table : what the chart is drawn from; needed with a name.
    lang : "en" or "fr"; a drawn chart keeps the language it was drawn in.
    **options : the chart's own options that choose its numbers.

    Returns
    -------
    str

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"revenue": [80.0, 10.0, 5.0, 5.0, 0.0]})
    >>> sc.plot.chart_description("lorenz_curve", customers)[:38]
    'Curve of the cumulated share of what c'
    """
    if isinstance(chart, str):
        known = _known(chart, {**options, "lang": lang})
        return known.description(known.prepare(table, **options), lang)
    from segmentclient.plot.drawing.svg import describe

    return describe(chart)


def _known(name: str, options: dict[str, Any]) -> Chart:
    """Find a chart by its name, and check the options that are meant for it."""
    if name not in CHARTS:
        raise SegmentClientError(
            f"chart {name!r} is not known{nearest(name, CHARTS)} Accepted: {', '.join(sorted(CHARTS))}"
        )
    check_options(DRAWN[name], options)
    return CHARTS[name]
