"""The sheets behind the numbers: personas, thresholds of the scores, data and method."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from segmentclient.locale import language
from segmentclient.personas.provenance import block_title, provenance_name, source_of
from segmentclient.report.content import Content
from segmentclient.report.page import method_lines
from segmentclient.report.perimeter import reason_text
from segmentclient.report.terms import term_facts
from segmentclient.report.words import Words
from segmentclient.report.workbook import Column, Kind, Workbook

__all__ = ["write_method", "write_personas", "write_thresholds"]


def write_personas(workbook: Workbook, personas: Any) -> None:
    """Write one row a field of a card, in the language of the cards, with where it comes from."""
    if personas is None:
        return
    say, spoken = workbook.say, language(personas.lang)
    heads = {
        "Segment": 26,
        "Persona": 16,
        "Part": 24,
        "Field": 24,
        "Content": 52,
        "Provenance": 14,
        "Source": 56,
    }
    kinds: list[Kind] = [*("text",) * 5, "note", "note", "integer", "percent"]
    columns = [
        Column(say.text(name), kind, width) for kind, (name, width) in zip(kinds, heads.items(), strict=False)
    ]
    sheet = workbook.sheet(
        say.text("Personas"),
        [*columns, Column(say.text("n"), "integer", 8), Column(say.text("Coverage"), "percent", 12)],
    )
    lines = ((card, field) for card in personas for field in card.fields)
    at = 0
    for at, (card, field) in enumerate(lines, start=1):
        said = (block_title(field.block, spoken), field.label, field.text, provenance_name(field, spoken))
        texts = (card.label, card.name, *said, source_of(field, spoken))
        known = (field.n or None, field.coverage or None)
        workbook.tall(
            sheet, at, [(text, 0.9 * width) for text, width in zip(texts, heads.values(), strict=True)]
        )
        workbook.row(sheet, at, (*texts, *known), kinds, text_wrap=True)
    sheet.autofilter(0, 0, max(at, 1), len(heads) + 1)


def write_thresholds(workbook: Workbook, content: Content, scorer: Any) -> None:
    """Write what each score stands for: the values seen, and the scorer's exact cut points where it is known."""
    if not content.scores:
        return
    say, cuts = workbook.say, _cut_points(scorer)
    headers = [say.text(name) for name in ("Score", "From", "To", "Customers", "Above", "Up to")]
    columns = [Column(say.text("Axis"), "text", 30), *(Column(header, "integer", 15) for header in headers)]
    sheet = workbook.sheet(say.text("Thresholds"), columns)
    lines = (
        (name, score, row) for name, ranges in content.scores.items() for score, row in ranges.iterrows()
    )
    for at, (name, score, row) in enumerate(lines, start=1):
        kind = "money" if name == "m_score" else "integer"
        cut = "money" if name == "m_score" else "exact"
        values = [
            say.axis(name),
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


def write_method(workbook: Workbook, content: Content, clean: Any, terms: Mapping[str, Any]) -> None:
    """Write what was set aside and why, on which terms value was predicted, and how everything is counted."""
    say = workbook.say
    sheet = workbook.sheet(say.text("Method"), [Column(say.text("Data and method"), "text", 90), Column(say.text("Rows"), "integer", 14), Column(say.text("Amount"), "money", 18)], filters=False)  # fmt: skip
    at = 0
    for at, counted in enumerate(_audit_lines(clean, say), start=1):
        workbook.row(sheet, at, counted, ["text", "integer", "money"])
    facts = (f"{name}{say.text(': ')}{value}" for name, value in term_facts(terms, say))
    for line in (*facts, *method_lines(content, say, clean)):
        at += 1
        workbook.tall(sheet, at, [(line, 84)])
        workbook.cell(sheet, at, 0, line, text_wrap=True)


def _audit_lines(clean: Any, say: Words) -> Iterable[tuple[str, Any, Any]]:
    """Give what became of the rows, and last what came in."""
    if clean is None:
        return
    audit = clean.audit[["reason", "rows", "amount"]]
    for reason, rows, amount in audit.itertuples(index=False):
        yield reason_text(str(reason), say), rows, amount
    yield say.text("What came in"), audit["rows"].sum(), audit["amount"].sum()
