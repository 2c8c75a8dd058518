"""How groups of customers are shown: the name, the colour, the meaning and the action of each key, everywhere the same."""

from segmentclient.shown.fewest import FEWEST, may_be_told
from segmentclient.shown.groups import GREY, OTHERS, PALETTE, colours, is_segment, label, natural, plain_name
from segmentclient.shown.known import Segment, action, known_segment, known_segments, meaning

__all__ = [
    "FEWEST",
    "GREY",
    "OTHERS",
    "PALETTE",
    "Segment",
    "action",
    "colours",
    "is_segment",
    "known_segment",
    "known_segments",
    "label",
    "may_be_told",
    "meaning",
    "natural",
    "plain_name",
]
