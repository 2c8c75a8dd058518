"""Each segment's share of customers beside its share of revenue."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import style
from segmentclient.plot.chart import Chart
from segmentclient.plot.drawing import layout, lettering, rows, texts
from segmentclient.plot.groups import Groups, groups, say_top, tell_shares
from segmentclient.plot.numbers import of_value, percent

__all__ = ["share_pairs"]


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
    check_options(share_pairs, locals())
    data, words = groups(customers, by=by, value=value, currency=currency), language(lang)
    labels = data.labels(lang)
    axes = rows.start_rows(ax, labels, extra=0.6)
    if data.empty:
        return PAIRS.sign(texts.nothing(axes, words.text("No customers to show")), data, lang)
    _pairs(axes, data, words, artist_kwargs)
    axes.set_xticks([])
    return PAIRS.sign(axes, data, lang)


def _pairs(axes: Axes, data: Groups, words: Language, looks: dict[str, Any]) -> None:
    size = style.size_of(axes)
    people, money, colours = data.table["customer_share"], data.table["value_share"].fillna(0), data.colours()
    places = range(len(people))
    dots = {"s": size.font**2 * 0.75, "zorder": 3, "edgecolors": style.SURFACE, "linewidths": 1.0}
    axes.scatter(people, places, **{**dots, "color": style.GREY, **looks})
    axes.scatter(money, places, **{**dots, "color": colours, **looks})
    axes.hlines(places, people, money, color=colours, linewidth=3, alpha=0.45, zorder=1)
    _leave_room(axes, [*people, *money], words)
    for row, (left, right) in enumerate(zip(people, money, strict=True)):
        _share_beside(axes, left, right, row, words, {"color": style.MUTED})
        _share_beside(axes, right, left, row, words, {"weight": "bold"})
    _pair_heads(axes, people[0], money[0], of_value(data.value, words), words)


def _leave_room(axes: Axes, shares: list[float], words: Language) -> None:
    """Leave room for the widest share at both ends."""
    told = [percent(words, share) for share in shares]
    rows.leave_room(axes, min(0.0, *shares), max(shares), told, both=True, gap=2.0)


def _share_beside(
    axes: Axes, here: float, other: float, row: int, words: Language, looks: dict[str, Any]
) -> None:
    """Write a share on the side of its dot that looks away from the other dot."""
    size, right = style.size_of(axes), here > other or (here == other and "weight" in looks)
    texts.beside(
        axes, here, row, percent(words, here), dx=size.font * (0.75 if right else -0.75),
        va="center_baseline", ha="left" if right else "right", **looks,
    )  # fmt: skip


def _pair_heads(axes: Axes, people: float, money: float, of_what: str, words: Language) -> None:
    """Name the two dots once, above the first row; the right name stays within the axes, a line higher where both would touch."""
    size = style.size_of(axes)
    heads = [
        (people, words.text("share of customers"), style.MUTED),
        (money, words.text("share {of_value}", of_value=of_what), style.INK),
    ]
    (x_low, low, low_colour), (x_high, high, high_colour) = sorted(heads, key=lambda head: head[0])
    left, right = axes.get_xlim()
    point = (right - left) / (layout.axes_inches(axes)[0] * 72)
    start = min(x_high + 3 * point, right - lettering.text_width(high, size.small) * point)
    higher = 1.3 * size.small if start < x_low + 0.7 * size.small * point else 0
    looks: dict[str, Any] = {"va": "bottom", "fontsize": size.small}
    texts.beside(axes, x_low, -0.5, low, dx=-3, dy=2, ha="right", color=low_colour, **looks)
    texts.beside(axes, start, -0.5, high, dy=2 + higher, ha="left", color=high_colour, **looks)


PAIRS = Chart(
    "share_pairs",
    "Each segment's share of customers beside its share of what they bring.",
    groups,
    say_top,
    tell_shares,
)


CHARTS = (PAIRS,)
