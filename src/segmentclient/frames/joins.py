"""Tables put beside and below one another; that both are of one engine, the types cannot tell."""

from __future__ import annotations

from typing import Any, Literal

import narwhals.stable.v2 as nw

from segmentclient.frames.door import Frame

__all__ = ["joined", "stacked"]


def joined(
    left: Frame, right: Any, on: str | list[str], how: Literal["left", "inner", "anti"] = "left"
) -> Frame:
    """Join two tables of one engine."""
    return left.join(right, on=on, how=how)


def stacked(first: Any, second: Any) -> Frame:
    """Put the rows of the second table, of the same engine and columns, below those of the first."""
    both: Frame = nw.concat([first, second], how="vertical")
    return both
