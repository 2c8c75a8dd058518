"""Typologies that marketers lay over a base: rule packs over survey answers and CRM columns.

A pack is a list of types, each with weighted signs written in the language of `segments.rules`. For each person a type
gets the weight of its signs that are true over the weight of those that can be decided; the best type wins when more
than half of its decidable signs agree. What cannot be decided is said, with the columns that are missing.
"""

from __future__ import annotations

import functools
import operator
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.errors import RuleError, SegmentClientWarning, raise_all
from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.personas.typology_packs import CANNOT_TELL, Sign, Type, Typology, load_typology
from segmentclient.segments.rule_compiler import compile_condition
from segmentclient.segments.rule_tree import Fault

__all__ = ["apply_typology"]

LEAST_AGREEMENT = 0.5
LEAST_DECIDABLE = 0.5


def apply_typology(
    people: Any, pack: str | Path | Typology = "expertise", *, lang: str = "en", column: str | None = None
) -> Any:
    """Say which type of a typology each person is, how sure that is, and how to speak to them.

    Parameters
    ----------
    people : table with columns of the pack, on any engine; lazy tables stay lazy.
    pack : "expertise" (survey columns knows_products, compares_offers, advises_others, 1 to 5), "temperament" (notes 1
        to 5 such as complains, hesitates, talks_much), "colour" (scores dominance, influence, steadiness,
        conscientiousness), "relation" (relation, or n_orders and days_since_last_order); the path of a TOML file; or a
        `Typology` (see `load_typology`).
    lang : language of the advice, "en" or "fr".
    column : name of the new column; by default the name of the pack (`relation_type` for "relation", which reads `relation`).

    Returns
    -------
    The same rows in the same kind of table, with `<column>` (key of the type, or "cannot_tell"),
    `<column>_confidence` (0 to 1: weight of the signs that agree over the weight of all signs of the type; missing
    where one cannot tell) and `<column>_advice` (the key to communication; where one cannot tell, why, with the columns
    that are missing).

    Raises
    ------
    ColumnError
        An output column is there already.
    RuleError
        The pack is not known, or its file cannot be read.

    Warns
    -----
    SegmentClientWarning
        None of the columns of the pack is there: everybody is "cannot_tell".

    Notes
    -----
    A type can be told when at least half of the weight of its signs can be decided and more than half of that agrees.
    Two types that fit equally well are not told apart.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> people = pd.DataFrame({"knows_products": [1, 5, None], "compares_offers": [1, 4, None], "advises_others": [1, 5, None]})
    >>> typed = sc.apply_typology(people)
    >>> typed["expertise"].tolist()
    ['novice', 'expert', 'cannot_tell']
    >>> typed["expertise_advice"].iloc[0]
    'Reassure, and lead with accessible words.'
    >>> typed["expertise_advice"].iloc[2]
    'Cannot tell; missing: knows_products, compares_offers, advises_others.'
    """
    check_options(apply_typology, locals())
    typology = pack if isinstance(pack, Typology) else load_typology(pack)
    frame = frames.read(people, name="people")
    told = frames.with_truths(frame)
    schema = told.collect_schema()
    name = column or (f"{typology.name}_type" if typology.name in typology.columns else typology.name)
    outputs = (name, f"{name}_confidence", f"{name}_advice")
    raise_all(_column_problems(typology, told, outputs), table="people")
    raise_all(_rule_problems(typology, schema), table=f"typology {typology.name!r}", error=RuleError)
    _warn_blind(typology, schema)
    typed = _typed(told, typology, schema, outputs, language(lang))
    return frames.give_back(frames.own_columns_with(frame, typed, outputs))


def _column_problems(typology: Typology, frame: frames.Frame, outputs: Iterable[str]) -> Iterable[str]:
    read = set(outputs) & set(typology.columns)
    for name in frames.taken(frame, sorted(set(outputs) - read)):
        yield f"column {name!r} is there already; drop it, or choose another name with column="
    for name in sorted(read & set(frame.collect_schema())):
        yield f"column {name!r} is read by the typology; choose another name for the answer with column="


def _warn_blind(typology: Typology, schema: Mapping[str, Any]) -> None:
    if set(typology.columns) & set(schema):
        return
    needs = "; ".join(f"{name}: {meaning}" for name, meaning in typology.columns.items())
    warnings.warn(
        f"none of the columns of the typology {typology.name!r} is there, so that nobody can be told; it reads {needs}",
        SegmentClientWarning,
        stacklevel=3,
    )


def _rule_problems(typology: Typology, schema: Mapping[str, Any]) -> Iterable[str]:
    for one in typology.types:
        for sign in _decidable(one, schema):
            try:
                compile_condition(sign.rule.condition, schema)
            except Fault as fault:
                yield f"type {one.key!r}, sign {sign.rule.when!r}: {fault.message}"


def _decidable(one: Type, schema: Mapping[str, Any]) -> list[Sign]:
    """The signs whose columns are in the table."""
    return [sign for sign in one.signs if set(sign.rule.columns) <= set(schema)]


def _typed(
    frame: frames.Frame, typology: Typology, schema: Any, outputs: tuple[str, str, str], L: Language
) -> frames.Frame:
    """Put the evidence for each type beside the rows, compare, and take it away again."""
    kept = list(schema)
    places = range(len(typology.types))
    evidence = {f"{_FIT}{place}": _fit(typology.types[place], schema) for place in places}
    sure = {f"{_SURE}{place}": _sure(typology.types[place], schema) for place in places}
    best = nw.max_horizontal(*(f"{_FIT}{place}" for place in places))
    judged = frame.with_columns(**evidence, **sure).with_columns(best.alias(_BEST))
    fits = [nw.col(f"{_FIT}{place}") == nw.col(_BEST) for place in places]
    equals = functools.reduce(operator.add, (fit.cast(nw.Int64) for fit in fits))
    judged = judged.with_columns(equals.alias(_EQUALS))
    is_told, is_torn = (
        (nw.col(_BEST) > LEAST_AGREEMENT) & (nw.col(_EQUALS) == 1),
        nw.col(_BEST) > LEAST_AGREEMENT,
    )
    key = _choice(fits, [nw.lit(one.key) for one in typology.types])
    confidence = _choice(fits, [nw.col(f"{_SURE}{place}") for place in places])
    advice = _choice(fits, [nw.lit(one.key_to_communication(L.key)) for one in typology.types])
    told = judged.with_columns(
        nw.when(is_told).then(key).otherwise(nw.lit(CANNOT_TELL)).alias(outputs[0]),
        nw.when(is_told).then(confidence).otherwise(nw.lit(None, dtype=nw.Float64)).alias(outputs[1]),
        nw.when(is_told).then(advice).otherwise(_why(typology, schema, is_torn, L)).alias(outputs[2]),
    )
    return told.select(*kept, *outputs)


_FIT, _SURE = "_segmentclient_fit_", "_segmentclient_sure_"
_BEST, _EQUALS = "_segmentclient_best", "_segmentclient_equals"


def _choice(conditions: list[Any], values: list[Any]) -> Any:
    """The value of the first condition that holds."""
    result = values[-1]
    for condition, value in zip(reversed(conditions[:-1]), reversed(values[:-1]), strict=True):
        result = nw.when(condition).then(value).otherwise(result)
    return result


def _weights(one: Type, schema: Mapping[str, Any]) -> tuple[Any, Any]:
    """Weight of the signs that are true, and of those that are true or false."""
    true, known = nw.lit(0.0), nw.lit(0.0)
    for sign in _decidable(one, schema):
        yes, no = (compile_condition(sign.rule.condition, schema, want) for want in (True, False))
        true = true + nw.when(yes).then(nw.lit(float(sign.weight))).otherwise(nw.lit(0.0))
        known = known + nw.when(yes | no).then(nw.lit(float(sign.weight))).otherwise(nw.lit(0.0))
    return true, known


def _fit(one: Type, schema: Mapping[str, Any]) -> Any:
    """Share of the decidable weight that agrees; 0 when too little can be decided."""
    true, known = _weights(one, schema)
    enough = LEAST_DECIDABLE * sum(sign.weight for sign in one.signs)
    return nw.when(known >= enough).then(true / nw.max_horizontal(known, nw.lit(1e-9))).otherwise(nw.lit(0.0))


def _sure(one: Type, schema: Mapping[str, Any]) -> Any:
    return _weights(one, schema)[0] / sum(sign.weight for sign in one.signs)


def _why(typology: Typology, schema: Mapping[str, Any], is_torn: Any, L: Language) -> Any:
    """Name the columns that are missing in the table or in the row, or say that the signs contradict each other."""
    words = [
        nw.lit(f", {name}") if name not in schema else _if_missing(name, schema) for name in typology.columns
    ]
    listed = nw.concat_str(words).str.slice(2)
    missing = nw.concat_str([nw.lit(L.text("Cannot tell; missing: ")), listed, nw.lit(".")])
    nothing = (
        nw.when(listed == "").then(nw.lit(L.text("Cannot tell: no type stands out."))).otherwise(missing)
    )
    return (
        nw.when(is_torn).then(nw.lit(L.text("Cannot tell: two types fit equally well."))).otherwise(nothing)
    )


def _if_missing(name: str, schema: Mapping[str, Any]) -> Any:
    missing = nw.col(name).is_null()
    if schema[name].is_float():
        missing = missing | nw.col(name).is_nan().fill_null(False)
    return nw.when(missing).then(nw.lit(f", {name}")).otherwise(nw.lit(""))
