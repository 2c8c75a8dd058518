"""How the key of a group is shown: one name and one colour, the same on every chart, card and page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from segmentclient.locale import language
from segmentclient.render import printable
from segmentclient.shown import known

__all__ = ["GREY", "OTHERS", "PALETTE", "colours", "is_segment", "label", "natural", "plain_name"]

GREY = "#aab3bc"
LONGEST = 120  # letters of a name: no chart, card or headline has room for more
OTHERS = "(other segments)"  # the key of those who stand together because one of them is small

# Paul Tol's "muted" scheme, then darker and lighter relatives: told apart by every kind of colour vision in pairs.
PALETTE = (
    "#332288", "#ddcc77", "#117733", "#cc6677", "#88ccee", "#882255", "#44aa99", "#999933",
    "#aa4499", "#6699cc", "#661100", "#c4a000", "#225555", "#ee8866", "#777777",
)  # fmt: skip
_STATES = {
    "prospect": "Prospects",
    "potential": "Potential customers",
    "current": "Current customers",
    "former": "Former customers",
    OTHERS: "Other segments",
}
_CLUSTER = re.compile(r"c0*([1-9]\d*)", re.ASCII)  # the keys that clusters are given
_STATE_COLOURS = {
    "prospect": "#b8b8b8",
    "potential": "#b8b8b8",
    "current": "#009e73",
    "former": "#8f8f8f",
    OTHERS: GREY,
}


def colours(keys: Iterable[Any]) -> dict[Any, str]:
    """Give each key its colour: a segment's own, else a place of the palette in the order of the keys.

    The same keys get the same colours whatever their order, their counts or the chart.
    """
    found = list(dict.fromkeys(keys))
    others = sorted((key for key in found if key not in _STATE_COLOURS and not is_segment(key)), key=natural)
    places = {key: PALETTE[index % len(PALETTE)] for index, key in enumerate(others)}
    return {key: _STATE_COLOURS.get(key) or places.get(key) or known.colour(key) or GREY for key in found}


def is_segment(key: Any) -> bool:
    """Tell whether a key belongs to a named segment map, which fixes its label and colour."""
    return isinstance(key, str) and known.colour(key) is not None


def natural(key: Any) -> list[tuple[int, float, str]]:
    """Sort as people do: numbers before words, c2 before c10."""
    parts = re.split(r"(\d+(?:\.\d+)?)", str(key), flags=re.ASCII)
    return [(0, float(part), "") if place % 2 else (1, 0.0, part) for place, part in enumerate(parts) if part]


def label(key: Any, lang: str) -> str:
    """Name a key for the reader: a segment's or a status' own word, "Cluster 1" for c1, else the key as it is."""
    if key is None or key != key:
        return language(lang).text("No segment")
    if is_segment(key):
        return known.label(key, lang)
    cluster = _CLUSTER.fullmatch(key) if isinstance(key, str) else None
    if cluster:
        return language(lang).text("Cluster {number}", number=cluster[1])
    return language(lang).text(_STATES[key]) if key in _STATES else plain_name(key)


def plain_name(key: Any) -> str:
    """Write what is its own name, a key or a column, on one line; of an endless one the beginning and the end."""
    if isinstance(key, float) and key.is_integer():
        return str(int(key))
    name = " ".join(printable(str(key)).split())
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 20]}…{name[-19:]}"
