"""One colour and one name a segment, the same in every chart; colours that every kind of colour vision tells apart."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from matplotlib.colors import to_rgb

from segmentclient.locale import language
from segmentclient.render import printable
from segmentclient.rfm import maps

__all__ = ["colours", "is_segment", "label", "natural", "text_on"]

GREY = "#aab3bc"
ON_DARK = "#ffffff"
ON_LIGHT = "#111418"

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
}
_STATE_COLOURS = {"prospect": "#b8b8b8", "potential": "#b8b8b8", "current": "#009e73", "former": "#8f8f8f"}


def colours(keys: Iterable[Any]) -> dict[Any, str]:
    """Give each key its colour: a segment's own, else a place of the palette in the order of the keys.

    The same keys get the same colours whatever their order, their counts or the chart.
    """
    found = list(dict.fromkeys(keys))
    others = sorted((key for key in found if not is_segment(key)), key=natural)
    places = {key: PALETTE[index % len(PALETTE)] for index, key in enumerate(others)}
    return {key: _STATE_COLOURS.get(key) or places.get(key) or maps.colour(key) or GREY for key in found}


def is_segment(key: Any) -> bool:
    """Tell whether a key belongs to a named segment map, which fixes its label and colour."""
    return isinstance(key, str) and maps.colour(key) is not None


def natural(key: Any) -> list[tuple[int, float, str]]:
    """Sort as people do: numbers before words, c2 before c10."""
    parts = re.split(r"(\d+(?:\.\d+)?)", str(key), flags=re.ASCII)
    return [(0, float(part), "") if place % 2 else (1, 0.0, part) for place, part in enumerate(parts) if part]


def label(key: Any, lang: str) -> str:
    """Name a key for the reader: a segment's or a status' own word, else the key as it is."""
    if key is None or key != key:
        return language(lang).text("No segment")
    if is_segment(key):
        return maps.label(key, lang)
    return language(lang).text(_STATES[key]) if key in _STATES else _plain(key)


def _plain(key: Any) -> str:
    return (
        str(int(key))
        if isinstance(key, float) and key.is_integer()
        else " ".join(printable(str(key)).split())
    )


def text_on(background: Any) -> str:
    """Choose black or white text, whichever contrasts more with the background."""
    light = _luminance(background)
    return ON_DARK if 1.05 / (light + 0.05) >= (light + 0.05) / (_luminance(ON_LIGHT) + 0.05) else ON_LIGHT


def _luminance(colour: Any) -> float:
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
