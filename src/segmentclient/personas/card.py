"""What a persona card holds, before it is shown anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from segmentclient.errors import SegmentClientError
from segmentclient.personas.fields import Field
from segmentclient.personas.traits import Trait
from segmentclient.personas.worth import Measure

__all__ = ["Card"]


@dataclass(frozen=True)
class Card:
    """The content of one card; `Persona` says what each attribute is."""

    key: Any
    label: str
    colour: str
    n: int
    share: float
    described: bool
    tagline: str
    kind: Literal["person", "company"] = "person"
    name: str = ""
    story: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    traits: tuple[Trait, ...] = ()
    measures: tuple[Measure, ...] = ()
    lang: str = "en"

    @property
    def paragraph(self) -> str:
        """The story as one paragraph."""
        return " ".join(self.story)

    def field(self, key: str) -> Field:
        """Give one field by its key."""
        for field in self.fields:
            if field.key == key:
                return field
        raise SegmentClientError(
            f"no field {key!r} on the card of {self.key!r}; fields: {', '.join(field.key for field in self.fields)}"
        )
