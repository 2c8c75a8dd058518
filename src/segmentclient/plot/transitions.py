"""Where the customers of each segment are now, as a table of shares."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot.chart import Chart, first_of
from segmentclient.plot.drawing import rows, scales, texts
from segmentclient.plot.drawing.cells import colour_cells, column_heads, scale_note, share_texts, write_cells
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
    colours = colour_cells(axes, held, {"vmin": 0.0, "vmax": 1.0, **artist_kwargs})
    rows.count_column(axes, moves.counts.sum(axis=1), words)
    note = words.text("Rows: before; columns: now. Shares of the row, in %.")
    numbered = ""
    if not column_heads(axes, moves.labels("after", words)):
        labels, numbered = _number_rows(axes, moves, words), _number_columns(axes, moves, words)
    texts.x_title(axes, note, numbered)
    rows.keep_rows(axes, labels)
    if not write_cells(axes, held, colours, share_texts(words)):
        texts.x_title(axes, note, numbered, scale_note(held, share_texts(words)[0], words))
        rows.keep_rows(axes, labels)
    return HEATMAP.sign(axes, moves, lang)


def _number_rows(axes: Axes, moves: Moves, words: Language) -> list[str]:
    """Number the rows, so that columns too narrow for a name can refer to them."""
    labels = [
        f"{place + 1}  {name}" if moves.counts.index[place] != ABSENT else name
        for place, name in enumerate(moves.labels("before", words))
    ]
    scales.category_axis(axes, labels, share=0.3)
    return labels


def _number_columns(axes: Axes, moves: Moves, words: Language) -> str:
    """Number the columns as the rows are numbered; name those that are no row."""
    known = {key: str(place + 1) for place, key in enumerate(moves.counts.index) if key != ABSENT}
    others = [key for key in moves.counts.columns if key not in known and key != ABSENT]
    known |= {key: str(len(known) + place + 1) for place, key in enumerate(others)}
    axes.set_xticks(range(len(moves.counts.columns)), [known.get(key, "–") for key in moves.counts.columns])
    names = dict(zip(moves.counts.columns, moves.labels("after", words), strict=True))
    named = [
        f"{known.get(key, '–')} {names[key]}"
        for key in moves.counts.columns
        if key in others or key == ABSENT
    ]
    return words.text("Columns that are no row: {segments}", segments=first_of(named, words)) if named else ""


HEATMAP = Chart(
    "transition_heatmap", "Heat map of where the customers of each segment are now.", moves_of, say_moves
)


CHARTS = (HEATMAP,)
