"""Did the model keep its word? Purchases expected and made, by frequency and by tenth of the customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot.calibration import (
    FEW,
    Calibration,
    by_decile,
    by_frequency,
    draw_calibration,
    say_forecast,
)
from segmentclient.plot.chart import Chart
from segmentclient.plot.drawing import sheet, texts

__all__ = ["calibration_by_decile", "calibration_by_frequency"]


def calibration_by_frequency(
    customers: Any,
    *,
    expected: str = "expected_purchases",
    actual: str = "holdout_purchases",
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw purchases expected and made in the holdout period, by repeat purchases in the calibration period.

    Parameters
    ----------
    customers : table of `split_periods` with predictions for `holdout_days`: the columns `frequency`, `expected` and
        `actual`, on any engine; these are collected.
    expected, actual : columns of purchases expected and made.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.plot` for what was expected.

    Returns
    -------
    matplotlib.axes.Axes
        `lines[0]` holds what was expected, `lines[1]` what was made, with an interval of two standard errors.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> table = pd.DataFrame({"frequency": [0, 0, 1], "expected_purchases": [0.2, 0.4, 1.0], "holdout_purchases": [0, 1, 1]})
    >>> sc.plot.calibration_by_frequency(table).lines[0].get_ydata().round(9).tolist()
    [0.3, 1.0]
    """
    check_options(calibration_by_frequency, locals())
    data, words = by_frequency(customers, expected=expected, actual=actual), language(lang)
    axes = sheet.start(ax)
    last = data.table.index.max() if not data.empty else 0
    names = [
        words.number(count) + ("+" if count == last and count >= 7 else "") for count in data.table.index
    ]
    if data.empty:
        return BY_FREQUENCY.sign(texts.nothing(axes, words.text("No customers to show")), data, lang)

    def few(groups: Sequence[str]) -> str:
        return words.text(
            "{groups} repeat purchases: fewer than {n} customers", n=FEW, groups=words.listed(groups)
        )

    draw_calibration(axes, data, names, words.text("Repeat purchases before"), words, artist_kwargs, few=few)
    return BY_FREQUENCY.sign(axes, data, lang)


def calibration_by_decile(
    customers: Any,
    *,
    expected: str = "expected_purchases",
    actual: str = "holdout_purchases",
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw purchases expected and made in the holdout period, by tenth of the customers, the most promising first.

    Parameters
    ----------
    customers : table of `split_periods` with predictions for `holdout_days`: the columns `expected` and `actual`, on
        any engine; these are collected. Customers with the same expectation stay in one tenth. Or a table that is
        grouped already: `group` (1 the least promising), `customers`, `expected`, `actual`, `low`, `high`.
    expected, actual : columns of purchases expected and made.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.plot` for what was expected.

    Returns
    -------
    matplotlib.axes.Axes
        `lines[0]` holds what was expected, `lines[1]` what was made, with an interval of two standard errors.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> table = pd.DataFrame({"expected_purchases": [float(n) for n in range(10)], "holdout_purchases": range(10)})
    >>> sc.plot.calibration_by_decile(table).lines[1].get_ydata().tolist()
    [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0]
    """
    check_options(calibration_by_decile, locals())
    data, words = by_decile(customers, expected=expected, actual=actual), language(lang)
    names = [words.number(place) for place in data.table.index]
    title = words.text("Tenths of the customers, the most promising first")
    axes = sheet.start(ax)
    if data.empty:
        return BY_DECILE.sign(texts.nothing(axes, words.text("No customers to show")), data, lang)

    def few(groups: Sequence[str]) -> str:
        return words.plural("Tenth {groups}: fewer than {few} customers", "Tenths {groups}: fewer than {few} customers", len(groups), few=FEW, groups=words.listed(groups))  # fmt: skip

    draw_calibration(axes, data, names, title, words, artist_kwargs, few=few)
    return BY_DECILE.sign(axes, data, lang)


def _say_total(data: Calibration, words: Language) -> str:
    if data.empty:
        return words.text("No customers to show")
    return say_forecast(data.expected, data.actual, words)


BY_FREQUENCY = Chart(
    "calibration_by_frequency",
    "Purchases expected and made in the holdout period, by repeat purchases before.",
    by_frequency,
    _say_total,
)
BY_DECILE = Chart(
    "calibration_by_decile",
    "Purchases expected and made in the holdout period, by tenth of the customers.",
    by_decile,
    _say_total,
)
CHARTS = (BY_FREQUENCY, BY_DECILE)
