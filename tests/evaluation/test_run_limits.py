"""Files of some kilobytes that would unfold to gigabytes are refused before they do."""

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_runs import small_run

from busdemo.evaluation import run_limits
from busdemo.evaluation.run_files import SCHEMA, to_table, write_run
from busdemo.evaluation.run_limits import refuse_giants

RUN = small_run(5)


def build_file(rows: int, **columns: pa.Array) -> bytes:
    """A file of one row over and over, some of its columns replaced."""
    table = to_table(RUN.rows).take(pa.array([0] * rows))
    arrays = [columns.get(field.name, table.column(field.name)) for field in SCHEMA]
    receipt = {b"busdemo": json.dumps(RUN.receipt).encode()}
    file = io.BytesIO()
    whole = pa.table(arrays, names=SCHEMA.names).replace_schema_metadata(receipt)
    pq.write_table(whole, file, compression="zstd")
    return file.getvalue()


def test_an_ordinary_run_passes(tmp_path: Path) -> None:
    write_run(tmp_path, RUN)
    refuse_giants((tmp_path / "rows.parquet").read_bytes())


@pytest.mark.parametrize("stored", ["string", "dictionary"])
def test_an_endless_word_is_not_repeated_in_memory(stored: str) -> None:
    word, rows = "x" * 100_000, 3000
    repeated = pa.array([word] * rows)
    if stored == "dictionary":
        repeated = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), [word])
    data = build_file(rows, device=repeated)
    assert len(data) < 100_000
    before = pa.total_allocated_bytes()
    with pytest.raises(ValueError, match="'device' holds more than 300 letters"):
        refuse_giants(data)
    assert pa.total_allocated_bytes() - before < 1_000_000


def test_endless_lists_are_refused() -> None:
    zeros = pa.array([0] * 400_000, pa.int32())
    lists = pa.ListArray.from_arrays(pa.array([0, *[400_000] * 100], pa.int32()), zeros)
    with pytest.raises(ValueError, match="lists of more than 200 numbers"):
        refuse_giants(build_file(100, lesion_histogram=lists))


def test_too_many_rows_are_for_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_limits, "MOST_ROWS", 100)
    with pytest.raises(ValueError, match=r"more than 100 rows .* please make a report"):
        refuse_giants(build_file(101))


def test_what_is_no_parquet_says_so() -> None:
    with pytest.raises(ValueError, match="cannot be read as Parquet"):
        refuse_giants(b"PAR1 and nothing more PAR1")


def test_columns_of_another_kind_are_left_to_the_reader() -> None:
    refuse_giants(build_file(10, device=pa.array([1] * 10)))
