"""Did the model keep its word? Purchases expected and made: by time, by frequency, by decile; and cohort retention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from segmentclient import frames
from segmentclient.locale import Language, language
from segmentclient.plot import style
from segmentclient.plot.chart import Chart
from segmentclient.plot.drawing import layout, lettering, scales, sheet, texts
from segmentclient.plot.numbers import values

__all__ = ["calibration_by_decile", "calibration_by_frequency"]

FEW = 30


@dataclass(frozen=True)
class Calibration:
    """Mean purchases expected and made by group of customers: `name`, `customers`, `expected`, `actual`, `error`."""

    table: pd.DataFrame
    expected: float
    actual: float

    @property
    def empty(self) -> bool:
        """True when there is no customer."""
        return self.table.empty


def _calibration(held: pd.DataFrame, group: pd.Series) -> Calibration:
    """Compare means by group; `error` is the standard error of the mean of what was made."""
    grouped = held.groupby(group, sort=True)
    table = pd.DataFrame(
        {
            "customers": grouped.size(),
            "expected": grouped["expected"].mean(),
            "actual": grouped["actual"].mean(),
            "error": grouped["actual"].sem().fillna(0.0),
        }
    )
    return Calibration(table, float(held["expected"].sum()), float(held["actual"].sum()))


def _by_frequency(
    customers: Any, *, expected: str = "expected_purchases", actual: str = "holdout_purchases", most: int = 7
) -> Calibration:
    table = values(customers, ["frequency", expected, actual]).dropna()
    held = table.rename(columns={expected: "expected", actual: "actual"})
    return _calibration(held, held["frequency"].clip(upper=most).astype(int))


def _by_decile(
    customers: Any, *, expected: str = "expected_purchases", actual: str = "holdout_purchases"
) -> Calibration:
    columns = frames.read(customers).collect_schema().names()
    if {"group", "customers", "expected", "actual", "low", "high"} <= set(columns):
        return _by_group(values(customers, ["group", "customers", "expected", "actual", "low", "high"]))
    table = values(customers, [expected, actual]).dropna()
    held = table.rename(columns={expected: "expected", actual: "actual"})
    rank = held["expected"].rank(method="average", ascending=False, pct=True)
    return _calibration(held, np.ceil((rank * 10).round(9)).clip(1, 10).astype(int))


def _by_group(table: pd.DataFrame) -> Calibration:
    """Read a table that is grouped already, the least promising first."""
    held = table.sort_values("group", ascending=False, ignore_index=True)
    held.index = pd.RangeIndex(1, len(held) + 1)
    held["error"] = (held["high"] - held["low"]) / 4
    totals = held[["expected", "actual"]].mul(held["customers"], axis=0).sum()
    return Calibration(held, float(totals["expected"]), float(totals["actual"]))


def calibration_by_frequency(
    customers: Any,
    *,
    expected: str = "expected_purchases",
    actual: str = "holdout_purchases",
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw purchases expected and made in the holdout period, by repeat purchases in the calibration period.

    Parameters
    ----------
    customers : table of `split_periods` with predictions for `holdout_days`: the columns `frequency`, `expected` and
        `actual`, on any engine; these are collected.
    expected, actual : columns of purchases expected and made.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.plot` for what was expected.

    Returns
    -------
    matplotlib.axes.Axes
        `lines[0]` holds what was expected, `lines[1]` what was made, with an interval of two standard errors.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> table = pd.DataFrame({"frequency": [0, 0, 1], "expected_purchases": [0.2, 0.4, 1.0], "holdout_purchases": [0, 1, 1]})
    >>> sc.plot.calibration_by_frequency(table).lines[0].get_ydata().round(9).tolist()
    [0.3, 1.0]
    """
    data, words = _by_frequency(customers, expected=expected, actual=actual), language(lang)
    axes = sheet.start(ax)
    last = data.table.index.max() if not data.empty else 0
    names = [
        words.number(count) + ("+" if count == last and count >= 7 else "") for count in data.table.index
    ]
    return _draw(axes, data, names, words.text("Repeat purchases before"), BY_FREQUENCY, lang, artist_kwargs)


def calibration_by_decile(
    customers: Any,
    *,
    expected: str = "expected_purchases",
    actual: str = "holdout_purchases",
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw purchases expected and made in the holdout period, by tenth of the customers, the most promising first.

    Parameters
    ----------
    customers : table of `split_periods` with predictions for `holdout_days`: the columns `expected` and `actual`, on
        any engine; these are collected. Customers with the same expectation stay in one tenth. Or a table that is
        grouped already: `group` (1 the least promising), `customers`, `expected`, `actual`, `low`, `high`.
    expected, actual : columns of purchases expected and made.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.plot` for what was expected.

    Returns
    -------
    matplotlib.axes.Axes
        `lines[0]` holds what was expected, `lines[1]` what was made, with an interval of two standard errors.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> table = pd.DataFrame({"expected_purchases": [float(n) for n in range(10)], "holdout_purchases": range(10)})
    >>> sc.plot.calibration_by_decile(table).lines[1].get_ydata().tolist()
    [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0]
    """
    data, words = _by_decile(customers, expected=expected, actual=actual), language(lang)
    names = [words.number(place) for place in data.table.index]
    title = words.text("Tenths of the customers, the most promising first")
    return _draw(sheet.start(ax), data, names, title, BY_DECILE, lang, artist_kwargs)


def _draw(
    axes: Axes,
    data: Calibration,
    names: list[str],
    title: str,
    chart: Chart,
    lang: str,
    looks: dict[str, Any],
) -> Axes:
    """Draw both lines over the groups; the band is two standard errors of what was made."""
    words = language(lang)
    if data.empty:
        return chart.sign(texts.nothing(axes, words.text("No customers to show")), data, lang)
    table, places = data.table, np.arange(len(data.table))
    axes.plot(
        places,
        table["expected"],
        **{"color": style.ACCENT, "linewidth": 2.2, "marker": "o", "markersize": 5, **looks},
    )
    axes.plot(
        places,
        table["actual"],
        color=style.INK,
        linewidth=0,
        marker="o",
        markersize=6,
        markerfacecolor=style.SURFACE,
        markeredgewidth=1.6,
    )
    axes.vlines(
        places,
        (table["actual"] - 2 * table["error"]).clip(lower=0),
        table["actual"] + 2 * table["error"],
        color=style.INK,
        linewidth=1.2,
    )
    top = float((table["actual"] + 2 * table["error"]).max())
    axes.set_ylim(0, 1.15 * max(top, float(table["expected"].max()), 1e-9))
    axes.set_xlim(-0.6, len(places) - 0.4)
    axes.set_xticks(places, _with_counts(axes, names, table["customers"], words))
    scales.grid_lines(axes, "y")
    scales.base_line(axes)
    scales.number_axis(axes, "y", words.number)
    names_above = [
        (words.text("● expected by the model"), style.ACCENT),
        (words.text("○ made in fact"), style.INK),
    ]
    texts.name_lines(axes, words.text("Purchases a customer"), names_above)
    few = [name for name, count in zip(names, table["customers"], strict=True) if count < FEW]
    texts.x_title(
        axes,
        title,
        words.text("Fewer than {n} customers: {groups}", n=FEW, groups=words.listed(few)) if few else "",
    )
    return chart.sign(axes, data, lang)


def _with_counts(axes: Axes, names: Sequence[str], counts: pd.Series, words: Language) -> list[str]:
    """Write under each group's name how many customers it holds, in thousands or not at all where there is no room."""
    size = style.size_of(axes)
    room = layout.axes_inches(axes)[0] * 72 / max(len(names), 1) - 3
    for show in (
        partial(texts.count_note, words),
        words.number,
        words.compact,
    ):
        told = [show(count) for count in counts]
        if lettering.widest(told, size.small) <= room:
            return [f"{name}\n{count}" for name, count in zip(names, told, strict=True)]
    return list(names)


def _say_total(data: Calibration, words: Language) -> str:
    if data.empty:
        return words.text("No customers to show")
    if data.actual <= 0:
        return words.text("{expected} purchases expected, none made", expected=words.number(data.expected))
    away = data.expected / data.actual - 1
    sentence = (
        "{expected} purchases expected, {actual} made: {away} too many"
        if away > 0
        else "{expected} purchases expected, {actual} made: {away} too few"
    )
    return words.text(
        sentence,
        expected=words.number(data.expected),
        actual=words.number(data.actual),
        away=words.percent(abs(away), 1),
    )


BY_FREQUENCY = Chart(
    "calibration_by_frequency",
    "Purchases expected and made in the holdout period, by repeat purchases before.",
    _by_frequency,
    _say_total,
)
BY_DECILE = Chart(
    "calibration_by_decile",
    "Purchases expected and made in the holdout period, by tenth of the customers.",
    _by_decile,
    _say_total,
)
CHARTS = (BY_FREQUENCY, BY_DECILE)
