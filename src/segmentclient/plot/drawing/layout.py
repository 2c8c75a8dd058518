"""Where the axes of a figure come to rest once room is made for their labels."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segmentclient.plot.drawing.settings import any_letter

__all__ = ["axes_inches", "settle", "still"]


def axes_inches(ax: Axes) -> tuple[float, float]:
    """Give the width and height of axes once the layout has made room for their labels."""
    whole = settle(ax.figure.figure, rounds=1)
    box = ax.get_position()
    return box.width * whole.get_figwidth(), box.height * whole.get_figheight()


def settle(whole: Figure, rounds: int = 5) -> Figure:
    """Run the layout until it stands still: one round depends on where the last one left the axes."""
    engine = whole.get_layout_engine()
    before = _places(whole)
    for _ in range(rounds):
        with any_letter():
            if engine is not None:
                engine.execute(whole)
        now = _places(whole)
        if now == before:
            break
        before = now
    return whole


def _places(whole: Figure) -> list[float]:
    return [round(side, 4) for ax in whole.axes for side in ax.get_position().bounds]


@contextlib.contextmanager
def still(whole: Figure) -> Iterator[Figure]:
    """Hold a settled layout, rounded, while the figure is written: the same figure gives the same bytes."""
    with any_letter():
        yield from _settled(whole)


def _settled(whole: Figure) -> Iterator[Figure]:
    engine = settle(whole).get_layout_engine()
    if engine is None:
        yield whole
        return
    whole.set_layout_engine("none")
    for ax in whole.axes:
        left, low, wide, high = (round(float(side), 5) for side in ax.get_position().bounds)
        ax._set_position((left, low, wide, high))  # type: ignore[attr-defined]  # the public one leaves the layout
    try:
        yield whole
    finally:
        whole.set_layout_engine(engine)
