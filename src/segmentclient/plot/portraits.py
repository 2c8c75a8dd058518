"""One group against the average customer: the radar and the index bars that a persona card carries."""

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
from segmentclient.plot.chart import Chart, joined
from segmentclient.plot.drawing import lettering, rows, scales, sheet, texts
from segmentclient.plot.features import Indices, indices_of, inside
from segmentclient.schema import nearest

__all__ = ["persona_index", "persona_radar"]

REACH = 2.0


@dataclass(frozen=True)
class Portrait:
    """One group: its size, and each feature as an index (average 100) and in standard deviations from the average."""

    key: Any
    keys: tuple[Any, ...]
    customers: int
    indices: Indices
    away: np.ndarray

    @property
    def names(self) -> list[str]:
        """The features, as columns."""
        return list(self.indices.table)

    @property
    def index(self) -> np.ndarray:
        """Each feature, where the average customer is 100."""
        return self.indices.table.iloc[list(self.indices.table.index).index(self.key)].to_numpy(float)

    def label(self, words: Language) -> str:
        """Name of the group."""
        return palette.label(self.key, words.key)

    def who(self, words: Language) -> str:
        """Name the group with its number of customers."""
        return words.text(
            "{group}: {customers}",
            group=self.label(words),
            customers=words.plural("{n} customer", "{n} customers", self.customers),
        )

    @property
    def colour(self) -> str:
        """Colour of the group, the same in every chart."""
        return palette.colours(self.keys)[self.key]


def _portrait(customers: Any, *, segment: Any, features: Sequence[str], by: str = "segment") -> Portrait:
    indices = indices_of(customers, features=features, by=by)
    data = indices.data
    if segment not in data.keys:
        hint = nearest(str(segment), map(str, data.keys))
        raise ColumnError(
            f"segment={segment!r} is not in the column {by!r}{hint} Found: {', '.join(map(repr, data.keys))}"
        )
    mine = data.key == segment
    places = [data.names.index(name) for name in indices.table]
    away = data.prepared[mine].mean(axis=0)[places]
    return Portrait(segment, tuple(data.keys), int(mine.sum()), indices, away)


def persona_radar(
    customers: Any,
    *,
    segment: Any,
    features: Sequence[str],
    by: str = "segment",
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw one group's profile as a web: the circle is the average customer, each ring one standard deviation.

    Parameters
    ----------
    customers : table with the columns `features` and `by`, on any engine; these are collected.
    segment : the group.
    features : at least three number columns.
    by : column that holds the group.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to the `matplotlib.patches.Polygon` of the group.

    Returns
    -------
    matplotlib.axes.Axes
        `patches[0]` is the polygon of the group; distances beyond two standard deviations stop at the edge.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers, the group is not there, or there are fewer than three features.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"segment": ["a", "a", "b"], "x": [1.0, 2, 9], "y": [5.0, 4, 1], "z": [2.0, 3, 2]})
    >>> ax = sc.plot.persona_radar(customers, segment="a", features=["x", "y", "z"])
    >>> len(ax.patches[0].get_xy())
    4
    """
    check_options(persona_radar, locals())
    if isinstance(features, str) or len(features) < 3:
        raise ColumnError("features: a radar needs at least three number columns")
    data, words = _portrait(customers, segment=segment, features=features, by=by), language(lang)
    axes = sheet.start(ax, height=4.4)
    scales.hide_axes(axes)
    axes.set_aspect("equal")
    angles = np.pi / 2 - np.arange(len(data.names)) * 2 * np.pi / len(data.names)
    directions = np.column_stack([np.cos(angles), np.sin(angles)])
    _web(axes, data, directions, artist_kwargs)
    _name_spokes(axes, data, directions, words)
    axes.set(xlim=(-1.12, 1.12), ylim=(-1.12, 1.12))
    note = words.text("Thick circle: the average customer, 100; each ring: one standard deviation")
    texts.x_title(axes, data.who(words), note)
    if directions[:, 1].min() < -0.85:
        axes.xaxis.labelpad = 4 * style.size_of(axes).small
    return RADAR.sign(axes, data, lang)


def _web(axes: Axes, data: Portrait, directions: np.ndarray, looks: dict[str, Any]) -> None:
    """Draw the rings, the spokes and the polygon; two standard deviations below the average is the centre."""
    from matplotlib.patches import Circle, Polygon

    reach = (np.clip(data.away, -REACH, REACH) + REACH) / (2 * REACH)
    options = {"facecolor": data.colour, "alpha": 0.35, "edgecolor": data.colour, "linewidth": 2.2, **looks}
    axes.add_patch(Polygon(directions * reach[:, None], closed=True, **options))
    for ring in (0.25, 0.5, 0.75, 1.0):
        middle = ring == 0.5
        edge = {"edgecolor": style.MUTED if middle else style.GRID, "linewidth": 1.4 if middle else 0.8}
        axes.add_patch(Circle((0, 0), ring, facecolor="none", zorder=0.5, **edge))
    for x, y in directions:
        axes.plot([0, x], [0, y], color=style.GRID, linewidth=0.8, zorder=0.4)
    axes.plot(*(directions * reach[:, None]).T, "o", color=data.colour, markersize=5)


def _name_spokes(axes: Axes, data: Portrait, directions: np.ndarray, words: Language) -> None:
    size = style.size_of(axes)
    room = max(style.size_of(axes).width * 72 * 0.24, 50)
    for (x, y), name, index in zip(directions, data.names, data.index, strict=True):
        side = "center" if abs(x) < 0.3 else "left" if x > 0 else "right"
        up = "bottom" if y > 0.85 else "top" if y < -0.85 else "center"
        told = lettering.wrap(data.indices.name(name, words), room, size.small) + f"\n{words.number(index)}"
        texts.beside(axes, 1.06 * x, 1.06 * y, told, ha=side, va=up, fontsize=size.small)


def persona_index(
    customers: Any,
    *,
    segment: Any,
    features: Sequence[str],
    by: str = "segment",
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw one group's means as bars from 100, the average customer; the largest differences first.

    Parameters
    ----------
    customers : table with the columns `features` and `by`, on any engine; these are collected.
    segment : the group.
    features : number columns.
    by : column that holds the group.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.barh`.

    Returns
    -------
    matplotlib.axes.Axes
        `containers[0]` holds the bars, from 100 to the index.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers, or the group is not there.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"segment": ["a", "b"], "revenue": [150.0, 50.0], "n_orders": [1, 1]})
    >>> ax = sc.plot.persona_index(customers, segment="a", features=["n_orders", "revenue"])
    >>> [float(bar.get_width()) for bar in ax.patches]
    [50.0, 0.0]
    """
    check_options(persona_index, locals())
    data, words = _portrait(customers, segment=segment, features=features, by=by), language(lang)
    order = np.argsort(-np.nan_to_num(data.index, nan=100.0), kind="stable")
    labels = [data.indices.name(data.names[place], words) for place in order]
    index = data.index[order]
    ends = np.nan_to_num(index, nan=100.0)
    axes = rows.start_rows(ax, labels, extra=0.7)
    looks = {"height": 0.55, "color": data.colour, **artist_kwargs}
    axes.barh(range(len(ends)), ends - 100, left=100, **looks)
    axes.axvline(100, color=style.MUTED, linewidth=1)
    axes.set_xticks([100], [words.text("average customer: 100")])
    texts.x_title(axes, data.who(words))
    told = [words.number(value) for value in index]
    low, high = float(min(ends.min(), 100.0)), float(max(ends.max(), 100.0))
    rows.leave_room(axes, low, max(high, low + 20), told, both=True)
    rows.write_ends(axes, ends, told, left=ends < 100, weight="bold")
    return BARS.sign(axes, data, lang)


def _say_portrait(data: Portrait, words: Language) -> str:
    """Name the feature farthest from the average customer."""
    if not np.isfinite(data.index).any():
        return data.who(words)
    place = int(np.nanargmax(np.abs(np.log(np.clip(data.index, 1e-9, None) / 100))))
    return words.text(
        "{group}: {feature}, index {index} (average customer: 100)",
        group=data.label(words), feature=inside(data.indices.name(data.names[place], words), data.names[place]), index=words.number(data.index[place]),
    )  # fmt: skip


def _tell_portrait(data: Portrait, words: Language) -> str:
    return joined(
        (
            f"{data.indices.name(name, words)} {words.number(index)}"
            for name, index in zip(data.names, data.index, strict=True)
        ),
        words,
    )


RADAR = Chart(
    "persona_radar",
    "Web of one group's features against the average customer.",
    _portrait,
    _say_portrait,
    _tell_portrait,
)
BARS = Chart(
    "persona_index",
    "Bars of one group's features, where the average customer is 100.",
    _portrait,
    _say_portrait,
    _tell_portrait,
)
CHARTS = (RADAR, BARS)
