"""RFM: scores, the maps that name them, and their variants."""

from segmentclient.rfm.maps import MapCheck, Segment, SegmentMap, segment_rfm
from segmentclient.rfm.scores import RFMScorer, score_rfm

__all__ = ["MapCheck", "RFMScorer", "Segment", "SegmentMap", "score_rfm", "segment_rfm"]
