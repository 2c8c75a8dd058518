"""The text of a rule, before it is a tree: what characters it may hold, names between backticks, faults of syntax."""

from __future__ import annotations

import ast
import re
import unicodedata
import warnings
from dataclasses import dataclass

from segmentclient.segments.rule_tree import Fault, Place

__all__ = ["DEEPEST", "LONGEST", "PlainText", "syntax_tree", "without_quotes"]

LONGEST = 10_000
DEEPEST = 50


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![\w.-])")


@dataclass(frozen=True)
class PlainText:
    """A text that Python can read, of the same length; names between backticks and days are kept by their position."""

    text: str
    names: dict[int, str]
    days: dict[int, str]


def without_quotes(text: str) -> PlainText:
    """Put underscores in the place of the names between backticks and of the days such as 2026-01-31."""
    if len(text) > LONGEST:
        raise Fault(f"the rule has {len(text):,} characters, {LONGEST:,} at most are accepted", (0, 1))
    if not text.strip():
        raise Fault("the rule is empty", (0, 1))
    _check_characters(text)
    return _scan(text)


def _check_characters(text: str) -> None:
    for position, character in enumerate(text):
        if character not in "\n\r\t" and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}:
            raise Fault(
                f"the invisible character U+{ord(character):04X} is not accepted", (position, position + 1)
            )
        if character == "\\":
            raise Fault("a backslash is not accepted; write characters as they are", (position, position + 1))


def _scan(text: str) -> PlainText:
    plain, names, days = list(text), {}, {}
    position = depth = 0
    while position < len(text):
        character = text[position]
        if character in "'\"`":
            end = _closing(text, position)
            if character == "`":
                names[position + 1] = text[position + 1 : end]
                plain[position : end + 1] = [" ", *"_" * (end - position - 1), " "]
            position = end
        elif day := _day_at(text, position):
            days[position] = day
            plain[position : position + len(day)] = "_" * len(day)
            position += len(day) - 1
        elif character in "\n\r\t":
            plain[position] = " "
        elif character == "#":
            raise Fault("a comment is not accepted inside a rule", (position, position + 1))
        depth += (character in "([{") - (character in ")]}")
        if depth > DEEPEST:
            raise Fault(f"more than {DEEPEST} levels of brackets", (position, position + 1))
        position += 1
    return PlainText("".join(plain), names, days)


def _day_at(text: str, position: int) -> str:
    """Read a day that begins here and is no part of a longer word or number."""
    before = text[position - 1] if position else " "
    if not text[position].isdigit() or before.isalnum() or before in "_.":
        return ""
    found = _DAY.match(text, position)
    return found.group() if found else ""


def _closing(text: str, start: int) -> int:
    """Find the quote that closes the one at `start`, on the same line."""
    mark = text[start]
    end = text.find(mark, start + 1)
    if end < 0 or "\n" in text[start:end]:
        raise Fault(f"the quote {mark} is not closed on its line", (start, start + 1))
    if mark == "`" and end == start + 1:
        raise Fault("there is no name between the backticks", (start, end + 1))
    if text[end : end + 2] == mark * 2 and end == start + 1:
        raise Fault("triple quotes are not accepted", (start, end + 2))
    if mark != "`" and text[end + 1 :].lstrip()[:1] in ("'", '"'):
        raise Fault(
            "two texts stand side by side; a comma parts those of a list, and a text that holds one kind of quote stands between the other",
            (start, end + 1),
        )
    return end


def syntax_tree(plain: str) -> ast.expr:
    """Let Python's parser (not its compiler) read the text."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return ast.parse(plain.strip(), mode="eval").body
    except SyntaxError as error:
        raise Fault(_syntax_message(plain), _syntax_place(error, plain)) from None
    except (ValueError, MemoryError, RecursionError, OverflowError, Warning):
        raise Fault("the rule is nested too deeply, or a number is too long", (0, 1)) from None


_HINTS = (
    (r"(?<![=<>!])=(?!=)", "write == to compare"),
    (r"&&?|\|\|?|!(?!=)", "write and, or, not"),
    (r"<>", "write != for different"),
    (r"\b(AND|OR|NOT|IN|IS|MISSING)\b", "write and, or, not, in, is missing in small letters"),
    (r"[‘’“”«»]", "write straight quotes"),
    (r"\d,\d", "write a dot before decimals"),
    (r"\w \w", "write a name that holds blanks or signs between `backticks`"),
)


def _syntax_message(plain: str) -> str:
    hint = next((hint for pattern, hint in _HINTS if re.search(pattern, plain)), "")
    return "the rule cannot be read from here on" + (f"; {hint}" if hint else "")


def _syntax_place(error: SyntaxError, plain: str) -> Place:
    lead = len(plain) - len(plain.lstrip())
    start = min(max((error.offset or 1) - 1 + lead, 0), len(plain) - 1)
    return start, start + 1
