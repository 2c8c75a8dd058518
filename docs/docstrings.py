"""How docstrings are read for the site: the house's short forms, put as numpydoc reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

LONE_STAR = re.compile(r"(?<=[/\w])\*(?=[.\w])")
PARAMETER = re.compile(r"^([*\w, ]+) : (.+)$")
RETURNED = re.compile(r"(.{2,70}?)(?:,(?= )|:(?= |$)| (?=\(|(?:with|that|where)\b))(.*)")


def spell_out(lines: Sequence[str]) -> list[str]:
    """Accept `name : what it means`, without a type, in lists, and sentences where numpydoc wants the type returned."""
    out: list[str] = []
    for title, section in _sections(lines):
        out += _PUT.get(title, list)(section)
    return [line if "`" in line or ">>>" in line else LONE_STAR.sub(r"\\*", line) for line in out]


def _sections(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Part a docstring at its titles; a section holds its title and the line below it."""
    title, held = "", []
    for number, line in enumerate(lines):
        if number + 1 < len(lines) and re.fullmatch(r"-{3,}", lines[number + 1]):
            yield title, held
            title, held = line, []
        held.append(line)
    yield title, held


def _parameters(section: list[str]) -> list[str]:
    out = []
    for line, after in zip(section, [*section[1:], ""], strict=True):
        found = PARAMETER.match(line)
        out += [found[1], f"    {found[2]}"] if found and not _is_type(found[2], after.strip()) else [line]
    return out


def _is_type(text: str, after: str) -> bool:
    """Tell a type from a description: short, and followed by a description that begins a sentence."""
    return len(text) < 70 and after[:1].isupper()


def _returns(section: list[str]) -> list[str]:
    """Put what is returned, written as a sentence, as its first words and a description of them."""
    head, text = section[:2], section[2:]
    found = RETURNED.match(text[0]) if text else None
    if found is None or any(line.startswith("    ") for line in text):
        return section
    return [*head, found[1], *(f"    {line}" if line else "" for line in (found[2].strip(), *text[1:]))]


_PUT = {"Parameters": _parameters, "Attributes": _parameters, "Returns": _returns}
