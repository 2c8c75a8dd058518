"""The segment table as bars: customers, orders, revenue and average order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from segmentclient import frames
from segmentclient.locale import MISSING, Language, language
from segmentclient.options import check_options
from segmentclient.plot import style
from segmentclient.plot.chart import FEWEST, Chart
from segmentclient.plot.drawing import layout, lettering, scales, sheet, texts
from segmentclient.plot.groups import Groups, groups, say_top, tell_shares
from segmentclient.plot.numbers import worth
from segmentclient.schema import check_columns

__all__ = ["segment_bars"]


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
        `containers[i]` holds the bars of the i-th column, each as long as its share of the column's maximum. Of a group of
        fewer than ten customers only their number is shown, unless all groups are as small.

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
    check_options(segment_bars, locals())
    data, words = _bar_groups(customers, by=by, currency=currency), language(lang)
    labels = data.labels(lang)
    share = 0.29 if ax is not None and style.size_of(ax).width < 5 else 0.26
    axes = sheet.start(ax, height=sheet.rows_height(ax, labels, share=share, extra=0.55))
    if data.empty:
        return BARS.sign(texts.nothing(axes, words.text("No customers to show")), data, lang)
    scales.category_axis(axes, labels, share=share)
    axes.set_xticks([])
    axes.set_xlim(-0.04, 4)
    room, size = _column_room(axes), style.size_of(axes)
    columns = _bar_columns(data, words)
    _heads(axes, [title for title, *_ in columns], room)
    for column, (_, values, told) in enumerate(columns):
        if lettering.widest(told, size.font) > room:
            told = _bar_columns(data, words, amount=_brief)[column][2]
        points = min(size.font, max(size.font * room / max(lettering.widest(told, size.font), 1.0), 6.0))
        _bar_column(axes, column, (told, points), values, {"color": data.colours(), **artist_kwargs})
    if _small(data).any():
        texts.x_title(axes, words.text("–: fewer than {n} customers, not shown", n=FEWEST))
        sheet.make_room(axes, 72 * sheet.rows_inches(axes, labels, share=share))
    return BARS.sign(axes, data, lang)


def _bar_groups(customers: Any, *, by: str = "segment", currency: str | None = None) -> Groups:

    check_columns(frames.schema_of(frames.read(customers)), {"n_orders": "number", "revenue": "number"})
    return groups(customers, by=by, currency=currency)


def _small(data: Groups) -> np.ndarray:
    """Mark the groups of so few customers that their sums are not shown; none where all are as small."""
    small = (data.table["customers"] < FEWEST).to_numpy()
    return small & ~small.all()


def _column_room(axes: Axes) -> float:
    """Points across one of the four columns, less the gap to the next."""
    return layout.axes_inches(axes)[0] * 72 / 4.04 - 4


def _bar_columns(
    data: Groups, words: Language, *, amount: Callable[[Language, float, str | None], str] = worth
) -> list[tuple[str, list[float], list[str]]]:
    """Name, number and write each column; of small groups the customers alone are told."""
    table, shown = data.table, ~_small(data)
    average = (table["value"] / table["orders"].where(table["orders"] > 0)).fillna(0)
    told: dict[str, tuple[pd.Series, Callable[[Language, float], str]]] = {
        "Customers": (table["customers"], _count),
        "Orders": (table["orders"].where(shown), _count),
        "Revenue": (table["value"].where(shown), partial(_amount, amount=amount, currency=data.currency)),
        "Average order": (average.where(shown), partial(_amount, amount=amount, currency=data.currency)),
    }
    return [
        (words.text(name), numbers.fillna(0).tolist(), [show(words, number) for number in numbers])
        for name, (numbers, show) in told.items()
    ]


def _amount(
    words: Language,
    number: float,
    *,
    amount: Callable[[Language, float, str | None], str],
    currency: str | None,
) -> str:
    return amount(words, number, currency) if number == number else MISSING


def _brief(words: Language, number: float, currency: str | None) -> str:
    """Write an amount in thousands from one thousand on, where columns are narrow."""
    return words.compact(number, currency) if abs(number) >= 1_000 else worth(words, number, currency)


def _count(words: Language, number: float) -> str:
    if number != number:
        return MISSING
    return words.compact(number) if number >= 100_000 else words.number(number)


def _bar_column(
    axes: Axes, column: int, words: tuple[list[str], float], values: list[float], looks: dict[str, Any]
) -> None:
    """Draw one column: number above (in so many points), bar below; bars start at the column's left edge."""
    told, points = words
    longest = max((abs(value) for value in values), default=0) or 1.0
    lengths = [0.86 * max(value, 0) / longest for value in values]
    rows = range(len(values))
    axes.barh([row + 0.24 for row in rows], lengths, left=column, **{"height": 0.2, **looks})
    for row, text in zip(rows, told, strict=True):
        texts.write(axes, column, row + 0.08, text, va="bottom", ha="left", in_layout=True, fontsize=points)


def _heads(axes: Axes, titles: list[str], room: float) -> None:
    """Name the columns above them; on two levels where a word would be broken."""
    size = style.size_of(axes)
    heads = [lettering.wrap(title, room, size.small) for title in titles]
    raised = [False] * len(heads)
    if any("-\n" in head for head in heads):
        raised = [column % 2 == 0 for column in range(len(heads))]
        rooms = [room if column == len(heads) - 1 else 1.9 * room for column in range(len(heads))]
        heads = [lettering.wrap(title, wide, size.small) for title, wide in zip(titles, rooms, strict=True)]
    low = [head.count("\n") + 1 for head, up in zip(heads, raised, strict=True) if not up]
    looks: dict[str, Any] = {"va": "baseline", "ha": "left", "fontsize": size.small, "color": style.MUTED}
    for column, (head, up) in enumerate(zip(heads, raised, strict=True)):
        texts.beside(axes, column, -0.55, head, dy=max(low) * size.small * 1.2 if up else 0, **looks)


def _say_order(data: Groups, words: Language) -> str:
    """Name the group with the largest average order, among those that are not tiny."""
    if data.empty or data.total <= 0 or data.table["orders"].sum() <= 0:
        return say_top(data, words)
    average = data.table["value"] / data.table["orders"].where(data.table["orders"] > 0)
    best = int(average.where(~_small(data)).fillna(0).argmax())
    return words.text(
        "Largest orders: {segment}, {value} against {average} on average",
        segment=data.labels(words.key)[best], value=worth(words, average[best], data.currency),
        average=worth(words, data.total / data.table["orders"].sum(), data.currency),
    )  # fmt: skip


BARS = Chart(
    "segment_bars",
    "Bars: customers, orders, revenue and average order of each segment.",
    _bar_groups,
    _say_order,
    tell_shares,
)


CHARTS = (BARS,)
