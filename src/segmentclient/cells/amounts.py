"""Amounts: numbers, or text such as `1 234,56`."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.cells.reading import (
    STAGE,
    Cells,
    Strip,
    is_blank,
    numbers_of,
    stripped,
    unreadable,
)
from segmentclient.schema import kind_of

__all__ = ["amount_cells", "product_cells"]

_BLANK = (
    "[ \t\N{NO-BREAK SPACE}\N{EN QUAD}-\N{HAIR SPACE}\N{NARROW NO-BREAK SPACE}\N{MEDIUM MATHEMATICAL SPACE}]"
)
_APOSTROPHE = "['’]"
_LARGEST = 1e300  # beyond, a sum of a million is no number any more
_LONGEST = 200  # signs; with two digits of exponent no number beyond those that a computer holds


def amount_cells(column: str, dtype: Any, *, decimal: str, strip: Strip) -> Cells:
    """Amounts: numbers, or text such as `1 234,56` read with the decimal mark given."""
    kind = kind_of(dtype)
    if kind == "number":
        present = frames.is_present(column, dtype)
        number = nw.when(present).then(nw.col(column)).cast(nw.Float64)
        faults = {"missing_amount": ~present, "unreadable_amount": present & _is_endless(number)}
        return Cells(nw.when(~_is_endless(number)).then(number), faults)
    if type(dtype).__name__ == "Object":
        return _object_amounts(column, stripped(column, dtype, strip), decimal)
    if kind == "text":
        return _text_amounts(column, stripped(column, dtype, strip), decimal)
    return unreadable(f"column {column!r} holds {dtype}, expected amounts (numbers, or text such as '12.50')")


def product_cells(left: Cells, right: Cells) -> Cells:
    """Multiply quantities and prices; a product beyond all numbers cannot be read.

    Two negatives are no sale: what was given back, or what was paid, is not known. The audit counts their product.
    """
    if left.problem or right.problem:
        return unreadable("; ".join(filter(None, (left.problem, right.problem))))
    one, other, product = (nw.col(f"{STAGE}{name}") for name in ("quantity", "price", "product"))
    faults = {reason: left.faults[reason] | right.faults[reason] for reason in left.faults}
    faults["unreadable_amount"] = faults["unreadable_amount"] | (~product.is_null() & _is_endless(product))
    faults["negative_quantity_and_price"] = (one < 0) & (other < 0)
    factors = {f"{STAGE}quantity": left.value, f"{STAGE}price": right.value}
    stages = (*left.stages, *right.stages, factors, {f"{STAGE}product": one * other})
    return Cells(nw.when(~_is_endless(product)).then(product), faults, stages)


def _is_endless(number: nw.Expr) -> nw.Expr:
    return number.abs() > _LARGEST


def _object_amounts(column: str, text: nw.Expr, decimal: str) -> Cells:
    """Take the cells that are numbers as they are, and read the others as text."""
    number = nw.col(numbers_of(column))
    is_number = ~number.is_null()
    texts = _text_amounts(column, nw.when(~is_number).then(text), decimal)
    faults = {reason: ~is_number & fault for reason, fault in texts.faults.items()}
    faults["unreadable_amount"] = faults["unreadable_amount"] | _is_endless(number)
    value = nw.when(is_number & ~_is_endless(number)).then(number).otherwise(texts.value)
    return Cells(value, faults, texts.stages)


def _text_amounts(column: str, text: nw.Expr, decimal: str) -> Cells:
    name, shaped = f"{STAGE}text_{column}", f"{STAGE}shaped_{column}"
    bare, is_shaped = nw.col(name), nw.col(shaped)
    plain = bare.str.replace_all(f"[{_BLANK[1:-1]}{_APOSTROPHE[1:-1]}]", "")
    plain = plain.str.replace_all(
        "." if decimal == "," else ",", "", literal=True
    )  # much faster than in the pattern
    plain = plain.str.replace_all(",", ".", literal=True) if decimal == "," else plain
    is_number = bare.str.contains(_shape(decimal)) & (bare.str.len_chars() <= _LONGEST)
    value = nw.when(is_shaped).then(plain).otherwise(None).cast(nw.Float64)
    blank = is_blank(bare)
    faults = {"missing_amount": blank, "unreadable_amount": ~blank & ~is_shaped}
    return Cells(value, faults, ({name: text}, {shaped: is_number}))


def _group(decimal: str) -> str:
    """Match the mark that groups thousands beside a decimal mark."""
    return r"\." if decimal == "," else ","


def _shape(decimal: str) -> str:
    """Match plain digits, or one to three and then groups of three behind one kind of sign, never led by a zero."""
    mark = "," if decimal == "," else r"\."
    groups = "|".join(f"(?:{sign}[0-9]{{3}})+" for sign in (_group(decimal), _BLANK, _APOSTROPHE))
    whole = rf"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:{groups}))"
    return rf"^[+-]?{_BLANK}*(?:{whole}(?:{mark}[0-9]*)?|{mark}[0-9]+)(?:[eE][+-]?[0-9]{{1,2}})?$"
