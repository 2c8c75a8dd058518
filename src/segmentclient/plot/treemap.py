"""Tiles as large as what each segment brings."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import palette, style
from segmentclient.plot.chart import Chart, first_of
from segmentclient.plot.drawing import layout, lettering, scales, sheet, texts
from segmentclient.plot.groups import Groups, groups, say_top, tell_shares
from segmentclient.plot.numbers import of_value, percent
from segmentclient.shown import OTHERS

__all__ = ["segment_treemap"]

MOST_NAMED = 3  # more names make no headline


def segment_treemap(
    customers: Any,
    *,
    by: str = "segment",
    value: str = "revenue",
    currency: str | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw each segment as a tile as large as its revenue.

    Segments whose tile is too small for their name bear a number and are named below. Segments without positive value have no
    tile and are named below; when no segment has any, tiles are as large as the number of customers.

    Parameters
    ----------
    customers : table with the columns `by` and `value`, on any engine; one row a segment is collected.
    by : column that holds the segment.
    value : column that gives the size of the tiles.
    currency : ISO code of the currency, such as "EUR"; none shows bare numbers.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to each `matplotlib.patches.Rectangle`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"segment": ["champions", "lost"], "revenue": [90.0, 10.0]})
    >>> ax = sc.plot.segment_treemap(customers, lang="fr")
    >>> [round(float(tile.get_width() * tile.get_height()), 9) for tile in ax.patches]
    [0.9, 0.1]
    """
    check_options(segment_treemap, locals())
    data = groups(customers, by=by, value=value, currency=currency)
    axes = sheet.start(ax)
    words = language(lang)
    if data.empty:
        return TREEMAP.sign(texts.nothing(axes, words.text("No customers to show")), data, lang)
    scales.hide_axes(axes)
    axes.set(xlim=(0, 1), ylim=(1, 0))
    axes.margins(0)
    high = layout.axes_inches(axes)[1] * 72
    unnamed = _tiles(axes, data, words, artist_kwargs)
    small = words.text("Too small to name: {segments}", segments=first_of(unnamed, words)) if unnamed else ""
    counted = (
        ""
        if data.total > 0
        else words.text("Nothing to share out: tiles are as large as the number of customers")
    )
    texts.x_title(axes, small, counted)
    sheet.make_room(axes, high)
    return TREEMAP.sign(axes, data, lang)


def _tiles(axes: Axes, data: Groups, words: Language, looks: dict[str, Any]) -> list[str]:
    """Draw the tiles, name those that have room, number the others, and give their names with number and share."""
    sizes = tile_sizes(data)
    width, height = layout.axes_inches(axes)
    unnamed: list[str] = []
    places = squarify([size for size in sizes if size > 0], width / height)
    shares = data.table["value_share" if data.total > 0 else "customer_share"]
    for name, colour, size, share in zip(data.labels(words.key), data.colours(), sizes, shares, strict=True):
        told = percent(words, share)
        if size <= 0:
            unnamed.append(f"{name} ({told})")
            continue
        x, y, w, h = next(places)
        axes.add_patch(
            Rectangle(
                (x, y), w, h, **{"facecolor": colour, "edgecolor": style.SURFACE, "linewidth": 2, **looks}
            )
        )
        tile, ink = (x, y, w * width * 72, h * height * 72), palette.text_on(colour)
        if not _name_tile(axes, tile, name, told, ink):
            number = words.number(len(unnamed) + 1)
            numbered = f"{number} " if _number_tile(axes, tile, (w, h), number, ink) else ""
            unnamed.append(f"{numbered}{name} ({told})")
    return unnamed


def _number_tile(
    axes: Axes, tile: tuple[float, float, float, float], shape: tuple[float, float], number: str, colour: str
) -> bool:
    """Write a number in the middle of a tile, where it fits, for the note below to refer to."""
    (x, y, width, height), points = tile, style.size_of(axes).small
    if width < lettering.text_width(number, points) + 3 or height < points + 1:
        return False
    middle = (x + shape[0] / 2, y + shape[1] / 2)
    texts.write(axes, *middle, number, ha="center", va="center_baseline", color=colour, fontsize=points)
    return True


def tile_sizes(data: Groups) -> list[float]:
    """Give positive values their size; the customers count when no value is positive."""
    sizes = data.table["value"].clip(lower=0)
    return (sizes if sizes.sum() > 0 else data.table["customers"]).tolist()


def _name_tile(
    axes: Axes, tile: tuple[float, float, float, float], name: str, told: str, colour: str
) -> bool:
    """Write the name and share in a tile's corner when they fit (sizes in points)."""
    x, y, width, height = tile
    size = style.size_of(axes)
    room, lines = width - 14, lettering.wrap(name, width - 14, size.font, "bold")
    text_height = (lines.count("\n") + 1 + 1.1) * size.font * 1.2 + 10
    if (
        room < lettering.widest([told], size.font)
        or lettering.widest([lines], size.font, "bold") > room
        or "-\n" in lines
    ):
        return False
    if text_height > height:
        return False
    texts.beside(
        axes, x, y, lines, dx=7, dy=-6, ha="left", va="top", in_layout=False, color=colour, weight="bold"
    )
    below = 6 + (lines.count("\n") + 1) * size.font * 1.25
    texts.beside(axes, x, y, told, dx=7, dy=-below, ha="left", va="top", in_layout=False, color=colour)
    return True


def squarify(sizes: list[float], ratio: float) -> Any:
    """Yield (x, y, width, height) of tiles in the unit square that look square when it is `ratio` times wider than high.

    Sizes must be positive and sorted, largest first. Each row is filled while that makes its tiles squarer.
    """
    x, y, wide, high = 0.0, 0.0, ratio, 1.0
    areas = [size * ratio / sum(sizes) for size in sizes]
    while areas:
        side = min(wide, high)
        count = _row_length(areas, side)
        row, areas = areas[:count], areas[count:]
        depth = sum(row) / side
        along = 0.0
        for area in row:
            length = area / depth
            place = (x, y + along, depth, length) if wide >= high else (x + along, y, length, depth)
            yield place[0] / ratio, place[1], place[2] / ratio, place[3]
            along += length
        x, wide = (x + depth, wide - depth) if wide >= high else (x, wide)
        y, high = (y, high) if side == high and place[2] == depth else (y + depth, high - depth)


def _row_length(areas: list[float], side: float) -> int:
    """Count how many tiles make the squarest row."""
    worst = [_worst(areas[:count], side) for count in range(1, len(areas) + 1)]
    return next((count for count in range(1, len(areas)) if worst[count] > worst[count - 1]), len(areas))


def _worst(row: list[float], side: float) -> float:
    depth = sum(row) / side
    return max(max(depth**2 / area, area / depth**2) for area in row)


def _say_most(data: Groups, words: Language) -> str:
    """Name the few groups that make most of the revenue."""
    if data.empty or data.total <= 0 or len(data.table) < 3:
        return say_top(data, words)
    running = data.table["value_share"].cumsum()
    count = int((running < 0.6).sum()) + 1
    if OTHERS in data.table["key"].tolist()[:count]:
        return say_top(data, words)
    share = words.percent(running.iloc[count - 1], 0)
    if count > MOST_NAMED:
        return words.text(
            "{n} of {all} segments make {share} {of_value}; {segment} comes first",
            segment=data.labels(words.key)[0], n=words.number(count), all=words.number(len(running)), share=share, of_value=of_value(data.value, words),
        )  # fmt: skip
    named = words.listed(data.labels(words.key)[:count])
    return words.plural(
        "{segments} alone: {share} {of_value}", "{n} segments make {share} {of_value}: {segments}",
        count, segments=named, share=share, of_value=of_value(data.value, words),
    )  # fmt: skip


TREEMAP = Chart(
    "segment_treemap",
    "Treemap: each tile is a segment, as large as what it brings.",
    groups,
    _say_most,
    tell_shares,
)


CHARTS = (TREEMAP,)
