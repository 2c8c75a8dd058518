"""Who a group is: its attributes as fields, a fictional name, and what of it makes one coherent person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from segmentclient.personas import words
from segmentclient.personas.attributes import ATTRIBUTES
from segmentclient.personas.fields import Field, deduced, from_summary, to_complete
from segmentclient.personas.naming import country_of, draw_company, draw_name
from segmentclient.personas.setting import Setting
from segmentclient.personas.summaries import of_categories, of_numbers, of_several

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["attribute_fields", "coherent", "kind_of_customer", "name_field", "sex_of", "written"]

ALWAYS = {
    "person": (
        "age", "sex", "household", "city", "profession", "income_band", "values", "needs", "motivations", "brakes",
        "channel", "device", "media",
    ),
    "company": ("sector", "headcount", "turnover", "region", "contact_role", "needs", "motivations", "brakes", "channel"),
}  # fmt: skip
STANDS_FOR = {"income_band": "income", "household": "marital_status"}
SUMMARIES = {"number": of_numbers, "category": of_categories, "several": of_several}
WITH_AGE = ("profession", "household", "marital_status", "education")
LEAST_TOLD = 0.25


def kind_of_customer(people: pd.DataFrame) -> Literal["person", "company"]:
    """Tell whether most of a group are companies: by their type, or else by which attributes are known."""
    if "customer_type" in people and people["customer_type"].notna().any():
        return "company" if (people["customer_type"].dropna() == "B2B").mean() > 0.5 else "person"
    known = {"person": 0, "company": 0, "any": 0}
    for key in people:
        known[ATTRIBUTES[str(key)].who] += int(people[key].notna().sum())
    return "company" if known["company"] > known["person"] else "person"


def attribute_fields(
    people: pd.DataFrame, kinds: Mapping[str, str], kind: str, setting: Setting
) -> list[Field]:
    """Give the attributes that a card of this kind shows, known or to complete."""
    always = {key for key in ALWAYS[kind] if key in people or STANDS_FOR.get(key) not in people}
    shown = [
        key
        for key, one in ATTRIBUTES.items()
        if (key in people or key in always) and one.who in {"any", kind}
    ]
    return [_attribute_field(key, people, kinds, setting) for key in shown]


def _attribute_field(key: str, people: pd.DataFrame, kinds: Mapping[str, str], setting: Setting) -> Field:
    """Sum one attribute up; what only a person (or only a company) has is counted among them alone."""
    attribute, L = ATTRIBUTES[key], setting.L
    label, block = L.text(attribute.label), attribute.block
    if key not in people:
        return to_complete(key, label, block, L)
    concerned = _concerned(people, attribute.who)
    summary = SUMMARIES[kinds[key]](concerned[key])
    bare = L.number if key == "age" else None
    return from_summary(
        key, label, summary, len(concerned), block, setting,
        written=lambda value: written(key, value, setting), bare=bare, least=setting.min_coverage,
    )  # fmt: skip


def _concerned(people: pd.DataFrame, who: str) -> pd.DataFrame:
    if who == "any" or "customer_type" not in people:
        return people
    other = "B2B" if who == "person" else "B2C"
    return people[people["customer_type"].to_numpy() != other]


def written(key: str, value: Any, setting: Setting) -> str:
    """Write one value of an attribute."""
    L = setting.L
    if isinstance(value, str):
        return words.say(value, L)
    if key == "age":
        return L.plural("{n} year", "{n} years", round(value))
    if key in {"income", "turnover"}:
        return L.money(value, setting.currency)
    return L.number(value, 0 if value == int(value) else 1)


def sex_of(fields: Mapping[str, Field], kind: str) -> str | None:
    """Give the sex that the card's grammar follows."""
    return _observed(fields, "sex") if kind == "person" else None


def _observed(fields: Mapping[str, Field], key: str) -> Any:
    field = fields.get(key)
    return field.value if field is not None and field.provenance == "observed" else None


def name_field(seed: str, kind: str, fields: Mapping[str, Field], taken: set[str], setting: Setting) -> Field:
    """Draw the fictional name, and say by which rule."""
    L = setting.L
    if kind == "company":
        rule = L.text("fictional: drawn from a table of names of companies that do not exist")
        return deduced("name", L.text("Name"), draw_company(seed, L.key, taken), "who", rule)
    age = _observed(fields, "age")
    born = setting.as_of.year - round(age) if isinstance(age, (int, float)) and setting.as_of else None
    country = country_of(_observed(fields, "country"), L.key)
    name = draw_name(seed, sex=_observed(fields, "sex"), birth_year=born, country=country, taken=taken)
    rule = L.text("fictional: drawn from a table of first names by sex, year of birth and country")
    return deduced("name", L.text("Name"), name, "who", rule)


def coherent(fields: Mapping[str, Field], people: pd.DataFrame) -> dict[str, Field]:
    """Keep the story to one person who may exist, and to what the fields say.

    A profession, household, situation or education is told only when the first answer of its field is also the most
    frequent one of those near the age that is told: the typical age and the typical profession of a group may belong
    to different people.
    """
    near = _near_in_age(fields.get("age"), people)
    return {key: _told(fields[key], near) for key in WITH_AGE if _observed(fields, key) is not None}


def _near_in_age(age: Field | None, people: pd.DataFrame) -> pd.DataFrame:
    if age is None or age.provenance != "observed" or "age" not in people or isinstance(age.value, str):
        return people
    if age.profiles:
        mine, other = (people["age"].sub(profile).abs() for profile in age.profiles)
        return people[mine < other]
    return people[people["age"].between(age.low, age.high)]


def _told(field: Field, near: pd.DataFrame) -> Field:
    """The first answer of the field, when those near give it most too; otherwise nothing is told."""
    summary = of_categories(near[field.key])
    agree = field.statistic in {"mode", "two_profiles"} and summary.value == field.value
    if agree and summary.share is not None and summary.share >= LEAST_TOLD:
        return replace(field, statistic="mode", profiles=())
    return replace(field, provenance="to_complete")
