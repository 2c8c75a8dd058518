"""The segments that the library knows: what each is called, looks like, means and asks for."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass, replace
from importlib import resources

from segmentclient.locale import language
from segmentclient.render import printable

__all__ = ["Segment", "action", "colour", "known_segment", "known_segments", "label", "meaning"]

UNKNOWN_COLOUR = "#A8A8A8"


@dataclass(frozen=True)
class Segment:
    """One named segment: a stable key, and what a reader is shown (English; French comes from the catalogue)."""

    key: str
    label: str
    colour: str = UNKNOWN_COLOUR
    meaning: str = ""
    action: str = ""


def label(key: str, lang: str = "en") -> str:
    """Give the label of a segment in a language; a key that the library does not know is its own label."""
    known = known_segments().get(key)
    return language(lang).term("segment", known.label) if known else printable(key)


def meaning(key: str, lang: str = "en") -> str:
    """Give the one-sentence meaning of a segment in a language ("" for a key that the library does not know)."""
    known = known_segments().get(key)
    return language(lang).text(known.meaning) if known else ""


def action(key: str, lang: str = "en") -> str:
    """Give the recommended action for a segment in a language ("" for a key that the library does not know)."""
    known = known_segments().get(key)
    return language(lang).text(known.action) if known else ""


def known_segment(key: str, lang: str = "en") -> Segment | None:
    """Give a segment in the words of a language, or None for a key that the library does not know."""
    if (known := known_segments().get(key)) is None:
        return None
    return replace(known, label=label(key, lang), meaning=meaning(key, lang), action=action(key, lang))


def colour(key: str) -> str | None:
    """Give the colour of a segment, or None for a key that the library does not know."""
    known = known_segments().get(key)
    return known.colour if known else None


@functools.cache
def known_segments() -> dict[str, Segment]:
    """Read the shipped descriptions: key → segment."""
    shipped = resources.files(__package__).joinpath("segments.toml").read_text(encoding="utf-8")
    return {key: Segment(key, **words) for key, words in tomllib.loads(shipped).items()}
