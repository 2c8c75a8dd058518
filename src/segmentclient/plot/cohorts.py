"""The share of each cohort that bought again."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from segmentclient import frames
from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import style
from segmentclient.plot.chart import Chart
from segmentclient.plot.drawing import layout, lettering, rows, texts
from segmentclient.plot.drawing.cells import colour_cells, scale_note, share_shades, share_texts, write_cells
from segmentclient.schema import check_columns

__all__ = ["cohort_heatmap"]


@dataclass(frozen=True)
class Cohorts:
    """Share of each cohort that bought again, by age in periods: one row a cohort, missing where time has not come.

    `period` is "W", "M", "Q" or "Y"; "" where the table does not say.
    """

    starts: list[dt.date]
    sizes: np.ndarray
    held: np.ndarray
    period: str = ""

    @property
    def monthly(self) -> bool:
        """True when every cohort starts with a month."""
        return all(day.day == 1 for day in self.starts)

    def over(self, age: int) -> np.ndarray:
        """Cohorts whose period of this age is over: the last period of the table may be incomplete."""
        later = self.held[:, age:]
        return np.isfinite(later).any(axis=1)


def _cohorts(retention: Any) -> Cohorts:
    frame = frames.read(retention, name="retention")
    needed = {"cohort": "date", "age": "number", "customers": "number", "retention": "number"}
    found = frames.schema_of(frame)
    check_columns(found, needed, table="retention")
    table = frames.collect(frame, [*needed, *(["period"] if "period" in found else [])])
    table["cohort"] = pd.to_datetime(table["cohort"])
    wide = table[table["age"] > 0].pivot_table(index="cohort", columns="age", values="retention")
    sizes = table[table["age"] > 0].drop_duplicates("cohort").set_index("cohort")["customers"].sort_index()
    wide = wide.reindex(index=sizes.index)
    wide = wide.reindex(columns=range(1, int(max(wide.columns, default=0)) + 1))
    starts = [day.date() for day in sizes.index]
    return Cohorts(starts, sizes.to_numpy(float), wide.to_numpy(float), _period(table))


def _period(table: pd.DataFrame) -> str:
    """Give the period that all rows name; none where they differ, or where we do not know it."""
    told = set(table["period"]) if "period" in table else set()
    return str(next(iter(told))) if len(told) == 1 and told <= set(_PERIODS) else ""


_PERIODS = {"W": "weeks", "M": "months", "Q": "quarters", "Y": "years", "": "periods"}
_NEXT = {
    "W": "{share} of new customers buy again in the next week",
    "M": "{share} of new customers buy again in the next month",
    "Q": "{share} of new customers buy again in the next quarter",
    "Y": "{share} of new customers buy again in the next year",
    "": "{share} of new customers buy again in the next period",
}


def cohort_heatmap(retention: Any, *, ax: Axes | None = None, lang: str = "en", **artist_kwargs: Any) -> Axes:
    """Draw the share of each cohort of new customers that bought again, by time since the first order.

    Parameters
    ----------
    retention : the answer of `cohort_retention`.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.pcolormesh`.

    Returns
    -------
    matplotlib.axes.Axes
        `collections[0].get_array()` holds the shares, one row a cohort; masked where time has not come.

    Raises
    ------
    ColumnError
        A column of `cohort_retention` is missing.

    Examples
    --------
    >>> import segmentclient as sc
    >>> ax = sc.plot.cohort_heatmap(sc.cohort_retention(sc.datasets.load_cdnow(), period="Q"))
    >>> ax.collections[0].get_array().shape
    (1, 5)
    """
    check_options(cohort_heatmap, locals())
    data, words = _cohorts(retention), language(lang)
    names = [_name(start, monthly=data.monthly, words=words) for start in data.starts]
    axes = rows.start_rows(ax, names, extra=0.9, pitch=1.9)
    if not np.isfinite(data.held).any():
        return COHORTS.sign(texts.nothing(axes, words.text("No cohort is old enough to show")), data, lang)
    colours = colour_cells(
        axes, data.held, {"cmap": share_shades(), "vmin": 0.0, "linewidth": 1.2, **artist_kwargs}
    )
    rows.count_column(axes, data.sizes, words)
    _age_axis(axes, data, words)
    rows.keep_rows(axes, names, pitch=1.9)
    if not write_cells(axes, data.held, colours, share_texts(words)):
        _note(axes, data, words, scale_note(data.held, share_texts(words)[0], words))
        rows.keep_rows(axes, names, pitch=1.9)
    return COHORTS.sign(axes, data, lang)


def _name(start: dt.date, *, monthly: bool, words: Language) -> str:
    """Name a cohort by the month or the day it starts."""
    from babel.dates import format_skeleton

    return format_skeleton("yMMM", start, locale=words.locale) if monthly else words.date(start)


def _age_axis(axes: Axes, data: Cohorts, words: Language) -> None:
    """Number the ages above, as many as have room."""
    columns = data.held.shape[1]
    wide, size = layout.axes_inches(axes)[0] * 72, style.size_of(axes)
    step = max(1, math.ceil((lettering.text_width(words.number(columns), size.small) + 6) * columns / wide))
    axes.xaxis.tick_top()
    places = range(0, columns, step)
    axes.set_xticks(places, [words.number(place + 1) for place in places])
    _note(axes, data, words)


def _note(axes: Axes, data: Cohorts, words: Language, *more: str) -> None:
    """Say below what rows, columns and cells are."""
    texts.x_title(
        axes,
        words.text(
            "Rows: first order; columns: {periods} since then; cells: who bought again, in %",
            periods=words.text(_PERIODS[data.period]),
        ),
        words.text("The last cell of a row is the last period, which may be incomplete"),
        *more,
    )


def _say_cohorts(data: Cohorts, words: Language) -> str:
    if not np.isfinite(data.held).any():
        return words.text("No cohort is old enough to show")
    known = data.over(1) if data.over(1).any() else np.isfinite(data.held[:, 0])
    first = float(np.average(data.held[known, 0], weights=data.sizes[known]))
    return words.text(_NEXT[data.period], share=words.percent(first, 0))


COHORTS = Chart(
    "cohort_heatmap",
    "Share of each cohort of new customers that bought again, by time since the first order.",
    _cohorts,
    _say_cohorts,
)


CHARTS = (COHORTS,)
