"""The real customer nearest to the centre of a group, made anonymous."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from segmentclient.locale import Language
from segmentclient.personas.describing import written
from segmentclient.personas.fields import Field, to_complete
from segmentclient.personas.setting import Setting

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["fields_of_nearest"]

BEHAVIOUR = ("n_orders", "revenue", "days_since_last_order", "lifetime_value")
AGE_BAND = 5


def fields_of_nearest(
    rows: pd.DataFrame, people: pd.DataFrame, typical: list[Field], setting: Setting
) -> list[Field]:
    """Replace what is typical by the answers of the nearest real customer.

    Numbers other than the age stay typical of the group. Answers are shown one after the other as long as at least
    `min_size` customers of the group share everything shown so far: nobody can be singled out.
    """
    one = _nearest(rows, people)
    alike = np.ones(len(people), dtype=bool)
    fields = []
    for field in typical:
        if field.provenance != "observed" or (field.key != "age" and people[field.key].dtype.kind == "f"):
            fields.append(field)
            continue
        answers = _banded(field.key, people[field.key])
        mine = alike & (answers == answers.iloc[one]).to_numpy()
        if answers.iloc[one] is None or answers.isna().iloc[one] or mine.sum() < setting.min_size:
            fields.append(_withheld(field, setting.L))
        else:
            alike = mine
            fields.append(_shown(field, answers, one, setting))
    return fields


def _banded(key: str, values: pd.Series) -> pd.Series:
    """Ages in bands of five years, named by the first."""
    return values // AGE_BAND * AGE_BAND if key == "age" else values


def _nearest(rows: pd.DataFrame, people: pd.DataFrame) -> int:
    """Smallest sum of distances to the median (in quartile ranges, at most 3) and of answers that differ from the mode."""
    distance = np.zeros(len(rows))
    numbers = [rows[name] for name in BEHAVIOUR if name in rows] + [
        people[name] for name in people if people[name].dtype.kind == "f"
    ]
    for values in numbers:
        spread = float(values.quantile(0.75) - values.quantile(0.25)) or 1.0
        distance += ((values - values.median()).abs() / spread).clip(upper=3).fillna(3).to_numpy(float)
    for name in people:
        if people[name].dtype.kind != "f" and people[name].notna().any():
            distance += (people[name] != people[name].mode().iloc[0]).to_numpy(float)
    keys = rows["customer_id"].astype(str).to_numpy()
    return int(np.lexsort((keys, distance))[0])


def _shown(field: Field, answers: pd.Series, one: int, setting: Setting) -> Field:
    value = answers.iloc[one]
    shared = answers == value
    L = setting.L
    if field.key == "age":
        text = L.text("{low} to {high} years", low=L.number(value), high=L.number(value + AGE_BAND - 1))
        value = float(value) + AGE_BAND // 2
    else:
        text = written(field.key, value, setting)
    return replace(
        field, text=text, value=value, share=float(shared.sum() / answers.notna().sum()), statistic="nearest",
        rule=L.text("real customer nearest to the centre, made anonymous"), low=None, high=None, profiles=(),
    )  # fmt: skip


def _withheld(field: Field, L: Language) -> Field:
    why = L.text("withheld: too few share this answer")
    return to_complete(field.key, field.label, field.block, L, n=field.n, coverage=field.coverage, why=why)
