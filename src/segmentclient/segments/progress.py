"""Run many small tasks on the machine's cores, with a progress bar where somebody watches."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, Literal, TypeAlias

from segmentclient.segments.lloyd import one_thread

__all__ = ["Progress", "run"]

Progress: TypeAlias = Literal["auto", "on", "off"]


def run(tasks: Mapping[Any, Callable[[], Any]], *, title: str, progress: Progress = "auto") -> dict[Any, Any]:
    """Run tasks that release the interpreter lock, one thread a core; answers in the order of the tasks.

    "auto" shows a bar in a terminal only.
    """
    from tqdm import tqdm

    watched = progress == "on" or (progress == "auto" and sys.stderr.isatty())
    bar = tqdm(desc=title, total=len(tasks), leave=False, disable=not watched)
    with one_thread(), ThreadPoolExecutor(os.cpu_count()) as pool, bar:
        waiting = {pool.submit(task): name for name, task in tasks.items()}
        answers = {}
        for done in as_completed(waiting):
            answers[waiting[done]] = done.result()
            bar.update()
    return {name: answers[name] for name in tasks}
