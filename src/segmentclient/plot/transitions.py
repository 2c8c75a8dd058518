"""Where the customers of each segment are now, as a table of shares."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot.chart import Chart, first_of
from segmentclient.plot.drawing import rows, scales, texts
from segmentclient.plot.drawing.cells import (
    colour_cells,
    column_heads,
    scale_note,
    share_shades,
    share_texts,
    write_cells,
)
from segmentclient.plot.moves import Moves, moves_of, say_moves
from segmentclient.segments.migration import ABSENT

__all__ = ["transition_heatmap"]


def transition_heatmap(
    migration: Any, *, ax: Axes | None = None, lang: str = "en", **artist_kwargs: Any
) -> Axes:
    """Draw where the customers of each segment (rows) are now (columns), as shares of the row.

    Parameters
    ----------
    migration : the answer of `compare_periods`, or its matrix of counts.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.pcolormesh`.

    Returns
    -------
    matplotlib.axes.Axes
        `collections[0].get_array()` holds the shares; each row sums to 1; masked where nobody moved.

    Raises
    ------
    ColumnError
        `migration` is neither.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> counts = pd.DataFrame({"loyal": [8, 1], "lost": [2, 9]}, index=["loyal", "lost"])
    >>> sc.plot.transition_heatmap(counts).collections[0].get_array().tolist()
    [[0.8, 0.2], [0.1, 0.9]]
    """
    check_options(transition_heatmap, locals())
    moves, words = moves_of(migration), language(lang)
    labels = moves.labels("before", words)
    axes = rows.start_rows(ax, labels, extra=0.9)
    if not moves.total:
        return HEATMAP.sign(texts.nothing(axes, words.text("No customers to show")), moves, lang)
    shares = moves.counts.div(moves.counts.sum(axis=1), axis=0)
    held = shares.where(shares > 0).to_numpy()
    looks = {"cmap": share_shades(), "vmin": 0.0, "vmax": 1.0, **artist_kwargs}
    colours = colour_cells(axes, held, looks)
    rows.count_column(axes, moves.counts.sum(axis=1), words)
    note = words.text("Rows: before; columns: now. Shares of the row, in %.")
    numbered = ""
    if not column_heads(axes, moves.labels("after", words), slanted=True):
        labels, numbered = _number_rows(moves, words), _number_columns(axes, moves, words)
    texts.x_title(axes, note, numbered)
    scales.category_axis(axes, labels)
    rows.keep_rows(axes, labels)
    if not write_cells(axes, held, colours, share_texts(words)):
        texts.x_title(axes, note, numbered, scale_note(held, share_texts(words)[0], words))
        rows.keep_rows(axes, labels)
    return HEATMAP.sign(axes, moves, lang)


def _places(moves: Moves) -> dict[Any, str]:
    """Number the columns from left to right, but those of people who are not there any more."""
    keys = [key for key in moves.counts.columns if key != ABSENT]
    return {key: str(place) for place, key in enumerate(keys, start=1)}


def _number_rows(moves: Moves, words: Language) -> list[str]:
    """Give the rows the numbers of their columns, which are too narrow for a name."""
    known = _places(moves)
    named = zip(moves.counts.index, moves.labels("before", words), strict=True)
    return [f"{known[key]}  {name}" if key in known else name for key, name in named]


def _number_columns(axes: Axes, moves: Moves, words: Language) -> str:
    """Number the columns; name those that are no row."""
    known, columns = _places(moves), moves.counts.columns
    axes.set_xticks(range(len(columns)), [known.get(key, "–") for key in columns])
    names = zip(columns, moves.labels("after", words), strict=True)
    rows_too = set(moves.counts.index) - {ABSENT}
    named = [f"{known.get(key, '–')} {name}" for key, name in names if key not in rows_too]
    return words.text("Columns that are no row: {segments}", segments=first_of(named, words)) if named else ""


HEATMAP = Chart(
    "transition_heatmap", "Heat map of where the customers of each segment are now.", moves_of, say_moves
)


CHARTS = (HEATMAP,)
