"""A study on disk: beside a run's rows, what every two annotators say of each image.

    STUDY/rows.parquet    the run: everyone against the reference (`evaluation.run_files`)
    STUDY/pairs.parquet   one row = one image x one label x two annotators, and the receipt

| columns | what they hold |
|---|---|
| id, group, label | the image, its patient, its class |
| mm_per_px, height, width | of the image |
| structure | the label compared, "" for masks without |
| a, b, a_role, b_role | two annotators: person, program, assisted, ground truth, model, consensus |
| a_px, b_px, shared_px | pixels of each mask and of both |
| dice, iou, hd95_px, assd_px, nsd | as `scoring.agreement` has them, empties as `scoring.outcome` |
| a_longest_px, a_across_px, b_... | diameters of each largest lesion, nan where empty |
| a_lesions, b_lesions, a_matched, b_matched | lesions, and those `match_lesions` matches |
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from busdemo.evaluation.run_files import read_receipt

PAIRS_FILE = "pairs.parquet"

PAIRS = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "group", "label")),
        ("mm_per_px", pa.float64()),
        *((name, pa.int64()) for name in ("height", "width")),
        *((name, pa.string()) for name in ("structure", "a", "b", "a_role", "b_role")),
        *((name, pa.int64()) for name in ("a_px", "b_px", "shared_px")),
        *((name, pa.float64()) for name in ("dice", "iou", "hd95_px", "assd_px", "nsd")),
        *((f"{side}_{name}_px", pa.float64()) for side in "ab" for name in ("longest", "across")),
        *((f"{side}_{name}", pa.int64()) for side in "ab" for name in ("lesions", "matched")),
    ]
)
"""The columns in their order."""


def tabulate_pairs(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as they are stored; KeyError for one that is missing."""
    columns = [pa.array([row[one.name] for row in rows], one.type) for one in PAIRS]
    return pa.Table.from_arrays(columns, schema=PAIRS)


def read_pairs(folder: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The pairs of a study's folder and its receipt.

    Raises ValueError with one sentence for what is no study, a damaged or a newer one.
    """
    path = folder / PAIRS_FILE
    if not path.is_file():
        raise ValueError(f"There is no {PAIRS_FILE} in {folder.name!r}: it is no study.")
    try:
        with pq.ParquetFile(path) as file:
            receipt = read_receipt(file.schema_arrow.metadata)
            table = file.read()
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{PAIRS_FILE} cannot be read as Parquet.") from error
    if table.schema.names != PAIRS.names or not isinstance(receipt.get("study"), dict):
        raise ValueError(f"{PAIRS_FILE} is no study of this busdemo.")
    return table.to_pandas(), receipt
