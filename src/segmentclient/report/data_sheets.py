"""The sheets of segments and of customers: rows to sort, to filter and to calculate with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from segmentclient import frames, schema
from segmentclient.customers.collected import sound
from segmentclient.report import workbook as workbook_module
from segmentclient.report.content import Content
from segmentclient.report.words import VALUE_BASES, Words
from segmentclient.report.workbook import Column, Kind, Workbook

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["customer_rows", "write_customers", "write_segments"]


def write_segments(workbook: Workbook, content: Content) -> None:
    """Write one row a segment, with thin bars for the shares."""
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


def _segment_columns(say: Words, content: Content) -> list[tuple[str, Column]]:
    known = [
        ("key", Column(say.text("Segment"), "text", 26)),
        ("customers", Column(say.text("Customers"), "integer")),
        ("customer_share", Column(say.text("Share of customers"), "percent", 14)),
        ("revenue", Column(say.text("Revenue"), "money", 16)),
        ("revenue_share", Column(say.text("Share of revenue"), "percent", 14)),
        ("revenue_each", Column(say.text("Revenue each"), "money", 14)),
        ("average_order", Column(say.text("Average order"), "money", 14)),
        ("orders", Column(say.text("Orders"), "integer")),
        ("median_orders", Column(say.text("Orders (median)"), _median_kind(content))),
        ("median_days", Column(say.text("Days since last order (median)"), "integer", 16)),
        ("repeat_share", Column(say.text("Repurchase rate"), "percent", 12)),
        ("p_alive", Column(say.text("Probability still a customer"), "percent", 14)),
        ("value", Column(say.text("Lifetime value"), "money", 16)),
        ("value_each", Column(say.text("Lifetime value each"), "money", 14)),
    ]
    return [(name, column) for name, column in known if name == "key" or name in content.segments]


def _median_kind(content: Content) -> Kind:
    """Medians show a half only where there is one."""
    return "integer" if _are_whole(content.segments["median_orders"]) else "median"


def customer_rows(customers: Any, by: str) -> pd.DataFrame:
    """Collect the columns of the library, the largest revenue first."""
    frame = frames.read(customers)
    found = frame.collect_schema()
    wanted = dict.fromkeys(("customer_id", by, *schema.COLUMNS, "lifetime_value_low", "lifetime_value_high"))
    frames.check_labels(frame, *(column for column in ("customer_id", by) if column in found))
    data = sound(frames.collect(frame, [column for column in wanted if column in found]))
    order = [column for column in ("revenue", "customer_id") if column in data]
    return data.sort_values(order, ascending=[column != "revenue" for column in order], kind="stable")


def write_customers(workbook: Workbook, data: pd.DataFrame, by: str) -> None:
    """Write every customer, over as many sheets as it takes."""
    columns = [_customer_column(workbook.say, str(name), data[name], by) for name in data]
    room = workbook_module.LAST_ROW - 1
    for part, start in enumerate(range(0, len(data), room), start=1):
        name = workbook.say.text("Customers") + (f" {part}" if part > 1 else "")
        sheet = workbook.sheet(name, columns)
        chunk = data.iloc[start : start + room]
        _write_rows(workbook, sheet, _labelled(workbook.say, chunk, by), [column.kind for column in columns])
        sheet.autofilter(0, 0, len(chunk), len(columns) - 1)


def _labelled(say: Words, chunk: pd.DataFrame, by: str) -> pd.DataFrame:
    """Name segments, statuses and relations in the reader's language."""
    names = {name: say.label for name in (by, "status", "relation") if name in chunk}
    answers = {name: partial(_answer, say) for name in chunk if chunk[name].dtype.kind == "b"}
    bases = {name: partial(_basis, say) for name in ("value_basis",) if name in chunk}
    worded = {**answers, **bases, **names}
    return chunk.assign(**{name: chunk[name].map(word, na_action="ignore") for name, word in worded.items()})


def _answer(say: Words, is_so: bool) -> str:
    return say.text("yes") if is_so else say.text("no")


def _basis(say: Words, key: str) -> str:
    return say.text(VALUE_BASES.get(key, key))


def _write_rows(workbook: Workbook, sheet: Any, data: pd.DataFrame, kinds: Sequence[str]) -> None:
    for at, values in enumerate(frames.plain_rows(data), start=1):
        workbook.row(sheet, at, values, kinds)


def _customer_column(say: Words, name: str, values: pd.Series, by: str) -> Column:
    header = say.column(name)
    if name == by:
        return Column(header, "note", 25)
    known = schema.COLUMNS.get(name)
    if known is not None and known.kind == "date":
        return Column(header, "date", 13)
    if values.dtype == object or values.dtype.kind not in "iuf":
        return Column(header, "text" if name == "customer_id" else "note", 18)
    return Column(header, _kind_of(name, values), 15)


def _kind_of(name: str, values: pd.Series) -> Any:
    if name == "customer_id":
        return "score"
    unit = schema.COLUMNS[name].unit if name in schema.COLUMNS else "money"
    named = {"money": "money", "probability": "percent", "1 to n": "score", "100R + 10F + M": "score"}
    return named.get(unit, "integer" if _are_whole(values) else "number")


def _are_whole(values: pd.Series) -> bool:
    """Counts and days stand without decimals, also where they are held as floats."""
    return values.dtype.kind in "iu" or bool((values.isna() | (values % 1 == 0)).all())
