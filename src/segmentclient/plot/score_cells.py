"""The mean value of customers by recency and frequency score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from segmentclient import frames
from segmentclient.customers.collected import sound
from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import style
from segmentclient.plot.chart import Chart
from segmentclient.plot.drawing import sheet, texts
from segmentclient.plot.drawing.cells import colour_cells, grey_cells, grey_note, name_cell
from segmentclient.plot.features import inside
from segmentclient.plot.numbers import measure, refuse_absurd, tense, worth
from segmentclient.schema import check_columns
from segmentclient.shown import FEWEST, may_be_told

__all__ = ["rf_heatmap", "score_axes"]


@dataclass(frozen=True)
class Cells:
    """Customers and mean value of each R × F cell, as arrays indexed [r - 1, f - 1]."""

    count: np.ndarray
    mean: np.ndarray
    currency: str | None
    value: str = "revenue"

    @property
    def empty(self) -> bool:
        """True when nobody is scored."""
        return self.count.sum() == 0

    @property
    def average(self) -> float:
        """Mean value over all customers."""
        return float(np.nansum(self.mean * self.count) / self.count.sum())

    @property
    def sure(self) -> np.ndarray:
        """Cells whose mean is not one person's, nor tells one beside the average of all; all of them when none has ten customers."""
        told = may_be_told(self.count.ravel()).reshape(self.count.shape)
        return told if told.any() else self.count >= FEWEST

    def best(self) -> tuple[int, int]:
        """R and F scores of the sure cell with the highest mean."""
        r, f = np.unravel_index(int(np.argmax(np.where(self.sure, self.mean, -np.inf))), self.mean.shape)
        return int(r) + 1, int(f) + 1


def _cells(customers: Any, *, value: str = "revenue", currency: str | None = None) -> Cells:
    frame = frames.read(customers)
    check_columns(frames.schema_of(frame), {"r_score": "number", "f_score": "number", value: "number"})
    scored = frame.filter(~nw.col("r_score").is_null(), ~nw.col("f_score").is_null())
    summed = frames.collect(
        scored.group_by("r_score", "f_score").agg(nw.len().alias("_n"), nw.col(value).sum().alias("_value"))
    )
    summed = sound(summed).dropna(subset=["r_score", "f_score"])
    refuse_absurd(summed.assign(_value=pd.to_numeric(summed["_value"]).fillna(0)), {"_value": value})
    bins = int(max([5 if summed.empty else 2, *summed["r_score"], *summed["f_score"]]))
    count, total = np.zeros((bins, bins)), np.zeros((bins, bins))
    r, f = summed["r_score"].to_numpy(int) - 1, summed["f_score"].to_numpy(int) - 1
    count[r, f], total[r, f] = summed["_n"], pd.to_numeric(summed["_value"]).fillna(0)
    return Cells(
        count, np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0), currency, value
    )


def rf_heatmap(
    customers: Any,
    *,
    value: str = "revenue",
    currency: str | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw the mean value of the customers in each cell of recency and frequency scores, with their number.

    Parameters
    ----------
    customers : table with `r_score`, `f_score` and `value`, on any engine; one row a cell is collected.
        Cells of fewer than ten customers are grey and their mean is not written, unless all are as small; where these
        are fewer than ten together, so is the next smallest cell.
    value : column to average.
    currency : ISO code of the currency, such as "EUR"; none shows bare numbers.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.pcolormesh`.

    Returns
    -------
    matplotlib.axes.Axes
        `collections[0].get_array()` holds the means, masked where a cell is empty or grey.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"r_score": [1, 2], "f_score": [1, 2], "revenue": [10.0, 30.0]})
    >>> ax = sc.plot.rf_heatmap(customers)
    >>> ax.collections[0].get_array().compressed().tolist()
    [10.0, 30.0]
    """
    check_options(rf_heatmap, locals())
    cells, words = _cells(customers, value=value, currency=currency), language(lang)
    axes = sheet.start(ax)
    if cells.empty:
        return HEATMAP.sign(texts.nothing(axes, words.text("No scored customers to show")), cells, lang)
    small = (cells.count > 0) & ~cells.sure
    told = np.where(small, np.nan, cells.mean)  # a colour below the grey would still stand in the file
    shades = colour_cells(axes, told, {"norm": _norm(cells), "linewidth": 2, **artist_kwargs}, start=1)
    shades = grey_cells(axes, small, shades, start=1)
    for (r, f), mean in np.ndenumerate(cells.mean):
        if cells.count[r, f]:
            below = texts.count_note(words, float(cells.count[r, f]))
            texts_of = (below, "") if small[r, f] else (worth(words, mean, currency), below)
            name_cell(axes, f + 1, r + 1, *texts_of, shades[r, f][:3])
    meaning = words.text(
        "Cells: {measure}, mean of a customer; number of customers",
        measure=inside(measure(value, words), value),
    )
    score_axes(axes, len(cells.mean), words, meaning, grey_note(FEWEST, words, any_grey=bool(small.any())))
    return HEATMAP.sign(axes, cells, lang)


def _norm(cells: Cells) -> Any:
    """Scale colours over the sure cells."""
    from matplotlib.colors import PowerNorm

    scaled = cells.mean[np.isfinite(cells.mean) & cells.sure]
    low, high = min(0.0, float(scaled.min())), float(scaled.max())
    return PowerNorm(0.5, vmin=low, vmax=high if high > low else low + 1)


def score_axes(axes: Axes, bins: int, words: Language, *notes: str) -> None:
    """Number the scores, say which end is good, and write notes below."""
    size = style.size_of(axes)
    axes.set_xticks(range(1, bins + 1))
    axes.set_yticks(range(1, bins + 1))
    axes.tick_params(labelsize=size.font)
    texts.x_title(axes, words.text("Frequency score: 1 seldom, {best} often", best=bins), *notes)
    texts.y_title(axes, words.text("Recency score: 1 long ago, {best} recent", best=bins))


def _say_cells(cells: Cells, words: Language) -> str:
    if cells.empty:
        return words.text("No scored customers to show")
    r, f = cells.best()
    best, average = cells.mean[r - 1, f - 1], cells.average
    if average <= 0 or best <= 0:
        return words.text("No cell has a positive value")
    if best / average < 1.05 and cells.mean[cells.sure].min() > 0.95 * average:
        return words.text(_SAME[tense(cells.value)], value=worth(words, average, cells.currency))
    return words.text(
        _BEST[tense(cells.value)],
        r=r, f=f, value=worth(words, best, cells.currency), times=words.number(best / average, 1),
    )  # fmt: skip


_SAME = {
    "past": "Customers of every score have brought in about {value} each",
    "future": "Customers of every score should still bring about {value} each",
    "": "Customers of every score: about {value} each",
}
_BEST = {
    "past": "Customers with R {r} and F {f} have brought in {value} each, {times} times the average",
    "future": "Customers with R {r} and F {f} should still bring {value} each, {times} times the average",
    "": "Customers with R {r} and F {f}: {value} each, {times} times the average",
}


HEATMAP = Chart("rf_heatmap", "Heat map of mean value by recency and frequency scores.", _cells, _say_cells)


CHARTS = (HEATMAP,)
