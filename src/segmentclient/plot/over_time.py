"""Purchases over time: what the model expected and what was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from segmentclient import frames
from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import style
from segmentclient.plot.calibration import say_forecast
from segmentclient.plot.chart import Chart
from segmentclient.plot.drawing import scales, sheet, texts
from segmentclient.schema import check_columns

__all__ = ["tracking"]


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
    check_columns(frames.schema_of(frame), needed, table="steps")
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
    check_options(tracking, locals())
    data, words = _track(steps, kind=kind), language(lang)
    axes = sheet.start(ax, height=3.6)
    if not len(data.end):
        return TRACKING.sign(texts.nothing(axes, words.text("No purchases to show")), data, lang)
    places = np.arange(len(data.end))
    axes.plot(places, data.actual, color=style.INK, linewidth=2 if kind == "cumulative" else 1.4)
    axes.plot(places, data.expected, **{"color": style.ACCENT, "linewidth": 2.2, **artist_kwargs})
    axes.set_ylim(0, 1.12 * max(data.actual.max(), data.expected.max(), 1e-9))
    axes.set_xlim(0, max(len(places) - 1, 1))
    scales.grid_lines(axes, "y")
    scales.base_line(axes)
    scales.count_axis(axes, "y", words)
    scales.date_axis(axes, [day.date() for day in data.end], words)
    _mark_phases(axes, data, words)
    names = [(words.text("— made in fact"), style.INK), (words.text("— expected by the model"), style.ACCENT)]
    texts.name_lines(axes, words.text("Repeat purchases"), names)
    return TRACKING.sign(axes, data, lang)


def _mark_phases(axes: Axes, data: Track, words: Language) -> None:
    """Draw the end of what the model saw, named in grey."""
    if not 0 < data.seen < len(data.end):
        return
    end = data.seen - 1
    axes.axvline(end, color=style.MUTED, linewidth=1, linestyle=(0, (4, 3)))
    texts.x_title(
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
    return say_forecast(expected, made, words)


TRACKING = Chart("tracking", "Repeat purchases made and expected, over time.", _track, _say_track)


CHARTS = (TRACKING,)
