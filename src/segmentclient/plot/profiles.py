"""Groups against the average customer: the snake plot and the table of indices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from segmentclient import frames
from segmentclient.locale import Language, language
from segmentclient.plot import lettering, palette, style
from segmentclient.plot.chart import FEWEST, Chart
from segmentclient.plot.numbers import measure
from segmentclient.schema import check_columns
from segmentclient.segments.preparation import learn_preparation

__all__ = ["Features", "features_of", "index_chart", "inside", "snake_plot"]


VALUES = ("lifetime_value", "revenue", "monetary_value", "average_order_value", "n_orders")


@dataclass(frozen=True)
class Features:
    """Rows of features with the group of each; rows that miss a feature or a group are left out."""

    names: tuple[str, ...]
    held: np.ndarray
    key: np.ndarray

    @property
    def empty(self) -> bool:
        """True when no row is left."""
        return len(self.key) == 0

    @property
    def keys(self) -> list[Any]:
        """Groups in their natural order."""
        return sorted(set(self.key.tolist()), key=palette.natural)

    @property
    def prepared(self) -> np.ndarray:
        """Features against skew and on one scale, as clusters see them."""
        return learn_preparation(self.held, self.names, transform="auto", scale="standard").apply(self.held)

    def sample(self, most: int) -> Features:
        """Take at most so many rows, the same whatever their order."""
        if len(self.key) <= most:
            return self
        order = np.lexsort((self.key.astype(str), *self.held.T))
        kept = order[np.random.default_rng(0).choice(len(order), most, replace=False)]
        return Features(self.names, self.held[kept], self.key[kept])

    def means(self, rows: np.ndarray) -> pd.DataFrame:
        """Mean of rows by group, one column a feature."""
        return pd.DataFrame(rows, columns=list(self.names)).groupby(self.key).mean().loc[self.keys]


def features_of(customers: Any, *, features: Sequence[str], by: str = "cluster") -> Features:
    """Collect the features and the group of each customer."""
    names = [features] if isinstance(features, str) else list(features)
    frame = frames.read(customers)
    check_columns(frame.collect_schema(), {by: "any", **dict.fromkeys(names, "number")})
    table = frames.collect(frame, [*names, by]).dropna()
    return Features(
        tuple(names), table[names].to_numpy(float).reshape(-1, len(names)), table[by].to_numpy(object)
    )


def snake_plot(
    customers: Any,
    *,
    features: Sequence[str],
    by: str = "cluster",
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw each group's profile: how far its mean of every feature is from the average, in standard deviations.

    Skewed features are transformed first, as for clustering, so that a few huge customers do not set the scale.

    Parameters
    ----------
    customers : table with the columns `features` and `by`, on any engine; these are collected.
    features : number columns, in the order of the chart.
    by : column that holds the group.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.plot`.

    Returns
    -------
    matplotlib.axes.Axes
        `lines[i]` is the profile of the i-th group, in natural order.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"cluster": ["c1", "c1", "c2", "c2"], "n_orders": [9, 8, 1, 2], "revenue": [90.0, 80, 9, 8]})
    >>> ax = sc.plot.snake_plot(customers, features=["n_orders", "revenue"])
    >>> bool(ax.lines[0].get_ydata()[0] > 0 > ax.lines[1].get_ydata()[0])
    True
    """
    data, words = features_of(customers, features=features, by=by), language(lang)
    axes = style.start(ax)
    if data.empty:
        return SNAKE.sign(style.nothing(axes, words.text("No customers to show")), data, lang)
    means, colours = data.means(data.prepared), palette.colours(data.keys)
    places = range(len(data.names))
    for key in data.keys:
        looks = {"color": colours[key], "linewidth": 2.2, "marker": "o", "markersize": 6, **artist_kwargs}
        axes.plot(places, means.loc[key], **looks)
    axes.axhline(0, color=style.MUTED, linewidth=0.8, zorder=0)
    _feature_axis(axes, data.names, words)
    style.number_axis(axes, "y", lambda value: words.number(value, 1))
    style.y_title(axes, words.text("Standard deviations from the average customer"))
    _name_lines(
        axes, [(palette.label(key, lang), float(means.loc[key].iloc[-1]), colours[key]) for key in data.keys]
    )
    return SNAKE.sign(axes, data, lang)


def _feature_axis(axes: Axes, names: Sequence[str], words: Language) -> None:
    """Name the features below the axis, wrapped to their room."""
    size = style.size_of(axes)
    room = 0.62 * axes.figure.figure.get_figwidth() * 72 / max(len(names), 1) - 4
    labels = [lettering.wrap(measure(name, words), max(room, 30), size.small) for name in names]
    axes.set_xticks(range(len(names)), labels)
    axes.grid(True, axis="x", color=style.GRID, linewidth=0.8)
    axes.set_xlim(-0.25, len(names) - 0.75)


def _name_lines(axes: Axes, ends: Sequence[tuple[str, float, str]]) -> None:
    """Write the name of each line at its right end; names step aside where they would touch."""
    size = style.size_of(axes)
    room = axes.figure.figure.get_figwidth() * 72 * 0.22
    told = sorted(
        ((value, lettering.wrap(name, room, size.small), colour) for name, value, colour in ends),
        key=lambda end: end[0],
    )
    lines = [text.count("\n") + 1 for _, text, _ in told]
    low, high = axes.get_ylim()
    height = style.axes_inches(axes)[1] * 72
    unit = (high - low) / height * size.small * 1.25
    needed = sum(lines) * unit
    if needed > high - low:
        low, high = low - (needed - (high - low)) / 2, high + (needed - (high - low)) / 2
    places = lettering.stack([value for value, _, _ in told], [count * unit for count in lines], low, high)
    right = axes.get_xlim()[1]
    last = axes.get_xticks()[-1]
    for (value, text, colour), place in zip(told, places, strict=True):
        axes.plot(
            [last + 0.06, right],
            [value, place],
            color=colour,
            linewidth=0.8,
            clip_on=False,
            scalex=False,
            scaley=False,
        )
        style.beside(
            axes, right, place, text, dx=4, ha="left", va="center", fontsize=size.small, color=style.INK
        )


def _say_snake(data: Features, words: Language) -> str:
    """Name the group and feature farthest from the average."""
    if data.empty:
        return words.text("No customers to show")
    key, feature, away = _extreme(data.means(data.prepared), of=np.abs)
    sentence = (
        "{group} stand out most, by {feature}: {size} standard deviations above the average"
        if away >= 0
        else "{group} stand out most, by {feature}: {size} standard deviations below the average"
    )
    return words.text(
        sentence,
        group=palette.label(key, words.key),
        feature=inside(measure(feature, words), feature),
        size=words.number(abs(away), 1),
    )


def index_chart(
    customers: Any,
    *,
    features: Sequence[str],
    by: str = "segment",
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw a table of indices: each group's mean of every feature, where the average customer is 100.

    Parameters
    ----------
    customers : table with the columns `features` and `by`, on any engine; these are collected.
    features : number columns, in the order of the chart.
    by : column that holds the group.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.pcolormesh`.

    Returns
    -------
    matplotlib.axes.Axes
        `collections[0].get_array()` holds the indices, one row a group; masked where the average is not positive.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"segment": ["champions", "lost"], "revenue": [150.0, 50.0]})
    >>> sc.plot.index_chart(customers, features=["revenue"]).collections[0].get_array().tolist()
    [[150.0], [50.0]]
    """
    data, words = _index_features(customers, features=features, by=by), language(lang)
    indices = _indices(data)
    labels = [palette.label(key, lang) for key in indices.index]
    axes = style.start(ax, height=style.rows_height(ax, labels, extra=0.8))
    if data.empty:
        return INDEX.sign(style.nothing(axes, words.text("No customers to show")), data, lang)
    _index_cells(axes, indices, words, artist_kwargs)
    style.category_axis(axes, labels)
    _feature_heads(axes, data.names, words)
    return INDEX.sign(axes, data, lang)


def _index_features(customers: Any, *, features: Sequence[str], by: str = "segment") -> Features:
    return features_of(customers, features=features, by=by)


def _indices(data: Features) -> pd.DataFrame:
    """Index of every group and feature; the groups with most value first."""
    if data.empty:
        return pd.DataFrame(columns=list(data.names))
    average = data.held.mean(axis=0)
    indices = data.means(data.held).mul(100).div(np.where(average > 0, average, np.nan), axis=1)
    value = next((name for name in VALUES if name in data.names), data.names[0])
    return indices.sort_values(value, ascending=False, kind="stable")


def _index_cells(axes: Axes, indices: pd.DataFrame, words: Language, looks: dict[str, Any]) -> None:
    """Colour cells from orange (half the average and less) to blue (double and more) and write the numbers."""
    from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm

    rows, columns = indices.shape
    shades = LinearSegmentedColormap.from_list("index", ["#e08214", "#f4f4f2", "#4393c3"])
    held = np.ma.masked_invalid(indices.to_numpy())
    options = {
        "cmap": shades,
        "norm": TwoSlopeNorm(100, 0, 300),
        "edgecolors": style.SURFACE,
        "linewidth": 2,
        **looks,
    }
    mesh: Any = axes.pcolormesh(np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5, held, **options)
    colours = mesh.cmap(mesh.norm(held))
    for (row, column), index in np.ndenumerate(indices.to_numpy()):
        text = words.number(index)
        colour = palette.text_on(colours[row, column][:3]) if index == index else style.MUTED
        style.write(axes, column, row, text, ha="center", va="center_baseline", color=colour)


def _feature_heads(axes: Axes, names: Sequence[str], words: Language) -> None:
    """Name the columns above, wrapped to their room."""
    size = style.size_of(axes)
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(names)), [" "] * len(names))
    room = style.axes_inches(axes)[0] * 72 / max(len(names), 1) - 5
    axes.set_xticks(
        range(len(names)), [lettering.wrap(measure(name, words), max(room, 20), size.small) for name in names]
    )
    style.x_title(axes, words.text("Average customer = 100"))


def _say_index(data: Features, words: Language) -> str:
    """Name the highest index of a group that is not tiny."""
    indices = _worth_naming(data, _indices(data))
    if data.empty or not indices.notna().to_numpy().any():
        return words.text("No customers to show")
    key, feature, index = _extreme(indices)
    return words.text(
        "{group}: {feature} at {times} times the average",
        group=palette.label(key, words.key),
        feature=inside(measure(feature, words), feature),
        times=words.number(index / 100, 1),
    )


def inside(name: str, column: str) -> str:
    """Write a name as inside a sentence; a column that the library does not know keeps its letters."""
    return name if name == column else name[:1].lower() + name[1:]


def _worth_naming(data: Features, indices: pd.DataFrame) -> pd.DataFrame:
    """Keep the groups large enough for a headline, and what customers bring rather than how long they are away."""
    sizes = pd.Series(data.key).value_counts().reindex(indices.index)
    large = indices[(sizes >= FEWEST).to_numpy()]
    chosen = [name for name in data.names if name in VALUES and large[name].notna().any()]
    return (large if len(large) else indices)[chosen or list(data.names)]


def _extreme(
    table: pd.DataFrame, of: Callable[[np.ndarray], np.ndarray] = np.asarray
) -> tuple[Any, str, float]:
    """Find the group and feature with the highest number, and the number."""
    held = table.to_numpy(float)
    row, column = (int(place) for place in np.unravel_index(int(np.nanargmax(of(held))), held.shape))
    return table.index[row], str(table.columns[column]), float(held[row, column])


SNAKE = Chart(
    "snake_plot",
    "Profiles: the mean of each feature by group, in standard deviations from the average.",
    features_of,
    _say_snake,
)
INDEX = Chart(
    "index_chart",
    "Table of indices: the mean of each feature by group, where the average customer is 100.",
    _index_features,
    _say_index,
)
CHARTS = (SNAKE, INDEX)
