"""The pictures of the report: which charts its columns allow, each titled by what it says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from segmentclient import plot
from segmentclient.plot import style
from segmentclient.plot.drawing import settings
from segmentclient.plot.words import CHARTS
from segmentclient.report.content import FEWEST, UNNAMED, Content
from segmentclient.report.words import Words
from segmentclient.shown import GREY, OTHERS

__all__ = ["Picture", "pictures", "tints"]


@dataclass(frozen=True)
class Picture:
    """A chart drawn for a page and for a phone, and the finding that stands as its title."""

    title: str
    broad: str
    narrow: str
    note: str = ""


def tints(content: Content) -> dict[str, str]:
    """Give each segment the colour that it has in every chart."""
    keys = {key: None if key == UNNAMED else key for key in content.segments.index[content.drawn]}
    colours = style.colours(keys.values())
    return {key: colours.get(keys.get(key, OTHERS), GREY) for key in content.segments.index}


def pictures(
    content: Content, say: Words, *, scorer: Any = None, migration: Any = None
) -> dict[str, tuple[Picture, ...]]:
    """Draw the charts of each part of the report; those whose columns are missing are left out."""
    return {
        "who": tuple(_who(content, say)),
        "worth": tuple(_worth(content, say)),
        "moving": tuple(_moving(content, say, migration)),
        "scores": tuple(_scores(content, say, scorer)),
    }


def _who(content: Content, say: Words) -> Iterable[Picture]:
    table, by = content.charted, content.by
    if _can_be_compared(content):
        yield _picture("segment_treemap", table, say, by=by, currency=say.currency)
        yield _picture("share_pairs", table, say, by=by, currency=say.currency)
        yield from _distinctive(content, say)
    if content.brings and _vary(content, "r_score", "f_score"):
        yield _picture("rf_heatmap", table, say, currency=say.currency)


def _can_be_compared(content: Content) -> bool:
    """Tell whether charts have segments to set side by side, and revenue to compare them by."""
    return content.can_be_sorted and content.charted[content.by].nunique(dropna=False) > 1


DISTINCTIVE = ("revenue", "average_order_value", "n_orders", "days_since_last_order")


def _distinctive(content: Content, say: Words) -> Iterable[Picture]:
    """Set each segment beside the average customer, on what was measured for everybody."""
    names = [name for name in DISTINCTIVE if content.has(name) and content.customers[name].mean() > 0]
    if len(names) > 1:
        yield _picture("index_chart", content.charted, say, features=names, by=content.by)


def _worth(content: Content, say: Words) -> Iterable[Picture]:
    table = content.customers
    if content.brings:
        yield _picture("lorenz_curve", table, say)
    if _can_be_compared(content):
        yield _picture("segment_bars", content.charted, say, by=content.by, currency=say.currency)
    if content.promises and len(table) >= FEWEST:
        yield _picture("value_distribution", table, say, currency=say.currency)
    if content.promises and "value_low" in content.segments and content.told.sum() > 1:
        yield _picture("segment_values", _expected(content), say, by="key", currency=say.currency)


def _expected(content: Content) -> Any:
    """The totals of the segments with their bounds, under the names of `value_by_segment`."""
    names = {
        "value": "lifetime_value",
        "value_low": "lifetime_value_low",
        "value_high": "lifetime_value_high",
    }
    return content.shown.loc[content.drawn, [*names]].rename(columns=names).reset_index()


def _vary(content: Content, *scores: str) -> bool:
    """A map of one row or one column shows nothing."""
    return all(len(content.scores.get(score, ())) > 1 for score in scores)


def _moving(content: Content, say: Words, migration: Any) -> Iterable[Picture]:
    if migration is not None:
        yield _picture("transition_heatmap", migration, say)
    elif content.has("relation"):
        yield _picture("lifecycle_flow", content.customers, say, by="relation")


def _scores(content: Content, say: Words, scorer: Any) -> Iterable[Picture]:
    if len(content.scores) == 3 and len(content.customers) >= FEWEST:
        cuts = _cuts(content, scorer)
        yield _picture("score_histograms", content.customers, say, scorer=cuts, currency=say.currency)


def _cuts(content: Content, scorer: Any) -> dict[str, list[float]]:
    """Give the cut points of the scorer, else the limits seen in the data: the last value of each score but one end."""
    known = getattr(scorer, "thresholds_", {})
    if known and not any(isinstance(points, dict) for points in known.values()):
        return {axis: list(points) for axis, points in known.items()}
    axes = {"recency": "r_score", "frequency": "f_score", "monetary": "m_score"}
    return {
        axis: _seen_cuts(content.scores[score], backwards=axis == "recency") for axis, score in axes.items()
    }


def _seen_cuts(ranges: Any, *, backwards: bool) -> list[float]:
    """Recency counts backwards: its last score is the first bin."""
    if ranges.empty or ranges.index.hasnans:
        return []
    last = ranges.index.min() if backwards else ranges.index.max()
    return sorted(ranges["high"].drop(last))


def _picture(name: str, table: Any, say: Words, **options: Any) -> Picture:
    lang = say.language.key
    title = plot.finding(name, table, lang=lang, **options)
    broad, narrow = (_svg(name, table, size, lang=lang, **options) for size in ("page", "phone"))
    return Picture(title, broad, narrow, say.text(CHARTS[name].kind))


def _svg(name: str, table: Any, size: Literal["page", "phone"], **options: Any) -> str:
    panels, heights = _PANELS.get(name, (1, {}))
    with settings.plain():
        sheet = plot.figure(size)
        sheet.set_figheight(heights.get(size, sheet.get_figheight()))
        getattr(plot, name)(table, ax=sheet.subplots(panels), **options)
        return plot.to_svg(sheet)


_PANELS: dict[str, tuple[int, dict[str, float]]] = {  # panels one below the other, and the inches they need
    "score_histograms": (3, {"page": 5.2, "phone": 6.2}),
}
