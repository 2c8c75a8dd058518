"""The words of consent: which columns hold it, what says yes and no, and which of several answers is the most careful."""

from __future__ import annotations

import re
from typing import Any

import narwhals.stable.v2 as nw

__all__ = ["CONSENTS", "NO", "REFUSES", "YES", "as_text", "first_letter", "ranked"]

REFUSES = re.compile(r"(^|_)(opt_?out|unsubscribed|do_not_\w+|no_contact|refuse\w*|desinscri\w*)($|_)")
CONSENTS = re.compile(r"(^|_)(opt_?in|consent\w*|consentement|subscribed|accepts?_\w+|accepte_\w+)($|_)")
YES = frozenset({"1", "1.0", "true", "yes", "y", "oui", "o"})
NO = frozenset({"0", "0.0", "false", "no", "n", "non", ""})


def ranked(text: Any) -> Any:
    """Put a rank before an answer, so that the largest says yes and the smallest no, however they are spelt.

    A word that is neither stands between: it is not lost to a "no" about refusals, nor to a "yes" about consents.
    """
    meaning = text.str.strip_chars().str.to_lowercase()
    between = nw.when(meaning.is_in(sorted(NO))).then(nw.lit("0")).otherwise(nw.lit("1"))
    rank = nw.when(meaning.is_in(sorted(YES))).then(nw.lit("2")).otherwise(between)
    return nw.when(~text.is_null()).then(nw.concat_str(rank, text))


def first_letter(answer: Any) -> Any:
    """Give the rank of a ranked answer."""
    return answer.str.slice(0, 1)


def as_text(answer: Any) -> Any:
    """Give a ranked answer as it was written."""
    return answer.str.slice(1)
