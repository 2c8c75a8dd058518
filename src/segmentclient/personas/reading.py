"""People read once into one table, in the order of the customers: known attributes by key, other columns by name."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np

from segmentclient import frames
from segmentclient.customers.collected import LARGEST
from segmentclient.errors import ColumnError
from segmentclient.personas.attributes import ATTRIBUTES, Attribute, Kind, folded, named_columns
from segmentclient.schema import COLUMNS, kind_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["People", "describe_people", "read_people"]

OLDEST = 110
NO_DAY = "no date in the customers to count ages at: give as_of="
PRIVATE = re.compile(
    r"(^|_)(id|email|e_mail|mail|phone|telephone|mobile|name|first_name|last_name|prenom|nom|address|adresse|street|"
    r"zip|postcode|postal_code|code_postal|iban|siret|siren|consent|opt_out|opt_in|optin|optout|company|notes|comment)($|_)"
)


@dataclass(frozen=True)
class People:
    """Attributes in the order of the customers: `data` by attribute key, `extra` for columns by their own name."""

    data: pd.DataFrame
    extra: pd.DataFrame
    columns: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@frames.said_by_engine("people")
def read_people(
    keys: pd.Series,
    table: Any,
    *,
    columns: Mapping[str, str] | None = None,
    as_of: dt.date | None = None,
    skip: Iterable[str] = (),
    name: str = "attributes",
) -> People:
    """Bring the attributes of these customers to the driver, one row a key, in the order of `keys`."""
    data, found, kinds = _collected(table, columns or {}, skip, name)
    return _people(_one_row_a_customer(data, keys, name), found, kinds, as_of)


def describe_people(
    table: Any,
    *,
    columns: Mapping[str, str] | None = None,
    as_of: dt.date | None = None,
    name: str = "prospects",
) -> People:
    """Bring the attributes of a table to the driver as its rows stand."""
    data, found, kinds = _collected(table, columns or {}, (), name)
    return _people(data, found, kinds, as_of)


def _collected(
    table: Any, columns: Mapping[str, str], skip: Iterable[str], name: str
) -> tuple[pd.DataFrame, dict[str, str], dict[str, str]]:
    frame = frames.with_truths(frames.read(table, name=name))
    schema = frame.collect_schema()
    if "customer_id" in schema:
        frames.check_labels(frame, "customer_id", name=name)
        frames.warn_of_blanks(frame, "customer_id", name=name)
    found = named_columns(schema, columns, table=name)
    wanted = [column for column in schema if column == "customer_id" or _is_wanted(column, found, set(skip))]
    return frames.collect(frame, wanted), found, {column: kind_of(schema[column]) for column in wanted}


def _is_wanted(column: str, found: Mapping[str, str], skip: set[str]) -> bool:
    if column in found.values():
        return True
    return column not in skip and column not in COLUMNS and not PRIVATE.search(folded(column))


def _one_row_a_customer(data: pd.DataFrame, keys: pd.Series, name: str) -> pd.DataFrame:
    if "customer_id" not in data.columns:
        raise ColumnError(
            f"{name}: column 'customer_id' is missing; rename the key of the people to customer_id"
        )
    known = data[data["customer_id"].notna()]
    twice = known["customer_id"][known["customer_id"].duplicated()]
    if len(twice):
        of_customers = "summarize_customers makes one row of the orders of each"
        helps = (
            of_customers
            if name == "customers"
            else "join_people(customers, people) merges them and reports what it merged"
        )
        raise ColumnError(
            f"{name}: expected one row a customer, found {twice.nunique()} ids on several rows ({_some(twice)}); {helps}"
        )
    joined = known.set_index("customer_id").reindex(keys).reset_index(drop=True)
    if len(keys) and len(known) and not keys.isin(known["customer_id"]).any():
        _refuse_strangers(name, keys, known["customer_id"])
    return joined


def _refuse_strangers(name: str, keys: pd.Series, ids: pd.Series) -> None:
    import pandas as pd

    numeric = [pd.api.types.is_numeric_dtype(one.dtype) for one in (keys, ids)]
    if numeric[0] == numeric[1]:
        remedy = "compare how the two tables write them"
    else:
        remedy = f"the keys hold {keys.dtype} and {ids.dtype}: give both the same type"
    raise ColumnError(
        f"{name}: no customer_id of the customers ({_some(keys)}) is found among the people ({_some(ids)}); {remedy}"
    )


def _some(ids: Any) -> str:
    return ", ".join(str(one) for one in list(ids.unique())[:3])


def _people(
    data: pd.DataFrame, found: Mapping[str, str], kinds: Mapping[str, str], as_of: dt.date | None
) -> People:
    import pandas as pd

    columns: dict[str, str] = {}
    read: dict[str, pd.Series] = {}
    read_kinds: dict[str, Kind] = {}
    data, notes = _plausible(data)
    for key, column in found.items():
        if key in {"birth_date", "birth_year", "age"} and not _is_banded(key, data[column]):
            read["age"], note = _ages(key, data[column], as_of)
            columns["age"], read_kinds["age"] = column, "number"
            notes += [note] if note else []
        else:
            read_kinds[key] = _kind(ATTRIBUTES[key], kinds[column])
            read[key] = _tidied(key, data[column], read_kinds[key])
            columns[key] = column
    known = {*found.values(), "customer_id"}
    extra = data[[name for name in data.columns if name not in known and not _holds_bytes(data[name])]]
    table = pd.DataFrame(read, index=data.index)
    return People(table, extra, columns, read_kinds, tuple(notes))


def _plausible(data: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Set infinite and absurdly large numbers aside, which nobody has and no card can write."""
    import pandas as pd

    notes = []
    for name in data.select_dtypes("number", exclude="complex").columns.drop("customer_id", errors="ignore"):
        values = pd.to_numeric(data[name], errors="coerce").astype(float)
        absurd = values.abs() > LARGEST
        if absurd.any():
            data = data.assign(**{name: values.mask(absurd)})
            notes.append(f"values of {name} beyond {LARGEST:g} were set aside: {absurd.sum()}")
    return data, notes


def _holds_bytes(column: pd.Series) -> bool:
    """Tell binary data, which say nothing of a person."""
    return any(isinstance(one, bytes) for one in column.dropna().head(1))


def _is_banded(key: str, column: pd.Series) -> bool:
    """Tell ages given as text bands ("26–49") from numbers."""
    import pandas as pd

    return key == "age" and column.notna().any() and pd.to_numeric(column, errors="coerce").isna().all()


def _kind(attribute: Attribute, kind: str) -> Kind:
    """A numeric household size or sector code counts as categories; a headcount given in bands as text too."""
    if attribute.kind == "number":
        return "number" if kind == "number" else "category"
    return attribute.kind


def _ages(key: str, column: pd.Series, as_of: dt.date | None) -> tuple[pd.Series, str]:
    """Give ages at the data's own date; a birth year gives the age reached that year."""
    import pandas as pd

    if key == "age":
        ages = pd.to_numeric(column, errors="coerce")
    elif as_of is None:
        return pd.Series(float("nan"), index=column.index), NO_DAY
    elif key == "birth_year":
        ages = as_of.year - pd.to_numeric(column, errors="coerce")
    else:
        _refuse_numbers(column)
        born = pd.to_datetime(column, errors="coerce", format=None if _is_date(column) else "ISO8601")
        _refuse_unreadable(column, born)
        before_birthday = (born.dt.month * 100 + born.dt.day) > as_of.month * 100 + as_of.day
        ages = as_of.year - born.dt.year - before_birthday
    possible = ages.astype(float).where(ages.between(0, OLDEST))
    impossible = int(ages.notna().sum() - possible.notna().sum())
    return possible, f"{impossible} ages outside 0 to {OLDEST} were set aside" if impossible else ""


def _is_date(column: pd.Series) -> bool:
    return column.dtype.kind == "M"


def _refuse_numbers(column: pd.Series) -> None:
    given = column.dropna().astype(object)
    if column.dtype.kind != "M" and any(isinstance(one, Number) for one in given):
        raise ColumnError(
            f"attributes: column {column.name!r} holds numbers, expected birth dates; "
            f'years of birth are given with columns={{"birth_year": {column.name!r}}}'
        )


def _refuse_unreadable(column: pd.Series, born: pd.Series) -> None:
    if column.notna().any() and not born.notna().any():
        example = column.dropna().iloc[0]
        raise ColumnError(
            f"attributes: column {column.name!r} holds no readable birth date, found {example!r}, expected 1980-12-31"
        )


def _tidied(key: str, column: pd.Series, kind: Kind) -> pd.Series:
    """Numbers stay numbers; the rest becomes text without stray blanks, empty text becomes missing."""
    import pandas as pd

    if kind == "number":
        return pd.to_numeric(column, errors="coerce").astype(float)
    text = _mapped(column, _plain_text)
    text = text.where(text.notna() & (text != ""), None)
    return text.map(_STANDARD.get(key, {}).get, na_action="ignore").fillna(text) if key in _STANDARD else text


def _mapped(column: pd.Series, function: Callable[[Any], Any]) -> pd.Series:
    """Apply a function to the distinct values (to each, where lists cannot be compared)."""
    try:
        distinct = {value: function(value) for value in column.dropna().unique()}
    except TypeError:
        return column.map(function, na_action="ignore").astype(object)
    return column.astype(object).map(distinct)


def _plain_text(value: Any) -> str:
    if isinstance(value, (list, tuple, set, np.ndarray)):
        return "; ".join(sorted(str(part) for part in value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())


def _spellings(words: Mapping[str, str]) -> dict[str, str]:
    """Map every spelling, in small letters and with a capital, to its standard key."""
    plain = {word: key for key, words_of_key in words.items() for word in words_of_key.split("|")}
    return {form: key for word, key in plain.items() for form in (word, word.upper(), word.capitalize())}


_STANDARD = {
    "sex": _spellings({
        "female": "f|female|woman|femme|féminin|feminin|mme|mrs|ms|madame|w",
        "male": "m|male|man|homme|h|masculin|mr|m.|monsieur",
    }),
    "customer_type": _spellings({
        "B2C": "b2c|individual|person|consumer|particulier|personne physique|individu",
        "B2B": "b2b|company|business|professional|entreprise|personne morale|professionnel|pro",
    }),
}  # fmt: skip
