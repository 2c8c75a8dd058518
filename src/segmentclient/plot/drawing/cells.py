"""Tables of coloured cells: the colours, the numbers that fit, and the names of the columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.patches import Rectangle

from segmentclient.locale import Language
from segmentclient.plot import palette, style
from segmentclient.plot.drawing import layout, lettering, texts

__all__ = [
    "colour_cells",
    "column_heads",
    "grey_cells",
    "grey_note",
    "name_cell",
    "outline_cells",
    "scale_note",
    "share_shades",
    "share_texts",
    "write_cells",
]

Show = Callable[[float], str]


def colour_cells(ax: Axes, matrix: Any, looks: Mapping[str, Any], *, start: int = 0) -> np.ndarray:
    """Draw a matrix as cells, the first at `start`; outline those without a value, and give each cell's colour."""
    held = np.ma.masked_invalid(matrix)
    rows, columns = held.shape
    options = {"cmap": style.QUANTITY, "edgecolors": style.SURFACE, "linewidth": 1.5, **looks}
    edges = np.arange(columns + 1) + start - 0.5, np.arange(rows + 1) + start - 0.5
    mesh: Any = ax.pcolormesh(*edges, held, **options)
    outline_cells(ax, np.ma.getmaskarray(held), start=start)
    return np.asarray(mesh.cmap(mesh.norm(held)))


def outline_cells(ax: Axes, empty: Any, *, start: int) -> None:
    """Outline the empty cells of a matrix whose first cell is at `start`."""
    corners = [
        (column + start - 0.46, row + start - 0.46) for row, column in zip(*empty.nonzero(), strict=True)
    ]
    if corners:
        cells = [Rectangle(corner, 0.92, 0.92) for corner in corners]
        looks: dict[str, Any] = {"facecolor": "none", "edgecolor": style.GRID, "linewidth": 0.8}
        ax.add_collection(PatchCollection(cells, **looks), autolim=False)


def grey_cells(ax: Axes, where: Any, colours: np.ndarray, *, start: int = 0) -> np.ndarray:
    """Paint grey the cells that too few customers stand behind, and give the colours of the cells with none for these."""
    painted = [
        Rectangle((column + start - 0.5, row + start - 0.5), 1, 1)
        for row, column in zip(*np.nonzero(where), strict=True)
    ]
    if painted:
        looks: dict[str, Any] = {"facecolor": style.GRID, "edgecolor": style.SURFACE, "linewidth": 2}
        ax.add_collection(PatchCollection(painted, **looks), autolim=False)
    return np.where(np.asarray(where)[..., None], np.nan, colours)


def grey_note(few: int, words: Language, *, any_grey: bool) -> str:
    """Say what grey means, where something is grey."""
    return words.text("Grey: fewer than {n} customers, not shown", n=few) if any_grey else ""


def share_shades() -> Colormap:
    """Shade shares so that large ones draw the eye on any paper: from nearly transparent to a deep blue."""
    return LinearSegmentedColormap.from_list("shares", [(*DEEP, 0.05), (*DEEP, 1.0)])


DEEP = (0.0, 0.29, 0.5)
PALE = 0.68  # opacity below which ink is read better than white


def _text_on(background: Any) -> str:
    """Choose the colour of a text on a cell: ink on grey (a colour that is not known) and on what the paper shows through."""
    if isinstance(background, str):
        return palette.text_on(background)
    pale = len(background) == 4 and background[3] < PALE
    return style.INK if pale or np.isnan(background[0]) else palette.text_on(background[:3])


def write_cells(ax: Axes, matrix: np.ndarray, colours: np.ndarray, shows: Sequence[Show]) -> bool:
    """Write the number of every cell that has one, in the first way of showing them that fits all; False where none does."""
    size, shape = style.size_of(ax), matrix.shape
    wide, high = (inches * 72 for inches in layout.axes_inches(ax))
    known = matrix[np.isfinite(matrix)]
    room = wide / shape[1] - 6
    fitting = (show for show in shows if lettering.widest(map(show, known), size.small) <= room)
    chosen = next(fitting, None)
    if chosen is None or high / shape[0] < size.small * 1.3:
        return False
    looks: dict[str, Any] = {"ha": "center", "va": "center_baseline", "fontsize": size.small}
    for (row, column), value in np.ndenumerate(matrix):
        if np.isfinite(value):
            texts.write(
                ax,
                column,
                row,
                chosen(value),
                color=_text_on(colours[row, column]),
                **looks,
            )
    return True


def scale_note(matrix: np.ndarray, show: Show, words: Language) -> str:
    """Say what the faintest and the strongest shade stand for, where cells are too small for numbers."""
    low, high = show(float(np.nanmin(matrix))), show(float(np.nanmax(matrix)))
    return words.text("From {low} (faint) to {high} (strong)", low=low, high=high)


def share_texts(words: Language) -> tuple[Show, Show]:
    """Show shares with their sign, else without it; what rounds to nothing is told apart from nothing."""
    return (
        lambda share: "<" + words.percent(0.01, 0) if 0 < share < 0.005 else words.percent(share, 0),
        lambda share: "<1" if 0 < share < 0.005 else words.number(100 * share),
    )


def name_cell(ax: Axes, x: float, y: float, name: str, below: str, background: Any, *, dy: float = 0) -> None:
    """Write a name in bold and what stands below it, in black or white, around a place `dy` points up."""
    size = style.size_of(ax)
    looks: dict[str, Any] = {"in_layout": False, "ha": "center", "color": _text_on(background)}
    middle: dict[str, Any] = {"dy": dy + 1, "va": "bottom"} if below else {"dy": dy, "va": "center_baseline"}
    texts.beside(ax, x, y, name, weight="bold", **middle, **looks)
    if below:
        texts.beside(ax, x, y, below, dy=dy - 2, va="top", fontsize=size.small, **looks)


def column_heads(ax: Axes, names: Sequence[str], *, slanted: bool = False) -> bool:
    """Name the columns above, on two levels where one is too narrow for whole words, or `slanted`; False where nothing fits."""
    size = style.size_of(ax)
    ax.xaxis.tick_top()
    ax.set_xticks([])
    room = layout.axes_inches(ax)[0] * 72 / max(len(names), 1)
    for levels, share in ((1, 1.0), (2, 1.9)):
        heads = [lettering.wrap(name, share * room - 5, size.small) for name in names]
        if _whole(heads, share * room - 5, size.small):
            _write_heads(ax, heads, levels)
            return True
    fits = (
        slanted
        and room >= 1.2 * size.small / math.sin(SLANT)
        and lettering.widest(names, size.small) <= MOST_SLANTED
    )
    if fits:
        _slant_heads(ax, names)
    return fits


SLANT, MOST_SLANTED = math.radians(50), 120.0  # points of the longest name that is slanted


def _slant_heads(ax: Axes, names: Sequence[str]) -> None:
    """Write heads that rise to the right above the cells."""
    looks: dict[str, Any] = {
        "rotation": math.degrees(SLANT),
        "rotation_mode": "anchor",
        "ha": "left",
        "va": "center",
    }
    looks |= {
        "xycoords": ("data", "axes fraction"),
        "fontsize": style.size_of(ax).small,
        "color": style.MUTED,
    }
    for column, name in enumerate(names):
        texts.beside(ax, column, 1, name, dy=9, **looks)


def _whole(heads: Sequence[str], room: float, points: float) -> bool:
    """True when no word is broken, no head is high, and all are narrow enough."""
    broken = any("-\n" in head or head.count("\n") > 3 for head in heads)
    return not broken and lettering.widest(heads, points) <= room


def _write_heads(ax: Axes, heads: Sequence[str], levels: int) -> None:
    """Write heads above the cells; from the last on, every other one stands higher, on a thin line, on two levels."""
    size, last = style.size_of(ax), len(heads) - 1
    high = [levels == 2 and (last - column) % 2 == 0 for column in range(last + 1)]
    lines = [head.count("\n") + 1 for head, above in zip(heads, high, strict=True) if not above]
    below = max(lines, default=0) * size.small * 1.2 + 4
    place: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "bottom"}
    line = {"arrowstyle": "-", "color": style.GREY, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0}
    for column, (head, above) in enumerate(zip(heads, high, strict=True)):
        up = 6 + (below if above else 0)
        texts.beside(ax, column, 1, head, dy=up, fontsize=size.small, color=style.MUTED, **place)
        if above:
            texts.beside(ax, column, 1, "", dy=up, arrowprops=line, **place)
