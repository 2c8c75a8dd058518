"""Profiles as a table: each group's means, where the average customer is 100."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import palette, style
from segmentclient.plot.chart import FEWEST, Chart
from segmentclient.plot.drawing import layout, lettering, rows, texts
from segmentclient.plot.drawing.cells import colour_cells, column_heads, write_cells
from segmentclient.plot.features import VALUES, Features, extreme, features_of, inside
from segmentclient.plot.numbers import measure

__all__ = ["index_chart"]


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
    check_options(index_chart, locals())
    data, words = _index_features(customers, features=features, by=by), language(lang)
    indices = _indices(data)
    labels = [palette.label(key, lang) for key in indices.index]
    axes = rows.start_rows(ax, labels, extra=0.8)
    if data.empty:
        return INDEX.sign(texts.nothing(axes, words.text("No customers to show")), data, lang)
    colours = _index_cells(axes, indices, artist_kwargs)
    rows.count_column(axes, data.sizes.loc[indices.index], words)
    _name_features(axes, data.names, words)
    texts.x_title(axes, words.text("Average customer = 100"))
    write_cells(axes, indices.to_numpy(), colours, (words.number, words.compact))
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


def _index_cells(axes: Axes, indices: pd.DataFrame, looks: dict[str, Any]) -> np.ndarray:
    """Colour cells from orange (half the average and less) to blue (double and more)."""
    from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm

    shades = LinearSegmentedColormap.from_list("index", ["#e08214", "#f4f4f2", "#4393c3"])
    return colour_cells(
        axes, indices.to_numpy(), {"cmap": shades, "norm": TwoSlopeNorm(100, 0, 300), "linewidth": 2, **looks}
    )


def _name_features(axes: Axes, names: Sequence[str], words: Language) -> None:
    """Name the columns above; break words where no other way is left."""
    told = [measure(name, words) for name in names]
    if not column_heads(axes, told):
        size = style.size_of(axes)
        room = max(layout.axes_inches(axes)[0] * 72 / len(told) - 5, 20)
        axes.set_xticks(range(len(told)), [lettering.wrap(name, room, size.small) for name in told])


def _say_index(data: Features, words: Language) -> str:
    """Name the highest index of a group that is not tiny, the lowest where none is high."""
    indices = _worth_naming(data, _indices(data))
    if data.empty or not indices.notna().to_numpy().any():
        return words.text("No customers to show")
    key, feature, index = extreme(indices)
    if index < 105:  # nothing stands out above: what lies lowest, then
        key, feature, index = extreme(indices, lambda held: 100 - held)
    if abs(index - 100) < 5:
        return words.text("No group differs from the average customer")
    return words.text(
        "{group}: {feature} at {times} times the average",
        group=palette.label(key, words.key),
        feature=inside(measure(feature, words), feature),
        times=words.number(index / 100, 1),
    )


def _worth_naming(data: Features, indices: pd.DataFrame) -> pd.DataFrame:
    """Keep the groups large enough for a headline, and what customers bring rather than how long they are away."""
    large = indices[(data.sizes.loc[indices.index] >= FEWEST).to_numpy()]
    chosen = [name for name in data.names if name in VALUES and large[name].notna().any()]
    return (large if len(large) else indices)[chosen or list(data.names)]


INDEX = Chart(
    "index_chart",
    "Table of indices: the mean of each feature by group, where the average customer is 100.",
    _index_features,
    _say_index,
)


CHARTS = (INDEX,)
