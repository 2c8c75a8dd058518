"""How many clusters: every criterion on one page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.plot import style
from segmentclient.plot.chart import Chart
from segmentclient.plot.drawing import scales, sheet, texts

if TYPE_CHECKING:
    from segmentclient.segments.choice import KChoice

__all__ = ["k_page"]


def k_page(
    choice: KChoice,
    *,
    ax: Axes | Sequence[Axes] | np.ndarray | None = None,
    lang: str = "en",
    **artist_kwargs: Any,
) -> Figure:
    """Draw what speaks for each number of clusters: inertia, silhouette, gap and stability, with the k chosen marked.

    Parameters
    ----------
    choice : the answer of `choose_k`.
    ax : four axes to draw on; a new figure otherwise.
    lang : "en" or "fr".
    **artist_kwargs : passed to `Axes.plot`.

    Returns
    -------
    matplotlib.figure.Figure
        Four panels.

    Examples
    --------
    >>> import numpy as np, pandas as pd, segmentclient as sc
    >>> spread = np.random.default_rng(0).normal(size=(60, 2))
    >>> spread[:30] += 8
    >>> choice = sc.choose_k(pd.DataFrame(spread, columns=["x", "y"]), ["x", "y"], k=range(2, 5))
    >>> len(sc.plot.k_page(choice).axes)
    4
    """
    check_options(k_page, locals())
    words, table = language(lang), choice.table
    axes = sheet.panels(ax, 2, 2, height=5.0)
    titles = {
        "inertia": words.text("Inertia: look for a bend"),
        "silhouette": words.text("Silhouette: high is good"),
        "gap": words.text("Gap: high is good"),
        "stability_ari": words.text("Stability: from 0.8 on, clusters come back"),
    }
    for panel, (column, title) in zip(axes, titles.items(), strict=True):
        _criterion(panel, table, column, choice.best_k, title, words, artist_kwargs)
    whole = axes[0].figure.figure
    whole.set_label(K_PAGE.description(choice, lang))
    return whole


def _criterion(
    panel: Axes,
    table: pd.DataFrame,
    column: str,
    best: int,
    title: str,
    words: Language,
    looks: dict[str, Any],
) -> None:
    """Draw one criterion by k, its interval where there is one, and the k chosen in the accent."""
    k = table["k"].to_numpy()
    held = table[column].to_numpy(float)
    if f"{column}_low" in table:
        panel.fill_between(k, table[f"{column}_low"], table[f"{column}_high"], color=style.GRID, linewidth=0)
    if column == "gap":
        panel.errorbar(k, held, yerr=table["gap_se"], fmt="none", ecolor=style.GREY, elinewidth=1)
    panel.plot(k, held, **{"color": style.MUTED, "linewidth": 1.6, "marker": "o", "markersize": 4, **looks})
    chosen = k == best
    panel.plot(k[chosen], held[chosen], "o", color=style.ACCENT, markersize=8)
    if column == "inertia":
        panel.set_ylim(0, held.max() * 1.15)
    if column == "stability_ari":
        panel.set_ylim(0, 1.08)
    if chosen.any():
        _name_chosen(panel, table, column, int(np.flatnonzero(chosen)[0]))
    scales.grid_lines(panel, "y")
    scales.base_line(panel)
    panel.set_xticks(k if len(k) <= 10 else k[::2])
    panel.set_xlim(k.min() - 0.6, k.max() + 0.6)
    show = (lambda value, _: words.compact(value)) if column == "inertia" else words.number
    scales.number_axis(panel, "y", show)
    texts.y_title(panel, title)


def _name_chosen(panel: Axes, table: pd.DataFrame, column: str, place: int) -> None:
    """Write the k chosen at its point, on the side that the line leaves free, and make room for it."""
    held, best = table[column].to_numpy(float), table["k"].iloc[place]
    side, above = _free_side(held, place)
    low, high = panel.get_ylim()
    room = 0.18 * (high - low)
    error = float(table["gap_se"].iloc[place]) if column == "gap" else 0.0
    panel.set_ylim(*((low, high + room) if above else (min(low, held[place] - error - room), high)))
    looks: dict[str, Any] = {"weight": "bold", "color": style.ACCENT, "fontsize": style.size_of(panel).small}
    looks |= {"dx": {"left": 5, "right": -5}.get(side, 0), "ha": side}
    looks |= {"dy": 7, "va": "bottom"} if above else {"dy": -7, "va": "top"}
    texts.beside(panel, best, held[place] + (error if above else -error), f"k = {best}", **looks)


def _free_side(held: np.ndarray, place: int) -> tuple[str, bool]:
    """Say how to align a text at a point, and whether above it, so that it stands off the line that comes down to it.

    At the first and the last point there is no room beside it: where the line comes down from there, the text stands below.
    """
    falls, rises = (0 <= near < len(held) and held[near] > held[place] for near in (place - 1, place + 1))
    if (place == 0 and rises) or (place == len(held) - 1 and falls):
        return "center", False
    return "center" if falls == rises else "left" if falls else "right", True


def _say_choice(choice: KChoice, words: Language) -> str:
    row = choice.table.set_index("k").loc[choice.best_k]
    return words.text(
        "{k} clusters: silhouette {silhouette}, stability {stability}",
        k=choice.best_k, silhouette=words.number(row["silhouette"], 2), stability=words.number(row["stability_ari"], 2),
    )  # fmt: skip


K_PAGE = Chart(
    "k_page",
    "Four panels by number of clusters: inertia, silhouette, gap and stability.",
    lambda choice: choice,
    _say_choice,
)
CHARTS = (K_PAGE,)
