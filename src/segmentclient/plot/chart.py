"""What is said about a chart, kept beside what draws it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from segmentclient.locale import Language, language
from segmentclient.shown import FEWEST

__all__ = ["FEWEST", "Chart", "first_of", "joined"]

MOST_LISTED = 24  # names below a chart


@dataclass(frozen=True)
class Chart:
    """What is said about a chart: what it is, and what its numbers say.

    `kind` is the English sentence that says what is drawn, `prepare` makes the numbers from the table,
    `say` makes the one-line finding from the numbers, and `tell` the list of numbers for a reader who cannot see.
    """

    name: str
    kind: str
    prepare: Callable[..., Any]
    say: Callable[[Any, Language], str]
    tell: Callable[[Any, Language], str] | None = None

    def finding(self, data: Any, lang: str) -> str:
        """Say in one line what the numbers say."""
        return self.say(data, language(lang))

    def description(self, data: Any, lang: str) -> str:
        """Say what is drawn, what it says, and its numbers where they are few."""
        words = language(lang)
        said, told = self.say(data, words), self.tell(data, words) if self.tell else ""
        more = "" if told == said else told.removeprefix(said + words.text("; "))
        return " ".join(part for part in (words.text(self.kind), _sentence(said), _sentence(more)) if part)

    def sign(self, ax: Axes, data: Any, lang: str) -> Axes:
        """Leave the description on the axes as their label, where `to_svg` finds it."""
        ax.set_gid(self.name)
        ax.set_label(self.description(data, lang))
        return ax


def _sentence(text: str) -> str:
    """Begin with a capital and end with a point; the names of clusters and parameters (c1, r) stay as they are."""
    text = text if text[1:2].isdigit() or text[1:2] == " " else text[:1].upper() + text[1:]
    return text if not text or text[-1] in ".!?" else f"{text}."


def joined(parts: Iterable[str], words: Language) -> str:
    """Join facts into one sentence, with the language's semicolon."""
    return words.text("; ").join(part for part in parts if part)


def first_of(names: Sequence[str], words: Language) -> str:
    """List names; of very many the first, with the number of the others."""
    rest = len(names) - MOST_LISTED
    if rest < 2:
        return words.listed(names)
    return words.listed([*names[:MOST_LISTED], words.text("{count} others", count=words.number(rest))])
