"""A run under way: one small file for every image that is done, so that it can be killed.

    RUN/parts/plan.json      the receipt as it will be: what this run is a run of
    RUN/parts/00017.arrow    the rows of case 17, or why there are none
    RUN/parts/00017.pairs    of a study: its pairs of annotators

A file is written under another name and moved to its place, so that it is there whole or not at
all. When all are there they are joined to a run and removed.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from busdemo.evaluation.datasets import Skipped
from busdemo.evaluation.measuring import Measured
from busdemo.evaluation.run_files import RECEIPT_FILE, SCHEMA, write_parquet, write_tables
from busdemo.evaluation.studies.pair_rows import PAIRS, PAIRS_FILE
from busdemo.evaluation.whole_files import replace_file

FOLDER, PLAN_FILE = "parts", "plan.json"
ROWS_TOGETHER = 1024
"""Rows joined to one group of the run's Parquet file: all that is in memory at a time."""

Receipt = Mapping[str, Any]


class Parts:
    """The finished images of a run in the folder `run`, by the numbers of their cases."""

    def __init__(self, run: Path, receipt: Receipt) -> None:
        """Start a run, or go on with the same one; ValueError when another one lies there."""
        self._run, self._receipt = run, receipt
        self._in_pairs = "study" in receipt
        self._folder = run / FOLDER
        self.finished = _refuse_another(run / RECEIPT_FILE, receipt)
        if self.finished:
            shutil.rmtree(self._folder, ignore_errors=True)
        elif not _refuse_another(self._folder / PLAN_FILE, receipt):
            self._folder.mkdir(parents=True, exist_ok=True)
            text = json.dumps(receipt)
            replace_file(self._folder / PLAN_FILE, lambda path: path.write_text(text, "utf-8"))

    def done(self, count: int) -> set[int]:
        """The numbers, from 0 and below `count`, of cases that need not be computed again."""
        return {
            number
            for number in range(count)
            if _is_whole(self._path(number), SCHEMA)
            and (not self._in_pairs or _is_whole(self._pairs_path(number), PAIRS))
        }

    def write(self, number: int, measured: Measured) -> None:
        """Keep what was measured of a case."""
        if measured.pairs is not None:
            _write(self._pairs_path(number), measured.pairs)
        facts = {"problem": measured.problem, "told": json.dumps(measured.told)}
        _write(self._path(number), measured.rows.replace_schema_metadata(facts))

    def join(self, case_ids: Sequence[str]) -> None:
        """Make the run of the parts, which are then removed; `case_ids` are all cases' ids.

        Raises ValueError, and leaves nothing, where no case has rows.
        """
        problems = [self._problem(number) for number in range(len(case_ids))]
        skipped = [
            Skipped(case_id, problem)
            for case_id, problem in zip(case_ids, problems, strict=True)
            if problem
        ]
        if skipped and len(skipped) == len(case_ids):
            shutil.rmtree(self._folder)
            raise ValueError(f"Nothing was computed: {skipped[0].id}: {skipped[0].why}")
        receipt = _add_skipped(self._receipt, skipped)
        count = len(case_ids)
        told = [words for number in range(count) for words in self._told(number)]
        if told and not self._in_pairs:
            receipt["data"]["not_read"] = told
        if self._in_pairs:
            receipt["study"] = {**receipt["study"], "not_read": told}
            pairs = _join(map(self._pairs_path, range(count)), PAIRS)
            write_parquet(self._run / PAIRS_FILE, pairs, PAIRS, receipt)
        write_tables(self._run, _join(map(self._path, range(count)), SCHEMA), receipt)
        shutil.rmtree(self._folder)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:05d}.arrow"

    def _pairs_path(self, number: int) -> Path:
        return self._folder / f"{number:05d}.pairs"

    def _problem(self, number: int) -> str:
        metadata = _read(self._path(number)).schema.metadata or {}
        return str(metadata.get(b"problem", b"").decode())

    def _told(self, number: int) -> list[str]:
        metadata = _read(self._path(number)).schema.metadata or {}
        return list(json.loads(metadata.get(b"told", b"[]")))


def _join(paths: Iterable[Path], schema: pa.Schema) -> Iterator[pa.Table]:
    """The tables of the files, so many rows together."""
    waiting: list[pa.Table] = []
    for path in paths:
        waiting.append(_read(path).replace_schema_metadata())
        if sum(len(table) for table in waiting) >= ROWS_TOGETHER:
            yield pa.concat_tables(waiting).combine_chunks()
            waiting = []
    yield pa.concat_tables([schema.empty_table(), *waiting]).combine_chunks()


def _refuse_another(path: Path, receipt: Receipt) -> bool:
    """True where this file is of the same run, False where there is none."""
    if not path.is_file():
        return False
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        before, now = _identify(kept), _identify(receipt)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path.name} in the run's folder cannot be read.") from error
    if different := [what for what, value in now.items() if before[what] != value]:
        raise ValueError(
            f"Another run lies in {path.parents[path.parent.name == FOLDER].name}: it differs in "
            f"{' and '.join(different)}. Choose another folder with --out."
        )
    return True


def _identify(receipt: Receipt) -> dict[str, Any]:
    """What makes a run the same run, by what it is called in the sentence that refuses it."""
    models = receipt["models"]
    return {
        "its format": (receipt["version"], receipt["busdemo"], receipt["nsd_tolerance_px"]),
        "its data": [receipt["data"][key] for key in ("name", "split", "sha256")],
        "its models": list(models),
        "its models' weights": {model: models[model]["sha256"] for model in models},
        "its thresholds": {model: models[model]["stop"] for model in models},
        "its detector": receipt["detector"],
        "what computes it": (receipt["engine"], receipt["machine"]["torch"]),
        "what it compares": {
            key: value for key, value in receipt.get("study", {}).items() if key != "not_read"
        },
    }


def _add_skipped(receipt: Receipt, skipped: Sequence[Skipped]) -> dict[str, Any]:
    data = receipt["data"]
    more = [{"id": one.id, "why": one.why} for one in skipped]
    return {
        **receipt,
        "data": {
            **data,
            "cases": data["cases"] - len(more),
            "skipped": [*data["skipped"], *more],
        },
    }


def _read(path: Path) -> pa.Table:
    with pa.OSFile(str(path), "rb") as file:
        return pa.ipc.open_file(file).read_all()


def _write(path: Path, table: pa.Table) -> None:
    def write_table(unfinished: Path) -> None:
        with pa.OSFile(str(unfinished), "wb") as file, pa.ipc.new_file(file, table.schema) as parts:
            parts.write_table(table)

    # Not synced: what a power cut damages is computed again.
    replace_file(path, write_table, synced=False)


def _is_whole(path: Path, schema: pa.Schema) -> bool:
    try:
        return path.is_file() and _read(path).schema.equals(schema)
    except (pa.ArrowException, OSError):
        return False
