"""The story of a card in three sentences: who they are, how they buy, what the group weighs.

Sentences are made of clauses that each stand on their own in both languages; a clause whose field is not known
is left out, and the sentence is still whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segmentclient.locale import Language
from segmentclient.personas import words
from segmentclient.personas.fields import Field

__all__ = ["tagline", "tell"]

HOME = {
    "couple with children": "lives with a partner and children",
    "couple without children": "lives with a partner, without children",
    "single parent": "brings up children alone",
    "shared home": "shares a home with others",
    "living together": "lives with a partner",
}
PLACE = {
    "online": "online",
    "store": "in the store",
    "phone": "by phone",
    "app": "in the app",
    "catalogue": "by catalogue",
}


def tell(name: str, sex: str | None, kind: str, fields: Mapping[str, Field], L: Language) -> tuple[str, ...]:
    """Give the three sentences; a sentence of which nothing is known says what is missing."""
    return (_who(name, sex, kind, fields, L), _how(sex, kind, fields, L), _weight(name, fields, L))


def _who(name: str, sex: str | None, kind: str, fields: Mapping[str, Field], L: Language) -> str:
    if kind == "company":
        return _which_company(name, fields, L)
    asides = [aside for aside in (_age(fields, L), _work(sex, fields, L)) if aside]
    subject = ", ".join([name, *asides]) + ("," if asides else "")
    clauses = [clause for clause in (_town(fields, L), _home(sex, fields, L)) if clause]
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
    cities, regions = _typical(fields, "city"), _typical(fields, "region")
    if cities:
        return L.text(
            "is based {in_city}", in_city=L.listed([_in_city(str(city), L) for city in cities], "or")
        )
    return L.text("is based in the region {region}", region=L.listed(regions, "or")) if regions else ""


def _sector(fields: Mapping[str, Field], L: Language) -> str:
    sectors = _typical(fields, "sector")
    return L.text("belongs to the sector “{sector}”", sector=L.listed(sectors, "or")) if sectors else ""


def _contact(fields: Mapping[str, Field], L: Language) -> str:
    roles = _typical(fields, "contact_role")
    return L.text("is reached through this contact: {role}", role=L.listed(roles, "or")) if roles else ""


def _sentence(subject: str, clauses: list[str], L: Language) -> str:
    return f"{subject} {L.listed(clauses)}."


def _age(fields: Mapping[str, Field], L: Language) -> str:
    ages = _typical(fields, "age")
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
    jobs = _typical(fields, "profession")
    return L.listed([words.for_sex(words.say(job, L), sex) for job in jobs], "or")


def _town(fields: Mapping[str, Field], L: Language) -> str:
    cities, regions = _typical(fields, "city"), _typical(fields, "region")
    if cities:
        return L.text("lives {in_city}", in_city=L.listed([_in_city(str(city), L) for city in cities], "or"))
    return L.text("lives in the region {region}", region=L.listed(regions, "or")) if regions else ""


def _in_city(city: str, L: Language) -> str:
    """French contracts: à Lyon, au Havre, aux Sables-d'Olonne."""
    if L.key == "fr":
        for article, contracted in (("Le ", "au "), ("Les ", "aux ")):
            if city.startswith(article):
                return contracted + city[len(article) :]
    return L.text("in {city}", city=city)


def _home(sex: str | None, fields: Mapping[str, Field], L: Language) -> str:
    for key in ("household", "marital_status"):
        homes = _typical(fields, key)
        if len(homes) == 1:
            return _home_clause(words.known_as(homes[0]), sex, L)
    return ""


def _home_clause(home: str | None, sex: str | None, L: Language) -> str:
    if home == "living alone":
        return L.term(str(sex or "either"), "lives alone")
    if home in {"married", "single", "divorced", "widowed"}:
        return L.term(str(sex or "either"), f"is {home}")
    return L.text(HOME[home]) if home in HOME else ""


def _size(fields: Mapping[str, Field], L: Language) -> str:
    sizes = _typical(fields, "headcount")
    if not sizes or isinstance(sizes[0], str):
        return ""
    return L.plural("employs {n} person", "employs {n} people", round(float(sizes[0])))


def _how(sex: str | None, kind: str, fields: Mapping[str, Field], L: Language) -> str:
    clauses = [
        clause
        for clause in (_rhythm(fields, L), _place(fields, L), _moment(fields, L), _amount(fields, L))
        if clause
    ]
    subject = _subject(sex, kind, L)
    if not clauses:
        return (
            L.text("{subject} has not bought anything yet.", subject=subject)
            if _never_bought(fields)
            else L.text(
                "How {subject} buys is still to be observed.", subject=subject[:1].lower() + subject[1:]
            )
        )
    return (
        _sentence(subject, clauses, L)
        if _rhythm(fields, L)
        else L.text("{subject} buys {how}.", subject=subject, how=L.listed(clauses))
    )


def _subject(sex: str | None, kind: str, L: Language) -> str:
    if kind == "company":
        return L.text("This company")
    return L.text({"female": "She", "male": "He"}.get(str(sex), "This person"))


def _rhythm(fields: Mapping[str, Field], L: Language) -> str:
    field = fields.get("rhythm")
    if field is not None and field.provenance == "observed" and field.coverage >= 0.5:
        return L.plural(
            "buys about once a day", "buys about every {n} days", max(1, round(float(field.value)))
        )
    orders = fields.get("orders")
    return (
        L.plural("has bought once so far", "has bought {n} times so far", round(float(orders.value)))
        if orders and orders.value
        else ""
    )


def _place(fields: Mapping[str, Field], L: Language) -> str:
    places = _typical(fields, "channel")
    if not places:
        return ""
    known = [words.known_as(place) for place in places]
    if not all(place in PLACE for place in known):
        return L.text(
            "mostly by: {channel}", channel=L.listed([words.say(place, L) for place in places], "or")
        )
    named = [L.term("place", PLACE[str(place)]) for place in known]
    return L.text("mostly {place}", place=named[0]) if len(named) == 1 else L.listed(named, "or")


def _moment(fields: Mapping[str, Field], L: Language) -> str:
    days, hours = _marked(fields, "weekday"), _marked(fields, "hour")
    if days is not None and hours is not None:
        return L.text(
            "most often on {weekday} around {hour}", weekday=words.weekday(days, L), hour=words.hour(hours, L)
        )
    if days is not None:
        return L.text("most often on {weekday}", weekday=words.weekday(days, L))
    return L.text("most often around {hour}", hour=words.hour(hours, L)) if hours is not None else ""


def _marked(fields: Mapping[str, Field], key: str) -> int | None:
    field = fields.get(key)
    return (
        int(field.value)
        if field is not None and field.provenance == "observed" and field.statistic == "mode"
        else None
    )


def _amount(fields: Mapping[str, Field], L: Language) -> str:
    field = fields.get("average_order_value")
    return (
        L.text("for {amount} an order", amount=field.text)
        if field is not None and field.provenance == "observed"
        else ""
    )


def _never_bought(fields: Mapping[str, Field]) -> bool:
    orders = fields.get("orders")
    return orders is not None and not orders.value


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


def _typical(fields: Mapping[str, Field], key: str) -> list[Any]:
    """Give one typical value, or the two of two profiles; nothing when unknown or spread out."""
    field = fields.get(key)
    if field is None or field.provenance != "observed" or field.statistic in {"spread", "even", "none"}:
        return []
    return list(field.profiles) if field.statistic in {"two_profiles", "two_groups"} else [field.value]
