"""Who they are, as people: persona cards, the ideal customer, typologies, and one row a customer from all sources."""

from segmentclient.personas.cards import build_personas
from segmentclient.personas.fields import Field
from segmentclient.personas.persona import Persona, Personas

__all__ = ["Field", "Persona", "Personas", "build_personas"]
