"""`export_audiences`: one file a segment, ready for a CRM, a mail tool or an advertising platform."""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
import logging
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from segmentclient import frames, schema
from segmentclient.errors import ColumnError, SegmentClientError, raise_all
from segmentclient.writing import whole_folder

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["export_audiences"]

KEY = "customer_id"
MANIFEST = "manifest.json"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
logger = logging.getLogger("segmentclient")


def export_audiences(
    customers: Any,
    folder: str | os.PathLike[str],
    *,
    by: str = "segment",
    hash_ids: str | bytes | None = None,
    format: Literal["csv", "parquet"] = "csv",
    columns: Sequence[str] | None = None,
    holdout: float = 0.0,
    random_state: int = 0,
    email: str | None = None,
) -> Path:
    """Write one audience file a segment, and a manifest that counts and signs them.

    Customers who opted out (`opt_out` true, or `consent` or `opt_in` false or missing) are left out and counted. With `holdout`,
    a control group is drawn from each customer's id alone, so that it does not depend on the order of the rows nor
    on who else is in the table; it goes to ``control.csv`` and must not be contacted.

    Parameters
    ----------
    customers : table with `customer_id` and the column `by`, on any engine; the columns written are collected.
    folder : folder to write, whole or not at all. A folder that a former export wrote is replaced; one that holds
        anything else is refused.
    by : column that holds the segment.
    hash_ids : secret with which ids are replaced by their HMAC-SHA-256; None writes them as they are.
    format : "csv" (UTF-8 with a byte order mark, which spreadsheets need) or "parquet" (needs pyarrow).
    columns : further columns to write, besides the id and the segment; scores, dates and value by default.
    holdout : share of customers kept as a control group, 0 ≤ holdout < 1.
    random_state : seed of the control group.
    email : column of e-mail addresses; it is written as `email_sha256`, the unsalted SHA-256 of the trimmed, lower-case
        address on which advertising platforms match. The address itself is never written.

    Returns
    -------
    pathlib.Path
        The manifest: JSON with, for each file, its segment, rows and SHA-256, and the counts of those left out.

    Raises
    ------
    ColumnError
        A column is missing, a customer is there twice or has no id.
    SegmentClientError
        An option is out of range, or the folder holds files that no former export wrote.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc, tempfile, pathlib, json
    >>> customers = pd.DataFrame({"customer_id": ["a", "b", "c"], "segment": ["new", "new", "lost"]})
    >>> with tempfile.TemporaryDirectory() as place:
    ...     manifest = sc.export_audiences(customers, pathlib.Path(place, "june"), hash_ids="secret")
    ...     print([(file["file"], file["rows"]) for file in json.loads(manifest.read_text())["files"]])
    [('lost.csv', 1), ('new.csv', 2)]
    """
    _check_options(hash_ids=hash_ids, format=format, holdout=holdout)
    data = _collected(customers, by, columns, email)
    allowed = _may_be_contacted(data)
    audience = _written_columns(data[allowed], by, hash_ids, email)
    control = _control_group(data.loc[allowed, KEY], holdout, random_state)
    target = Path(folder)
    with whole_folder(target, is_ours=_is_ours) as draft:
        files = _write_files(draft, audience, control, by, format)
        manifest = _manifest(files, data, allowed, control, by, hash_ids, holdout, random_state)
        (draft / MANIFEST).write_text(manifest, encoding="utf-8", newline="\n")
    logger.info("%d audience files written to %s", len(files), target)
    return target / MANIFEST


def _check_options(*, hash_ids: Any, format: str, holdout: float) -> None:
    raise_all(_option_problems(hash_ids, format, holdout), table="export_audiences", error=SegmentClientError)


def _option_problems(hash_ids: Any, format: str, holdout: float) -> Iterable[str]:
    if hash_ids is not None and (not isinstance(hash_ids, str | bytes) or not hash_ids):
        yield f"hash_ids= is the secret itself, a text that is not empty; found {hash_ids!r}"
    if format not in ("csv", "parquet"):
        yield f"format={format!r}; accepted: 'csv', 'parquet'"
    if not isinstance(holdout, int | float) or not 0 <= holdout < 1:
        yield f"holdout={holdout!r}; accepted: a share from 0 to less than 1"


_USUAL = (
    "first_order", "last_order", "n_orders", "days_since_last_order", "revenue",
    "r_score", "f_score", "m_score", "rfm_code", "status", "relation", "p_alive", "lifetime_value",
)  # fmt: skip
_CONSENT = ("opt_out", "consent", "opt_in")


def _collected(customers: Any, by: str, columns: Sequence[str] | None, email: str | None) -> pd.DataFrame:
    """Collect what is written and what decides, in the order of the ids."""
    frame = frames.read(customers)
    found = frame.collect_schema()
    asked = [one for one in (*(columns or ()), email) if one is not None]
    schema.check_columns(found, dict.fromkeys((KEY, by, *asked), "any"))
    frames.check_labels(frame, KEY, by)
    usual = _USUAL if columns is None else tuple(columns)
    wanted = dict.fromkeys((KEY, by, *usual, *([email] if email else ()), *_CONSENT))
    data = frames.collect(frame, [column for column in wanted if column in found])
    _check_ids(data[KEY])
    return (
        data.assign(_text=data[KEY].map(_plain))
        .sort_values("_text", kind="stable", ignore_index=True)
        .drop(columns="_text")
    )


def _check_ids(ids: pd.Series) -> None:
    problems = []
    if missing := int(ids.isna().sum()):
        problems.append(f"{missing} rows have no {KEY}; clean_transactions sets such rows aside")
    if twice := int(ids.dropna().duplicated().sum()):
        problems.append(
            f"{twice} rows repeat a {KEY}; a customers table has one row a customer (see summarize_customers)"
        )
    raise_all(problems, table="customers")


def _may_be_contacted(data: pd.DataFrame) -> Any:
    """Nobody who opted out, and nobody whose consent is asked for and not given."""
    allowed = data[KEY].notna()
    if "opt_out" in data:
        allowed &= ~_truth(data["opt_out"], "opt_out", missing=False)
    for given in ("consent", "opt_in"):
        if given in data:
            allowed &= _truth(data[given], given, missing=False)
    return allowed


_YES, _NO = {"1", "1.0", "true", "yes", "y", "oui", "o"}, {"0", "0.0", "false", "no", "n", "non", ""}


def _truth(column: pd.Series, name: str, *, missing: bool) -> Any:
    """Read true / false, 1 / 0, yes / no, oui / non; anything else is an error, never a guess about consent."""
    text = column.map(lambda value: str(value).strip().lower(), na_action="ignore")
    odd = sorted(set(text.dropna()) - _YES - _NO)
    if odd:
        raise ColumnError(
            f"customers: column {name!r} holds {odd[:3]}; accepted: true / false, 1 / 0, yes / no, oui / non"
        )
    return text.isin(_YES) | (text.isna() & missing)


def _written_columns(
    data: pd.DataFrame, by: str, secret: str | bytes | None, email: str | None
) -> pd.DataFrame:
    """Replace ids and addresses by what may leave the house; the segment comes second."""
    made = data.drop(columns=[column for column in (*_CONSENT, email) if column in data])
    if secret is not None:
        made = made.assign(**{KEY: [_signed(_plain(key), secret) for key in data[KEY]]}).sort_values(KEY)
    if email is not None:
        made = made.assign(email_sha256=data[email].map(_hashed_address, na_action="ignore"))
    return made.assign(**{by: data[by].astype(object).where(data[by].notna(), "none").map(_plain)})


def _signed(text: str, secret: str | bytes) -> str:
    key = secret.encode() if isinstance(secret, str) else secret
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _hashed_address(address: Any) -> str | None:
    """Hash an address as advertising platforms do: no blanks around it, lower case, SHA-256 in hexadecimal."""
    plain = str(address).strip().lower()
    return hashlib.sha256(plain.encode()).hexdigest() if "@" in plain else None


def _plain(value: Any) -> str:
    """Write an id or a segment as text; whole numbers lose the decimals that an engine may have given them."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _control_group(ids: pd.Series, share: float, seed: int) -> Any:
    """Draw each customer by a number made from the seed and the id alone."""
    return ids.map(lambda key: _draw(_plain(key), seed) < share).astype(bool)


def _draw(key: str, seed: int) -> float:
    digest = hashlib.sha256(f"{seed}:{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _write_files(
    draft: Path, audience: pd.DataFrame, control: Any, by: str, format: str
) -> list[dict[str, Any]]:
    """Write one file a segment, and one for the control group."""
    control = control.reindex(audience.index)
    treated = audience[~control]
    names = _file_names(sorted(set(audience[by])), format)
    files = [_write_one(draft / names[key], treated[treated[by] == key], segment=key) for key in names]
    if control.any():
        files.append(_write_one(draft / f"control.{format}", audience[control], segment=None))
    return files


def _file_names(keys: Sequence[str], format: str) -> dict[str, str]:
    """Make a safe, distinct file name of each segment."""
    names: dict[str, str] = {}
    for key in keys:
        plain = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode()
        stem = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")[:60] or "segment"
        stem = f"{stem}_segment" if stem in ("control", "manifest", "con", "nul", "aux", "prn") else stem
        taken = {name.rsplit(".", 1)[0] for name in names.values()}
        distinct = next(
            name for name in (stem, *(f"{stem}_{n}" for n in range(2, 10_000))) if name not in taken
        )
        names[key] = f"{distinct}.{format}"
    return names


def _write_one(path: Path, rows: pd.DataFrame, *, segment: str | None) -> dict[str, Any]:
    if path.suffix == ".csv":
        _write_csv(path, rows)
    else:
        _write_parquet(path, rows)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"file": path.name, "segment": segment, "rows": len(rows), "sha256": digest}


def _write_csv(path: Path, rows: pd.DataFrame) -> None:
    """Write cells that a spreadsheet will not run."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([_safe(column) for column in rows])
        writer.writerows([_safe(value) for value in row] for row in rows.itertuples(index=False, name=None))


def _safe(value: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would take for a formula; dates become ISO days."""
    if value is None or value != value:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.lstrip(" ").startswith(FORMULA_STARTS) else value
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    return _plain(value) if isinstance(value, float) and value.is_integer() else value


def _write_parquet(path: Path, rows: pd.DataFrame) -> None:
    try:
        rows.to_parquet(path, index=False)
    except ImportError:
        raise SegmentClientError(
            'format="parquet" needs pyarrow: pip install pyarrow, or write format="csv"'
        ) from None


def _manifest(
    files: list[dict[str, Any]],
    data: pd.DataFrame,
    allowed: Any,
    control: Any,
    by: str,
    secret: Any,
    holdout: float,
    seed: int,
) -> str:
    from segmentclient import __version__

    content: Mapping[str, Any] = {
        "made_by": f"segmentclient {__version__}",
        "by": by,
        "customers": len(data),
        "left_out": {"opted_out": int((~allowed).sum())},
        "control": {"share": holdout, "seed": seed, "customers": int(control.sum())},
        "ids": "as they are" if secret is None else "HMAC-SHA-256",
        "files": files,
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _is_ours(folder: Path) -> bool:
    """Tell whether a folder holds a former export and nothing else."""
    try:
        listed = {
            file["file"] for file in json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        }
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return {path.name for path in folder.iterdir()} <= {*listed, MANIFEST}
