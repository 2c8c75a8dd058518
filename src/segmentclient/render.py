"""HTML: one Jinja2 environment (autoescape on), and the small cards and tables that objects show in notebooks.

Templates stand in the `templates` folder of the room that owns them: `template("report", "page.html")`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment, Template

__all__ = ["html_card", "html_table", "printable", "template"]


@functools.cache
def _environment(room: str) -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("segmentclient", f"{room}/templates" if room else "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def template(room: str, name: str) -> Template:
    """Give a template of a room; a place that nobody fills is an error, and every value is escaped."""
    return _environment(room).get_template(name)


def html_table(headers: Sequence[str], rows: Sequence[Sequence[Any]], *, caption: str = "") -> str:
    """Show rows as a small table that reads well in light and dark themes; words stand left, numbers right."""
    sides = [
        "left" if place == 0 or _is_words(row[place] for row in rows) else "right"
        for place in range(len(headers))
    ]
    return template("", "table.html").render(headers=headers, rows=rows, caption=caption, sides=sides)


def _is_words(cells: Iterable[Any]) -> bool:
    return any(_WORD.search(str(cell)) and not _DIGIT.search(str(cell)) for cell in cells)


_WORD, _DIGIT = re.compile(r"[^\W\d_]{4,}"), re.compile(r"\d")


def html_card(title: str, facts: Mapping[str, Any], *, body: str = "", foot: str = "") -> str:
    """Show a title and a few facts as a card; `body` is HTML made by `html_table`."""
    from markupsafe import Markup

    return template("", "card.html").render(title=title, facts=facts, body=Markup(body), foot=foot)


def printable(text: str) -> str:
    """Replace what no page, picture or workbook can hold (control characters, halves of characters) by U+FFFD.

    So are signs that turn the direction of what follows: one in a name would turn the numbers of the sentence around it.
    """
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
