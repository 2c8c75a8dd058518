"""What may be known of people, and the names that columns go by.

A column is recognised by its documented name, by a name in use elsewhere (`Year_Birth`, `situation_familiale`), or by
the caller's own mapping.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from segmentclient.errors import raise_all
from segmentclient.locale import Language
from segmentclient.schema import nearest

__all__ = ["ATTRIBUTES", "Attribute", "Kind", "folded", "label_of", "named_columns"]

Kind = Literal["number", "category", "several"]


@dataclass(frozen=True)
class Attribute:
    """One thing worth knowing of a customer: its key, its label (a message id) and the names it goes by."""

    key: str
    label: str
    names: tuple[str, ...]
    who: Literal["person", "company", "any"] = "any"
    block: Literal["who", "buy", "want", "speak"] = "who"
    kind: Kind = "category"


def _attribute(key: str, label: str, names: str = "", **options: Any) -> Attribute:
    return Attribute(key, label, (key, *names.split()), **options)


ATTRIBUTES: Mapping[str, Attribute] = {
    one.key: one
    for one in (
        _attribute("customer_type", "Type of customer", "client_type type_client type_de_client"),
        _attribute("age", "Age", who="person", kind="number"),
        _attribute("sex", "Sex", "gender sexe genre civility civilite", who="person"),
        _attribute("household", "Household", "family_situation family foyer menage situation_familiale", who="person"),
        _attribute("marital_status", "Marital status", "statut_marital etat_civil", who="person"),
        _attribute("city", "City", "town ville"),
        _attribute("region", "Region", "state province departement"),
        _attribute("country", "Country", "pays"),
        _attribute("profession", "Profession", "occupation job job_title metier", who="person"),
        _attribute("education", "Education", "education_level diplome etudes niveau_etudes", who="person"),
        _attribute("income", "Income", "annual_income household_income revenu revenu_annuel", who="person", kind="number"),
        _attribute("income_band", "Income band", "income_level tranche_revenu niveau_revenu", who="person"),
        _attribute("sector", "Sector", "industry secteur secteur_activite", who="company"),
        _attribute("headcount", "Headcount", "employees n_employees company_size effectif", who="company", kind="number"),
        _attribute("turnover", "Turnover", "annual_turnover chiffre_affaires", who="company", kind="number"),
        _attribute("contact_role", "Contact's role", "contact_title role fonction", who="company"),
        _attribute("values", "Values", "life_values valeurs", block="want", kind="several"),
        _attribute("needs", "Needs and expectations", "need expectations expectation besoins attentes", block="want", kind="several"),
        _attribute("motivations", "Motivations", "motivation desires", block="want", kind="several"),
        _attribute("brakes", "Brakes and objections", "brake barriers objections freins", block="want", kind="several"),
        _attribute("channel", "Channel", "preferred_channel channels canal canaux", block="buy", kind="several"),
        _attribute("device", "Device", "preferred_device appareil", block="buy"),
        _attribute("media", "Media", "medias preferred_media", block="speak", kind="several"),
        _attribute("satisfaction", "Satisfaction", "csat satisfaction_score", block="speak", kind="number"),
        _attribute("nps", "Recommends us (0 to 10)", "nps_score net_promoter_score", block="speak", kind="number"),
    )
}  # fmt: skip

OTHER_LABELS = {
    "knows_products": "Knows the products (1 to 5)",
    "compares_offers": "Compares offers (1 to 5)",
    "advises_others": "Advises others (1 to 5)",
    "opt_in": "Accepts messages",
}
BIRTH_DATE = (
    "birth_date",
    "birthdate",
    "date_of_birth",
    "dob",
    "birthday",
    "date_naissance",
    "date_de_naissance",
)
BIRTH_YEAR = ("birth_year", "year_birth", "year_of_birth", "yob", "annee_naissance", "annee_de_naissance")


def named_columns(
    schema: Iterable[str], mapping: Mapping[str, str], *, table: str = "attributes"
) -> dict[str, str]:
    """Say which column holds which attribute: the caller's mapping first, then the names in use."""
    names = list(schema)
    known = [*ATTRIBUTES, "birth_date", "birth_year"]
    raise_all(_mapping_problems(mapping, known, names), table=f"{table}: columns=")
    found = dict(mapping)
    by_folded: dict[str, str] = {}
    for name in names:
        by_folded.setdefault(folded(name), name)
    taken = set(found.values())
    spoken_for = {"age"} if {"birth_date", "birth_year", "age"} & set(found) else set()
    for key, aliases in _aliases():
        if key in found or (key in {"birth_date", "birth_year", "age"} and spoken_for):
            continue
        column = next((by_folded[alias] for alias in aliases if alias in by_folded), None)
        if column is not None and column not in taken:
            found[key] = column
            taken.add(column)
            spoken_for |= {"age"} & {"age" if key in {"birth_date", "birth_year", "age"} else ""}
    return found


def _aliases() -> Iterable[tuple[str, tuple[str, ...]]]:
    yield "birth_date", BIRTH_DATE
    yield "birth_year", BIRTH_YEAR
    for key, attribute in ATTRIBUTES.items():
        yield key, attribute.names


def _mapping_problems(
    mapping: Mapping[str, str], known: Sequence[str], names: Sequence[str]
) -> Iterable[str]:
    for key, column in mapping.items():
        if key not in known:
            yield f"{key!r} is not an attribute{nearest(str(key), known)}; accepted: {', '.join(known)}"
        if column not in names:
            yield f"column {column!r} is missing{nearest(str(column), names)} Columns found: {', '.join(names[:20])}"


def label_of(key: str, L: Language) -> str:
    """Name an attribute to a reader: translated when it is known, by its own column name otherwise."""
    if key in ATTRIBUTES:
        return L.text(ATTRIBUTES[key].label)
    return L.text(OTHER_LABELS[key]) if key in OTHER_LABELS else key


def folded(name: str) -> str:
    """Write a name without accents, capitals or signs: `Situation familiale` → `situation_familiale`."""
    plain = unicodedata.normalize("NFKD", str(name)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")
