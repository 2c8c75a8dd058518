"""Profiles as lines: how far each group is from the average, feature by feature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import palette, style
from segmentclient.plot.chart import Chart
from segmentclient.plot.drawing import lettering, scales, sheet, texts
from segmentclient.plot.drawing.stacking import stack_names
from segmentclient.plot.features import Features, extreme, features_of, inside
from segmentclient.plot.numbers import measure

__all__ = ["snake_plot"]


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
    check_options(snake_plot, locals())
    data, words = features_of(customers, features=features, by=by), language(lang)
    axes = sheet.start(ax)
    if data.empty:
        return SNAKE.sign(texts.nothing(axes, words.text("No customers to show")), data, lang)
    means, colours = data.means(data.prepared), palette.colours(data.keys)
    places = range(len(data.names))
    for key, profile in zip(data.keys, means.to_numpy(), strict=True):
        looks = {"color": colours[key], "linewidth": 2.2, "marker": "o", "markersize": 6, **artist_kwargs}
        axes.plot(places, profile, **looks)
    axes.axhline(0, color=style.MUTED, linewidth=0.8, zorder=0)
    _feature_axis(axes, data.names, words)
    scales.number_axis(axes, "y", words.number)
    texts.y_title(axes, words.text("Standard deviations from the average customer"))
    ends = means.iloc[:, -1].tolist()
    names, last = [palette.label(key, lang) for key in data.keys], len(data.names) - 1
    across = (last + 0.06, axes.get_xlim()[1])
    stack_names(axes, ends, names, x=across, share=0.22, colours=[colours[key] for key in data.keys])
    return SNAKE.sign(axes, data, lang)


def _feature_axis(axes: Axes, names: Sequence[str], words: Language) -> None:
    """Name the features below the axis, wrapped to their room."""
    size = style.size_of(axes)
    room = 0.62 * style.size_of(axes).width * 72 / max(len(names), 1) - 4
    labels = [lettering.wrap(measure(name, words), max(room, 30), size.small) for name in names]
    axes.set_xticks(range(len(names)), labels)
    axes.grid(True, axis="x", color=style.GRID, linewidth=0.8)
    axes.set_xlim(-0.25, len(names) - 0.75)


def _say_snake(data: Features, words: Language) -> str:
    """Name the group and feature farthest from the average."""
    if data.empty:
        return words.text("No customers to show")
    key, feature, away = extreme(data.means(data.prepared), of=np.abs)
    sentence = (
        "Farthest from the average: {group}, {size} standard deviations above ({feature})"
        if away >= 0
        else "Farthest from the average: {group}, {size} standard deviations below ({feature})"
    )
    return words.text(
        sentence,
        group=palette.label(key, words.key),
        feature=inside(measure(feature, words), feature),
        size=words.number(abs(away), 1),
    )


SNAKE = Chart(
    "snake_plot",
    "Profiles: the mean of each feature by group, in standard deviations from the average.",
    features_of,
    _say_snake,
)


CHARTS = (SNAKE,)
