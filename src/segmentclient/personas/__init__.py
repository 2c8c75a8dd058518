"""Who they are, as people: persona cards, the ideal customer, typologies, and one row a customer from all sources."""

from segmentclient.personas.cards import build_personas
from segmentclient.personas.fields import Field
from segmentclient.personas.ideal import IdealCustomer, ideal_customer
from segmentclient.personas.people import join_people
from segmentclient.personas.people_check import check_people
from segmentclient.personas.persona import Persona, Personas
from segmentclient.personas.traits import Trait
from segmentclient.personas.typologies import apply_typology
from segmentclient.personas.typology_packs import Typology, load_typology

__all__ = [
    "Field",
    "IdealCustomer",
    "Persona",
    "Personas",
    "Trait",
    "Typology",
    "apply_typology",
    "build_personas",
    "check_people",
    "ideal_customer",
    "join_people",
    "load_typology",
]
