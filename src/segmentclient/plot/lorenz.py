"""How concentrated value is: the share that the best customers make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes

from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import style
from segmentclient.plot.chart import FEWEST, Chart, joined
from segmentclient.plot.drawing import layout, lettering, scales, sheet, texts
from segmentclient.plot.numbers import of_value, values

__all__ = ["lorenz_curve"]


@dataclass(frozen=True)
class Curve:
    """Cumulated share of value against cumulated share of customers, best customers first unless asked."""

    people: np.ndarray
    money: np.ndarray
    customers: int
    order: str
    value: str

    @property
    def empty(self) -> bool:
        """True when there is no customer, or no value to share."""
        return self.customers == 0 or not np.isfinite(self.money).all()

    def best(self, share: float) -> float:
        """Share of the value that the best `share` of customers make."""
        made = float(np.interp(share if self.order == "best" else 1 - share, self.people, self.money))
        return made if self.order == "best" else 1 - made

    @property
    def gini(self) -> float:
        """Twice the area between the curve and equality."""
        return float(abs(2 * np.trapezoid(self.money, self.people) - 1))


def _curve(
    customers: Any,
    *,
    value: str = "revenue",
    order: Literal["best", "poorest"] = "best",
    currency: str | None = None,
) -> Curve:
    held = np.sort(values(customers, [value])[value].fillna(0).to_numpy())
    held = held[::-1] if order == "best" else held
    total = held.sum()
    shares = np.cumsum(held) / (total if total > 0 else np.nan)
    people = np.linspace(0, 1, len(held) + 1)
    return _thinned(Curve(people, np.concatenate([[0.0], shares]), len(held), order, value))


def _thinned(curve: Curve, most: int = 1_000) -> Curve:
    """Keep a thousand points of a long curve: no eye sees more."""
    if len(curve.people) <= most:
        return curve
    kept = np.unique(np.linspace(0, len(curve.people) - 1, most).round().astype(int))
    return Curve(curve.people[kept], curve.money[kept], curve.customers, curve.order, curve.value)


def lorenz_curve(
    customers: Any,
    *,
    value: str = "revenue",
    order: Literal["best", "poorest"] = "best",
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw how much of the revenue the best customers make (Pareto), or the poorest (Lorenz).

    Parameters
    ----------
    customers : table with the column `value`, on any engine; that column is collected. Missing counts as 0.
    value : column to cumulate.
    order : "best" starts with the best customers (Pareto's reading), "poorest" with the others (Lorenz').
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.plot` for the curve.

    Returns
    -------
    matplotlib.axes.Axes
        `lines[0]` is the curve; of fifty customers and more in steps of ten at least, so that nobody's share can be read off.

    Raises
    ------
    ColumnError
        The column is missing or does not hold numbers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> ax = sc.plot.lorenz_curve(pd.DataFrame({"revenue": [80.0, 10.0, 10.0, 0.0]}))
    >>> ax.lines[0].get_ydata().tolist()
    [0.0, 0.8, 0.9, 1.0, 1.0]
    """
    check_options(lorenz_curve, locals())
    curve, words = _curve(customers, value=value, order=order), language(lang)
    axes = sheet.start(ax)
    if curve.empty:
        return LORENZ.sign(texts.nothing(axes, words.text("Nothing to share out")), curve, lang)
    axes.plot(
        *_drawn(curve),
        **{
            "color": style.ACCENT,
            "linewidth": 2.2,
            "solid_capstyle": "round",
            "clip_on": False,
            **artist_kwargs,
        },
    )
    axes.plot([0, 1], [0, 1], color=style.GREY, linewidth=1)
    axes.set(xlim=(0, 1), ylim=(min(0.0, curve.money.min()), max(1.0, curve.money.max())))
    _share_axes(axes, words, curve)
    _mark_best(axes, curve, words)
    return LORENZ.sign(axes, curve, lang)


def _drawn(curve: Curve) -> tuple[np.ndarray, np.ndarray]:
    """Give the points to draw: a file holds them all, and the step of one customer is what that one brings."""
    steps = min(len(curve.people) - 1, 5 * (curve.customers // (5 * FEWEST)))  # the best fifth is a point
    if not steps:
        return curve.people, curve.money
    people = np.linspace(0, 1, steps + 1)
    return people, np.interp(people, curve.people, curve.money)


def _share_axes(axes: Axes, words: Language, curve: Curve) -> None:
    scales.grid_lines(axes, "y")
    scales.base_line(axes)
    scales.share_axis(axes, "x", words)
    scales.number_axis(axes, "y", lambda share, _: words.percent(share, 0) if share else "", most=6)
    texts.y_title(axes, words.text("Share {of_value}", of_value=of_value(curve.value, words)))
    first = (
        words.text("Share of customers, the best first")
        if curve.order == "best"
        else words.text("Share of customers, the poorest first")
    )
    texts.x_title(axes, f"{first} ({texts.count_note(words, curve.customers)})")


def _mark_best(axes: Axes, curve: Curve, words: Language) -> None:
    """Point at what the best fifth of the customers make, and name the line of equality."""
    made, best = curve.best(0.2), curve.order == "best"
    x, y = (0.2, made) if best else (0.8, 1 - made)
    axes.plot([x, x], [0, y], color=style.MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
    axes.plot([x], [y], "o", color=style.ACCENT, markersize=7, markeredgecolor=style.SURFACE)
    size, wide = style.size_of(axes), layout.axes_inches(axes)[0] * 72
    told = words.text(
        "The best {customers} of customers make {share} {of_value}",
        customers=words.percent(0.2, 0), share=words.percent(made, 0), of_value=of_value(curve.value, words),
    )  # fmt: skip
    beside = _between(axes, told, x, y) if best else ""
    if beside:
        place: dict[str, Any] = {"ha": "left", "va": "top", "weight": "bold"}
        texts.beside(axes, x, y, beside, dx=size.font, dy=-0.6 * size.font, **place)
    else:  # a flat curve, or a narrow page, leaves room in the corner only
        corner = {"best": (0.55, 0.06), "poorest": (0.04, 0.94)}[curve.order]
        place = {"ha": "left", "va": "bottom" if best else "top", "weight": "bold"}
        text = lettering.wrap(told, 0.42 * wide, size.font, "bold")
        texts.write(axes, *corner, text, transform=axes.transAxes, **place)
    _name_equality(axes, best, words)


def _between(axes: Axes, told: str, x: float, y: float) -> str:
    """Wrap a text so that it stands below the curve and left of the line of equality; "" where it cannot."""
    font, (wide, high) = style.size_of(axes).font, np.array(layout.axes_inches(axes)) * 72
    longest = max(lettering.text_width(word, font, "bold") for word in told.split(" "))
    for room in np.linspace(0.42 * wide, longest, 12):
        text = lettering.wrap(told, float(room), font, "bold")
        foot = y - (1.25 * (text.count("\n") + 1) + 0.8) * font / high
        end = x + (font + lettering.widest([text], font, "bold")) / wide
        if end + font / wide < foot:
            return text
    return ""


def _name_equality(axes: Axes, best: bool, words: Language) -> None:
    """Name the line of equality, on the side where the curve is not."""
    at, size = (0.42, style.size_of(axes)) if best else (0.5, style.size_of(axes))
    side: dict[str, Any] = {"dx": 8, "dy": -4, "ha": "left", "va": "top"}
    if not best:
        side = {"dx": -8, "dy": 4, "ha": "right", "va": "bottom"}
    told = words.text("if all were equal")
    texts.beside(axes, at, at, told, fontsize=size.small, color=style.MUTED, **side)


def _say_concentration(curve: Curve, words: Language) -> str:
    if curve.empty:
        return words.text("Nothing to share out")
    return words.text(
        "The best {customers} of customers make {share} {of_value}",
        customers=words.percent(0.2, 0), share=words.percent(curve.best(0.2), 0), of_value=of_value(curve.value, words),
    )  # fmt: skip


def _tell_concentration(curve: Curve, words: Language) -> str:
    if curve.empty:
        return ""
    points = (
        words.text(
            "the best {customers} make {share}",
            customers=words.percent(share, 0),
            share=words.percent(curve.best(share), 0),
        )
        for share in (0.01, 0.05, 0.1, 0.5)
        if share * curve.customers >= FEWEST or curve.customers < 5 * FEWEST
    )
    return joined([*points, words.text("Gini index {gini}", gini=words.number(curve.gini, 2))], words)


LORENZ = Chart(
    "lorenz_curve",
    "Curve of the cumulated share of what customers bring against the share of customers.",
    _curve,
    _say_concentration,
    _tell_concentration,
)


CHARTS = (LORENZ,)
