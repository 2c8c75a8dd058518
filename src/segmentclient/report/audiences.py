"""`export_audiences`: one file a segment, ready for a CRM, a mail tool or an advertising platform."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from segmentclient import frames, schema
from segmentclient.errors import ColumnError, SegmentClientError, raise_all
from segmentclient.options import check_options
from segmentclient.report.audience_files import plain, write_files
from segmentclient.report.contact import CONSENT, control_group, may_be_contacted
from segmentclient.writing import whole_folder

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["export_audiences"]

KEY = "customer_id"
MANIFEST = "manifest.json"
NOBODY = "none"  # the audience of those without a segment
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
        The manifest: JSON with, for each file, its segment, rows and SHA-256; for each segment its customers, how many
        opted out, are kept back as control and are contacted; and the counts of those left out. With `email`,
        `without_readable_email` counts those who are written with an empty address.

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
    _check_options(hash_ids=hash_ids, format=format, holdout=holdout, columns=columns)
    check_options(export_audiences, locals())
    data = _collected(customers, by, columns, email)
    allowed = may_be_contacted(data)
    audience = _written_columns(data[allowed], by, hash_ids, email)
    control = control_group(data.loc[allowed, KEY], holdout, random_state)
    target = Path(folder)
    with whole_folder(target, is_ours=_is_ours) as draft:
        files = write_files(draft, audience, control, by, format)
        counts = _Counts(data[by], allowed, control, audience)
        manifest = _manifest(files, counts, by, hash_ids, holdout, random_state)
        (draft / MANIFEST).write_text(manifest, encoding="utf-8", newline="\n")
    logger.info("%d audience files written to %s", len(files), target)
    return target / MANIFEST


def _check_options(*, hash_ids: Any, format: str, holdout: float, columns: Any) -> None:
    problems = _option_problems(hash_ids, format, holdout, columns)
    raise_all(problems, table="export_audiences", error=SegmentClientError)


def _option_problems(hash_ids: Any, format: str, holdout: float, columns: Any) -> Iterable[str]:
    if isinstance(columns, str):
        yield f"columns= is a list of names, such as [{columns!r}]; found the text {columns!r}"
    if hash_ids is not None and (not isinstance(hash_ids, str | bytes) or not hash_ids):
        yield f"hash_ids={hash_ids!r}; accepted: the secret itself, a text that is not empty"
    if format not in ("csv", "parquet"):
        yield f"format={format!r}; accepted: 'csv', 'parquet'"
    if not isinstance(holdout, int | float) or not 0 <= holdout < 1:
        yield f"holdout={holdout!r}; accepted: a share from 0 to less than 1"


_USUAL = (
    "first_order", "last_order", "n_orders", "days_since_last_order", "revenue",
    "r_score", "f_score", "m_score", "rfm_code", "status", "relation", "p_alive", "lifetime_value",
)  # fmt: skip


def _collected(customers: Any, by: str, columns: Sequence[str] | None, email: str | None) -> pd.DataFrame:
    """Collect what is written and what decides, in the order of the ids."""
    frame = frames.read(customers)
    found = frames.schema_of(frame)
    asked = [one for one in (*(columns or ()), email) if one is not None]
    schema.check_columns(found, dict.fromkeys((KEY, by, *asked), "any"), optional=_USUAL)
    frames.check_labels(frame, KEY, by)
    usual = _USUAL if columns is None else tuple(columns)
    wanted = dict.fromkeys((KEY, by, *usual, *([email] if email else ()), *CONSENT))
    data = frames.collect(frame, [column for column in wanted if column in found])
    _check_ids(data[KEY])
    _check_segments(data[by], by)
    return (
        data.assign(_text=data[KEY].map(plain))
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


def _check_segments(segments: pd.Series, by: str) -> None:
    if segments.isna().any() and (segments.astype(object) == NOBODY).any():
        raise ColumnError(
            f"customers: column {by!r} has segments called {NOBODY}, the word for customers without a segment; give "
            "them other names"
        )


def _written_columns(
    data: pd.DataFrame, by: str, secret: str | bytes | None, email: str | None
) -> pd.DataFrame:
    """Replace ids and addresses by what may leave the house; the segment comes second."""
    made = data.drop(columns=[column for column in (*CONSENT, email) if column in data])
    if secret is not None:
        made = made.assign(**{KEY: [_signed(plain(key), secret) for key in data[KEY]]}).sort_values(KEY)
    if email is not None:
        made = made.assign(email_sha256=data[email].map(_hashed_address, na_action="ignore"))
    return made.assign(**{by: _segment_names(data[by])})


def _segment_names(segments: pd.Series) -> pd.Series:
    return segments.astype(object).where(segments.notna(), NOBODY).map(plain)


def _signed(text: str, secret: str | bytes) -> str:
    key = secret.encode() if isinstance(secret, str) else secret
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _hashed_address(address: Any) -> str | None:
    """Hash an address as advertising platforms do: no blanks around it, lower case, SHA-256 in hexadecimal."""
    plain = str(address).strip().lower()
    return hashlib.sha256(plain.encode()).hexdigest() if "@" in plain else None


@dataclass(frozen=True)
class _Counts:
    """What the manifest counts: for each customer the segment, and whether they may be contacted or are kept back."""

    segments: pd.Series
    allowed: pd.Series
    control: pd.Series
    audience: pd.DataFrame

    def of_segments(self) -> list[dict[str, Any]]:
        """Count each segment once, those of whom nobody is left included."""
        names = _segment_names(self.segments)
        told = names.to_frame("segment").assign(
            customers=1, opted_out=~self.allowed, control=self.control.reindex(names.index, fill_value=False)
        )
        table = told.groupby("segment").sum().astype(int)
        table["contacted"] = table["customers"] - table["opted_out"] - table["control"]
        return [{"segment": name, **row} for name, row in table.to_dict("index").items()]

    def left_out(self) -> dict[str, int]:
        """Count those who are in no file, and those whose address no platform can match."""
        opted_out = {"opted_out": int((~self.allowed).sum())}
        if "email_sha256" not in self.audience:
            return opted_out
        return {**opted_out, "without_readable_email": int(self.audience["email_sha256"].isna().sum())}


def _manifest(
    files: list[dict[str, Any]], counts: _Counts, by: str, secret: Any, holdout: float, seed: int
) -> str:
    from segmentclient import __version__

    content: Mapping[str, Any] = {
        "made_by": f"segmentclient {__version__}",
        "by": by,
        "customers": len(counts.segments),
        "left_out": counts.left_out(),
        "control": {"share": holdout, "seed": int(seed), "customers": int(counts.control.sum())},
        "ids": "as they are" if secret is None else "HMAC-SHA-256",
        "segments": counts.of_segments(),
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
