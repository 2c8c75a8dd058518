"""Purchases expected and made, group by group: the numbers, their drawing, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from segmentclient import frames
from segmentclient.locale import Language
from segmentclient.plot import style
from segmentclient.plot.drawing import layout, lettering, scales, texts
from segmentclient.plot.numbers import values

__all__ = ["FEW", "Calibration", "by_decile", "by_frequency", "draw_calibration", "say_forecast"]

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


def by_frequency(
    customers: Any, *, expected: str = "expected_purchases", actual: str = "holdout_purchases", most: int = 7
) -> Calibration:
    """Compare customers by their repeat purchases; the most frequent ones are one group."""
    table = values(customers, ["frequency", expected, actual]).dropna()
    held = table.rename(columns={expected: "expected", actual: "actual"})
    return _calibration(held, held["frequency"].clip(upper=most).astype(int))


def by_decile(
    customers: Any, *, expected: str = "expected_purchases", actual: str = "holdout_purchases"
) -> Calibration:
    """Compare customers by tenth of what was expected of them, or read a table that is grouped already."""
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


def draw_calibration(
    axes: Axes,
    data: Calibration,
    names: Sequence[str],
    title: str,
    words: Language,
    looks: dict[str, Any],
    *,
    few: Callable[[Sequence[str]], str],
) -> None:
    """Draw what was expected and made over the groups, with two standard errors of what was made.

    `few` writes the note on the groups of few customers, from their names.
    """
    _marks(axes, data.table, looks)
    axes.set_xticks(range(len(names)), _with_counts(axes, names, data.table["customers"], words))
    scales.grid_lines(axes, "y")
    scales.base_line(axes)
    scales.number_axis(axes, "y", words.number)
    expected, made = words.text("● expected by the model"), words.text("○ made in fact")
    above = [(expected, style.ACCENT), (made, style.INK)]
    texts.name_lines(axes, words.text("Purchases a customer"), above)
    small = [name for name, count in zip(names, data.table["customers"], strict=True) if count < FEW]
    texts.x_title(axes, title, few(small) if small else "")


def _marks(axes: Axes, table: pd.DataFrame, looks: dict[str, Any]) -> None:
    """Draw a line through what was expected, and a dot with its interval where it was made."""
    places, error = np.arange(len(table)), 2 * table["error"]
    line = {"color": style.ACCENT, "linewidth": 2.2, "marker": "o", "markersize": 5, **looks}
    dots: dict[str, Any] = {
        "color": style.INK,
        "markersize": 6,
        "markerfacecolor": style.SURFACE,
        "markeredgewidth": 1.6,
    }
    low, high = (table["actual"] - error).clip(lower=0), table["actual"] + error
    axes.plot(places, table["expected"], **line)
    axes.plot(places, table["actual"], "o", **dots)
    axes.vlines(places, low, high, color=style.INK, linewidth=1.2)
    tops = high.fillna(table["actual"]), table["expected"]
    axes.set_ylim(0, 1.15 * max(*(float(top.max()) for top in tops), 1e-9))
    axes.set_xlim(-0.6, len(places) - 0.4)


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


def say_forecast(expected: float, made: float, words: Language) -> str:
    """Say how many purchases were expected and made, and by how much the model was wrong."""
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
