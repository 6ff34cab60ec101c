"""A whole data set through a zoo: cases in, a run out; killed at any point it goes on.

Two cases never wait for one another: every worker reads, predicts and scores a case of its own
with one thread, so that the networks of one run beside the decoding and scoring of the others.
That is faster than all cores on one case, and the numbers do not depend on how many there are.
"""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import cv2
import torch
from tqdm import tqdm

from busdemo.evaluation.datasets import Case, Dataset
from busdemo.evaluation.measuring import Examines, Measured
from busdemo.evaluation.parts import Parts
from busdemo.inference.memory import keep_freed_memory

Numbered = tuple[int, Case]
Compute = Callable[[Sequence[Numbered]], Iterable[tuple[int, Measured]]]
"""What measures cases and hands over each as soon as it is done, in any order."""

T = TypeVar("T")


def evaluate_dataset(dataset: Dataset, out: Path, receipt: dict[str, Any], compute: Compute) -> int:
    """Write the run of a data set into the folder `out`; how many cases were computed.

    Cases that an earlier, killed call of the same run finished are not computed again. Raises
    ValueError when another run lies there, UnusableModel when a model fails on a case.
    """
    parts = Parts(out, receipt)
    if parts.finished:
        return 0
    done = parts.done(len(dataset.cases))
    waiting = [(n, case) for n, case in enumerate(dataset.cases) if n not in done]
    bar = tqdm(total=len(dataset.cases), initial=len(done), unit="image", desc="evaluating")
    with bar:
        for number, measured in compute(waiting):
            parts.write(number, measured)
            if measured.problem:
                bar.write(f"{dataset.cases[number].id} is skipped: {measured.problem}", sys.stderr)
            bar.update()
    parts.join([case.id for case in dataset.cases])
    return len(waiting)


def count_cores() -> int:
    """Cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1


def compute_here(examiner: Examines, workers: int) -> Compute:
    """Measure cases in this process, `workers` at a time."""

    def compute(cases: Sequence[Numbered]) -> Iterator[tuple[int, Measured]]:
        keep_freed_memory()
        with _single_threads(), ThreadPoolExecutor(workers, initializer=use_one_thread) as pool:
            started = (pool.submit(_measure, examiner, one) for one in cases)
            yield from _in_order(started, 2 * workers)

    return compute


def use_one_thread() -> None:
    """Let this thread's networks and image operations keep to itself."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)


@contextmanager
def _single_threads() -> Iterator[None]:
    before = torch.get_num_threads(), cv2.getNumThreads()
    use_one_thread()
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])


def _measure(examiner: Examines, one: Numbered) -> tuple[int, Measured]:
    number, case = one
    return number, examiner.measure(case)


def _in_order(started: Iterator[Future[T]], ahead: int) -> Iterator[T]:
    """Results in the order they were started in, only so many ahead, or memory would grow."""
    pending: deque[Future[T]] = deque()
    try:
        while True:
            pending.extend(islice(started, ahead - len(pending)))
            if not pending:
                return
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()
