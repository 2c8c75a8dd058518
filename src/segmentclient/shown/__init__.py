"""How groups of customers are shown: the name, the colour, the meaning and the action of each key, everywhere the same."""

from segmentclient.shown.groups import GREY, PALETTE, colours, is_segment, label, natural
from segmentclient.shown.known import Segment, action, known_segments, meaning

__all__ = [
    "GREY",
    "PALETTE",
    "Segment",
    "action",
    "colours",
    "is_segment",
    "known_segments",
    "label",
    "meaning",
    "natural",
]
