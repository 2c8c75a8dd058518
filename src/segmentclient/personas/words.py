"""Values as a reader reads them: known answers in the reader's language, all others as the data spell them."""

from __future__ import annotations

from typing import Any

from segmentclient.locale import Language
from segmentclient.personas.attributes import folded

__all__ = ["for_sex", "hour", "known_as", "month", "say", "weekday"]

# folded spellings (English and French) of answers that the library knows, by the English words it shows
KNOWN = {
    "woman": "female femme",
    "man": "male homme",
    "individual": "b2c individual particulier",
    "company": "b2b business entreprise",
    "online": "online web website site internet site_web en_ligne e_commerce ecommerce",
    "store": "store shop in_store boutique magasin en_magasin en_boutique point_de_vente retail offline",
    "phone": "phone telephone call_centre call_center",
    "app": "app mobile_app application appli",
    "catalogue": "catalogue catalog catalog_purchases vpc",
    "e-mail": "email e_mail mail courriel",
    "post": "post courrier",
    "smartphone": "smartphone mobile mobile_phone",
    "computer": "computer desktop laptop ordinateur pc",
    "tablet": "tablet tablette",
    "couple with children": "couple_with_children couple_avec_enfants couple_avec_enfant family_with_children",
    "couple without children": "couple_without_children couple_sans_enfant couple_sans_enfants couple_no_children",
    "single parent": "single_parent famille_monoparentale parent_isole",
    "living alone": "alone living_alone single_person personne_seule seul seule single_household",
    "shared home": "flat_share shared_home colocation house_share",
    "married": "married marie mariee",
    "single": "single celibataire",
    "divorced": "divorced divorce divorcee",
    "widowed": "widow widowed widower veuf veuve",
    "living together": "together cohabiting en_couple concubinage union_libre pacse pacsee",
}
_SPELLINGS = {spelling: key for key, spellings in KNOWN.items() for spelling in spellings.split()}


def known_as(value: Any) -> str | None:
    """Give the English word of an answer that the library knows, or None."""
    return _SPELLINGS.get(folded(str(value)))


def say(value: Any, L: Language) -> str:
    """Write an answer: translated when it is known, as the data spell it otherwise."""
    known = known_as(value)
    return L.term("answer", known) if known else str(value)


def for_sex(value: str, sex: str | None) -> str:
    """Keep one form of a pair such as "infirmière ou infirmier" or "étudiant/étudiante" when the sex is known."""
    for mark in (" ou ", " / ", "/", " or "):
        forms = [form.strip() for form in value.split(mark)]
        if len(forms) == 2 and forms[0][:3].lower() == forms[1][:3].lower():
            feminine, masculine = sorted(forms, key=lambda form: (not form.endswith("e"), -len(form)))
            return {"female": feminine, "male": masculine}.get(str(sex), value)
    return value


def weekday(day: int, L: Language) -> str:
    """Name a day of the week (1 is Monday)."""
    from babel.dates import get_day_names

    return str(get_day_names("wide", locale=L.locale)[int(day) - 1])


def month(number: int, L: Language) -> str:
    """Name a month (1 is January)."""
    from babel.dates import get_month_names

    return str(get_month_names("wide", context="stand-alone", locale=L.locale)[int(number)])


def hour(value: int, L: Language) -> str:
    """Write the hour that begins then: `18:00`, `18 h`."""
    return L.text("{hour}:00", hour=int(value))
