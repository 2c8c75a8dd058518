"""How sure a fitted model is of each parameter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import style
from segmentclient.plot.chart import Chart, joined
from segmentclient.plot.drawing import rows, scales, texts
from segmentclient.plot.given import check_answers

__all__ = ["parameter_intervals"]

REACH = 2.0  # times the estimate: farther than that the line of an interval is cut, with an arrow


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
    check_options(parameter_intervals, locals())
    table, words = _intervals(model), language(lang)
    labels = [str(name) for name in table.index]
    axes = rows.start_rows(ax, labels, extra=0.6)
    places = np.arange(len(table))
    low, high = table["low"] / table["estimate"] - 1, table["high"] / table["estimate"] - 1
    known = np.isfinite(low) & np.isfinite(high)
    looks = {"color": style.ACCENT, "linewidth": 3, "alpha": 0.6, **artist_kwargs}
    axes.hlines(places[known], low[known], high[known], **looks)
    axes.plot(np.zeros(len(places)), places, "o", color=style.ACCENT, markersize=7)
    axes.axvline(0, color=style.MUTED, linewidth=0.8, zorder=0)
    widest = float(max(high[known].max(), -low[known].min())) if known.any() else 1.0
    edge = 1.15 * min(widest, REACH)
    axes.set_xlim(-edge, edge)
    beyond = places[(high > edge).to_numpy()]
    if len(beyond):
        axes.plot(np.full(len(beyond), edge), beyond, ">", color=style.ACCENT, markersize=8, clip_on=False)
    _number(axes, words)
    scales.grid_lines(axes, "x")
    _write_estimates(axes, table, words)
    texts.x_title(axes, words.text("95% interval, as a percentage of the estimate"))
    return INTERVALS.sign(axes, table, lang)


def _intervals(model: Any) -> pd.DataFrame:
    check_answers(model, "model", "summary", "a fitted model with summary(), such as MBGNBD().fit(customers)")
    table = model.summary()
    return table if isinstance(table, pd.DataFrame) else pd.DataFrame(table)


def _number(axes: Axes, words: Language) -> None:
    """Number the axis with signs."""
    scales.number_axis(
        axes, "x", lambda share, at: ("+" if share > 0 else "") + words.percent(share, max(0, at - 2))
    )


def _write_estimates(axes: Axes, table: pd.DataFrame, words: Language) -> None:
    """Write each estimate with its interval right of its line."""
    place: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "fontsize": style.size_of(axes).small}
    for row, numbers in enumerate(table[["estimate", "low", "high"]].itertuples(index=False, name=None)):
        texts.beside(axes, 1, row, _interval(words, *numbers), dx=10, ha="left", va="center", **place)


def _interval(words: Language, estimate: float, low: float, high: float) -> str:
    decimals = 3 if abs(estimate) < 1 else 2 if abs(estimate) < 100 else 0
    shown = [words.number(value, decimals) for value in (estimate, low, high)]
    if not np.isfinite([low, high]).all():
        return words.text("{estimate}\nno interval", estimate=shown[0])
    if _endless(estimate, high):
        return words.text("{estimate}\n{low} or more", estimate=shown[0], low=shown[1])
    return words.text("{estimate}\n{low} to {high}", estimate=shown[0], low=shown[1], high=shown[2])


def _endless(estimate: float, high: float) -> bool:
    """True when an upper bound is so far away that it bounds nothing."""
    return bool(high > 100 * abs(estimate))


def _say_intervals(table: pd.DataFrame, words: Language) -> str:
    width = (table["high"] - table["low"]) / 2 / table["estimate"].abs()
    if not np.isfinite(width).any():
        return words.text("The model gives no interval for its parameters")
    name = str(width.idxmax())
    if _endless(float(table.at[name, "estimate"]), float(table.at[name, "high"])):
        return words.text("The data say next to nothing about the parameter {name}", name=name)
    return words.text(
        "The least certain parameter is {name}: give or take {share}", name=name, share=words.percent(float(width.max()), 0)
    )  # fmt: skip


def _tell_intervals(table: pd.DataFrame, words: Language) -> str:
    """List the estimates with their intervals."""
    numbers = table[["estimate", "low", "high"]].itertuples(name=None)
    told = ((name, *_interval(words, *three).split("\n")) for name, *three in numbers)
    return joined((f"{name} {estimate} ({interval})" for name, estimate, interval in told), words)


INTERVALS = Chart(
    "parameter_intervals",
    "Intervals of the parameters of a model.",
    _intervals,
    _say_intervals,
    _tell_intervals,
)


CHARTS = (INTERVALS,)
