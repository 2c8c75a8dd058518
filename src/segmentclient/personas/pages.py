"""The cards as HTML and Markdown: a view of what `build_personas` computed, nothing is computed here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from segmentclient import render
from segmentclient.locale import Language, language
from segmentclient.personas import words
from segmentclient.personas.attributes import label_of
from segmentclient.personas.card import Card
from segmentclient.personas.fields import Field
from segmentclient.personas.naming import initials
from segmentclient.personas.provenance import block_title, source_of
from segmentclient.personas.traits import Trait
from segmentclient.personas.wide import label_of_wide

__all__ = ["cards_html", "cards_markdown", "page_html", "trait_text"]

BLOCKS = ("who", "buy", "want", "speak")
MOMENTS = ("weekday", "hour", "month")
NOT_SHOWN = {"name", "orders", "average_order_value", "customer_type"}
MOST_TRAITS = 4


def cards_html(cards: Iterable[Card], lang: str) -> str:
    """Give the cards as one fragment with its own style."""
    L = language(lang)
    words_shown = {
        "measures": L.text("Against the average customer (mark)"),
        "traits": L.text("What makes them different"),
        "blank": L.text("to complete"),
        "deduced": L.text("deduced"),
    }
    return render.template("personas", "cards.html").render(
        lang=lang, cards=[_shown(card, L) for card in cards], words=words_shown
    )


def page_html(cards: Sequence[Card], lang: str) -> str:
    """Give the cards as a whole page."""
    from markupsafe import Markup

    title = language(lang).text("Personas")
    return render.template("personas", "page.html").render(
        lang=lang, title=title, body=Markup(cards_html(cards, lang))
    )


def _shown(card: Card, L: Language) -> dict[str, Any]:
    return {
        "colour": card.colour,
        "ink": _ink(card.colour),
        "initials": initials(card.name),
        "portrait": L.text("Fictional portrait"),
        "aria": f"{card.label}, {card.name}" if card.name else card.label,
        "label": card.label,
        "size": L.plural("{n} customer", "{n} customers", card.n),
        "title": card.name or card.label,
        "age": _age(card, L),
        "tagline": card.tagline,
        "story": card.paragraph,
        "measures": [_measure(one, L) for one in card.measures],
        "columns": _columns(card, L) if card.described else [],
        "traits": [trait_text(trait, L) for trait in _foremost(card.traits)],
        "foot": _foot(card, L) if card.described else "",
    }


def _ink(colour: str) -> str:
    """White on dark colours, near black on light ones (relative luminance of WCAG)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if luminance < 0.3 else "#16191c"


def _age(card: Card, L: Language) -> str:
    """The age beside the name: of the larger profile where there are two."""
    ages = [field for field in card.fields if field.key == "age" and field.provenance == "observed"]
    if not ages:
        return ""
    is_number = isinstance(ages[0].value, float) and ages[0].statistic != "nearest"
    return L.term("age", "{n}").format(n=round(ages[0].value)) if is_number else ages[0].text


def _measure(one: Any, L: Language) -> dict[str, Any]:
    return {
        "label": one.label,
        "width": one.width(one.value),
        "average": one.width(one.everyone),
        "text": one.text,
        "everyone": L.text("avg. {value}", value=one.everyone_text),
    }


def _columns(card: Card, L: Language) -> list[list[dict[str, Any]]]:
    """Two columns of two blocks: who they are and what they want, how they buy and how to speak to them."""
    return [[_block(card, key, L) for key in keys] for keys in (("who", "want"), ("buy", "speak"))]


def _block(card: Card, key: str, L: Language) -> dict[str, Any]:
    fields = [field for field in card.fields if field.block == key and field.key not in NOT_SHOWN]
    rows = [_row(field, L) for field in _moments_together(fields, L)]
    return {"key": key, "title": block_title(key, L), "rows": sorted(rows, key=lambda row: row["blank"])}


def _moments_together(fields: list[Field], L: Language) -> list[Field]:
    """Show day, hour and month on one line: what is known of them, or one blank."""
    moments = [field for field in fields if field.key in MOMENTS]
    if not moments:
        return fields
    known = [field for field in moments if field.provenance == "observed"]
    marked = [field.text for field in known if field.statistic != "even"]
    text = ", ".join(marked) if marked else (known[0].text if known else "")
    line = replace(known[0] if known else moments[0], key="moments", label=L.text("Moments"), text=text)
    place = fields.index(moments[0])
    others = [field for field in fields if field.key not in MOMENTS]
    return [*others[:place], line, *others[place:]]


def _row(field: Field, L: Language) -> dict[str, Any]:
    return {
        "label": field.label,
        "text": field.text,
        "blank": field.provenance == "to_complete",
        "deduced": field.provenance == "deduced",
        "why": source_of(field, L),
    }


def _foot(card: Card, L: Language) -> str:
    shown = [field for field in card.fields if field.key != "name"]
    counts = [
        sum(field.provenance == provenance for field in shown)
        for provenance in ("observed", "deduced", "to_complete")
    ]
    parts = [
        L.plural("{n} observed field", "{n} observed fields", counts[0]),
        L.plural("{n} deduced (◇)", "{n} deduced (◇)", counts[1]),
        L.plural("{n} to complete (dotted line)", "{n} to complete (dotted lines)", counts[2]),
    ]
    invented = L.text("Name and portrait are fictional.")
    return L.text(
        "n = {n}. {parts}. {invented}", n=L.number(card.n), parts=", ".join(parts), invented=invented
    )


def _foremost(traits: Sequence[Trait]) -> list[Trait]:
    """Say what a group is before what it is not."""
    return sorted(traits, key=lambda trait: trait.value is not None and trait.lift < 1)[:MOST_TRAITS]


def trait_text(trait: Trait, L: Language) -> str:
    """Write one trait: the answer, how often in the group and among everyone, and n."""
    name = label_of_wide(trait.attribute, L) or label_of(trait.attribute, L)
    if trait.value is None:
        return L.text(
            "{name}: median {typical} against {everyone} (n = {n})",
            name=name,
            typical=_number(trait.typical, L),
            everyone=_number(trait.everyone, L),
            n=L.number(trait.n),
        )
    return L.text(
        "{name}, {value}: {share} of them against {everyone} of all ({lift} times, n = {n})",
        name=name, value=words.say(trait.value, L), share=L.percent(trait.typical, 0), everyone=L.percent(trait.everyone, 0),
        lift=L.number(trait.lift, 1), n=L.number(trait.n),
    )  # fmt: skip


def _number(value: float, L: Language) -> str:
    return L.number(value, 0 if abs(value) >= 10 or value == int(value) else 1)


def cards_markdown(cards: Iterable[Card], lang: str) -> str:
    """Write the cards as Markdown, one section a card."""
    L = language(lang)
    return "\n\n".join(_markdown(card, L) for card in cards) + "\n"


def _markdown(card: Card, L: Language) -> str:
    title = " · ".join(_escaped(part) for part in (card.name, card.label) if part)
    lines = [f"## {title}", f"**{_escaped(card.tagline)}**", _escaped(card.paragraph)]
    for block in (_block(card, key, L) for key in BLOCKS) if card.described else ():
        rows = [
            f"- {_escaped(row['label'])}{L.text(': ')}{_escaped(row['text']) or '…………'}{' ◇' if row['deduced'] else ''}"
            for row in block["rows"]
        ]
        lines += [f"### {block['title']}", "\n".join(rows)]
    if card.traits:
        traits = [f"- {_escaped(trait_text(trait, L))}" for trait in _foremost(card.traits)]
        lines += ["### " + L.text("What makes them different"), "\n".join(traits)]
    lines += [f"*{_foot(card, L)}*"] if card.described else []
    return "\n\n".join(line for line in lines if line)


def _escaped(text: str) -> str:
    return "".join("\\" + sign if sign in "\\*_`[]<>|#" else sign for sign in text)
