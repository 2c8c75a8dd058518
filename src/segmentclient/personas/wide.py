"""Money by product and purchases by channel that stand in columns of their own (`MntWines`, `purchases_web`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from segmentclient.locale import Language
from segmentclient.personas import words
from segmentclient.personas.fields import Field, from_summary
from segmentclient.personas.setting import Setting
from segmentclient.personas.summaries import Summary, of_counts

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["label_of_wide", "wide_fields"]

SPEND = re.compile(r"^(?:mnt_?|spend_|spent_|depenses?_)(?P<name>.+)$", re.IGNORECASE)
PURCHASES = re.compile(
    r"^(?:num(?P<peer>web|catalog|store|phone|app)purchases|(?:purchases|orders|achats|commandes)_(?P<ours>.+))$",
    re.IGNORECASE,
)


def wide_fields(extra: pd.DataFrame, setting: Setting) -> list[Field]:
    """Give the favourite categories (shares of the money) and the channel (shares of the purchases) of a group."""
    L = setting.L
    return [
        *_field("category", L.text("Favourite categories"), _named(extra, SPEND), extra, setting),
        *_field("channel", L.text("Channel"), _named(extra, PURCHASES), extra, setting),
    ]


def label_of_wide(column: str, L: Language) -> str:
    """Name such a column to a reader; nothing for other columns."""
    spend, purchases = SPEND.match(column), PURCHASES.match(column)
    if spend:
        return L.text("Spending on {name}", name=words.say(_spaced(spend.groups()), L))
    return L.text("Purchases, {name}", name=words.say(_spaced(purchases.groups()), L)) if purchases else ""


def _named(extra: pd.DataFrame, pattern: re.Pattern[str]) -> dict[str, str]:
    """Name what each column is about: `MntMeatProducts` → meat."""
    found = {column: pattern.match(str(column)) for column in extra if extra[column].dtype.kind in "iuf"}
    return {str(column): _spaced(match.groups()) for column, match in found.items() if match}


def _spaced(parts: Iterable[str | None]) -> str:
    name = next(part for part in parts if part)
    words_of = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).lower()
    return re.sub(r" (products?|prods)$", "", words_of)


def _field(key: str, label: str, named: dict[str, str], extra: pd.DataFrame, setting: Setting) -> list[Field]:
    if len(named) < 2:
        return []
    known = extra[list(named)].dropna(how="all")
    sums = known.sum().clip(lower=0).rename(named)
    if not sums.sum():
        return []
    summary = replace(of_counts(sums), n=len(known))
    if key == "category":
        summary = replace(summary, statistic="mentions")
    return [_written(key, label, summary, len(extra), setting)]


def _written(key: str, label: str, summary: Summary, size: int, setting: Setting) -> Field:
    field = from_summary(
        key,
        label,
        summary,
        size,
        "buy",
        setting,
        written=lambda value: words.say(value, setting.L),
        least=setting.min_coverage,
    )
    L = setting.L
    rule = L.text("share of the money spent") if key == "category" else L.text("share of the purchases")
    return replace(field, rule=rule) if field.provenance == "observed" else field
