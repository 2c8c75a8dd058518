"""From the revenue of one period to the next: what each kind of move added or took away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from segmentclient.errors import ColumnError
from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import style
from segmentclient.plot.chart import Chart, joined
from segmentclient.plot.drawing import rows
from segmentclient.plot.numbers import worth

__all__ = ["value_bridge"]

MOVES = ("new", "reactivated", "upgraded", "stayed", "downgraded", "lost")


@dataclass(frozen=True)
class Bridge:
    """Value before, the change by kind of move with its customers, and value now."""

    before: float
    changes: dict[str, tuple[float, float]]
    after: float
    currency: str | None


def _bridge(migration: Any, *, currency: str | None = None) -> Bridge:
    if not hasattr(migration, "moves") or not hasattr(migration, "value_flow"):
        raise ColumnError(
            f"migration: expected the answer of compare_periods, found {type(migration).__name__}"
        )
    moves = migration.moves.set_index("move")
    changes = {
        move: (float(moves.at[move, "change"]), float(moves.at[move, "n_customers"]))
        for move in MOVES
        if move in moves.index
    }
    flow = migration.value_flow
    kept = {move: change for move, change in changes.items() if change[1] > 0}
    return Bridge(float(flow["value_before"].sum()), kept, float(flow["value_after"].sum()), currency)


def value_bridge(
    migration: Any,
    *,
    currency: str | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw how the value of one period became that of the next: what new, lost and moving customers added or took.

    Parameters
    ----------
    migration : the answer of `compare_periods`.
    currency : ISO code of the currency, such as "EUR"; none shows bare numbers.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.barh`.

    Returns
    -------
    matplotlib.axes.Axes
        `containers[0]` holds the bars: before, one a move, now.

    Raises
    ------
    ColumnError
        `migration` is something else.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> before = pd.DataFrame({"customer_id": [1, 2], "segment": ["a", "b"], "revenue": [90.0, 10.0]})
    >>> after = pd.DataFrame({"customer_id": [1, 3], "segment": ["a", "b"], "revenue": [95.0, 5.0]})
    >>> ax = sc.plot.value_bridge(sc.compare_periods(before, after))
    >>> [float(bar.get_width()) for bar in ax.patches]
    [100.0, 5.0, 5.0, -10.0, 100.0]
    """
    check_options(value_bridge, locals())
    data, words = _bridge(migration, currency=currency), language(lang)
    names = [
        words.text("Before"),
        *(_named(move, count, words) for move, (_, count) in data.changes.items()),
        words.text("Now"),
    ]
    axes = rows.start_rows(ax, names, extra=0.2)
    changes = np.array([change for change, _ in data.changes.values()])
    starts = np.concatenate([[0.0], data.before + np.cumsum(np.concatenate([[0.0], changes]))[:-1], [0.0]])
    widths = np.concatenate([[data.before], changes, [data.after]])
    colours = [style.MUTED, *(style.ACCENT if change >= 0 else style.WARM for change in changes), style.MUTED]
    axes.barh(range(len(names)), widths, left=starts, **{"height": 0.55, "color": colours, **artist_kwargs})
    _steps(axes, starts, widths)
    _write_changes(axes, starts, widths, words, currency)
    axes.set_xticks([])
    return BRIDGE.sign(axes, data, lang)


def _named(move: str, count: float, words: Language) -> str:
    named = {
        "new": words.text("New customers ({count})", count=words.number(count)),
        "reactivated": words.text("Back again ({count})", count=words.number(count)),
        "upgraded": words.text("Moved up ({count})", count=words.number(count)),
        "stayed": words.text("Same segment ({count})", count=words.number(count)),
        "downgraded": words.text("Moved down ({count})", count=words.number(count)),
        "lost": words.text("Inactive or gone ({count})", count=words.number(count)),
    }
    return named[move]


def _steps(axes: Axes, starts: np.ndarray, widths: np.ndarray) -> None:
    """Join each bar to the next with a thin line."""
    for row, (start, width) in enumerate(zip(starts[:-1], widths[:-1], strict=True)):
        end = start + width
        axes.plot([end, end], [row + 0.275, row + 0.725], color=style.GREY, linewidth=0.8)


def _write_changes(
    axes: Axes, starts: np.ndarray, widths: np.ndarray, words: Language, currency: str | None
) -> None:
    """Write the amounts right of the bars; changes with their sign, the two totals in bold."""
    last, ends = len(widths) - 1, np.maximum(starts, starts + widths)
    told = [
        worth(words, width, currency) if row in (0, last) else _signed(words, width, currency)
        for row, width in enumerate(widths)
    ]
    low, high = min(0.0, float(np.minimum(starts, starts + widths).min())), float(max(ends.max(), 0.0))
    rows.leave_room(axes, low, high if high > low else low + 1.0, told)
    rows.write_ends(axes, ends, told)
    for row in (0, last):
        axes.texts[row - len(told) if row < last else -1].set_fontweight("bold")


def _signed(words: Language, change: float, currency: str | None) -> str:
    return ("+" if change > 0 else "−" if change < 0 else "") + worth(words, abs(change), currency)


def _say_bridge(data: Bridge, words: Language) -> str:
    if data.before <= 0:
        return words.text("Revenue: {after} now", after=worth(words, data.after, data.currency))
    change = data.after / data.before - 1
    sentence = (
        "Revenue up by {share}: {before} before, {after} now"
        if change >= 0
        else "Revenue down by {share}: {before} before, {after} now"
    )
    return words.text(
        sentence, share=words.percent(abs(change), 0), before=worth(words, data.before, data.currency),
        after=worth(words, data.after, data.currency),
    )  # fmt: skip


def _tell_bridge(data: Bridge, words: Language) -> str:
    told = (
        f"{_named(move, count, words)} {_signed(words, change, data.currency)}"
        for move, (change, count) in data.changes.items()
    )
    return joined(told, words)


BRIDGE = Chart(
    "value_bridge",
    "Bars from the revenue before to the revenue now, one a kind of move.",
    _bridge,
    _say_bridge,
    _tell_bridge,
)
CHARTS = (BRIDGE,)
