"""The sentence of a card that says how a person buys: in the present, or in the past where they have stopped."""

from __future__ import annotations

from collections.abc import Mapping

from segmentclient.locale import Language
from segmentclient.personas import words
from segmentclient.personas.fields import Field, typical

__all__ = ["how_they_buy"]

LONG_SILENCE = 3
PLACE = {
    "online": "online",
    "store": "in the store",
    "phone": "by phone",
    "app": "in the app",
    "catalogue": "by catalogue",
}


def how_they_buy(sex: str | None, kind: str, fields: Mapping[str, Field], L: Language) -> str:
    """Give the sentence; what is not known is left out, and a group of which nothing is known says so."""
    subject = _subject(sex, kind, L)
    if _has_rhythm(fields):
        return _by_rhythm(subject, fields, L)
    if _bought_once(fields):
        return _once(subject, fields, L)
    manner = _manner(fields, L)
    times = _times(fields, L)
    if times:
        return _sentence(subject, [times, *manner])
    if manner:
        return L.text("{subject} buys {how}.", subject=subject, how=", ".join(manner))
    if _never_bought(fields):
        return L.text("{subject} has not bought anything yet.", subject=subject)
    return L.text("How {subject} buys is still to be observed.", subject=subject[:1].lower() + subject[1:])


def _sentence(subject: str, clauses: list[str]) -> str:
    return f"{subject} {', '.join(clauses)}."


def _subject(sex: str | None, kind: str, L: Language) -> str:
    if kind == "company":
        return L.text("This company")
    return L.text({"female": "She", "male": "He"}.get(str(sex), "This person"))


def _has_rhythm(fields: Mapping[str, Field]) -> bool:
    field = fields.get("rhythm")
    return field is not None and field.provenance == "observed" and field.coverage >= 0.5


def _by_rhythm(subject: str, fields: Mapping[str, Field], L: Language) -> str:
    """Speak in the past of a rhythm that a long silence has ended."""
    gap = max(1, round(float(fields["rhythm"].value)))
    silence, manner = _silence(fields), _manner(fields, L)
    if silence < LONG_SILENCE * gap:
        rhythm = L.plural("buys about once a day", "buys about every {n} days", gap)
        return _sentence(subject, [rhythm, *manner])
    rhythm = L.plural("used to buy about once a day", "used to buy about every {n} days", gap)
    since = L.plural("nothing for {n} day", "nothing for {n} days", silence)
    return L.text("{past}; {since}.", past=", ".join([f"{subject} {rhythm}", *manner]), since=since)


def _silence(fields: Mapping[str, Field]) -> int:
    """Days since the last order, 0 where they are not known."""
    field = fields.get("days_since_last_order")
    return round(float(field.value)) if field is not None and field.provenance == "observed" else 0


def _bought_once(fields: Mapping[str, Field]) -> bool:
    """Tell whether three in four have bought exactly once."""
    orders = fields.get("orders")
    return orders is not None and orders.low == orders.value == orders.high == 1


def _once(subject: str, fields: Mapping[str, Field], L: Language) -> str:
    """One purchase has a place and an amount, but no habit of a day or an hour."""
    amount = fields.get("average_order_value")
    clauses = [L.plural("has bought once so far", "has bought {n} times so far", 1), *_places(fields, L)]
    if amount is not None and amount.provenance == "observed":
        clauses.append(L.text("for {amount}", amount=amount.text))
    return _sentence(subject, clauses)


def _times(fields: Mapping[str, Field], L: Language) -> str:
    """How often half of the group have bought; nothing when unknown or never."""
    orders = fields.get("orders")
    if orders is None or not orders.value or orders.low is None or orders.high is None:
        return ""
    low, high = round(orders.low), round(orders.high)
    if low == high:
        return L.plural("has bought once so far", "has bought {n} times so far", low)
    if (low, high) == (1, 2):
        return L.text("has bought once or twice so far")
    return L.text("has bought {low} to {high} times so far", low=L.number(low), high=L.number(high))


def _manner(fields: Mapping[str, Field], L: Language) -> list[str]:
    clauses = (_place(fields, L), _moment(fields, L), _amount(fields, L))
    return [clause for clause in clauses if clause]


def _place(fields: Mapping[str, Field], L: Language) -> str:
    places, names = typical(fields, "channel"), _places(fields, L)
    if places and not names:
        return L.text(
            "mostly by: {channel}", channel=L.listed([words.say(place, L) for place in places], "or")
        )
    return L.text("mostly {place}", place=names[0]) if len(places) == 1 else "".join(names)


def _places(fields: Mapping[str, Field], L: Language) -> list[str]:
    """The typical place in words ("online or in the store"); none where one of them has no such words."""
    known = [words.known_as(place) for place in typical(fields, "channel")]
    if not known or not all(place in PLACE for place in known):
        return []
    return [L.listed([L.term("place", PLACE[str(place)]) for place in known], "or")]


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
