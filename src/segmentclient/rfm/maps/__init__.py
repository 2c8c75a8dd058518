"""Maps from scores to named segments: presets, own maps, and the proof that a map is whole."""

from segmentclient.rfm.maps.checking import MapCheck
from segmentclient.rfm.maps.naming import segment_rfm
from segmentclient.rfm.maps.segment_map import PRESETS, SegmentMap
from segmentclient.shown.known import Segment, action, colour, label, meaning

__all__ = [
    "PRESETS",
    "MapCheck",
    "Segment",
    "SegmentMap",
    "action",
    "colour",
    "label",
    "meaning",
    "segment_rfm",
]
