"""Are the clusters apart? The silhouette of each customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import palette, style
from segmentclient.plot.chart import Chart
from segmentclient.plot.drawing import scales, sheet, texts
from segmentclient.plot.drawing.stacking import stack_names
from segmentclient.plot.features import features_of

__all__ = ["silhouette_plot"]


MOST_ROWS = 2_000


def silhouette_plot(
    customers: Any,
    *,
    features: Sequence[str],
    by: str = "cluster",
    ax: Axes | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Axes:
    """Draw the silhouette of each customer by group: near 1 well placed, below 0 nearer to another group.

    At most 2,000 customers are looked at, the same ones whatever the order of the rows.

    Parameters
    ----------
    customers : table with the columns `features` and `by`, on any engine; these are collected.
    features : number columns that the groups were made from.
    by : column that holds the group.
    ax : axes to draw on; new ones otherwise (see `figure` for sizes).
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.fill_betweenx`.

    Returns
    -------
    matplotlib.axes.Axes
        `collections[i]` is the area of the i-th group.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"cluster": ["c1", "c1", "c2", "c2"], "revenue": [90.0, 80.0, 9.0, 8.0]})
    >>> ax = sc.plot.silhouette_plot(customers, features=["revenue"])
    >>> len(ax.collections)
    2
    """
    check_options(silhouette_plot, locals())
    data, words = _silhouettes(customers, features=features, by=by), language(lang)
    axes = sheet.start(ax)
    if len(data.keys) < 2:
        told = words.text("A silhouette needs at least two groups")
        return SILHOUETTES.sign(texts.nothing(axes, told), data, lang)
    _silhouette_areas(axes, data, words, artist_kwargs)
    axes.axvline(data.mean, color=style.INK, linewidth=1, linestyle=(0, (4, 3)))
    top = words.text("mean {value}", value=words.number(data.mean, 2))
    texts.beside(axes, data.mean, 0, top, dy=3, ha="center", va="bottom", fontsize=style.size_of(axes).small)
    scales.number_axis(axes, "x", words.number)
    scales.grid_lines(axes, "x")
    texts.x_title(axes, words.text("Silhouette: 1 well placed, below 0 nearer to another group"))
    return SILHOUETTES.sign(axes, data, lang)


@dataclass(frozen=True)
class Silhouettes:
    """Silhouette widths by group, each sorted from high to low."""

    widths: dict[Any, np.ndarray]

    @property
    def keys(self) -> list[Any]:
        """Groups in their natural order."""
        return list(self.widths)

    @property
    def mean(self) -> float:
        """Mean over all customers looked at."""
        return float(np.concatenate(list(self.widths.values())).mean())


def _silhouettes(customers: Any, *, features: Sequence[str], by: str = "cluster") -> Silhouettes:
    from segmentclient.segments.quality import silhouettes

    data = features_of(customers, features=features, by=by)
    if len(data.keys) < 2:
        return Silhouettes({})
    looked = data.sample(MOST_ROWS)
    codes = np.array([looked.keys.index(key) for key in looked.key])
    widths = silhouettes(looked.prepared, [codes])[0]
    return Silhouettes({key: np.sort(widths[codes == code])[::-1] for code, key in enumerate(looked.keys)})


def _silhouette_areas(axes: Axes, data: Silhouettes, words: Language, looks: dict[str, Any]) -> None:
    """Draw the groups one below the other, each named at the left with its mean."""
    colours = palette.colours(data.keys)
    total = sum(map(len, data.widths.values()))
    gap, top, middles = total * 0.03, 0.0, []
    for key, widths in data.widths.items():
        rows = top + np.arange(len(widths) + 1)
        steps = np.append(widths, widths[-1])
        axes.fill_betweenx(rows, 0, steps, **{"color": colours[key], "linewidth": 0, "step": "post", **looks})
        middles.append(top + len(widths) / 2)
        top += len(widths) + gap
    axes.set_ylim(top - gap, 0)
    labels = [
        f"{palette.label(key, words.key)} {words.number(float(widths.mean()), 2)}"
        for key, widths in data.widths.items()
    ]
    axes.set_yticks([])
    left, right = axes.get_xlim()
    stack_names(axes, middles, labels, x=(left, left), share=0.4, points=style.size_of(axes).font)
    axes.set_xlim(left, right)


def _say_silhouettes(data: Silhouettes, words: Language) -> str:
    if len(data.keys) < 2:
        return words.text("A silhouette needs at least two groups")
    worst = min(data.keys, key=lambda key: float(data.widths[key].mean()))
    return words.text(
        "Mean silhouette {mean}; the least together: {group} ({least})",
        mean=words.number(data.mean, 2), group=palette.label(worst, words.key),
        least=words.number(float(data.widths[worst].mean()), 2),
    )  # fmt: skip


SILHOUETTES = Chart("silhouette_plot", "Silhouettes of customers by group.", _silhouettes, _say_silhouettes)


CHARTS = (SILHOUETTES,)
