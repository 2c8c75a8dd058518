"""The first sheet of the workbook: it reads like the first page of the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segmentclient.report import story
from segmentclient.report.charts import tints
from segmentclient.report.content import Content
from segmentclient.report.figures import KeyFigure, key_figures, perimeter
from segmentclient.report.workbook import Workbook, fit_page

__all__ = ["write_front"]

SOFT = "#565E68"


def write_front(workbook: Workbook, content: Content, clean: Any, terms: Mapping[str, Any]) -> None:
    """Write the title, the perimeter, the five numbers, the first sentence, and two charts of the segments."""
    say = workbook.say
    sheet = workbook.book.add_worksheet(say.text("Summary"))
    sheet.hide_gridlines(2)
    for place, width in enumerate((24, 18, 52, 60)):
        sheet.set_column(place, place, width)
    sheet.set_row(0, 30)  # for its large type: LibreOffice keeps the height it finds
    workbook.cell(sheet, 0, 0, say.text("Who are our customers?"), bold=True, font_size=18)
    workbook.cell(sheet, 1, 0, " · ".join(perimeter(content, say, clean)), font_color=SOFT)
    for at, figure in enumerate(key_figures(content, say, terms), start=3):
        _figure(workbook, sheet, at, figure)
    workbook.cell(sheet, 9, 0, story.lead_who(content, say), bold=True)
    sheet.insert_chart(11, 0, _shares_chart(workbook, content), {"object_position": 2})
    sheet.insert_chart(11, 3, _revenue_chart(workbook, content), {"object_position": 2})
    fit_page(sheet)


def _figure(workbook: Workbook, sheet: Any, at: int, figure: KeyFigure) -> None:
    whole = figure.kind == "money" and abs(figure.amount or 0) >= 1_000
    kind = "amount" if whole else figure.kind
    workbook.tall(sheet, at, [(figure.comparison, 42), (figure.meaning, 54), ("two lines", 4)])
    workbook.cell(sheet, at, 0, figure.label, bold=True, valign="top")
    workbook.cell(
        sheet, at, 1, figure.amount, kind, bold=True, font_size=14, align="right", indent=1, valign="top"
    )
    workbook.cell(sheet, at, 2, figure.comparison, text_wrap=True)
    workbook.cell(sheet, at, 3, figure.meaning, "note", text_wrap=True, font_color=SOFT)


def _shares_chart(workbook: Workbook, content: Content) -> Any:
    say = workbook.say
    chart = workbook.book.add_chart({"type": "bar"})
    for column, colour in ((2, "#AAB3BC"), (4, "#0072B2")):
        chart.add_series(_series(workbook, content, column, fill={"color": colour}))
    chart.set_title({"name": say.text("Share of customers and share of revenue"), "name_font": {"size": 12}})
    _calm(chart, len(content.segments))
    chart.set_legend({"position": "bottom"})
    return chart


def _revenue_chart(workbook: Workbook, content: Content) -> Any:
    chart = workbook.book.add_chart({"type": "bar"})
    points = [{"fill": {"color": colour}} for colour in tints(content).values()]
    chart.add_series(_series(workbook, content, 5, points=points))
    chart.set_title({"name": workbook.say.text("Revenue each"), "name_font": {"size": 12}})
    _calm(chart, len(content.segments))
    chart.set_legend({"none": True})
    return chart


def _series(workbook: Workbook, content: Content, column: int, **looks: Any) -> dict[str, Any]:
    name, last = workbook.say.text("Segments"), len(content.segments)
    return {
        "name": [name, 0, column],
        "categories": [name, 1, 0, last, 0],
        "values": [name, 1, column, last, column],
        "data_labels": {"value": True},
        "gap": 60,
        **looks,
    }


def _calm(chart: Any, rows: int) -> None:
    chart.set_y_axis({"reverse": True, "line": {"none": True}, "major_tick_mark": "none"})
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0})
    chart.set_size({"width": 620, "height": 120 + 34 * rows})
    chart.set_chartarea({"border": {"none": True}})
