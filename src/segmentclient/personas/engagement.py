"""Hot or cold: whether somebody engaged with us lately, from the dates and recent counts of a table."""

from __future__ import annotations

import datetime as dt

import numpy as np

from segmentclient import frames
from segmentclient.personas.attributes import folded
from segmentclient.schema import kind_of

__all__ = ["temperatures"]

DATES = (
    "last_visit",
    "last_contact",
    "last_open",
    "last_click",
    "last_interaction",
    "last_seen",
    "last_engagement",
    "derniere_visite",
    "dernier_contact",
)
COUNTS = (
    "visits_30d",
    "opens_30d",
    "clicks_30d",
    "web_visits_month",
    "numwebvisitsmonth",
    "recent_visits",
    "recent_clicks",
    "recent_opens",
)


def temperatures(frame: frames.Frame, as_of: dt.date | None, hot_days: int) -> np.ndarray | None:
    """Give "hot" or "cold" to each row, or None when the table says nothing of engagement."""
    import pandas as pd

    schema = frame.collect_schema()
    dates = (
        [name for name, kind in schema.items() if folded(name) in DATES and kind_of(kind) == "date"]
        if as_of
        else []
    )
    counts = [name for name, kind in schema.items() if folded(name) in COUNTS and kind_of(kind) == "number"]
    if not dates and not counts:
        return None
    data = frames.collect(frame, [*dates, *counts])
    hot = np.zeros(len(data), dtype=bool)
    for name in dates:
        age = (pd.Timestamp(as_of) - pd.to_datetime(data[name]).dt.normalize()).dt.days
        hot |= age.between(0, hot_days).to_numpy()
    for name in counts:
        hot |= data[name].fillna(0).gt(0).to_numpy()
    return np.where(hot, np.array("hot", dtype=object), np.array("cold", dtype=object))
