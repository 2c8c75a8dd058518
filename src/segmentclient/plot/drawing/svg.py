"""Charts as SVG: text stays text, colours follow the page's theme, the same chart gives the same bytes."""

from __future__ import annotations

import hashlib
import io
import re
from xml.etree import ElementTree

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segmentclient.plot import style
from segmentclient.plot.drawing import layout
from segmentclient.plot.drawing.settings import setting

__all__ = ["SVG", "describe", "figure_of", "raw_svg", "standalone", "to_svg"]


STACK = "Arial, Helvetica, 'Liberation Sans', Arimo, sans-serif"


_SVG = "http://www.w3.org/2000/svg"


_XLINK = "http://www.w3.org/1999/xlink"


_HREF = f"{{{_XLINK}}}href"


_REFERENCE = re.compile(r'(?:url\(#|href="#)([^)"]+)')


class SVG(str):
    """An SVG document as text that shows itself in a notebook and passes through templates as it is."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)

    def __html__(self) -> str:
        return str(self)


def to_svg(chart: Axes | Figure, *, description: str | None = None, prefix: str | None = None) -> SVG:
    """Turn a chart into an SVG element to put inside a page.

    Text stays text. Ink, grey text, grid lines and gaps take the CSS variables `--sc-ink`, `--sc-muted`, `--sc-grid`
    and `--sc-surface` (and `--sc-accent`, `--sc-warm`) where the page defines them, so that a dark theme is readable. The width follows the page.

    Parameters
    ----------
    chart : axes or figure made by one of the charts.
    description : what a screen reader says; the chart's own description otherwise.
    prefix : start of every id in the element, so that several charts share a page; made from the content otherwise.

    Returns
    -------
    SVG
        Text that starts with `<svg`; the same chart gives the same text.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> ax = sc.plot.segment_treemap(pd.DataFrame({"segment": ["champions"], "revenue": [90.0]}))
    >>> sc.plot.to_svg(ax)[:23], "Champions" in sc.plot.to_svg(ax)
    ('<svg xmlns="http://www.', True)
    """
    whole = figure_of(chart)
    return SVG(_inline(raw_svg(whole), description or describe(chart), prefix, whole.get_figwidth()))


def describe(chart: Axes | Figure) -> str:
    """Find what a chart says of itself: the label of the figure, else of its axes."""
    labels = [figure_of(chart).get_label(), *(axes.get_label() for axes in figure_of(chart).axes)]
    return " ".join(str(label) for label in labels if label)


def figure_of(chart: Axes | Figure) -> Figure:
    """Give the whole figure of a chart."""
    return chart.figure.figure if isinstance(chart, Axes) else chart


def raw_svg(whole: Figure) -> str:
    """Let matplotlib write a settled figure as SVG, with its text as text."""
    held = io.StringIO()
    with (
        setting({"svg.fonttype": "none", "svg.hashsalt": "segmentclient", "savefig.bbox": "standard"}),
        layout.still(whole),
    ):
        whole.savefig(
            held,
            format="svg",
            transparent=True,
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    return held.getvalue()


def standalone(raw: str, description: str) -> str:
    """Turn matplotlib's SVG into a document of its own."""
    root = _clean(raw, description)
    _rename_ids(root, "")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + _text(root)


def _inline(raw: str, description: str, prefix: str | None, inches: float) -> str:
    root = _clean(raw, description)
    _rename_ids(root, "")
    _rename_ids(root, prefix or f"sc{hashlib.sha256(_text(root).encode()).hexdigest()[:8]}-")
    for element in root.iter():
        _follow_theme(element)
    root.set("style", f"width: 100%; max-width: {inches * 128:.0f}px; height: auto; display: block")
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    return _text(root)


def _text(root: ElementTree.Element) -> str:
    return ElementTree.tostring(root, encoding="unicode")


def _clean(raw: str, description: str) -> ElementTree.Element:
    """Parse matplotlib's SVG; drop its metadata, shorten its numbers, name its fonts, and describe it."""
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    root = ElementTree.fromstring(raw)
    for child in list(root):
        if child.tag.endswith("metadata"):
            root.remove(child)
    for element in root.iter():
        looks = element.get("style")
        if looks and element.tag.endswith("text"):
            element.set("style", re.sub(r"(?<=px) [^;]*", f" {STACK}", looks, count=1))
        for attribute in _MEASURES & set(element.attrib):
            element.set(attribute, _short(element.attrib[attribute]))
        element.tail = None
        if element.text is not None and not element.text.strip():
            element.text = None
    root.attrib.pop("version", None)
    root.set("role", "img")
    root.set("aria-label", description)
    return root


_MEASURES = {"d", "x", "y", "width", "height", "transform", "viewBox"}


def _short(numbers: str) -> str:
    """Round to hundredths of a point, and write a path on one line."""
    rounded = re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), numbers)
    return re.sub(r"\s+", " ", rounded).replace("-0 ", "0 ").strip()


def _rename_ids(root: ElementTree.Element, prefix: str) -> None:
    """Drop ids that nothing refers to, and number the others after the prefix."""
    used = dict.fromkeys(_REFERENCE.findall(_text(root)))
    names = {old: f"{prefix}i{number}" for number, old in enumerate(used)}
    for element in root.iter():
        old = element.attrib.pop("id", None)
        if old in names:
            element.set("id", names[old])
        for attribute, value in element.attrib.items():
            element.set(
                attribute, _REFERENCE.sub(lambda found: found[0].replace(found[1], names[found[1]]), value)
            )
            if attribute == _HREF and value.startswith("#"):
                element.set(attribute, f"#{names[value[1:]]}")


def _follow_theme(element: ElementTree.Element) -> None:
    looks = element.get("style")
    if looks:
        for name, colour in style.THEMED.items():
            looks = re.sub(rf"(?<=: ){colour}\b", f"var(--sc-{name}, {colour})", looks)
        element.set("style", looks)
