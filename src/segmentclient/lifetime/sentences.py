"""Sentences that are kept with a model and told in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from segmentclient.locale import Language

__all__ = ["Sentence"]


@dataclass(frozen=True)
class Sentence:
    """An English sentence with `{places}`, and what stands in them: texts, lists of texts, or numbers."""

    message: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def tell(self, L: Language) -> str:
        """Write the sentence in a language: whole numbers as they are, others with two decimals."""
        return L.text(self.message, **{name: _shown(value, L) for name, value in self.values.items()})


def _shown(value: Any, L: Language) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return L.listed(value)
    return L.number(value, 0 if isinstance(value, int) else 2)
