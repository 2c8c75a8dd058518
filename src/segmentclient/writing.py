"""Files and folders written whole or not at all: a reader never meets half of one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from segmentclient.errors import SegmentClientError
from segmentclient.options import shown

__all__ = ["whole_file", "whole_folder"]


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path`; what was written there takes its place when nothing failed."""
    target = _checked(path)
    if target.is_dir():
        raise SegmentClientError(f"cannot write {str(target)!r}: it is a folder; give the name of a file")
    with _said_plainly(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
        os.close(handle)
        draft = Path(name)
        try:
            yield draft
            _open_to_readers(draft, 0o666)
            _to_disk(draft)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)


@contextmanager
def whole_folder(folder: str | os.PathLike[str], *, is_ours: Callable[[Path], bool]) -> Iterator[Path]:
    """Give a temporary folder beside `folder`; it takes its place when nothing failed.

    A folder that exists is replaced when it is empty or when `is_ours` says that a former export wrote it.
    """
    target = _checked(folder)
    _refuse_foreign(target, is_ours)
    with _said_plainly(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            yield draft
            _open_to_readers(draft, 0o777)
            for file in draft.iterdir():
                _to_disk(file)
            _swap(draft, target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _checked(path: str | os.PathLike[str]) -> Path:
    """Take a path that the file system can have at all: not too long, and without null characters."""
    try:
        Path(path).lstat()
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise SegmentClientError(f"cannot write {shown(str(path))}: {said}") from error
    return Path(path)


def _refuse_foreign(target: Path, is_ours: Callable[[Path], bool]) -> None:
    if target.exists() and not target.is_dir():
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
    former = Path(tempfile.mkdtemp(prefix=f".{target.name}-former-", dir=target.parent))
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


def _open_to_readers(path: Path, mode: int) -> None:
    """Give the permissions that a plain `open` would have given (temporary files are private)."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(mode & ~mask)


@contextmanager
def _said_plainly(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SegmentClientError(f"cannot write {str(target)!r}: {error.strerror or error}") from error
