"""Where the customers of each segment are now, as a table of shares."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from segmentclient.locale import Language, language
from segmentclient.plot import palette, style
from segmentclient.plot.chart import Chart
from segmentclient.plot.drawing import layout, lettering, scales, sheet, texts
from segmentclient.plot.drawing.cells import outline_cells
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
    moves, words = moves_of(migration), language(lang)
    labels = _row_labels(moves, words)
    axes = sheet.start(ax, height=sheet.rows_height(ax, labels, extra=0.9))
    if not moves.total:
        return HEATMAP.sign(texts.nothing(axes, words.text("No customers to show")), moves, lang)
    shares = moves.counts.div(moves.counts.sum(axis=1), axis=0)
    scales.category_axis(axes, labels)
    mesh = _share_cells(axes, shares.to_numpy(), artist_kwargs)
    _column_heads(axes, moves, words)
    _write_shares(axes, shares.to_numpy(), mesh, words)
    texts.x_title(axes, words.text("Rows: before; columns: now. Shares of the row."))
    return HEATMAP.sign(axes, moves, lang)


def _row_labels(moves: Moves, words: Language) -> list[str]:
    """Number the rows, so that columns too narrow for a name can refer to them."""
    return [
        f"{place + 1}  {name}" if moves.counts.index[place] != ABSENT else name
        for place, name in enumerate(moves.labels("before", words))
    ]


def _share_cells(axes: Axes, shares: np.ndarray, looks: dict[str, Any]) -> Any:
    """Colour the cells that somebody moved to; the others stay blank."""
    rows, columns = shares.shape
    options = {
        "cmap": style.QUANTITY,
        "vmin": 0.0,
        "vmax": 1.0,
        "edgecolors": style.SURFACE,
        "linewidth": 1.5,
        **looks,
    }
    held = np.ma.masked_equal(shares, 0)
    outline_cells(axes, np.ma.getmaskarray(held), start=0)
    return axes.pcolormesh(np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5, held, **options)


def _column_heads(axes: Axes, moves: Moves, words: Language) -> None:
    """Name the columns above where there is room for whole words, else refer to the rows by number."""
    size, names = style.size_of(axes), moves.labels("after", words)
    room = layout.axes_inches(axes)[0] * 72 / len(names) - 6
    heads = [lettering.wrap(name, room, size.small) for name in names]
    crowded = (
        any("-\n" in head or head.count("\n") > 3 for head in heads)
        or lettering.widest(heads, size.small) > room
    )
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(names)), _numbers(moves) if crowded else heads)


def _numbers(moves: Moves) -> list[str]:
    known = {key: str(place + 1) for place, key in enumerate(moves.counts.index)}
    return ["–" if key == ABSENT else known.get(key, "·") for key in moves.counts.columns]


def _write_shares(axes: Axes, shares: np.ndarray, mesh: Any, words: Language) -> None:
    """Write the shares in cells wide enough for them; without the sign when that alone fits."""
    size = style.size_of(axes)
    room = layout.axes_inches(axes)[0] * 72 / shares.shape[1] - 3
    colours = mesh.cmap(mesh.norm(shares))
    fits = [
        show
        for show in (lambda share: words.percent(share, 0), lambda share: words.number(100 * share))
        if lettering.text_width(show(1.0), size.small) <= room
    ]
    if not fits:
        return
    for (row, column), share in np.ndenumerate(shares):
        if share >= 0.005:
            texts.write(
                axes,
                column,
                row,
                fits[0](share),
                ha="center",
                va="center_baseline",
                fontsize=size.small,
                color=palette.text_on(colours[row, column][:3]),
            )


HEATMAP = Chart(
    "transition_heatmap", "Heat map of where the customers of each segment are now.", moves_of, say_moves
)


CHARTS = (HEATMAP,)
