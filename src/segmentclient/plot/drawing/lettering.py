"""Text that is measured before it is drawn: widths, wrapping, and labels that step aside."""

from __future__ import annotations

import bisect
import functools
import re
from collections.abc import Iterable, Iterator, Sequence

from matplotlib import font_manager
from matplotlib.textpath import text_to_path

from segmentclient.plot.drawing.settings import any_letter

__all__ = ["family", "fit", "spread", "stack", "text_width", "widest", "wrap"]

FONTS = ("Arial", "Helvetica", "Liberation Sans", "Arimo")


@functools.cache
def family() -> str:
    """Choose a plain sans serif that is installed; the one that matplotlib brings otherwise."""
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in FONTS if name in installed), "DejaVu Sans")


@functools.lru_cache(maxsize=8192)
def text_width(text: str, points: float, weight: str = "normal") -> float:
    """Measure one line of text, in points."""
    font = font_manager.FontProperties(family=family(), size=points, weight=weight)
    with any_letter():
        return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0])


def widest(texts: Iterable[str], points: float, weight: str = "normal") -> float:
    """Measure the widest line of some texts, in points."""
    return max((text_width(line, points, weight) for text in texts for line in text.split("\n")), default=0.0)


def wrap(text: str, room: float, points: float, weight: str = "normal") -> str:
    """Break text into lines no wider than `room` points, at spaces (no-break ones hold where there is room), else inside the word."""
    lines: list[str] = []
    for word in _words(text, room, points, weight):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, points, weight) <= room:
            lines[-1] = longer
        else:
            lines.extend(_pieces(word, room, points, weight))
    return "\n".join(lines)


def fit(text: str, room: float, points: float, lines: float) -> str:
    """Break text into lines as `wrap` does, and take so much out of its middle that they are no more than `lines`."""
    wrapped, kept = wrap(text, room, points), len(text)
    while wrapped.count("\n") >= lines and kept > 4:
        kept -= 1
        start, end = text[: kept - kept // 3].rstrip(), text[len(text) - kept // 3 :].lstrip()
        wrapped = wrap(f"{start}…{end}", room, points)
    return wrapped


def _words(text: str, room: float, points: float, weight: str) -> Iterator[str]:
    """Part a text at its spaces; a word of one letter stays with the next where both fit (À surveiller)."""
    for word in re.split(r"(?<!\b\w) ", text):
        if text_width(word, points, weight) <= room:
            yield word
        else:
            for part in word.split(" "):
                yield from (
                    [part] if text_width(part, points, weight) <= room else part.split("\N{NO-BREAK SPACE}")
                )


def _pieces(word: str, room: float, points: float, weight: str) -> list[str]:
    """Cut a word that is wider than the room, between syllables where one fits."""
    pieces = []
    while len(word) > 2 and text_width(word, points, weight) > room:
        longest = max(_longest_piece(word, room, points, weight), 2)
        cut = next((n for n in range(longest, 1, -1) if _starts_syllable(word, n)), longest)
        pieces.append(word[:cut] + "-")
        word = word[cut:]
    return [*pieces, word]


def _longest_piece(word: str, room: float, points: float, weight: str) -> int:
    """Find how many letters of a word fit before a hyphen."""
    return (
        bisect.bisect_right(range(len(word)), room, key=lambda n: text_width(word[:n] + "-", points, weight))
        - 1
    )


def _starts_syllable(word: str, place: int) -> bool:
    """True where French and English start a syllable: a consonant, alone or before l or r, then a vowel; three letters left."""
    before, rest = word[place - 1].lower(), word[place:].lower()
    if len(rest) < 3 or not _CLUSTER.match(rest):
        return False
    return before + rest[0] not in _TOGETHER and not (before in "bcdfgptv" and rest[0] in "lr")


_CLUSTER = re.compile(r"(?:[bcdfgptv][lr]|[^\W\d_aeiouyàâäéèêëîïôöùûüœæ])[aeiouyàâäéèêëîïôöùûüœæ]")
_TOGETHER = {"ch", "gn", "ph", "qu", "sh", "th"}


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move sorted places apart by at least `gap`, as little as can be, between `low` and `high`."""
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + gap) if moved else max(place, low))
    over = moved[-1] - high if moved else 0
    for index in range(len(moved) - 1, -1, -1):
        if over <= 0:
            break
        ceiling = high if index == len(moved) - 1 else moved[index + 1] - gap
        moved[index] = min(moved[index], ceiling)
    return moved


def stack(places: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Move the middles of sorted boxes apart until none overlap, as little as can be, between `low` and `high`."""
    moved: list[float] = []
    for index, (place, height) in enumerate(zip(places, heights, strict=True)):
        floor = moved[-1] + (heights[index - 1] + height) / 2 if moved else low + height / 2
        moved.append(max(place, floor))
    for index in range(len(moved) - 1, -1, -1):
        above = high if index == len(moved) - 1 else moved[index + 1] - heights[index + 1] / 2
        moved[index] = min(moved[index], above - heights[index] / 2)
    return moved
