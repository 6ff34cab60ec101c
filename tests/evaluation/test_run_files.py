import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_runs import MODELS, small_receipt, small_run

from busdemo.evaluation.run_files import (
    ANSWER_COLUMNS,
    ROWS_FILE,
    RUN_VERSION,
    SCHEMA,
    Run,
    read_run,
    to_table,
    write_run,
    write_tables,
)
from busdemo.scoring.outcome import Outcome


def write_parquet(path: Path, table: pa.Table, receipt: object = None) -> Path:
    """Any table as a Parquet file, with whatever stands for a receipt."""
    text = json.dumps(small_receipt(1) if receipt is None else receipt)
    pq.write_table(table.replace_schema_metadata({"busdemo": text}), path)
    return path


def assert_same(run: Run, expected: Run) -> None:
    """The same rows to the last digit."""
    pd.testing.assert_frame_equal(run.rows, to_table(expected.rows).to_pandas(), check_exact=True)


def test_a_run_comes_back_as_it_was_written(tmp_path: Path) -> None:
    run = small_run()
    write_run(tmp_path / "run", run)
    again = read_run(tmp_path / "run")
    assert dict(again.receipt) == run.receipt == json.loads((tmp_path / "run/run.json").read_text())
    assert list(again.rows) == SCHEMA.names
    assert_same(again, run)


def test_the_parquet_file_alone_is_a_run(tmp_path: Path) -> None:
    write_run(tmp_path, small_run(10))
    path = tmp_path / ROWS_FILE
    for source in (path, path.read_bytes()):
        assert_same(read_run(source), small_run(10))


def test_tables_written_one_after_another_are_one_run(tmp_path: Path) -> None:
    rows = small_run(10).rows
    write_tables(tmp_path, [to_table(rows[:7]), to_table(rows[7:])], small_receipt(10))
    assert_same(read_run(tmp_path), small_run(10))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.parquet", "run.json"]


def test_other_writers_types_are_taken_where_nothing_is_lost(tmp_path: Path) -> None:
    table = to_table(small_run(5).rows)
    types = {
        "id": pa.large_string(),
        "model": pa.dictionary(pa.int8(), pa.string()),
        "stop": pa.int16(),
        "lesion_histogram": pa.list_(pa.int64()),
    }
    for name, kind in types.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table.column(name).cast(kind))
    again = read_run(write_parquet(tmp_path / "run.parquet", table))
    assert_same(again, small_run(5))


def test_histograms_give_the_counts_at_every_stop() -> None:
    run = small_run(20)
    counts = run.counts()
    at_frozen = counts[np.arange(len(run.rows)), run.rows["stop"].to_numpy() - 1]
    assert np.array_equal(at_frozen, run.rows[["tp", "fp", "fn"]].to_numpy())
    for row, count in zip(run.rows.to_dict("records"), counts, strict=True):
        for stop in (1, 40, 199):
            tp, fp = (row[f"{kind}_histogram"][stop:].sum() for kind in ("lesion", "background"))
            assert count[stop - 1].tolist() == [tp, fp, row["lesion_px"] - tp]


def test_a_run_without_rows_is_still_a_run(tmp_path: Path) -> None:
    write_run(tmp_path, Run(small_run(1).rows[:0], small_receipt(0)))
    again = read_run(tmp_path)
    assert len(again.rows) == 0
    assert again.counts().shape == (0, 199, 3)


def test_the_small_run_holds_every_outcome_and_what_belongs_to_it() -> None:
    rows = small_run().rows
    assert set(rows["outcome"]) == {str(outcome) for outcome in Outcome}
    assert (rows["lesion_px"] == rows["tp"] + rows["fn"]).all()
    assert len(rows) == 60 * len(MODELS) * 2
    pixels = [*map(sum, zip(rows["lesion_histogram"], rows["background_histogram"], strict=True))]
    assert (np.stack(pixels).sum(axis=1) == rows["height"] * rows["width"]).all()


def without(column: str) -> pa.Table:
    return to_table(small_run(2).rows).drop_columns([column])


def changed(**columns: Any) -> pa.Table:
    """A small run's table with columns replaced, of any type."""
    table = to_table(small_run(2).rows)
    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, pa.array([values] * len(table)))
    return table


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (without("hd95_px"), "The run lacks the column 'hd95_px'."),
        (changed(tp="many"), "The run's column 'tp' holds something else."),
        (changed(tp=1.5), "The run's column 'tp' holds something else."),
        (changed(lesion_histogram=[1, 2]), "column 'lesion_histogram' holds something else."),
        (changed(lesion_histogram=5), "column 'lesion_histogram' holds something else."),
        (changed(model=None), "The run's column 'model' has empty cells."),
        (changed(id="a", model="weak", stages=1), "The run holds two rows for a, weak."),
        (changed(model="other"), "The run's receipt says nothing of the model 'other'."),
        (changed(stages=3), "The run's column 'stages' holds something other than 1 and 2."),
        (changed(stop=200), "The run's column 'stop' holds something outside 1 to 199."),
    ],
)
def test_rows_that_are_wrong_are_one_sentence(
    tmp_path: Path, table: pa.Table, sentence: str
) -> None:
    path = write_parquet(tmp_path / "run.parquet", table)
    with pytest.raises(ValueError, match="The run") as caught:
        read_run(path)
    assert str(caught.value).endswith(sentence)


def test_empty_cells_are_nan_where_numbers_may_be_undefined(tmp_path: Path) -> None:
    table = changed(dice=None, mm_per_px=None)
    rows = read_run(write_parquet(tmp_path / "run.parquet", table)).rows
    assert rows["dice"].isna().all()
    assert rows["mm_per_px"].dtype == np.float64


def test_a_newer_run_is_refused_by_its_version(tmp_path: Path) -> None:
    receipt = small_receipt(2) | {"version": RUN_VERSION + 1}
    path = write_parquet(tmp_path / "run.parquet", without("dice"), receipt)
    with pytest.raises(ValueError, match="The run has format 2, but this busdemo reads up to 1"):
        read_run(path)


@pytest.mark.parametrize("receipt", [[], {"version": "new"}, {}, {"version": None}, 5])
def test_a_table_without_a_receipt_is_no_run(tmp_path: Path, receipt: object) -> None:
    path = write_parquet(tmp_path / "run.parquet", without("dice"), receipt)
    with pytest.raises(ValueError, match=r"^The file is no busdemo run: it holds no receipt\.$"):
        read_run(path)


@pytest.mark.parametrize("part", [{"models": None}, {"data": []}, {"models": {"weak": 5}}])
def test_a_receipt_that_says_nothing_of_data_or_models_is_refused(
    tmp_path: Path, part: dict[str, Any]
) -> None:
    table = to_table(small_run(1).rows)
    path = write_parquet(tmp_path / "run.parquet", table, small_receipt(1) | part)
    with pytest.raises(ValueError, match="receipt does not name its data and its models"):
        read_run(path)


def test_a_parquet_file_of_something_else_is_no_run(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(ValueError, match="no busdemo run"):
        read_run(tmp_path / "other.parquet")


def test_what_is_no_parquet_is_one_sentence(tmp_path: Path) -> None:
    write_run(tmp_path, small_run(3))
    whole = (tmp_path / ROWS_FILE).read_bytes()
    damaged = bytearray(whole)
    damaged[100:200] = bytes(100)
    for data in (b"", b"PAR1", b"id,dice\n1,2\n", whole[: len(whole) // 2], bytes(damaged)):
        with pytest.raises(ValueError, match=r"^The file cannot be read as Parquet\.$"):
            read_run(data)


def test_a_folder_without_rows_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"^There is no rows\.parquet at '{tmp_path.name}'"):
        read_run(tmp_path)


def test_a_run_too_large_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(tmp_path, small_run(3))
    monkeypatch.setattr("busdemo.evaluation.run_files.MOST_ROWS", 10)
    with pytest.raises(ValueError, match=r"^The run is too large to open: 18 rows\.$"):
        read_run(tmp_path)


def test_a_run_made_before_there_were_answers_is_read_without_them(tmp_path: Path) -> None:
    table = to_table(small_run().rows).drop_columns(list(ANSWER_COLUMNS))
    path = write_parquet(tmp_path / ROWS_FILE, table, small_receipt(60))
    rows = read_run(path).rows
    assert list(rows) == SCHEMA.names
    assert rows[list(ANSWER_COLUMNS)].isna().all(axis=None)
