"""Files and folders written whole or not at all: a reader never meets half of one."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from segmentclient.errors import SegmentClientError
from segmentclient.options import shown

__all__ = ["whole_file", "whole_folder"]


OF_NEW_FILES = 0o666  # permissions, of which the system takes away what the user's mask says
OF_NEW_FOLDERS = 0o777
NAMED = 20  # letters of the name that a draft bears too


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path`; what was written there takes its place when nothing failed.

    A file that is replaced leaves its permissions to the new one; a link stays, and what it leads to is written.
    """
    target = _checked(path)
    _refuse_no_file(target)
    with _said_plainly(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        former = _permissions(target)
        draft = _draft_of(target)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _while_written(former, OF_NEW_FILES)))
        try:
            yield draft
            _to_disk(draft)
            if former is not None:
                draft.chmod(former)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)


@contextmanager
def whole_folder(folder: str | os.PathLike[str], *, is_ours: Callable[[Path], bool]) -> Iterator[Path]:
    """Give a temporary folder beside `folder`; it takes its place when nothing failed.

    A folder that exists is replaced when it is empty or when `is_ours` says that a former export wrote it; it leaves
    its permissions to the new one.
    """
    target = _checked(folder)
    _refuse_foreign(target, is_ours)
    with _said_plainly(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        former = _permissions(target)
        draft = _draft_of(target)
        draft.mkdir(_while_written(former, OF_NEW_FOLDERS))
        try:
            yield draft
            for file in draft.iterdir():
                _to_disk(file)
            if former is not None:
                draft.chmod(former)
            _swap(draft, target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _checked(path: str | os.PathLike[str]) -> Path:
    """Take a path that the file system can have at all, and follow the link that may stand there."""
    place = Path(path)
    try:
        linked = stat.S_ISLNK(place.lstat().st_mode)
    except FileNotFoundError:
        linked = False
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise SegmentClientError(f"cannot write {shown(str(path))}: {said}") from error
    if len(place.parts) > 1 and place.parts[0].startswith("~") and not Path(place.parts[0]).exists():
        raise SegmentClientError(
            f"cannot write {str(path)!r}: ~ is a folder's name here; give the path in full"
        )
    return Path(os.path.realpath(place)) if linked else place


def _refuse_no_file(target: Path) -> None:
    """Refuse what is there and is no file: renaming onto a device or a pipe would replace it."""
    if target.is_dir():
        raise SegmentClientError(f"cannot write {str(target)!r}: it is a folder; give the name of a file")
    if os.path.lexists(target) and not target.is_file():
        raise SegmentClientError(
            f"cannot write {str(target)!r}: it is a device, a pipe or a link to itself; give the name of a file"
        )


def _refuse_foreign(target: Path, is_ours: Callable[[Path], bool]) -> None:
    if target.name in ("", ".."):
        raise SegmentClientError(
            f"cannot write into {str(target)!r}: a folder is replaced as a whole; give the name of one inside it"
        )
    if os.path.lexists(target) and not target.is_dir():
        raise SegmentClientError(
            f"cannot write into {str(target)!r}: it is a file; give the name of a folder"
        )
    if target.is_dir() and any(target.iterdir()) and not is_ours(target):
        raise SegmentClientError(
            f"the folder {str(target)!r} holds files that no former export wrote; "
            "give an empty or a new folder, so that nothing of yours is lost"
        )


def _swap(draft: Path, target: Path) -> None:
    if not target.exists():
        draft.rename(target)
        return
    former = Path(tempfile.mkdtemp(prefix=f".{target.name[:NAMED]}-former-", dir=target.parent))
    target.rename(former / "export")
    try:
        draft.rename(target)
    except OSError:
        (former / "export").rename(target)
        raise
    finally:
        shutil.rmtree(former, ignore_errors=True)


def _to_disk(path: Path) -> None:
    """Wait until the bytes are on the disk: after a power cut the new name must not stand for an empty file."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _permissions(target: Path) -> int | None:
    """Tell who may read and write what is there; nothing where nothing is."""
    return stat.S_IMODE(target.stat().st_mode) & 0o777 if target.exists() else None


def _while_written(former: int | None, otherwise: int) -> int:
    """Open a draft to nobody whom the former file was closed to, and to ourselves in any case."""
    return otherwise if former is None else former | stat.S_IRWXU & otherwise


def _draft_of(target: Path) -> Path:
    """Name a hidden place beside `target`, with its ending, shorter than any name may be."""
    stem, ending = target.stem[:NAMED], target.suffix[:NAMED]
    return target.with_name(f".{stem}-{secrets.token_hex(4)}{ending}")


@contextmanager
def _said_plainly(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SegmentClientError(f"cannot write {str(target)!r}: {error.strerror or error}") from error
