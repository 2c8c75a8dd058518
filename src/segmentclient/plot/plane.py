"""Customers on the plane of their two principal components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from segmentclient.errors import ColumnError
from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import palette, style
from segmentclient.plot.chart import Chart
from segmentclient.plot.drawing import layout, lettering, sheet, texts
from segmentclient.plot.features import Features, features_of, inside
from segmentclient.plot.numbers import measure

__all__ = ["pca_map"]


MOST_POINTS = 5_000


def pca_map(
    customers: Any,
    *,
    features: Sequence[str],
    by: str = "cluster",
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw customers on the plane that keeps most of the differences between them (principal components).

    At most 5,000 customers are drawn; they become an image inside SVG files.

    Parameters
    ----------
    customers : table with the columns `features` and `by`, on any engine; these are collected.
    features : at least two number columns.
    by : column that holds the group.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.scatter`.

    Returns
    -------
    matplotlib.axes.Axes
        `collections[i]` holds the customers of the i-th group.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers, or there are fewer than two features.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"cluster": ["c1", "c1", "c2", "c2"], "n_orders": [9, 8, 1, 2], "revenue": [90.0, 70, 9, 8]})
    >>> ax = sc.plot.pca_map(customers, features=["n_orders", "revenue"])
    >>> [len(points.get_offsets()) for points in ax.collections]
    [2, 2]
    """
    check_options(pca_map, locals())
    data, words = _plane(customers, features=features, by=by), language(lang)
    axes = sheet.start(ax)
    if len(data.points) < 3:
        return MAP.sign(texts.nothing(axes, words.text("Too few customers for a map")), data, lang)
    colours = palette.colours(data.keys)
    looks = {"s": 12, "alpha": 0.55, "linewidths": 0, "rasterized": len(data.points) > 1_000, **artist_kwargs}
    for key in data.keys:
        axes.scatter(*data.points[data.key == key].T, **{"color": colours[key], **looks})
    axes.set_xticks([])
    axes.set_yticks([])
    axes.axhline(0, color=style.GRID, linewidth=0.8, zorder=0)
    axes.axvline(0, color=style.GRID, linewidth=0.8, zorder=0)
    texts.x_title(axes, "→ " + data.axis(0, words))
    texts.y_title(axes, "↑ " + data.axis(1, words))
    _name_groups(axes, data, words, colours)
    return MAP.sign(axes, data, lang)


@dataclass(frozen=True)
class Plane:
    """Customers on their first two principal components."""

    points: np.ndarray
    key: np.ndarray
    keys: list[Any]
    names: tuple[str, ...]
    loadings: np.ndarray
    shares: np.ndarray

    def axis(self, place: int, words: Language) -> str:
        """Say what an axis means: its strongest features, and its share of the differences."""
        strong = np.argsort(-np.abs(self.loadings[place]), kind="stable")[:2]
        named = [
            f"{measure(self.names[at], words)} {'+' if self.loadings[place][at] > 0 else '−'}"
            for at in strong
        ]
        share = words.percent(self.shares[place], 0)
        return words.text("{features} ({share} of the differences)", features=", ".join(named), share=share)


def _plane(customers: Any, *, features: Sequence[str], by: str = "cluster") -> Plane:
    if isinstance(features, str) or len(features) < 2:
        raise ColumnError("features: a map needs at least two number columns")
    data = features_of(customers, features=features, by=by)
    if len(data.key) < 3:
        return Plane(np.empty((0, 2)), data.key, [], data.names, np.zeros((2, len(data.names))), np.zeros(2))
    rows = data.prepared - data.prepared.mean(axis=0)
    spread, axes = np.linalg.eigh(rows.T @ rows)
    axes = axes.T[::-1][:2]
    axes = axes * np.where(axes[np.arange(2), np.abs(axes).argmax(axis=1)] < 0, -1, 1)[:, None]
    drawn = Features(data.names, rows @ axes.T, data.key).sample(MOST_POINTS)
    return Plane(
        drawn.held, drawn.key, data.keys, data.names, axes, spread[::-1][:2] / max(spread.sum(), 1e-300)
    )


def _name_groups(axes: Axes, data: Plane, words: Language, colours: dict[Any, str]) -> None:
    """Write each group's name near its middle, on paper, the largest groups first; names step aside where they would touch."""
    size, limits = style.size_of(axes), (axes.get_xlim(), axes.get_ylim())
    sizes = {key: int((data.key == key).sum()) for key in data.keys}
    present = sorted((key for key in data.keys if sizes[key]), key=lambda key: -sizes[key])
    room = style.size_of(axes).width * 72 * 0.3
    told = [lettering.wrap(palette.label(key, words.key), room, size.small, "bold") for key in present]
    sheet.make_room(axes, sum(text.count("\n") + 2.0 for text in told) * size.small * 1.25)
    middles = [np.median(data.points[data.key == key], axis=0) for key in present]
    looks: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": size.small, "weight": "bold"}
    for key, text, (x, y) in zip(present, told, _apart(axes, middles, told, limits), strict=True):
        paper = {"boxstyle": "round,pad=0.25", "facecolor": style.SURFACE, "edgecolor": colours[key]}
        texts.write(axes, x, y, text, bbox={**paper, "linewidth": 1.2, "alpha": 0.92}, **looks)
    axes.set(xlim=limits[0], ylim=limits[1])


def _apart(
    axes: Axes, middles: Sequence[np.ndarray], told: Sequence[str], limits: Any
) -> list[tuple[float, float]]:
    """Shift boxes of text up or down, as little as can be, until none touches one placed before it."""
    size, low = style.size_of(axes).small, np.array([limits[0][0], limits[1][0]])
    inches = np.array(layout.axes_inches(axes)) * 72
    scale = (np.array([limits[0][1], limits[1][1]]) - low) / inches
    boxes: list[tuple[float, float, float, float]] = []
    for middle, text in zip(middles, told, strict=True):
        half = np.array([lettering.widest([text], size, "bold"), (text.count("\n") + 1) * size * 1.2]) / 2 + 4
        x, y = np.clip(
            (middle - low) / scale, np.minimum(half, inches / 2), np.maximum(inches - half, inches / 2)
        )
        shifts = [step * sign * size / 3 for step in range(200) for sign in (1, -1)]
        boxes.append(
            next(box for shift in [*shifts, None] if (box := _tried(boxes, x, y, half, shift, inches[1])))
        )
    return [tuple(low + np.array(box[:2]) * scale) for box in boxes]


def _tried(
    boxes: Sequence[tuple[float, float, float, float]],
    x: float,
    y: float,
    half: np.ndarray,
    shift: float | None,
    high: float,
) -> tuple[float, float, float, float] | None:
    """Give the shifted box when it is inside and touches no other; `None` as the shift takes it as it is."""
    if shift is None:
        return (x, y, half[0], half[1])
    y += shift
    if not half[1] <= y <= high - half[1]:
        return None
    touches = any(abs(x - a) < half[0] + w and abs(y - b) < half[1] + h for a, b, w, h in boxes)
    return None if touches else (x, y, half[0], half[1])


def _say_plane(data: Plane, words: Language) -> str:
    if len(data.points) < 3:
        return words.text("Too few customers for a map")
    name = data.names[int(np.abs(data.loadings[0]).argmax())]
    strongest = inside(measure(name, words), name)
    return words.text(
        "Customers differ most by {feature}; the map shows {share} of the differences",
        feature=strongest, share=words.percent(float(data.shares.sum()), 0),
    )  # fmt: skip


MAP = Chart(
    "pca_map", "Map of customers on their first two principal components, by group.", _plane, _say_plane
)


CHARTS = (MAP,)
