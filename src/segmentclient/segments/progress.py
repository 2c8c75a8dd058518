"""Run many small tasks on the machine's cores, with a progress bar where somebody watches."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import Any, Literal, TypeAlias

from segmentclient.segments.lloyd import one_thread
from segmentclient.terminal import live_line

__all__ = ["Progress", "run"]

Progress: TypeAlias = Literal["auto", "on", "off"]


def run(tasks: Mapping[Any, Callable[[], Any]], *, title: str, progress: Progress = "auto") -> dict[Any, Any]:
    """Run tasks that release the interpreter lock, one thread a core; answers in the order of the tasks.

    "auto" shows a bar in a terminal only.
    """
    watched = progress == "on" or (progress == "auto" and sys.stderr.isatty())
    with one_thread(), ThreadPoolExecutor(os.cpu_count()) as pool, _bar(title, len(tasks), watched) as step:
        waiting = {pool.submit(task): name for name, task in tasks.items()}
        answers = {}
        for done in as_completed(waiting):
            answers[waiting[done]] = done.result()
            step()
    return {name: answers[name] for name in tasks}


@contextmanager
def _bar(title: str, total: int, watched: bool) -> Iterator[Callable[[], None]]:
    if not watched:
        yield lambda: None
        return
    done = itertools.count(1)
    with live_line() as show:
        show(f"{title}: 0/{total}")
        yield lambda: show(f"{title}: {next(done)}/{total}")
