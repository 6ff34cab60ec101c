"""The same run on a Ray cluster: cases go to a pool of actors, each with the models of its own.

Every actor computes one case at a time with one thread, as a worker does here, so that a row is the
same to the last digit on processors of one kind. Data and weights must lie at the same paths on
every node. An actor asks for half a core and there is one for each core of the cluster: when half
of the nodes are gone, those that are left still hold all of them. What was lost with a node is
computed again, and a case that comes twice is taken once.
"""

import importlib.util
import logging
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from busdemo.evaluation.datasets import Case
from busdemo.evaluation.evaluating import Compute, Numbered, use_one_thread
from busdemo.evaluation.measuring import Builds, Measured
from busdemo.inference.memory import keep_freed_memory
from busdemo.zoo.files import UnusableModel

CORES_EACH = 0.5
CASES_TOGETHER = 4
"""Handed to an actor at a time: what a lost node costs, at the most, for each of its actors."""


class ExaminingActor:
    """What runs on a node: models loaded once, one case after another."""

    def __init__(self, setup: Builds, cases: dict[int, Case]) -> None:
        use_one_thread()
        keep_freed_memory()
        self._examiner, self._cases = setup.build(), cases

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """The measured case of a number, its rows as an Arrow stream."""
        number = int(row["number"])
        measured = self._examiner.measure(self._cases[number])
        return {
            "number": number,
            "problem": measured.problem,
            "told": "\n".join(measured.told),
            "rows": _pack(measured.rows),
            "pairs": b"" if measured.pairs is None else _pack(measured.pairs),
        }


def connect(address: str | None = None) -> int:
    """Join the cluster at an address or RAY_ADDRESS, else start one here; how many cores it has.

    Raises ValueError with one sentence where Ray is not installed or the cluster does not answer.
    """
    if not importlib.util.find_spec("ray"):
        raise ValueError(
            "Running on Ray needs Ray: please install it, pip install 'busdemo[cluster]'."
        )
    # Without a word Ray would look for the last cluster of this machine, which may be long gone.
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    if not _answers(address):
        raise ValueError(f"There is no Ray cluster at {address}.")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody
    import ray  # noqa: PLC0415  (an extra, and slow to import)

    if not ray.is_initialized():
        try:
            ray.init(address=address, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise ValueError(f"There is no Ray cluster at {address}.") from error
    return max(1, int(ray.cluster_resources().get("CPU", 1)))


def compute_on_ray(setup: Builds, actors: int) -> Compute:
    """Measure cases by a pool of actors on the cluster that `connect` joined."""
    import ray  # noqa: PLC0415

    def compute(cases: Sequence[Numbered]) -> Iterator[tuple[int, Measured]]:
        waiting = dict(cases)
        while waiting:
            before = len(waiting)
            try:
                for number, measured in _stream(setup, dict(waiting), actors):
                    if waiting.pop(number, None) is not None:
                        yield number, measured
            except ray.exceptions.RayError as error:
                if len(waiting) == before:
                    raise UnusableModel(_tell(error)) from error

    return compute


def _stream(setup: Builds, cases: dict[int, Case], actors: int) -> Iterator[tuple[int, Measured]]:
    """Each case's result as soon as it is there; RayError when the cluster gives up."""
    import ray  # noqa: PLC0415

    numbers = [{"number": number} for number in cases]
    blocks = -(-len(cases) // CASES_TOGETHER)
    # A data set takes the context as it is when the set is made.
    with _quiet(ray.data.DataContext.get_current(), logging.getLogger("ray.data")):
        measured = ray.data.from_items(numbers, override_num_blocks=blocks).map(
            ExaminingActor,
            fn_constructor_args=(setup, cases),
            compute=ray.data.ActorPoolStrategy(size=min(actors, blocks)),
            num_cpus=CORES_EACH,
            ray_remote_args_fn=lambda: {"scheduling_strategy": "SPREAD"},
        )
        for row in measured.iter_rows():
            pairs = _unpack(row["pairs"]) if row["pairs"] else None
            told = tuple(str(row["told"]).splitlines())
            measured_case = Measured(_unpack(row["rows"]), str(row["problem"]), pairs, told)
            yield int(row["number"]), measured_case


def _pack(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def _unpack(data: bytes) -> pa.Table:
    return pa.ipc.open_stream(data).read_all()


@contextmanager
def _quiet(context: Any, logger: logging.Logger) -> Iterator[None]:
    """Ray's bars and messages are held back while it computes for us: we say it in a sentence."""
    before = context.enable_progress_bars, logger.level
    context.enable_progress_bars = False
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        context.enable_progress_bars = before[0]
        logger.setLevel(before[1])


def _answers(address: str) -> bool:
    """False where nobody listens at HOST:PORT, which Ray takes minutes to find out."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or "://" in address:
        return True
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except OSError:
        return False
    return True


def _tell(error: BaseException) -> str:
    """The last line of what Ray says, which names the cause."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"The cluster could not compute a case. {lines[-1] if lines else ''}".strip()
