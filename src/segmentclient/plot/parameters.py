"""How sure a fitted model is of each parameter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from segmentclient.locale import Language, language
from segmentclient.plot import style
from segmentclient.plot.chart import Chart
from segmentclient.plot.drawing import scales, sheet, texts

__all__ = ["parameter_intervals"]


def parameter_intervals(
    model: Any, *, ax: Axes | None = None, lang: str = "en", **artist_kwargs: Any
) -> Axes:
    """Draw how sure a fitted model is of each parameter: the interval as a percentage of the estimate.

    Parameters
    ----------
    model : a fitted model with `summary()`.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.hlines`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ModelError
        The model is not fitted.

    Examples
    --------
    >>> import segmentclient as sc
    >>> customers = sc.summarize_customers(sc.datasets.load_cdnow(), as_of="1998-06-30", time_unit="W")
    >>> ax = sc.plot.parameter_intervals(sc.MBGNBD(time_unit="W").fit(customers))
    >>> [tick.get_text() for tick in ax.get_yticklabels()]
    ['r', 'alpha', 'a', 'b']
    """
    table, words = _intervals(model), language(lang)
    labels = [str(name) for name in table.index]
    axes = sheet.start(ax, height=sheet.rows_height(ax, labels, extra=0.6))
    scales.category_axis(axes, labels)
    rows = np.arange(len(table))
    low, high = table["low"] / table["estimate"] - 1, table["high"] / table["estimate"] - 1
    known = np.isfinite(low) & np.isfinite(high)
    axes.hlines(
        rows[known],
        low[known],
        high[known],
        **{"color": style.ACCENT, "linewidth": 3, "alpha": 0.6, **artist_kwargs},
    )
    axes.plot(np.zeros(len(rows)), rows, "o", color=style.ACCENT, markersize=7)
    axes.axvline(0, color=style.MUTED, linewidth=0.8, zorder=0)
    widest = float(max(high[known].max(), -low[known].min())) if known.any() else 1.0
    axes.set_xlim(-1.15 * min(widest, 2.0), 1.15 * min(widest, 2.0))
    scales.number_axis(axes, "x", lambda share: ("+" if share > 0 else "") + words.percent(share, 0))
    scales.grid_lines(axes, "x")
    for row, (_, estimate, start, end) in enumerate(table[["estimate", "low", "high"]].itertuples(name=None)):
        texts.beside(
            axes,
            1,
            row,
            _interval(words, estimate, start, end),
            dx=8,
            ha="left",
            va="center",
            fontsize=style.size_of(axes).small,
            xycoords=("axes fraction", "data"),
        )
    texts.x_title(axes, words.text("95% interval, as a percentage of the estimate"))
    return INTERVALS.sign(axes, table, lang)


def _intervals(model: Any) -> pd.DataFrame:
    table = model.summary()
    return table if isinstance(table, pd.DataFrame) else pd.DataFrame(table)


def _interval(words: Language, estimate: float, low: float, high: float) -> str:
    decimals = 3 if abs(estimate) < 1 else 2 if abs(estimate) < 100 else 0
    shown = [words.number(value, decimals) for value in (estimate, low, high)]
    return words.text("{estimate}\n{low} to {high}", estimate=shown[0], low=shown[1], high=shown[2])


def _say_intervals(table: pd.DataFrame, words: Language) -> str:
    width = (table["high"] - table["low"]) / 2 / table["estimate"].abs()
    if not np.isfinite(width).any():
        return words.text("The model gives no interval for its parameters")
    return words.text(
        "The least certain parameter is {name}: give or take {share}",
        name=str(width.idxmax()), share=words.percent(float(width.max()), 0),
    )  # fmt: skip


INTERVALS = Chart(
    "parameter_intervals", "Intervals of the parameters of a model.", _intervals, _say_intervals
)


CHARTS = (INTERVALS,)
