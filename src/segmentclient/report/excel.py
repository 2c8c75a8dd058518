"""`export_excel`: the numbers of the report as a workbook that one can sort, filter and recalculate."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from segmentclient import frames, schema
from segmentclient.customers.collected import sound
from segmentclient.writing import whole_file

if TYPE_CHECKING:
    import pandas as pd

    from segmentclient.report.content import Content
    from segmentclient.report.words import Words
    from segmentclient.report.workbook import Column, Workbook

__all__ = ["export_excel"]

logger = logging.getLogger("segmentclient")


def export_excel(
    customers: Any,
    path: str | os.PathLike[str],
    *,
    clean: Any = None,
    scorer: Any = None,
    personas: Any = None,
    by: str = "segment",
    lang: Literal["en", "fr"] = "en",
    currency: str | None = None,
) -> Path:
    """Write a workbook: summary, segments, customers, personas, thresholds and method.

    The customers' sheet holds their ids and the columns of the library, the largest revenue first, over as many
    sheets as it takes. Text never becomes a formula, dates are dates, charts are the spreadsheet's own. The file is
    written whole or not at all, and the same input gives the same bytes.

    Parameters
    ----------
    customers : as in `build_report`; the columns of the library are collected.
    path : file to write; it must end in .xlsx.
    clean : the `CleanTransactions` behind the customers: adds what was set aside.
    scorer : the `RFMScorer` that made the scores: adds its exact cut points.
    personas : the `Personas` to list.
    by : column that holds the segment.
    lang : "en" or "fr".
    currency : ISO code such as "EUR"; none shows bare numbers.

    Returns
    -------
    The path written.

    Raises
    ------
    ColumnError
        A needed column is missing or of the wrong type.
    SegmentClientError
        The path does not end in .xlsx, cannot be written, or XlsxWriter is not installed.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc, tempfile, pathlib
    >>> customers = pd.DataFrame({
    ...     "customer_id": ["a", "b"], "segment": ["champions", "lost"], "n_orders": [7, 1],
    ...     "revenue": [420.0, 20.0], "days_since_last_order": [3, 400],
    ... })
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sc.export_excel(customers, pathlib.Path(folder, "customers.xlsx"), currency="EUR").name
    'customers.xlsx'
    """
    from segmentclient.errors import SegmentClientError
    from segmentclient.report.content import gather
    from segmentclient.report.words import words
    from segmentclient.report.workbook import open_workbook

    target = Path(path)
    if target.suffix.lower() != ".xlsx":
        raise SegmentClientError(f"a workbook is saved as .xlsx, found {target.name!r}")
    say = words(lang, currency)
    content = gather(customers, by=by)
    rows = _customer_rows(customers, by)
    with whole_file(target) as draft:
        workbook = open_workbook(draft, say, title=say.text("Who are our customers?"))
        _summary(workbook, content)
        _segments(workbook, content)
        _customers(workbook, rows, by)
        _personas(workbook, personas)
        _thresholds(workbook, content, scorer)
        _method(workbook, content, clean)
        workbook.book.close()
    logger.info("workbook of %d customers written to %s", len(rows), target)
    return target


def _summary(workbook: Workbook, content: Content) -> None:
    """First page: the five numbers, and two charts of the segments."""
    from segmentclient.report.figures import key_figures

    say = workbook.say
    sheet = workbook.book.add_worksheet(say.text("Summary"))
    sheet.hide_gridlines(2)
    for place, width in enumerate((24, 16, 46, 60)):
        sheet.set_column(place, place, width)
    workbook.cell(sheet, 0, 0, say.text("Who are our customers?"), bold=True, font_size=18)
    for at, figure in enumerate(key_figures(content, say), start=2):
        whole = figure.kind == "money" and abs(figure.amount or 0) >= 1_000
        kind = "amount" if whole else figure.kind
        workbook.tall(sheet, at, [(figure.comparison, 42), (figure.meaning, 54), ("two lines", 4)])
        workbook.cell(sheet, at, 0, figure.label, bold=True)
        workbook.cell(sheet, at, 1, figure.amount, kind, bold=True, font_size=14, align="right")
        workbook.cell(sheet, at, 2, figure.comparison, text_wrap=True)
        workbook.cell(sheet, at, 3, figure.meaning, text_wrap=True, font_color="#565E68")
    sheet.insert_chart(8, 0, _shares_chart(workbook, content), {"object_position": 2})
    sheet.insert_chart(8, 3, _revenue_chart(workbook, content), {"object_position": 2})
    _fit_page(sheet)


def _fit_page(sheet: Any) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


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
    from segmentclient.report.charts import tints

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


def _segments(workbook: Workbook, content: Content) -> None:
    say = workbook.say
    columns = _segment_columns(say, content)
    sheet = workbook.sheet(say.text("Segments"), [column for _, column in columns])
    kinds = [column.kind for _, column in columns]
    for at, (key, row) in enumerate(content.segments.iterrows(), start=1):
        workbook.row(sheet, at, [say.label(str(key)), *(row[name] for name, _ in columns[1:])], kinds)
    last = len(content.segments)
    sheet.autofilter(0, 0, last, len(columns) - 1)
    for place in (2, 4):
        sheet.conditional_format(1, place, last, place, {"type": "data_bar", "bar_color": "#9DC3DB", "bar_solid": True, "min_type": "num", "min_value": 0, "max_type": "num", "max_value": 1})  # fmt: skip
    _fit_page(sheet)


def _segment_columns(say: Words, content: Content) -> list[tuple[str, Column]]:
    from segmentclient.report.workbook import Column

    known = [
        ("key", Column(say.text("Segment"), "text", 26)),
        ("customers", Column(say.text("Customers"), "integer")),
        ("customer_share", Column(say.text("Share of customers"), "percent", 14)),
        ("revenue", Column(say.text("Revenue"), "money", 16)),
        ("revenue_share", Column(say.text("Share of revenue"), "percent", 14)),
        ("revenue_each", Column(say.text("Revenue each"), "money", 14)),
        ("average_order", Column(say.text("Average order"), "money", 14)),
        ("orders", Column(say.text("Orders"), "integer")),
        ("median_orders", Column(say.text("Orders (median)"), "number")),
        ("median_days", Column(say.text("Days since last order (median)"), "integer", 16)),
        ("repeat_share", Column(say.text("Repurchase rate"), "percent", 12)),
        ("p_alive", Column(say.text("Probability still a customer"), "percent", 14)),
        ("value", Column(say.text("Lifetime value"), "money", 16)),
        ("value_each", Column(say.text("Lifetime value each"), "money", 14)),
    ]
    return [(name, column) for name, column in known if name == "key" or name in content.segments]


def _customer_rows(customers: Any, by: str) -> pd.DataFrame:
    """Collect the columns of the library, the largest revenue first."""
    frame = frames.read(customers)
    found = frame.collect_schema()
    wanted = dict.fromkeys(("customer_id", by, *schema.COLUMNS, "lifetime_value_low", "lifetime_value_high"))
    frames.check_labels(frame, *(column for column in ("customer_id", by) if column in found))
    data = sound(frames.collect(frame, [column for column in wanted if column in found]))
    order = [column for column in ("revenue", "customer_id") if column in data]
    return data.sort_values(order, ascending=[column != "revenue" for column in order], kind="stable")


def _customers(workbook: Workbook, data: pd.DataFrame, by: str) -> None:
    """Write every customer, over as many sheets as it takes."""
    from segmentclient.report.workbook import LAST_ROW

    columns = [_customer_column(workbook.say, str(name), data[name], by) for name in data]
    room = LAST_ROW - 1
    for part, start in enumerate(range(0, len(data), room), start=1):
        name = workbook.say.text("Customers") + (f" {part}" if part > 1 else "")
        sheet = workbook.sheet(name, columns)
        chunk = data.iloc[start : start + room]
        _write_rows(workbook, sheet, _labelled(workbook.say, chunk, by), [column.kind for column in columns])
        sheet.autofilter(0, 0, len(chunk), len(columns) - 1)


def _labelled(say: Words, chunk: pd.DataFrame, by: str) -> pd.DataFrame:
    """Name segments, statuses and relations in the reader's language."""
    return chunk.assign(
        **{
            name: chunk[name].map(lambda key: say.label(key), na_action="ignore")
            for name in (by, "status", "relation")
            if name in chunk
        }
    )


def _write_rows(workbook: Workbook, sheet: Any, data: pd.DataFrame, kinds: Sequence[str]) -> None:
    for at, values in enumerate(data.itertuples(index=False, name=None), start=1):
        workbook.row(sheet, at, values, kinds)


def _customer_column(say: Words, name: str, values: pd.Series, by: str) -> Column:
    from segmentclient.report.workbook import Column

    header = say.column(name)
    if name == by:
        return Column(header, "text", 24)
    known = schema.COLUMNS.get(name)
    if known is not None and known.kind == "date":
        return Column(header, "date", 13)
    if values.dtype == object or values.dtype.kind not in "iuf":
        return Column(header, "text", 18)
    return Column(header, _kind_of(name, values), 14)


def _kind_of(name: str, values: pd.Series) -> Any:
    if name == "customer_id":
        return "score"
    unit = schema.COLUMNS[name].unit if name in schema.COLUMNS else "money"
    named = {"money": "money", "probability": "percent", "1 to n": "score", "100R + 10F + M": "score"}
    return named.get(unit, "integer" if values.dtype.kind in "iu" else "number")


def _personas(workbook: Workbook, personas: Any) -> None:
    if personas is None:
        return
    from segmentclient.report.workbook import Column

    table = personas.to_frame()
    columns = [Column(str(name), "text", 30) for name in table]
    sheet = workbook.sheet(workbook.say.text("Personas"), columns)
    for at, values in enumerate(table.itertuples(index=False, name=None), start=1):
        workbook.tall(sheet, at, [(value, 27) for value in values if isinstance(value, str)])
        workbook.row(
            sheet,
            at,
            values,
            ["text" if isinstance(value, str) else "number" for value in values],
            text_wrap=True,
        )


def _thresholds(workbook: Workbook, content: Content, scorer: Any) -> None:
    """Write what each score stands for: the values seen, and the scorer's exact cut points where it is known."""
    if not content.scores:
        return
    from segmentclient.report.workbook import Column

    say, cuts = workbook.say, _cut_points(scorer)
    headers = [say.text(name) for name in ("Score", "From", "To", "Customers", "Above", "Up to")]
    columns = [Column(say.text("Axis"), "text", 26), *(Column(header, "integer", 12) for header in headers)]
    sheet = workbook.sheet(say.text("Thresholds"), columns)
    lines = (
        (name, score, row) for name, ranges in content.scores.items() for score, row in ranges.iterrows()
    )
    for at, (name, score, row) in enumerate(lines, start=1):
        kind = "money" if name == "m_score" else "integer"
        cut = "money" if name == "m_score" else "number"
        values = [
            say.column(name),
            score,
            row["low"],
            row["high"],
            row["customers"],
            *cuts.get((name, score), (None, None)),
        ]
        workbook.row(sheet, at, values, ["text", "score", kind, kind, "integer", cut, cut])


def _cut_points(scorer: Any) -> dict[tuple[str, int], tuple[float, float]]:
    """Give the limits of each score; cut points that differ within groups are left to `RFMScorer.table`."""
    if scorer is None or scorer.table()["within"].ne("").any():
        return {}
    axes = {"recency": "r_score", "frequency": "f_score", "monetary": "m_score"}
    return {(axes[row.axis], row.score): (row.above, row.up_to) for row in scorer.table().itertuples()}


def _method(workbook: Workbook, content: Content, clean: Any) -> None:
    from segmentclient.report.page import method_lines
    from segmentclient.report.perimeter import reason_text
    from segmentclient.report.workbook import Column

    say = workbook.say
    sheet = workbook.sheet(say.text("Method"), [Column(say.text("Data and method"), "text", 70), Column("", "integer", 14), Column("", "money", 18)], filters=False)  # fmt: skip
    at = 0
    if clean is not None:
        for reason, rows, amount in clean.audit[["reason", "rows", "amount"]].itertuples(index=False):
            at += 1
            workbook.row(
                sheet, at, [reason_text(str(reason), say), rows, amount], ["text", "integer", "money"]
            )
    for line in method_lines(content, say, clean):
        at += 1
        workbook.tall(sheet, at, [(line, 62)])
        workbook.cell(sheet, at, 0, line, text_wrap=True)
