"""How every chart looks: its colours and its sizes; nothing is drawn here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from segmentclient.plot.palette import GREY, ON_DARK, ON_LIGHT, colours, label

__all__ = ["GREY", "ON_DARK", "ON_LIGHT", "SIZES", "THEMED", "Size", "colours", "label", "size_of"]


INK = "#1b1f24"


MUTED = "#5c6670"


GRID = "#e1e5ea"


SURFACE = "#fefefe"


ACCENT = "#0072b3"


WARM = "#b84a01"


THEMED = {"ink": INK, "muted": MUTED, "grid": GRID, "surface": SURFACE, "accent": ACCENT, "warm": WARM}


QUANTITY = "cividis"


@dataclass(frozen=True)
class Size:
    """Inches of a figure and points of its text."""

    width: float
    height: float
    font: float

    @property
    def small(self) -> float:
        """Points of the secondary text: never under 9."""
        return max(9.0, self.font - 1)


SIZES: Mapping[str, Size] = {
    "page": Size(6.8, 4.1, 10.0),
    "slide": Size(10.0, 5.6, 14.0),
    "phone": Size(3.75, 4.2, 9.5),
}


def size_of(ax: Axes) -> Size:
    """Tell the sizes to draw with: the text of our figures, else a page's, in the inches that are there for the axes."""
    font = getattr(ax.figure.figure, "size", SIZES["page"]).font
    width, height = (float(side) / ax.figure.dpi for side in ax.figure.bbox.size)
    return Size(width * _share_of_width(ax), height, font)


def _share_of_width(ax: Axes) -> float:
    """Tell the part of the figure's width that is the axes' own, beside those in other columns."""
    place = ax.get_subplotspec()
    if place is None:
        return 1.0
    parts = np.asarray(place.get_gridspec().get_width_ratios(), float)
    return float(parts[place.colspan.start : place.colspan.stop].sum() / parts.sum())
