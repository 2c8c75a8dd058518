"""What each segment weighs: treemap, paired shares and the segment table as bars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matplotlib.axes import Axes

from segmentclient.locale import Language, language
from segmentclient.plot import lettering, palette, style
from segmentclient.plot.chart import FEWEST, Chart, joined
from segmentclient.plot.numbers import Groups, groups, of_value, worth

__all__ = ["segment_bars", "segment_treemap", "share_pairs"]


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

    Segments whose tile is too small for their name are named below. Segments without positive value have no
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
    data = groups(customers, by=by, value=value, currency=currency)
    axes = style.start(ax)
    words = language(lang)
    if data.empty:
        return TREEMAP.sign(style.nothing(axes, words.text("No customers to show")), data, lang)
    style.hide_axes(axes)
    axes.set(xlim=(0, 1), ylim=(1, 0))
    axes.margins(0)
    unnamed = _tiles(axes, data, words, artist_kwargs)
    if unnamed:
        style.x_title(axes, words.text("Too small to name: {segments}", segments=words.listed(unnamed)))
    return TREEMAP.sign(axes, data, lang)


def _tiles(axes: Axes, data: Groups, words: Language, looks: dict[str, Any]) -> list[str]:
    """Draw the tiles, name those that have room, and give the names of the others with their share."""
    from matplotlib.patches import Rectangle

    sizes = tile_sizes(data)
    width, height = style.axes_inches(axes)
    unnamed = []
    places = squarify([size for size in sizes if size > 0], width / height)
    for name, colour, size, share in zip(
        data.labels(words.key), data.colours(), sizes, data.table["value_share"], strict=True
    ):
        told = _percent(words, share)
        if size <= 0:
            unnamed.append(f"{name} ({told})")
            continue
        x, y, w, h = next(places)
        axes.add_patch(
            Rectangle(
                (x, y), w, h, **{"facecolor": colour, "edgecolor": style.SURFACE, "linewidth": 2, **looks}
            )
        )
        if not _name_tile(axes, (x, y, w * width * 72, h * height * 72), name, told, palette.text_on(colour)):
            unnamed.append(f"{name} ({told})")
    return unnamed


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
    style.beside(
        axes, x, y, lines, dx=7, dy=-6, ha="left", va="top", in_layout=False, color=colour, weight="bold"
    )
    below = 6 + (lines.count("\n") + 1) * size.font * 1.25
    style.beside(axes, x, y, told, dx=7, dy=-below, ha="left", va="top", in_layout=False, color=colour)
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


def share_pairs(
    customers: Any,
    *,
    by: str = "segment",
    value: str = "revenue",
    currency: str | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw each segment's share of customers (grey) beside its share of revenue (its colour).

    Parameters
    ----------
    customers : table with the columns `by` and `value`, on any engine; one row a segment is collected.
    by : column that holds the segment.
    value : column whose shares are shown.
    currency : ISO code, used by the description.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to the two `Axes.scatter`.

    Returns
    -------
    matplotlib.axes.Axes
        `collections[0]` holds the shares of customers, `collections[1]` those of the value.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"segment": ["champions", "lost"], "revenue": [90.0, 10.0]})
    >>> ax = sc.plot.share_pairs(customers)
    >>> ax.collections[1].get_offsets()[:, 0].tolist()
    [0.9, 0.1]
    """
    data, words = groups(customers, by=by, value=value, currency=currency), language(lang)
    labels = data.labels(lang)
    axes = style.start(ax, height=style.rows_height(ax, labels, extra=0.6))
    if data.empty:
        return PAIRS.sign(style.nothing(axes, words.text("No customers to show")), data, lang)
    style.category_axis(axes, labels)
    _pairs(axes, data, words, artist_kwargs)
    axes.set_xticks([])
    return PAIRS.sign(axes, data, lang)


def _pairs(axes: Axes, data: Groups, words: Language, looks: dict[str, Any]) -> None:
    size = style.size_of(axes)
    people, money, colours = data.table["customer_share"], data.table["value_share"].fillna(0), data.colours()
    rows = range(len(people))
    dots = {"s": size.font**2 * 0.75, "zorder": 3, "edgecolors": style.SURFACE, "linewidths": 1.0}
    axes.scatter(people, rows, **{**dots, "color": style.GREY, **looks})
    axes.scatter(money, rows, **{**dots, "color": colours, **looks})
    axes.hlines(rows, people, money, color=colours, linewidth=3, alpha=0.45, zorder=1)
    _leave_room(axes, [*people, *money], words)
    for row, (left, right) in enumerate(zip(people, money, strict=True)):
        _share_beside(axes, left, right, row, words, {"color": style.MUTED})
        _share_beside(axes, right, left, row, words, {"weight": "bold"})
    _pair_heads(axes, people[0], money[0], of_value(data.value, words), words)
    _leave_room(axes, [*people, *money], words)


def _leave_room(axes: Axes, shares: list[float], words: Language) -> None:
    """Set limits that leave room for the widest share at both ends."""
    size = style.size_of(axes)
    low, high = min(0.0, *shares), max(shares)
    text = lettering.widest([_percent(words, share) for share in shares], size.font, "bold") + 1.5 * size.font
    room = text * (high - low) / max(style.axes_inches(axes)[0] * 72 - 2 * text, text)
    axes.set_xlim(low - room, high + room)


def _share_beside(
    axes: Axes, here: float, other: float, row: int, words: Language, looks: dict[str, Any]
) -> None:
    """Write a share on the side of its dot that looks away from the other dot."""
    size, right = style.size_of(axes), here > other or (here == other and "weight" in looks)
    style.beside(
        axes, here, row, _percent(words, here), dx=size.font * (0.75 if right else -0.75),
        va="center_baseline", ha="left" if right else "right", **looks,
    )  # fmt: skip


def _pair_heads(axes: Axes, people: float, money: float, of_what: str, words: Language) -> None:
    """Name the two dots once, above the first row."""
    size = style.size_of(axes)
    heads = [
        (people, words.text("share of customers"), style.MUTED),
        (money, words.text("share {of_value}", of_value=of_what), style.INK),
    ]
    (x_low, low, low_colour), (x_high, high, high_colour) = sorted(heads, key=lambda head: head[0])
    for x, text, side, colour in ((x_low, low, "right", low_colour), (x_high, high, "left", high_colour)):
        style.beside(axes, x, -0.5, text, dy=2, ha=side, va="bottom", fontsize=size.small, color=colour)


def segment_bars(
    customers: Any,
    *,
    by: str = "segment",
    currency: str | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw the segment table: customers, orders, revenue and average order value, a thin bar under each number.

    Parameters
    ----------
    customers : table with the columns `by`, `n_orders` and `revenue`, on any engine; one row a segment is collected.
    by : column that holds the segment.
    currency : ISO code of the currency, such as "EUR"; none shows bare numbers.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.barh`.

    Returns
    -------
    matplotlib.axes.Axes
        `containers[i]` holds the bars of the i-th column, each as long as its share of the column's maximum.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"segment": ["loyal", "lost"], "n_orders": [4, 1], "revenue": [100.0, 50.0]})
    >>> ax = sc.plot.segment_bars(customers, currency="EUR")
    >>> [text.get_text() for text in ax.texts if "€" in text.get_text()]
    ['€100', '€50', '€25', '€50']
    """
    data, words = _bar_groups(customers, by=by, currency=currency), language(lang)
    labels = data.labels(lang)
    share = 0.29 if ax is not None and style.size_of(ax).width < 5 else 0.26
    axes = style.start(ax, height=style.rows_height(ax, labels, share=share, extra=0.55))
    if data.empty:
        return BARS.sign(style.nothing(axes, words.text("No customers to show")), data, lang)
    style.category_axis(axes, labels, share=share)
    axes.set_xticks([])
    axes.set_xlim(-0.04, 4)
    room = _column_room(axes)
    for column, (title, values, told) in enumerate(_bar_columns(data, words)):
        if lettering.widest(told, style.size_of(axes).font) > room:
            told = _bar_columns(data, words, amount=_brief)[column][2]
        _bar_column(axes, column, title, values, told, {"color": data.colours(), **artist_kwargs})
    return BARS.sign(axes, data, lang)


def _bar_groups(customers: Any, *, by: str = "segment", currency: str | None = None) -> Groups:
    from segmentclient import frames
    from segmentclient.schema import check_columns

    check_columns(frames.read(customers).collect_schema(), {"n_orders": "number", "revenue": "number"})
    return groups(customers, by=by, currency=currency)


def _column_room(axes: Axes) -> float:
    """Points across one of the four columns, less the gap to the next."""
    return style.axes_inches(axes)[0] * 72 / 4.04 - 3


def _bar_columns(
    data: Groups, words: Language, *, amount: Callable[[Language, float, str | None], str] = worth
) -> list[tuple[str, list[float], list[str]]]:
    """Name, number and write each column."""
    table = data.table
    average = (table["value"] / table["orders"].where(table["orders"] > 0)).fillna(0)
    return [
        (
            words.text("Customers"),
            table["customers"].tolist(),
            [_count(words, n) for n in table["customers"]],
        ),
        (words.text("Orders"), table["orders"].tolist(), [_count(words, n) for n in table["orders"]]),
        (
            words.text("Revenue"),
            table["value"].tolist(),
            [amount(words, n, data.currency) for n in table["value"]],
        ),
        (
            words.text("Average order"),
            average.tolist(),
            [amount(words, n, data.currency) for n in average],
        ),
    ]


def _brief(words: Language, number: float, currency: str | None) -> str:
    """Write an amount in thousands from one thousand on, where columns are narrow."""
    return words.compact(number, currency) if abs(number) >= 1_000 else worth(words, number, currency)


def _percent(words: Language, share: float) -> str:
    """Write a share; small ones with a decimal."""
    return words.percent(share, 0 if share == 0 or abs(share) >= 0.1 else 1)


def _count(words: Language, number: float) -> str:
    return words.compact(number) if number >= 100_000 else words.number(number)


def _bar_column(
    axes: Axes, column: int, title: str, values: list[float], told: list[str], looks: dict[str, Any]
) -> None:
    """Draw one column: number above, bar below; bars start at the column's left edge."""
    size = style.size_of(axes)
    longest = max((abs(value) for value in values), default=0) or 1.0
    lengths = [0.86 * max(value, 0) / longest for value in values]
    rows = range(len(values))
    axes.barh([row + 0.24 for row in rows], lengths, left=column, **{"height": 0.2, **looks})
    for row, text in zip(rows, told, strict=True):
        style.write(axes, column, row + 0.08, text, va="bottom", ha="left", in_layout=True)
    style.write(
        axes,
        column,
        -0.55,
        lettering.wrap(title, _column_room(axes), size.small),
        va="baseline",
        in_layout=True,
        ha="left",
        fontsize=size.small,
        color=style.MUTED,
    )


def say_top(data: Groups, words: Language) -> str:
    """Name the group that weighs most."""
    if data.empty:
        return words.text("No customers to show")
    top, name = data.table.iloc[0], data.labels(words.key)[0]
    people = words.percent(top["customer_share"], 0)
    if data.total <= 0:
        return words.text("{segment}: {share} of customers; nothing to share out", segment=name, share=people)
    return words.text(
        "{segment}: {customers} of customers, {share} {of_value}", of_value=of_value(data.value, words),
        segment=name, customers=people, share=words.percent(top["value_share"], 0),
    )  # fmt: skip


def _say_most(data: Groups, words: Language) -> str:
    """Name the few groups that make most of the revenue."""
    if data.empty or data.total <= 0 or len(data.table) < 3:
        return say_top(data, words)
    running = data.table["value_share"].cumsum()
    count = int((running < 0.6).sum()) + 1
    named = words.listed(data.labels(words.key)[:count])
    return words.plural(
        "{segments} alone: {share} {of_value}", "{n} segments make {share} {of_value}: {segments}",
        count, segments=named, share=words.percent(running.iloc[count - 1], 0), of_value=of_value(data.value, words),
    )  # fmt: skip


def _say_order(data: Groups, words: Language) -> str:
    """Name the group with the largest average order, among those that are not tiny."""
    if data.empty or data.total <= 0 or data.table["orders"].sum() <= 0:
        return say_top(data, words)
    average = data.table["value"] / data.table["orders"].where(data.table["orders"] > 0)
    large = data.table["customers"] >= min(FEWEST, data.table["customers"].max())
    best = int(average.where(large).fillna(0).argmax())
    return words.text(
        "Largest orders: {segment}, {value} against {average} on average",
        segment=data.labels(words.key)[best], value=worth(words, average[best], data.currency),
        average=worth(words, data.total / data.table["orders"].sum(), data.currency),
    )  # fmt: skip


def tell_shares(data: Groups, words: Language) -> str:
    rows = zip(data.labels(words.key), data.table["customer_share"], data.table["value_share"], strict=True)
    told = (
        words.text("{segment}: {customers} of customers, {share} {of_value}", segment=name, customers=_percent(words, people), share=_percent(words, money), of_value=of_value(data.value, words))
        for name, people, money in rows
    )  # fmt: skip
    return joined(told, words)


TREEMAP = Chart(
    "segment_treemap",
    "Treemap: each tile is a segment, as large as what it brings.",
    groups,
    _say_most,
    tell_shares,
)
PAIRS = Chart(
    "share_pairs",
    "Each segment's share of customers beside its share of what they bring.",
    groups,
    say_top,
    tell_shares,
)
BARS = Chart(
    "segment_bars",
    "Bars: customers, orders, revenue and average order of each segment.",
    _bar_groups,
    _say_order,
    tell_shares,
)
CHARTS = (TREEMAP, PAIRS, BARS)
