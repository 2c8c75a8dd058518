"""Charts as files, written whole or not at all."""

from __future__ import annotations

import io
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segmentclient.errors import SegmentClientError
from segmentclient.options import check_options
from segmentclient.plot.drawing import layout, sheet
from segmentclient.plot.drawing.settings import setting
from segmentclient.plot.drawing.svg import describe, figure_of, raw_svg, standalone
from segmentclient.writing import whole_file

__all__ = ["save_chart"]


FORMATS = ("png", "svg", "pdf")


def save_chart(
    chart: Axes | Figure,
    path: str | PathLike[str],
    *,
    format: Literal["png", "svg", "pdf"] | None = None,
    dpi: int = 200,
) -> Path:
    """Write a chart to a file, whole or not at all.

    Parameters
    ----------
    chart : axes or figure made by one of the charts.
    path : file to write; it is replaced when it exists.
    format : "png", "svg" or "pdf"; the path's ending otherwise.
    dpi : dots an inch of PNG files, from 1 to 2,400.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    SegmentClientError
        The format is not known, the chart is none, or the file cannot be written.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc, tempfile
    >>> ax = sc.plot.segment_treemap(pd.DataFrame({"segment": ["champions"], "revenue": [90.0]}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sc.plot.save_chart(ax, f"{folder}/treemap.png").name
    'treemap.png'
    """
    check_options(save_chart, locals())
    if not 1 <= dpi <= _FINEST:
        raise SegmentClientError(f"dpi={dpi!r}: expected a whole number from 1 to {_FINEST:,}")
    target = Path(path)
    kind = format or target.suffix.lstrip(".").lower()
    if kind not in FORMATS:
        raise SegmentClientError(
            f"format {kind!r} is not known; accepted: {', '.join(FORMATS)} (format= or the file's ending)"
        )
    content = _content(chart, kind, dpi)
    with whole_file(target) as draft:
        draft.write_bytes(content)
    return target


_FINEST = 2_400  # dots an inch


def _content(chart: Axes | Figure, kind: str, dpi: int) -> bytes:
    whole = figure_of(chart)
    if kind == "svg":
        return standalone(raw_svg(whole), describe(chart)).encode()
    held = io.BytesIO()
    metadata: dict[str, Any] = (
        {"Software": None} if kind == "png" else {"CreationDate": None, "Creator": None, "Producer": None}
    )
    with setting({"pdf.fonttype": 42, "savefig.bbox": "standard"}), layout.still(whole):
        whole.savefig(held, format=kind, dpi=dpi, metadata=metadata, facecolor=_paper(whole))
    return held.getvalue()


def _paper(whole: Figure) -> Any:
    return "white" if isinstance(whole, sheet.ChartFigure) else whole.get_facecolor()
