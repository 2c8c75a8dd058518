"""Tables of coloured cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from segmentclient.plot import palette, style
from segmentclient.plot.drawing import texts

__all__ = ["draw_cells", "outline_cells", "write_cell"]


def outline_cells(ax: Axes, empty: Any, *, start: int) -> None:
    """Outline the empty cells of a matrix whose first cell is at `start`."""
    for row, column in zip(*empty.nonzero(), strict=True):
        place = (column + start - 0.46, row + start - 0.46)
        ax.add_patch(Rectangle(place, 0.92, 0.92, facecolor="none", edgecolor=style.GRID, linewidth=0.8))


def draw_cells(axes: Axes, matrix: np.ndarray, looks: Mapping[str, Any], *, sure: Any = True) -> np.ndarray:
    """Draw a matrix as coloured cells (rows upwards from 1) and give each cell's colour.

    The colour scale covers the cells that are `sure`; the others take its ends.
    """
    from matplotlib.colors import PowerNorm

    rows, columns = matrix.shape
    held = np.ma.masked_invalid(matrix)
    scaled = matrix[np.isfinite(matrix) & sure]
    low, high = min(0.0, float(scaled.min())), float(scaled.max())
    outline_cells(axes, np.ma.getmaskarray(held), start=1)
    norm = PowerNorm(0.5, vmin=low, vmax=high if high > low else low + 1)
    options = {"cmap": style.QUANTITY, "norm": norm, "edgecolors": style.SURFACE, "linewidth": 2, **looks}
    mesh: Any = axes.pcolormesh(np.arange(columns + 1) + 0.5, np.arange(rows + 1) + 0.5, held, **options)
    return np.asarray(mesh.cmap(mesh.norm(held)))


def write_cell(axes: Axes, x: float, y: float, lines: Sequence[str], background: Any) -> None:
    """Write a number in bold and what stands below it, in black or white."""
    size, colour = style.size_of(axes), palette.text_on(background[:3])
    first, *rest = lines
    texts.beside(
        axes,
        x,
        y,
        first,
        dy=1 if rest else 0,
        in_layout=False,
        ha="center",
        va="bottom" if rest else "center_baseline",
        weight="bold",
        color=colour,
    )
    if rest:
        texts.beside(
            axes,
            x,
            y,
            "\n".join(rest),
            dy=-2,
            in_layout=False,
            ha="center",
            va="top",
            fontsize=size.small,
            color=colour,
        )
