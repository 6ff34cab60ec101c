import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
from tiny_world import add_model, write_dataset, write_world
from waiting import wait_until

from busdemo.cli import main
from busdemo.evaluation.evaluating import Numbered, compute_here, evaluate_dataset
from busdemo.evaluation.measuring import Measured
from busdemo.evaluation.readers.finding import read_dataset
from busdemo.evaluation.run_files import read_run
from busdemo.evaluation.setup import choose_setup, write_receipt
from busdemo.zoo.files import UnusableModel

COUNT, MANY = 12, 80
ROWS = [
    (f"case{n:02d}", "AB"[n % 2], "test", ("benign", "normal", "malignant")[n % 3])
    for n in range(COUNT)
]


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A folder with `data` of twelve test images and `weights` of two models and a detector."""
    return write_world(tmp_path, [*ROWS, ("other", "A", "train", "benign")])


def evaluate(world: Path, out: str, **changes: Any) -> int:
    """A run of everything in the world; how many images were computed."""
    usual = {
        "models": ["all"],
        "split": "test",
        "workers": 2,
        "data": "data",
        "fast_workers": 0,
    }
    options: dict[str, Any] = {**usual, **changes}
    dataset = read_dataset(world / options["data"], options["split"])
    _, examiner, _ = choose_setup(
        options["models"], weights=world / "weights", fast_workers=options["fast_workers"]
    )
    receipt = write_receipt(dataset, examiner, command="", place="here", workers=2)
    compute = compute_here(examiner, options["workers"])
    return evaluate_dataset(dataset, world / out, receipt, compute)


def rows_of(folder: Path) -> pd.DataFrame:
    """The rows of a run but for the time they took."""
    return read_run(folder).rows.drop(columns="ms")


def test_a_run_holds_every_image_model_and_stage_once_in_the_cases_order(world: Path) -> None:
    assert evaluate(world, "run") == COUNT
    run = read_run(world / "run")
    assert run.rows["id"].drop_duplicates().tolist() == [row[0] for row in ROWS]
    assert len(run.rows) == COUNT * 2 * 2
    assert run.receipt["data"]["cases"] == COUNT
    assert list(run.receipt["models"]) == ["one", "two"]
    assert run.receipt["detector"]["name"] == "detector"
    assert sorted(path.name for path in (world / "run").iterdir()) == ["rows.parquet", "run.json"]


def test_the_number_of_workers_changes_no_digit(world: Path) -> None:
    evaluate(world, "alone", workers=1)
    evaluate(world, "three", workers=3)
    pd.testing.assert_frame_equal(
        rows_of(world / "alone"), rows_of(world / "three"), check_exact=True
    )


def test_openvino_computes_smps_networks_a_stream_a_worker_and_changes_no_digit_with_them(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openvino", reason="OpenVINO comes with the extra `fast`")
    monkeypatch.setenv("XDG_CACHE_HOME", str(world / "cache"))
    monkeypatch.setattr("busdemo.evaluation.setup.SMP_CLASSES", ("AttentionUNet",))
    for workers in (1, 3):
        evaluate(world, f"by{workers}", workers=workers, fast_workers=workers)
    evaluate(world, "eager")
    fast, other = (read_run(world / name).receipt["engine"] for name in ("by3", "eager"))
    assert fast.startswith("openvino ")
    assert other.startswith("torch ")
    pd.testing.assert_frame_equal(rows_of(world / "by1"), rows_of(world / "by3"), check_exact=True)
    for name in ("dice", "nsd"):
        difference = rows_of(world / "by3")[name] - rows_of(world / "eager")[name]
        assert difference.abs().max() < 1e-2
    with pytest.raises(ValueError, match="it differs in what computes it"):
        evaluate(world, "eager", fast_workers=2)


def test_the_receipt_names_no_path_of_the_machine(world: Path) -> None:
    evaluate(world, "run")
    assert str(world) not in (world / "run/run.json").read_text()


def test_a_run_that_is_complete_is_not_computed_again(world: Path) -> None:
    evaluate(world, "run")
    before = (world / "run/rows.parquet").stat().st_mtime_ns
    assert evaluate(world, "run") == 0
    assert (world / "run/rows.parquet").stat().st_mtime_ns == before


def test_a_run_that_was_stopped_computes_only_what_is_missing(world: Path) -> None:
    dataset = read_dataset(world / "data", "test")
    _, examiner, _ = choose_setup(["all"], weights=world / "weights")
    receipt = write_receipt(dataset, examiner, command="", place="here", workers=1)

    def stop_early(cases: Sequence[Numbered]) -> Iterator[tuple[int, Measured]]:
        yield from list(compute_here(examiner, 1)(cases[:5]))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_dataset(dataset, world / "run", receipt, stop_early)
    assert not (world / "run/rows.parquet").exists()
    # What a kill leaves while it writes, and what a full disk leaves of a file in place.
    (world / "run/parts/.00005.arrow").write_bytes(b"ARROW1 half of it")
    (world / "run/parts/00006.arrow").write_bytes(b"ARROW1 half of it")
    (world / "run/parts/00002.arrow").unlink()
    assert evaluate(world, "run") == COUNT - 4
    evaluate(world, "whole")
    pd.testing.assert_frame_equal(
        rows_of(world / "run"), rows_of(world / "whole"), check_exact=True
    )


def test_a_run_killed_outright_goes_on_and_loses_and_doubles_nothing(world: Path) -> None:
    many = [(f"image{n:03d}", "A", "test", "benign") for n in range(MANY)]
    write_dataset(world / "many", many)
    command = [sys.executable, "-m", "busdemo", "evaluate", "--data", str(world / "many")]
    command += ["--out", str(world / "run"), "--workers", "2"]
    environment = {**os.environ, "BUSDEMO_WEIGHTS": str(world / "weights")}
    process = subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    wait_until(
        lambda: process.poll() is not None or count_parts(world / "run") >= MANY // 4,
        "A quarter of the run",
        every_s=0.002,
    )
    process.send_signal(signal.SIGKILL)
    process.communicate()
    finished = count_parts(world / "run")
    assert MANY // 4 <= finished < MANY
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{MANY - finished} of {MANY} images computed" in done.stdout
    evaluate(world, "whole", data="many")
    pd.testing.assert_frame_equal(
        rows_of(world / "run"), rows_of(world / "whole"), check_exact=True
    )


def count_parts(run: Path) -> int:
    return len(list((run / "parts").glob("[0-9]*.arrow")))


def test_a_corrupt_image_is_reported_and_skipped(world: Path) -> None:
    (world / "data/images/case03.webp").write_bytes(b"RIFF")
    small = np.zeros((10, 10), np.uint8)
    cv2.imwrite(str(world / "data/masks/case05.png"), small)
    evaluate(world, "run")
    run = read_run(world / "run")
    assert len(run.rows) == (COUNT - 2) * 4
    assert run.receipt["data"]["skipped"] == [
        {"id": "case03", "why": "case03.webp cannot be read as a picture."},
        {"id": "case05", "why": "The mask is 10x10 px, its image 90x70 px."},
    ]
    assert run.receipt["data"]["cases"] == COUNT - 2


@pytest.mark.parametrize("finished", [True, False])
def test_another_run_in_the_same_folder_is_refused(world: Path, finished: bool) -> None:
    evaluate(world, "run")
    if not finished:  # as after a kill: the plan of the run is there, the run is not
        (world / "run/parts").mkdir()
        (world / "run/run.json").rename(world / "run/parts/plan.json")
        (world / "run/rows.parquet").unlink()
    with pytest.raises(ValueError, match="Another run lies in run: it differs in its models"):
        evaluate(world, "run", models=["one"])
    with pytest.raises(ValueError, match="it differs in its data"):
        evaluate(world, "run", split="train")
    settings = world / "weights/one/preprocessor_config.json"
    settings.write_text(settings.read_text().replace('"threshold": 0.5', '"threshold": 0.4'))
    with pytest.raises(ValueError, match="it differs in its thresholds"):
        evaluate(world, "run")
    (world / "data/images/case01.webp").write_bytes(b"another picture")
    with pytest.raises(ValueError, match="its data and its thresholds"):
        evaluate(world, "run")


def test_other_weights_are_refused(world: Path) -> None:
    evaluate(world, "run")
    receipt = json.loads((world / "run/run.json").read_text())
    receipt["models"]["one"]["sha256"] = "f" * 64
    (world / "run/run.json").write_text(json.dumps(receipt))
    with pytest.raises(ValueError, match="it differs in its models' weights"):
        evaluate(world, "run")


def test_a_model_that_cannot_run_is_left_out_of_all_but_named_it_is_an_error(world: Path) -> None:
    (world / "weights/two/model.safetensors").unlink()
    setup, _, notes = choose_setup(["all"], weights=world / "weights")
    assert setup.model_ids == ("one",)
    assert notes == ["Left out: two cannot run. There are no weights in its folder."]
    with pytest.raises(UnusableModel, match=r"^two cannot run\."):
        choose_setup(["two"], weights=world / "weights")
    with pytest.raises(KeyError, match="Unknown model 'three'; known: all, one, two"):
        choose_setup(["three"], weights=world / "weights")


def test_without_a_detector_there_is_one_stage_and_a_sentence(world: Path) -> None:
    (world / "weights/detector/model.safetensors").unlink()
    setup, examiner, notes = choose_setup(["all"], weights=world / "weights")
    assert not setup.two_stage
    assert examiner.staged is None
    assert notes == ["In one stage only: There are no weights in its folder."]


def test_a_setup_built_elsewhere_refuses_other_weights(world: Path) -> None:
    setup, _, _ = choose_setup(["all"], weights=world / "weights")
    assert setup.build().model_ids == ("one", "two")
    add_model(world / "others", "one", seed=5)
    add_model(world / "others", "two", seed=6)
    moved = type(setup)(("one",), False, world / "others", None, setup.sha256s)
    with pytest.raises(UnusableModel, match="one here is not the one of the run"):
        moved.build()


def test_the_terminal_writes_a_run_and_says_what_is_wrong_in_a_sentence(
    world: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = ["--data", str(world / "data"), "--out", str(world / "run")]
    assert main(["evaluate", *data, "--models", "none"]) == 2
    assert "Unknown model 'none'" in capsys.readouterr().err
    assert main(["evaluate", *data, "--split", "val"]) == 1
    assert (
        "There are no images of the split 'val' in data; it has test, train, or all."
        in capsys.readouterr().err
    )
    monkeypatch.setattr("busdemo.evaluation.cluster.importlib.util.find_spec", lambda _: None)
    assert main(["evaluate", *data, "--split", "train", "--engine", "ray"]) == 1
    assert "pip install 'busdemo[cluster]'" in capsys.readouterr().err
    assert main(["evaluate", "unet", *data]) == 2
    assert "Name the models of a run after --models." in capsys.readouterr().err
    assert main(["evaluate", "--models", "unet"]) == 2
    assert main(["evaluate"]) == 2
    assert "with --out a folder for a run" in capsys.readouterr().err


def run_command(world: Path, monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    small = partial(choose_setup, weights=world / "weights")
    monkeypatch.setattr("busdemo.evaluation.setup.choose_setup", small)
    out = ["--out", str(world / "run"), "--one-stage", "--eager", *more]
    return main(["evaluate", "--data", str(world / "data"), *out])


def spoil(world: Path, count: int) -> None:
    """Cut the first images short: their headers are whole, so that a run begins with them."""
    for name, *_ in ROWS[:count]:
        path = world / f"data/images/{name}.webp"
        png = cv2.imencode(".png", cv2.imread(str(path)))[1].tobytes()
        path.unlink()
        path.with_suffix(".png").write_bytes(png[: len(png) // 2])


@pytest.mark.parametrize(("spoilt", "code"), [(0, 0), (1, 0), (2, 1)])
def test_a_run_that_skips_more_than_a_tenth_says_so_first_and_fails(
    world: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    spoilt: int,
    code: int,
) -> None:
    spoil(world, spoilt)
    assert run_command(world, monkeypatch) == code
    told = capsys.readouterr().err
    assert ("2 of 12 images are left out: this is not the whole set." in told) == bool(code)
    assert re.findall(r"Skipped 1 \((case\d+)\): \1.png", told) == [row[0] for row in ROWS[:spoilt]]


def test_a_run_that_computes_nothing_fails_and_leaves_nothing(
    world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(world, COUNT)
    assert run_command(world, monkeypatch) == 1
    assert "Nothing was computed: case00: case00.png" in capsys.readouterr().err
    assert not list((world / "run").iterdir())
