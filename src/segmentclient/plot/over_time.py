"""Purchases over time: what the model expected and what was made, week by week, and the retention of cohorts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from segmentclient import frames
from segmentclient.locale import Language, language
from segmentclient.plot import lettering, palette, style
from segmentclient.plot.chart import Chart
from segmentclient.schema import check_columns

__all__ = ["cohort_heatmap", "tracking"]


@dataclass(frozen=True)
class Track:
    """Purchases by step: end of the step, made and expected, and the steps that the model saw."""

    end: pd.Series
    actual: np.ndarray
    expected: np.ndarray
    seen: int
    kind: str

    @property
    def holdout(self) -> tuple[float, float]:
        """Purchases made and expected in the steps that the model did not see."""
        if self.kind == "cumulative":
            start = self.seen - 1
            before = (self.actual[start], self.expected[start]) if self.seen else (0.0, 0.0)
            return float(self.actual[-1] - before[0]), float(self.expected[-1] - before[1])
        return float(self.actual[self.seen :].sum()), float(self.expected[self.seen :].sum())


def _track(steps: Any, *, kind: Literal["cumulative", "incremental"] = "cumulative") -> Track:
    columns = ("cumulative_actual", "cumulative_expected") if kind == "cumulative" else ("actual", "expected")
    frame = frames.read(steps, name="steps")
    needed = {"end": "date", "phase": "text", **dict.fromkeys(columns, "number")}
    check_columns(frame.collect_schema(), needed, table="steps")
    table = frames.collect(frame, list(needed)).sort_values("end", ignore_index=True)
    actual, expected = (table[column].to_numpy(float) for column in columns)
    return Track(
        pd.to_datetime(table["end"]), actual, expected, int((table["phase"] == "calibration").sum()), kind
    )


def tracking(
    steps: Any,
    *,
    kind: Literal["cumulative", "incremental"] = "cumulative",
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw the repeat purchases made and those that the model expected, over time.

    Parameters
    ----------
    steps : the answer of `track_purchases`.
    kind : "cumulative" since the start, or "incremental", step by step.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.plot` for what was expected.

    Returns
    -------
    matplotlib.axes.Axes
        `lines[0]` holds what was made, `lines[1]` what was expected.

    Raises
    ------
    ColumnError
        A column of `track_purchases` is missing.

    Examples
    --------
    >>> import segmentclient as sc
    >>> model = sc.BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, time_unit="W")
    >>> steps = sc.track_purchases(sc.datasets.load_cdnow(), model, calibration_end="1997-09-30")
    >>> ax = sc.plot.tracking(steps)
    >>> [float(line.get_ydata()[-1].round()) for line in ax.lines[:2]]
    [4339.0, 4171.0]
    """
    data, words = _track(steps, kind=kind), language(lang)
    axes = style.start(ax, height=3.6)
    if not len(data.end):
        return TRACKING.sign(style.nothing(axes, words.text("No purchases to show")), data, lang)
    places = np.arange(len(data.end))
    axes.plot(places, data.actual, color=style.INK, linewidth=2 if kind == "cumulative" else 1.4)
    axes.plot(places, data.expected, **{"color": style.ACCENT, "linewidth": 2.2, **artist_kwargs})
    axes.set_ylim(0, 1.12 * max(data.actual.max(), data.expected.max(), 1e-9))
    axes.set_xlim(0, max(len(places) - 1, 1))
    style.grid_lines(axes, "y")
    style.base_line(axes)
    style.number_axis(axes, "y", words.compact)
    style.date_axis(axes, [day.date() for day in data.end], words)
    _mark_phases(axes, data, words)
    names = [(words.text("— made in fact"), style.INK), (words.text("— expected by the model"), style.ACCENT)]
    style.name_lines(axes, words.text("Repeat purchases"), names)
    return TRACKING.sign(axes, data, lang)


def _mark_phases(axes: Axes, data: Track, words: Language) -> None:
    """Draw the end of what the model saw, named in grey."""
    if not 0 < data.seen < len(data.end):
        return
    end = data.seen - 1
    axes.axvline(end, color=style.MUTED, linewidth=1, linestyle=(0, (4, 3)))
    style.x_title(
        axes,
        words.text(
            "The model saw the purchases up to the dashed line, {date}", date=words.date(data.end[end].date())
        ),
    )


def _say_track(data: Track, words: Language) -> str:
    if not len(data.end):
        return words.text("No purchases to show")
    made, expected = data.holdout
    if made <= 0:
        made, expected = float(data.actual.max()), float(data.expected.max())
    if made <= 0:
        return words.text("{expected} purchases expected, none made", expected=words.number(expected))
    away = expected / made - 1
    sentence = (
        "{expected} purchases expected, {actual} made: {away} too many"
        if away > 0
        else "{expected} purchases expected, {actual} made: {away} too few"
    )
    return words.text(
        sentence, expected=words.number(expected), actual=words.number(made), away=words.percent(abs(away), 1)
    )


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
    axes = style.start(ax, height=style.rows_height(ax, names, extra=0.9, pitch=1.9))
    if not np.isfinite(data.held).any():
        return COHORTS.sign(style.nothing(axes, words.text("No cohort is old enough to show")), data, lang)
    style.category_axis(axes, names)
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
    style.x_title(
        axes, words.text("Rows: first order, with the number of customers; columns: periods since then")
    )


def _write_retention(axes: Axes, held: np.ndarray, mesh: Any, words: Language) -> None:
    """Write the shares in cells wide and high enough for them, without the sign where that alone fits."""
    size = style.size_of(axes)
    width, height = (inches * 72 for inches in style.axes_inches(axes))
    room = width / held.shape[1] - 3
    shows = (lambda share: words.percent(share, 0), lambda share: words.number(100 * share))
    fits = [show for show in shows if lettering.text_width(show(float(np.nanmax(held))), size.small) <= room]
    if not fits or height / held.shape[0] < size.small * 1.3:
        return
    colours = mesh.cmap(mesh.norm(held))
    for (row, column), share in np.ndenumerate(held):
        if np.isfinite(share):
            style.write(
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


TRACKING = Chart("tracking", "Repeat purchases made and expected, over time.", _track, _say_track)
COHORTS = Chart(
    "cohort_heatmap",
    "Share of each cohort of new customers that bought again, by periods since the first order.",
    _cohorts,
    _say_cohorts,
)
CHARTS = (TRACKING, COHORTS)
