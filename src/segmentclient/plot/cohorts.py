"""The share of each cohort that bought again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from segmentclient import frames
from segmentclient.locale import Language, language
from segmentclient.plot import palette, style
from segmentclient.plot.chart import Chart
from segmentclient.plot.drawing import layout, lettering, scales, sheet, texts
from segmentclient.schema import check_columns

__all__ = ["cohort_heatmap"]


@dataclass(frozen=True)
class Cohorts:
    """Share of each cohort that bought again, by age in periods: one row a cohort, missing where time has not come."""

    starts: list[dt.date]
    sizes: np.ndarray
    held: np.ndarray


def _cohorts(retention: Any) -> Cohorts:
    frame = frames.read(retention, name="retention")
    needed = {"cohort": "date", "age": "number", "customers": "number", "retention": "number"}
    check_columns(frame.collect_schema(), needed, table="retention")
    table = frames.collect(frame, list(needed))
    table["cohort"] = pd.to_datetime(table["cohort"])
    wide = table[table["age"] > 0].pivot_table(index="cohort", columns="age", values="retention")
    sizes = table[table["age"] > 0].drop_duplicates("cohort").set_index("cohort")["customers"].sort_index()
    wide = wide.reindex(index=sizes.index)
    wide = wide.reindex(columns=range(1, int(max(wide.columns, default=0)) + 1))
    return Cohorts([day.date() for day in sizes.index], sizes.to_numpy(float), wide.to_numpy(float))


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
    data, words = _cohorts(retention), language(lang)
    names = [
        words.text("{date} ({count})", date=words.date(start), count=words.number(size))
        for start, size in zip(data.starts, data.sizes, strict=True)
    ]
    axes = sheet.start(ax, height=sheet.rows_height(ax, names, extra=0.9, pitch=1.9))
    if not np.isfinite(data.held).any():
        return COHORTS.sign(texts.nothing(axes, words.text("No cohort is old enough to show")), data, lang)
    scales.category_axis(axes, names)
    rows, columns = data.held.shape
    options = {
        "cmap": style.QUANTITY,
        "vmin": 0.0,
        "edgecolors": style.SURFACE,
        "linewidth": 1.2,
        **artist_kwargs,
    }
    held = np.ma.masked_invalid(data.held)
    mesh: Any = axes.pcolormesh(np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5, held, **options)
    _age_axis(axes, columns, words)
    _write_retention(axes, data.held, mesh, words)
    return COHORTS.sign(axes, data, lang)


def _age_axis(axes: Axes, columns: int, words: Language) -> None:
    step = max(1, -(-columns // 12))
    axes.xaxis.tick_top()
    places = range(0, columns, step)
    axes.set_xticks(places, [words.number(place + 1) for place in places])
    texts.x_title(
        axes, words.text("Rows: first order, with the number of customers; columns: periods since then")
    )


def _write_retention(axes: Axes, held: np.ndarray, mesh: Any, words: Language) -> None:
    """Write the shares in cells wide and high enough for them, without the sign where that alone fits."""
    size = style.size_of(axes)
    width, height = (inches * 72 for inches in layout.axes_inches(axes))
    room = width / held.shape[1] - 3
    shows = (lambda share: words.percent(share, 0), lambda share: words.number(100 * share))
    fits = [show for show in shows if lettering.text_width(show(float(np.nanmax(held))), size.small) <= room]
    if not fits or height / held.shape[0] < size.small * 1.3:
        return
    colours = mesh.cmap(mesh.norm(held))
    for (row, column), share in np.ndenumerate(held):
        if np.isfinite(share):
            texts.write(
                axes,
                column,
                row,
                fits[0](share),
                ha="center",
                va="center_baseline",
                fontsize=size.small,
                color=palette.text_on(colours[row, column][:3]),
            )


def _say_cohorts(data: Cohorts, words: Language) -> str:
    if not np.isfinite(data.held).any():
        return words.text("No cohort is old enough to show")
    known = np.isfinite(data.held[:, 0])
    first = float(np.average(data.held[known, 0], weights=data.sizes[known]))
    return words.text("{share} of new customers buy again in the next period", share=words.percent(first, 0))


COHORTS = Chart(
    "cohort_heatmap",
    "Share of each cohort of new customers that bought again, by periods since the first order.",
    _cohorts,
    _say_cohorts,
)


CHARTS = (COHORTS,)
