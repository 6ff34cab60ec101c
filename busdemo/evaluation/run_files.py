"""A run on disk: what models said of a data set's images, one row each, and a receipt.

    RUN/rows.parquet   one row = one image x one model x one number of stages, and the receipt
    RUN/run.json       the receipt again, for people

The receipt lies in the Parquet's own metadata, so that `rows.parquet` alone is a run.

| columns | what they hold |
|---|---|
| id, dataset, split, label, group | the image, its class, its patient or cluster |
| birads, device | as the set gives them, "" where it does not |
| mm_per_px | side of a pixel, nan where unknown |
| height, width, lesion_px | of the image and its ground truth at native size |
| model, stages | card id; 1 for the whole image, 2 behind the detector |
| stop | frozen threshold as its stop, 1 to 199 |
| tp, fp, fn, dice, iou, precision, recall | of the raw mask at the frozen threshold |
| hd95_px, assd_px, nsd | its distances; NSD at the receipt's `nsd_tolerance_px` |
| outcome | the word of `scoring.outcome`, where empties are settled, too |
| ms | time of the prediction alone |
| presence | how probable a lesion is by the model's rule, nan where it has none |
| answer_tp, answer_fp, answer_fn, answer_dice | processed, withheld by presence; or nan |
| lesion_histogram | 200 counts: pixels of the ground truth by level, as `quantize` gives it |
| background_histogram | the same of all other pixels: counts at every threshold follow |
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from busdemo.evaluation.whole_files import replace_file
from busdemo.imaging.masks import STOPS

RUN_VERSION = 1
ROWS_FILE, RECEIPT_FILE = "rows.parquet", "run.json"
KEY = ["id", "model", "stages"]
"""What names a row."""

MOST_ROWS, MOST_BYTES = 1_000_000, 2 << 30
"""More is refused before it is read: rows, and bytes once decompressed."""

ANSWER_COLUMNS = ("presence", "answer_tp", "answer_fp", "answer_fn", "answer_dice")
"""Of the model's answer, beside the raw mask; runs made before may lack them."""

_HISTOGRAMS = ("lesion_histogram", "background_histogram")
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "dataset", "split", "label", "group")),
        *((name, pa.string()) for name in ("birads", "device")),
        ("mm_per_px", pa.float64()),
        *((name, pa.int64()) for name in ("height", "width", "lesion_px")),
        ("model", pa.string()),
        *((name, pa.int64()) for name in ("stages", "stop", "tp", "fp", "fn")),
        *((name, pa.float64()) for name in ("dice", "iou", "precision", "recall")),
        *((name, pa.float64()) for name in ("hd95_px", "assd_px", "nsd")),
        ("outcome", pa.string()),
        ("ms", pa.float64()),
        *((name, pa.float64()) for name in ANSWER_COLUMNS),
        *((name, pa.list_(pa.int32(), STOPS)) for name in _HISTOGRAMS),
    ]
)
"""The columns of a run in their order."""


@dataclass(frozen=True, eq=False)
class Run:
    """Rows as in `SCHEMA`, and the receipt: what was run on what, by which weights."""

    rows: pd.DataFrame
    receipt: Mapping[str, Any]

    def counts(self) -> NDArray[np.int64]:
        """(N, 199, 3) TP, FP, FN of every row in px at every stop, as `sweep_counts` gives them."""
        lesion, background = (_stack(self.rows[column]) for column in _HISTOGRAMS)
        hit, extra = (part[:, ::-1].cumsum(axis=1)[:, ::-1] for part in (lesion, background))
        return np.stack([hit[:, 1:], extra[:, 1:], hit[:, :1] - hit[:, 1:]], axis=2)

    def levels(self) -> NDArray[np.int64]:
        """(N, 200) pixels of every row's image at each level."""
        lesion, background = (_stack(self.rows[column]) for column in _HISTOGRAMS)
        return np.asarray(lesion + background, np.int64)


def read_run(source: Path | bytes) -> Run:
    """A run from its folder, from its Parquet file or from that file's contents.

    Raises ValueError with one sentence for what is no run, a damaged or a newer one.
    """
    path = source / ROWS_FILE if isinstance(source, Path) and source.is_dir() else source
    if isinstance(path, Path) and not path.is_file():
        name = source.name if isinstance(source, Path) else ""
        raise ValueError(f"There is no {ROWS_FILE} at {name!r}: it is no run.")
    try:
        with pq.ParquetFile(path if isinstance(path, Path) else pa.BufferReader(path)) as file:
            receipt = read_receipt(file.schema_arrow.metadata)
            _refuse_giants(file.metadata)
            present = [name for name in SCHEMA.names if name in file.schema_arrow.names]
            if missing := _find_missing(present):
                raise ValueError(f"The run lacks the column {missing[0]!r}.")
            table = file.read(columns=present)
    except (pa.ArrowException, OSError) as error:
        raise ValueError("The file cannot be read as Parquet.") from error
    rows = _as_schema(table).to_pandas()
    _check_rows(rows, receipt)
    return Run(rows, receipt)


def write_run(folder: Path, run: Run) -> None:
    """Write a run; ValueError when its rows or its receipt are not what `read_run` takes."""
    _check_rows(run.rows, run.receipt)
    write_tables(folder, [to_table(run.rows)], run.receipt)


def to_table(rows: pd.DataFrame) -> pa.Table:
    """Rows as they are stored; ValueError when a column is missing or of another kind."""
    if missing := _find_missing(rows.columns):
        raise ValueError(f"The run lacks the column {missing[0]!r}.")
    present = [name for name in SCHEMA.names if name in rows]
    return _as_schema(pa.Table.from_pandas(rows[present], preserve_index=False))


def tabulate_rows(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as they are stored, without the detour over pandas; KeyError for one that is missing."""
    columns = []
    for field in SCHEMA:
        values = [row[field.name] for row in rows]
        if field.name in _HISTOGRAMS:
            flat = np.asarray(values, np.int32).ravel()
            columns.append(pa.FixedSizeListArray.from_arrays(pa.array(flat), STOPS))
        else:
            columns.append(pa.array(values, field.type))
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def write_tables(folder: Path, tables: Iterable[pa.Table], receipt: Mapping[str, Any]) -> None:
    """Write a run from tables of rows, one after another, so that it need not fit in memory.

    Each file appears whole or not at all.
    """
    write_parquet(folder / ROWS_FILE, tables, SCHEMA, receipt)
    text = _encode(receipt)
    replace_file(folder / RECEIPT_FILE, lambda path: path.write_text(text, encoding="utf-8"))


def write_parquet(
    path: Path, tables: Iterable[pa.Table], schema: pa.Schema, receipt: Mapping[str, Any]
) -> None:
    """Write tables of one schema as one Parquet file with the receipt in its metadata."""
    whole = schema.with_metadata({b"busdemo": _encode(receipt).encode()})
    path.parent.mkdir(parents=True, exist_ok=True)

    def write_rows(unfinished: Path) -> None:
        with pq.ParquetWriter(unfinished, whole, compression="zstd", compression_level=9) as writer:
            for table in tables:
                writer.write_table(table.replace_schema_metadata(whole.metadata))

    replace_file(path, write_rows)


def _encode(receipt: Mapping[str, Any]) -> str:
    return json.dumps(receipt, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_receipt(metadata: Mapping[bytes, bytes] | None) -> dict[str, Any]:
    """The receipt in a Parquet file's metadata; ValueError for none, or a newer run's."""
    try:
        receipt = dict(json.loads((metadata or {})[b"busdemo"]))
        version = int(receipt["version"])
        whole = all(isinstance(receipt.get(key), dict) for key in ("data", "models"))
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise ValueError("The file is no busdemo run: it holds no receipt.") from error
    if version > RUN_VERSION:
        raise ValueError(
            f"The run has format {version}, but this busdemo reads up to {RUN_VERSION}: "
            "a newer busdemo is needed."
        )
    if not whole or not all(isinstance(facts, dict) for facts in receipt["models"].values()):
        raise ValueError("The run's receipt does not name its data and its models.")
    return receipt


def _refuse_giants(metadata: Any) -> None:
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    if metadata.num_rows > MOST_ROWS or sum(g.total_byte_size for g in groups) > MOST_BYTES:
        raise ValueError(f"The run is too large to open: {metadata.num_rows:,} rows.")


def _find_missing(present: Iterable[str]) -> list[str]:
    known = {*present, *ANSWER_COLUMNS}
    return [name for name in SCHEMA.names if name not in known]


def _as_schema(table: pa.Table) -> pa.Table:
    """The columns in their order and types; ValueError for an empty cell or another kind."""
    columns = []
    for field in SCHEMA:
        if field.name in ANSWER_COLUMNS and field.name not in table.column_names:
            columns.append(pa.array(np.full(table.num_rows, np.nan)))
            continue
        try:
            column = table.column(field.name).combine_chunks().cast(field.type)
        except (pa.ArrowException, NotImplementedError) as error:
            raise ValueError(f"The run's column {field.name!r} holds something else.") from error
        if column.null_count and pa.types.is_floating(field.type):
            column = column.fill_null(np.nan)  # pandas writes nan as an empty cell
        if column.null_count:
            raise ValueError(f"The run's column {field.name!r} has empty cells.")
        columns.append(column)
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _check_rows(rows: pd.DataFrame, receipt: Mapping[str, Any]) -> None:
    if unknown := sorted(set(rows["model"]) - set(receipt["models"])):
        raise ValueError(f"The run's receipt says nothing of the model {unknown[0]!r}.")
    if not rows["stages"].isin([1, 2]).all():
        raise ValueError("The run's column 'stages' holds something other than 1 and 2.")
    if not rows["stop"].between(1, STOPS - 1).all():
        raise ValueError(f"The run's column 'stop' holds something outside 1 to {STOPS - 1}.")
    if twice := rows.duplicated(KEY).to_numpy().nonzero()[0].tolist():
        row = rows.iloc[twice[0]]
        raise ValueError(f"The run holds two rows for {row['id']}, {row['model']}.")


def _stack(column: pd.Series) -> NDArray[np.int64]:
    return np.stack([*column, np.zeros(STOPS, np.int64)])[:-1].astype(np.int64)
