"""What the page shows, part by part: front, story and appendix, ready for the template."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import metadata
from typing import Any

from segmentclient.frames import label_text
from segmentclient.report import plan, story
from segmentclient.report.charts import pictures, tints
from segmentclient.report.content import LEAST, Content
from segmentclient.report.figures import key_figures, perimeter
from segmentclient.report.movement import Movement, movement
from segmentclient.report.parameters import model_sentences, parameter_tables
from segmentclient.report.perimeter import note_sentences, perimeter_sentences
from segmentclient.report.tables import (
    audit_table,
    away_table,
    cut_table,
    score_table,
    segment_table,
    value_table,
)
from segmentclient.report.terms import term_facts
from segmentclient.report.words import Words

__all__ = ["Sources", "method_lines", "page_context"]


@dataclass(frozen=True)
class Sources:
    """What `build_report` was given."""

    customers: Any
    clean: Any = None
    scorer: Any = None
    models: Any = None
    personas: Any = None
    previous: Any = None
    by: str = "segment"
    terms: Mapping[str, Any] = field(default_factory=dict)


def page_context(content: Content, say: Words, sources: Sources) -> dict[str, Any]:
    """Give everything that the template shows, but the page's frame."""
    moves = movement(content, say, sources.previous, sources.customers, sources.by)
    charts = pictures(content, say, scorer=sources.scorer, migration=moves.migration)
    return {
        **_front(content, say, sources),
        **_body(content, say, sources, charts, moves),
        **_appendix(content, say, sources),
    }


def _front(content: Content, say: Words, sources: Sources) -> dict[str, Any]:
    titles = _titles(say)
    shown = [key for key in titles if key != "personas" or sources.personas is not None]
    return {
        "perimeter": " · ".join(perimeter(content, say, sources.clean)),
        "figures": key_figures(content, say, sources.terms),
        "titles": titles,
        "contents": [{"id": key, "title": titles[key]} for key in shown],
    }


def _titles(say: Words) -> dict[str, str]:
    return {
        "who": say.text("Who they are"),
        "worth": say.text("What they are worth"),
        "moving": say.text("Who is moving"),
        "actions": say.text("What to do"),
        "personas": say.text("Faces on the segments"),
        "appendix": say.text("Data and method"),
    }


def _body(content: Content, say: Words, sources: Sources, charts: Any, moves: Movement) -> dict[str, Any]:
    colours = tints(content)
    return {
        "leads": _leads(content, say, moves, sources.terms),
        "charts": charts,
        "tints": colours,
        "segments": segment_table(content, say, colours),
        "by_note": _by_note(content, say),
        "values": value_table(content, say, colours),
        "worth_note": _worth_note(content, say),
        "moving": moves,
        "away": away_table(content, say),
        "plan": plan.plan(content, say),
        "stories": story.segment_stories(content, say),
        "personas": _cards(sources, content, say),
    }


def _leads(content: Content, say: Words, moves: Movement, terms: Mapping[str, Any]) -> dict[str, str]:
    return {
        "who": story.lead_who(content, say),
        "worth": story.lead_worth(content, say, terms),
        "moving": moves.lead or story.lead_moving(content, say),
        "actions": plan.lead_actions(content, say),
        "personas": say.text(
            "A persona is a person one can talk about who stands for a segment. The name is fictional; the numbers are not."
        ),
    }


def _by_note(content: Content, say: Words) -> str:
    return " ".join(_notes_on_segments(content, say))


def _notes_on_segments(content: Content, say: Words) -> Iterable[str]:
    if content.rows_without_segment:
        yield say.plural(
            "{n} customer has no segment.", "{n} customers have no segment.", content.rows_without_segment
        )
    if content.told.sum() > content.drawn.sum():
        yield say.text(
            "Charts show the {n} segments of the largest revenue, and the others together, as “Other segments”.",
            n=int(content.drawn.sum()),
        )
    if content.told.all():
        return
    yield say.text(
        "–: of fewer than {n} customers no amount, average or median is told. The totals count them.",
        n=LEAST,
    )
    if not all(map(content.withholds, content.segments["customers"][~content.told])):
        yield say.text(
            "The next smallest segment stays untold with them: else the total less all the others would tell theirs."
        )
    if content.told.sum() == content.drawn.sum() and content.charted[content.by].nunique(dropna=False) > 1:
        yield say.text("Charts show them together, as “Other segments”.")


def _worth_note(content: Content, say: Words) -> str:
    if not content.has("lifetime_value"):
        return say.text(
            "The lifetime value is not part of this report: it was not predicted for these customers."
        )
    parts = [*_hardly_told(content, say)]
    if "value_low" in content.segments:
        parts.append(
            say.text(
                "Between brackets after a total: where the sum of the segment will most likely fall, all its customers simulated together."
            )
        )
    if "typical_low" in content.segments:
        parts.append(say.text("Between brackets after the typical customer: where the sum of one such customer will most likely fall. One customer is far less certain than a group."))  # fmt: skip
    return " ".join(parts)


def _hardly_told(content: Content, say: Words) -> Iterable[str]:
    """Where the model finds nearly everybody still a customer, the lost ones too, it has not seen anybody leave."""
    alive = content.segments.get("p_alive")
    if alive is not None and len(alive) > 1 and alive.min() > 0.9:
        yield say.text(
            "Nearly everybody is said to be still a customer, the longest absent too: these orders hardly show when customers leave, so that this probability tells nobody apart."
        )


def _cards(sources: Sources, content: Content, say: Words) -> Any:
    """Show the cards; where the page does not tell a segment's amounts, its card does not either."""
    from markupsafe import Markup

    personas = sources.personas
    if personas is None:
        return ""
    hidden = set(content.told.index[~content.told]) if personas.by == sources.by else set()
    note = say.text("Not described: the figures of a smaller segment could be computed from these.")
    cards = (
        _withheld(card, note) if card.described and label_text(card.key) in hidden else card
        for card in personas
    )
    return Markup(replace(personas, cards=tuple(cards))._repr_html_())


def _withheld(card: Any, note: str) -> Any:
    nothing = {"name": "", "story": (), "fields": (), "traits": (), "measures": ()}
    return replace(card, tagline=note, described=False, **nothing)


def _appendix(content: Content, say: Words, sources: Sources) -> dict[str, Any]:
    audit = None if sources.clean is None else sources.clean.audit
    return {
        "audit": None if audit is None else audit_table(audit, say),
        "perimeter_notes": perimeter_sentences(content, say, audit),
        "notes": () if sources.clean is None else note_sentences(sources.clean.notes, say),
        "scores": score_table(content, say),
        "scores_note": say.text(
            "High is good. Each line says which values received the score, in these data."
        ),
        "method": tuple(_method(content, say)),
        "cuts": None if sources.scorer is None else cut_table(sources.scorer, say),
        "terms": term_facts(sources.terms, say),
        "parameters": parameter_tables(sources.models, say),
        "model_notes": model_sentences(sources.models, say),
        "versions": tuple(_versions(say, content)),
    }


def method_lines(content: Content, say: Words, clean: Any) -> tuple[str, ...]:
    """Give the sentences on perimeter and method, for those who read them outside the page."""
    audit, notes = (None, {}) if clean is None else (clean.audit, clean.notes)
    versions = (f"{name} {value}" for name, value in _versions(say, content) if name != say.text("Chance"))
    return (
        *perimeter_sentences(content, say, audit),
        *note_sentences(notes, say),
        *_method(content, say),
        *versions,
    )


def _method(content: Content, say: Words) -> Iterable[str]:
    yield say.text(
        "An average order is the revenue of a group divided by its orders; medians are those of its customers."
    )
    yield say.text("The repurchase rate is the share of buyers with two orders or more.")
    yield say.text("“More recently” and “brought in more” compare the middle of a segment with the middle of all customers: median days since the last order, median revenue.")  # fmt: skip
    if content.scores:
        yield say.text(
            "Recency, frequency and monetary scores cut the customers into bins; equal values always share one score, the lowest that applies."
        )
    if content.has("lifetime_value"):
        yield say.text(
            "The lifetime value is the margin on the purchases still expected, discounted, minus costs; the past is not counted in it."
        )
    if content.has("p_alive"):
        yield say.text(
            "The probability of still being a customer comes from each customer's own rhythm of purchases."
        )


def _versions(say: Words, content: Content) -> Iterable[tuple[str, str]]:
    from segmentclient import __version__

    yield "segmentclient", __version__
    yield "Python", platform.python_version()
    for name in ("numpy", "pandas", "narwhals", "matplotlib", "scipy", "scikit-learn"):
        yield name, metadata.version(name)
    yield say.text("Chance"), " ".join(_chance(say, content))


def _chance(say: Words, content: Content) -> Iterable[str]:
    yield say.text("This report draws nothing at random: the same tables give the same page, to the byte.")
    if "value_low" in content.segments:
        yield say.text("The intervals of the segments were simulated beforehand, from the seed random_state (0 unless chosen otherwise).")  # fmt: skip
