"""Profiles as a table: each group's means, where the average customer is 100."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import palette, style
from segmentclient.plot.chart import FEWEST, Chart
from segmentclient.plot.drawing import layout, lettering, rows, texts
from segmentclient.plot.drawing.cells import colour_cells, column_heads, grey_cells, grey_note, write_cells
from segmentclient.plot.features import VALUES, Indices, extreme, indices_of, inside

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

    `average_order_value` is the revenue of a group divided by its orders, as in a table of segments, where the customers
    hold `revenue` and `n_orders`; else the mean of the customers' own averages, and named so.

    Parameters
    ----------
    customers : table with the columns `features` and `by`, on any engine; these are collected.
    features : number columns, in the order of the chart. Rows that miss one are left out.
    by : column that holds the group.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.pcolormesh`.

    Returns
    -------
    matplotlib.axes.Axes
        `collections[0].get_array()` holds the indices, one row a group; masked where the average is not positive and in
        groups of fewer than ten customers, which are grey and have no numbers, unless all are as small.

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
    data, words = _indexed(customers, features=features, by=by), language(lang)
    indices = data.table
    labels = [palette.label(key, lang) for key in indices.index]
    axes = rows.start_rows(ax, labels, extra=0.8)
    if indices.empty:
        return INDEX.sign(texts.nothing(axes, words.text("No customers to show")), data, lang)
    small = _small(data)
    colours = _index_cells(axes, indices.mask(np.broadcast_to(small, indices.shape)), artist_kwargs)
    colours = grey_cells(axes, small & indices.notna().to_numpy(), colours)
    rows.count_column(axes, data.data.sizes.reindex(indices.index), words)
    _name_features(axes, [data.name(feature, words) for feature in indices], words)
    notes = [words.text("Average customer = 100"), grey_note(FEWEST, words, any_grey=bool(small.any()))]
    texts.x_title(axes, *notes, _cap_note(indices[~small[:, 0]], words))
    rows.keep_rows(axes, labels)
    write_cells(axes, np.where(small, np.nan, indices), colours, (words.number, words.compact))
    return INDEX.sign(axes, data, lang)


def _indexed(customers: Any, *, features: Sequence[str], by: str = "segment") -> Indices:
    """Give the indices, the groups with most value first."""
    data = indices_of(customers, features=features, by=by)
    value = next((name for name in VALUES if name in data.table), data.table.columns[0])
    return replace(data, table=data.table.sort_values(value, ascending=False, kind="stable"))


MOST = 300  # the index from which on blue gets no stronger


def _small(data: Indices) -> np.ndarray:
    """Mark the rows of groups too small to be compared, in a column; none where all are."""
    small = data.data.sizes.reindex(data.table.index).to_numpy()[:, None] < FEWEST
    return small & ~small.all()


def _cap_note(indices: pd.DataFrame, words: Language) -> str:
    """Say where the colour scale ends, where an index goes beyond."""
    beyond = (indices > MOST).to_numpy().any()
    return words.text("Strongest blue: {n} and more", n=words.number(MOST)) if beyond else ""


def _index_cells(axes: Axes, indices: pd.DataFrame, looks: dict[str, Any]) -> np.ndarray:
    """Colour cells from orange (half the average and less) to blue (double and more)."""
    from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm

    shades = LinearSegmentedColormap.from_list("index", ["#e08214", "#f4f4f2", "#4393c3"])
    return colour_cells(
        axes,
        indices.to_numpy(),
        {"cmap": shades, "norm": TwoSlopeNorm(100, 0, MOST), "linewidth": 2, **looks},
    )


def _name_features(axes: Axes, told: Sequence[str], words: Language) -> None:
    """Name the columns above; break words where no other way is left."""
    if not column_heads(axes, told):
        size = style.size_of(axes)
        room = max(layout.axes_inches(axes)[0] * 72 / len(told) - 5, 20)
        axes.set_xticks(range(len(told)), [lettering.wrap(name, room, size.small) for name in told])


def _say_index(data: Indices, words: Language) -> str:
    """Name the highest index of a group that is not tiny, the lowest where none is high."""
    if not data.table.notna().to_numpy().any():
        return words.text("No customers to show")
    indices = _worth_naming(data)
    key, feature, index = extreme(indices)
    if index < 105:  # nothing stands out above: what lies lowest, then
        key, feature, index = extreme(indices, lambda held: 100 - held)
    if abs(index - 100) < 5:
        return words.text("No group differs from the average customer")
    return words.text(
        "{group}: {feature} at {times} times the average",
        group=palette.label(key, words.key),
        feature=inside(data.name(feature, words), feature),
        times=words.number(index / 100, 1),
    )


def _worth_naming(data: Indices) -> pd.DataFrame:
    """Keep the groups large enough for a headline, and what customers bring rather than how long they are away."""
    indices = data.table
    large = indices[~_small(data)[:, 0]]
    kept = large if large.notna().to_numpy().any() else indices
    chosen = [name for name in indices if name in VALUES and kept[name].notna().any()]
    return kept[chosen or list(indices)]


INDEX = Chart(
    "index_chart",
    "Table of indices: the mean of each feature by group, where the average customer is 100.",
    _indexed,
    _say_index,
)


CHARTS = (INDEX,)
