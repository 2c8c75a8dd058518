"""Whom one may write to: nobody who opted out, and not the control group."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from segmentclient.errors import ColumnError
from segmentclient.personas.consents import NO, YES
from segmentclient.report.audience_files import plain

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CONSENT", "control_group", "may_be_contacted"]

CONSENT = ("opt_out", "consent", "opt_in")


def may_be_contacted(data: pd.DataFrame) -> Any:
    """Nobody who opted out, and nobody whose consent is asked for and not given."""
    allowed = data["customer_id"].notna()
    if "opt_out" in data:
        allowed &= ~_truth(data["opt_out"], "opt_out", missing=False)
    for given in ("consent", "opt_in"):
        if given in data:
            allowed &= _truth(data[given], given, missing=False)
    return allowed


def _truth(column: pd.Series, name: str, *, missing: bool) -> Any:
    """Read true / false, 1 / 0, yes / no, oui / non; anything else is an error, never a guess about consent."""
    text = column.map(lambda value: str(value).strip().lower(), na_action="ignore")
    odd = sorted(set(text.dropna()) - YES - NO)
    if odd:
        raise ColumnError(
            f"customers: column {name!r} holds {odd[:3]}; accepted: true / false, 1 / 0, yes / no, oui / non"
        )
    return text.isin(YES) | (text.isna() & missing)


def control_group(ids: pd.Series, share: float, seed: int) -> Any:
    """Draw each customer by a number made from the seed and the id alone."""
    return ids.map(lambda key: _draw(plain(key), seed) < share).astype(bool)


def _draw(key: str, seed: int) -> float:
    digest = hashlib.sha256(f"{seed}:{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
