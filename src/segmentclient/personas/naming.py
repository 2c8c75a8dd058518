"""A fictional first name for each card: always the same for the same group, suited to age, sex and country."""

from __future__ import annotations

import functools
import hashlib
import tomllib
from collections.abc import Collection, Sequence
from importlib import resources
from typing import Any

from segmentclient.personas.attributes import folded

__all__ = ["country_of", "draw_company", "draw_name", "initials"]

DEFAULT = {"fr": "FR", "en": "GB"}


@functools.cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("names.toml").read_text(encoding="utf-8"))


def country_of(country: str | None, lang: str) -> str:
    """Give the table of names for a country as people write it; the language decides when it is not known."""
    name = folded(country) if country else ""
    return next((key for key, names in _table()["countries"].items() if name in names), DEFAULT[lang])


def draw_name(
    seed: str, *, sex: str | None, birth_year: int | None, country: str, taken: Collection[str] = ()
) -> str:
    """Draw a first name for the seed (the key of the group); a name already taken gives way to the next, then to those of the nearest generation."""
    names = _table()[country]
    if sex not in {"female", "male"}:
        return _drawn(seed, names["either"], taken)
    year = 1980 if birth_year is None else birth_year
    place = next(place for place, one in enumerate(names["generations"]) if year <= one["until"])
    near = sorted(range(len(names["generations"])), key=lambda other: (abs(other - place), other))
    free = (
        name
        for other in near
        for name in _turned(seed, names["generations"][other][sex])
        if name not in taken
    )
    return next(free, _turned(seed, names["generations"][place][sex])[0])


def draw_company(seed: str, lang: str, taken: Collection[str] = ()) -> str:
    """Draw the name of a company that does not exist."""
    return _drawn(seed, _table()["companies"][DEFAULT[lang]], taken)


def _drawn(seed: str, names: Sequence[str], taken: Collection[str]) -> str:
    turned = _turned(seed, names)
    return next((name for name in turned if name not in taken), turned[0])


def _turned(seed: str, names: Sequence[str]) -> list[str]:
    """Begin the list at a place that the seed alone decides."""
    start = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big") % len(names)
    return [*names[start:], *names[:start]]


def initials(name: str) -> str:
    """Give the one or two letters of the portrait."""
    words = [word for word in name.replace("-", " ").split() if word[:1].isalpha()]
    return "".join(word[0].upper() for word in words[:2])
