"""What each segment should still bring, with the bounds of its total."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from segmentclient import frames
from segmentclient.customers.collected import LARGEST
from segmentclient.errors import raise_all
from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import palette, style
from segmentclient.plot.chart import Chart, joined
from segmentclient.plot.drawing import rows, scales, texts
from segmentclient.plot.numbers import worth
from segmentclient.schema import check_columns

__all__ = ["segment_values"]

TOTAL = "total"  # the last row of value_by_segment: everybody
BOUNDS = ("lifetime_value_low", "lifetime_value_high")


@dataclass(frozen=True)
class Expected:
    """One row a segment, the largest value first: key, value, low, high."""

    table: pd.DataFrame
    currency: str | None

    def labels(self, lang: str) -> list[str]:
        """Names of the segments for a reader."""
        return [palette.label(key, lang) for key in self.table["key"]]


def _expected(values: Any, *, by: str = "segment", currency: str | None = None) -> Expected:
    frame = frames.read(values, name="values")
    columns = ["lifetime_value", *BOUNDS]
    check_columns(frames.schema_of(frame), {by: "any", **dict.fromkeys(columns, "number")}, table="values")
    table = frames.collect(frame, [by, *columns]).dropna(subset=columns)
    table = table.set_axis(["key", "value", "low", "high"], axis=1)
    numbers = table[["value", "low", "high"]].astype(float)
    wrong = not (numbers.abs() <= LARGEST).to_numpy().all()
    raise_all(["values: infinite or absurdly large amounts cannot be drawn"] if wrong else [], table="values")
    table[numbers.columns] = numbers
    table = table[table["key"].astype(str) != TOTAL]
    order = table.assign(name=table["key"].map(str)).sort_values(["value", "name"], ascending=[False, True])
    return Expected(table.loc[order.index].reset_index(drop=True), currency)


def segment_values(
    values: Any,
    *,
    by: str = "segment",
    currency: str | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw what each segment should still bring: a dot for the total, a line over its interval.

    Parameters
    ----------
    values : the answer of `value_by_segment`, or a table with the columns `by`, `lifetime_value`,
        `lifetime_value_low` and `lifetime_value_high` (totals of a segment). The row "total" is left out.
    by : column that holds the segment.
    currency : ISO code of the currency, such as "EUR"; none shows bare numbers.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.scatter`.

    Returns
    -------
    matplotlib.axes.Axes
        `collections[0].get_offsets()` holds the totals, the largest first; `lines[i]` is the i-th interval.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> values = pd.DataFrame({
    ...     "segment": ["lost", "champions", "total"], "lifetime_value": [20.0, 900, 920],
    ...     "lifetime_value_low": [5.0, 800, 815], "lifetime_value_high": [40.0, 1000, 1030],
    ... })
    >>> sc.plot.segment_values(values).collections[0].get_offsets()[:, 0].tolist()
    [900.0, 20.0]
    """
    check_options(segment_values, locals())
    data, words = _expected(values, by=by, currency=currency), language(lang)
    labels = data.labels(lang)
    axes = rows.start_rows(ax, labels, extra=0.6)
    if data.table.empty:
        return VALUES.sign(texts.nothing(axes, words.text("No customers to show")), data, lang)
    _marks(axes, data.table, artist_kwargs)
    _amounts(axes, data, words)
    return VALUES.sign(axes, data, lang)


def _marks(axes: Axes, table: pd.DataFrame, looks: dict[str, Any]) -> None:
    """Draw a line over each interval and a dot at the total, in the colour of the segment."""
    known = palette.colours(table["key"])
    colours = [known[key] for key in table["key"]]
    for row, colour in enumerate(colours):
        bounds = [table["low"].iloc[row], table["high"].iloc[row]]
        axes.plot(bounds, [row, row], color=colour, alpha=0.5, linewidth=5, solid_capstyle="butt", zorder=2)
    options: dict[str, Any] = {
        "s": 46,
        "color": colours,
        "edgecolors": style.SURFACE,
        "linewidths": 1.0,
        "clip_on": False,
    }
    axes.scatter(table["value"], range(len(table)), **{**options, "zorder": 3, **looks})


def _amounts(axes: Axes, data: Expected, words: Language) -> None:
    """Write each total right of its interval, and number the axis from zero."""
    table = data.table
    told = [worth(words, value, data.currency) for value in table["value"]]
    low, high = (
        min(0.0, float(table["low"].min())),
        float(max(table["high"].max(), table["value"].max(), 0.0)),
    )
    high = high if high > low else low + 1.0
    most = 3 if style.size_of(axes).width < 5 else 5
    scales.number_axis(axes, "x", lambda value, _: worth(words, value, data.currency), most=most)
    scales.grid_lines(axes, "x")
    texts.x_title(axes, words.text("Lifetime value still expected; the line is its interval"))
    rows.leave_room(axes, low - 0.01 * (high - low), high, told)
    rows.write_ends(axes, table[["value", "high"]].max(axis=1), told, weight="bold")


def _say_values(data: Expected, words: Language) -> str:
    """Name the segment that should bring most, and between which bounds."""
    if data.table.empty:
        return words.text("No customers to show")
    top = data.table.iloc[0]
    return words.text(
        "{segment}: {value} still to come, most likely between {low} and {high}",
        segment=data.labels(words.key)[0],
        **{name: worth(words, top[name], data.currency) for name in ("value", "low", "high")},
    )


def _tell_values(data: Expected, words: Language) -> str:
    told = (
        words.text(
            "{segment} {value} ({low} to {high})",
            segment=name,
            value=worth(words, row.value, data.currency),
            low=worth(words, row.low, data.currency),
            high=worth(words, row.high, data.currency),
        )
        for name, row in zip(data.labels(words.key), data.table.itertuples(), strict=True)
    )
    return joined(told, words)


VALUES = Chart(
    "segment_values",
    "Dots and lines: what each segment should still bring, and where its total will most likely fall.",
    _expected,
    _say_values,
    _tell_values,
)
CHARTS = (VALUES,)
