"""One colour and one name a segment, the same in every chart; colours that every kind of colour vision tells apart."""

from __future__ import annotations

from typing import Any

from matplotlib.colors import to_rgb

from segmentclient.shown import GREY, PALETTE, colours, is_segment, label, natural

__all__ = ["GREY", "PALETTE", "colours", "is_segment", "label", "natural", "text_on"]

ON_DARK = "#ffffff"
ON_LIGHT = "#111418"


def text_on(background: Any) -> str:
    """Choose black or white text, whichever contrasts more with the background."""
    light = _luminance(background)
    return ON_DARK if 1.05 / (light + 0.05) >= (light + 0.05) / (_luminance(ON_LIGHT) + 0.05) else ON_LIGHT


def _luminance(colour: Any) -> float:
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
