"""The story of a card in three sentences: who they are, how they buy, what the group weighs.

Sentences are made of clauses that each stand on their own in both languages; a clause whose field is not known
is left out, and the sentence is still whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segmentclient.locale import Language
from segmentclient.personas import words
from segmentclient.personas.buying_story import how_they_buy
from segmentclient.personas.fields import Field, typical

__all__ = ["tagline", "tell"]

HOME = {
    "couple with children": "lives{place} with a partner and children",
    "couple without children": "lives{place} with a partner and no children",
    "shared home": "lives{place} in a shared home",
    "living together": "lives{place} with a partner",
}
STATES = {"married", "single", "divorced", "widowed"}


def tell(name: str, sex: str | None, kind: str, fields: Mapping[str, Field], L: Language) -> tuple[str, ...]:
    """Give the three sentences; a sentence of which nothing is known says what is missing."""
    return (_who(name, sex, kind, fields, L), how_they_buy(sex, kind, fields, L), _weight(name, fields, L))


def _who(name: str, sex: str | None, kind: str, fields: Mapping[str, Field], L: Language) -> str:
    if kind == "company":
        return _which_company(name, fields, L)
    asides = [aside for aside in (_age(fields, L), _work(sex, fields, L)) if aside]
    subject = ", ".join([name, *asides]) + ("," if asides else "")
    clauses = _life(sex, fields, L)
    if not clauses and not asides:
        return L.text(
            "The data say nothing of who {name} is: the blanks below are to be filled in.", name=name
        )
    if not clauses:
        return L.text("{subject} stands for this group.", subject=subject)
    return _sentence(subject, clauses, L)


def _which_company(name: str, fields: Mapping[str, Field], L: Language) -> str:
    clauses = [
        clause
        for clause in (_seat(fields, L), _sector(fields, L), _size(fields, L), _contact(fields, L))
        if clause
    ]
    return (
        _sentence(name, clauses, L)
        if clauses
        else L.text("The data say nothing of who {name} is: the blanks below are to be filled in.", name=name)
    )


def _seat(fields: Mapping[str, Field], L: Language) -> str:
    cities, regions = typical(fields, "city"), typical(fields, "region")
    if cities:
        return L.text(
            "is based {in_city}", in_city=L.listed([_in_city(str(city), L) for city in cities], "or")
        )
    return L.text("is based in the region {region}", region=L.listed(regions, "or")) if regions else ""


def _sector(fields: Mapping[str, Field], L: Language) -> str:
    sectors = typical(fields, "sector")
    return L.text("belongs to the sector “{sector}”", sector=L.listed(sectors, "or")) if sectors else ""


def _contact(fields: Mapping[str, Field], L: Language) -> str:
    roles = typical(fields, "contact_role")
    return L.text("is reached through this contact: {role}", role=L.listed(roles, "or")) if roles else ""


def _sentence(subject: str, clauses: list[str], L: Language) -> str:
    return f"{subject} {L.listed(clauses)}."


def _age(fields: Mapping[str, Field], L: Language) -> str:
    ages = typical(fields, "age")
    if not ages:
        return ""
    if fields["age"].statistic == "nearest" or isinstance(ages[0], str):
        return fields["age"].text
    first = L.plural("{n} year old", "{n} years old", round(float(ages[0])))
    return (
        first
        if len(ages) == 1
        else L.text("{age} (or {other}: two profiles)", age=first, other=L.number(ages[1]))
    )


def _work(sex: str | None, fields: Mapping[str, Field], L: Language) -> str:
    jobs = typical(fields, "profession")
    return L.listed([words.for_sex(words.say(job, L), sex) for job in jobs], "or")


def _life(sex: str | None, fields: Mapping[str, Field], L: Language) -> list[str]:
    """Say where and with whom: in one clause where both go together."""
    place, home = _somewhere(fields, L), _home(fields)
    if home in HOME:
        return [L.text(HOME[home], place=place)]
    if home == "living alone":
        return [L.term(str(sex or "either"), "lives alone{place}").format(place=place)]
    lives = [L.text("lives{place}", place=place)] if place else []
    if home == "single parent":
        return [*lives, L.text("brings up children alone")]
    return [*lives, L.term(str(sex or "either"), f"is {home}")] if home in STATES else lives


def _somewhere(fields: Mapping[str, Field], L: Language) -> str:
    """Name the place, with a space before it; nothing where it is not known."""
    cities, regions = typical(fields, "city"), typical(fields, "region")
    if cities:
        return " " + L.listed([_in_city(str(city), L) for city in cities], "or")
    return " " + L.text("in the region {region}", region=L.listed(regions, "or")) if regions else ""


def _in_city(city: str, L: Language) -> str:
    """French contracts: à Lyon, au Havre, aux Sables-d'Olonne."""
    if L.key == "fr":
        for article, contracted in (("Le ", "au "), ("Les ", "aux ")):
            if city.startswith(article):
                return contracted + city[len(article) :]
    return L.text("in {city}", city=city)


def _home(fields: Mapping[str, Field]) -> str | None:
    for key in ("household", "marital_status"):
        homes = typical(fields, key)
        if len(homes) == 1:
            return words.known_as(homes[0])
    return None


def _size(fields: Mapping[str, Field], L: Language) -> str:
    sizes = typical(fields, "headcount")
    if not sizes or isinstance(sizes[0], str):
        return ""
    return L.plural("employs {n} person", "employs {n} people", round(float(sizes[0])))


def _weight(name: str, fields: Mapping[str, Field], L: Language) -> str:
    size, revenue, value = fields["customers"], fields.get("share_of_revenue"), fields.get("lifetime_value")
    behind = _behind(name, int(size.value), fields.get("sex"), L)
    facts = [L.text("{share} of all customers", share=_rough(size.share, L))]
    if revenue is not None and _is_known(revenue.value):
        facts.append(L.text("{share} of the revenue", share=_rough(revenue.value, L)))
    if value is not None and _is_known(value.value):
        facts.append(L.text("{amount} of lifetime value each", amount=value.short))
    return L.text("{subject}: {facts}.", subject=behind, facts=L.listed(facts))


def _behind(name: str, size: int, sex: Field | None, L: Language) -> str:
    """French counts women alone in the feminine."""
    if sex is not None and sex.value == "female" and sex.share == 1 and sex.n == size:
        return L.plural(
            "Behind {name} stands {n} customer (a woman)",
            "Behind {name} stand {n} customers (all women)",
            size,
            name=name,
        )
    return L.plural("Behind {name} stands {n} customer", "Behind {name} stand {n} customers", size, name=name)


def _is_known(value: Any) -> bool:
    return value is not None and value == value


def _rough(share: Any, L: Language) -> str:
    return L.percent(share, 0 if share > 0.1 else 1)


def tagline(fields: Mapping[str, Field], L: Language) -> str:
    """The line that one remembers: the weight of the group in customers against its weight in revenue."""
    share, revenue = float(fields["share_of_customers"].value), fields.get("share_of_revenue")
    customers = (
        L.text("1 customer in {n}", n=L.number(1 / share))
        if share <= 0.35
        else L.text("{share} of the customers", share=_rough(share, L))
    )
    if revenue is None or not _is_known(revenue.value):
        return customers
    weight = L.text("{share} of the revenue", share=_rough(revenue.value, L))
    if revenue.value <= 0.8 * share:
        return L.text("{customers}, but only {revenue}", customers=customers, revenue=weight)
    return L.text("{customers}, {revenue}", customers=customers, revenue=weight)
