from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from tiny_world import add_model, write_dataset

from busdemo.training.plan import TRAININGS
from busdemo.training.transfers import PAGE, TABLE, measure_transfers, write_transfers

ROWS = [
    (f"{name}{split}{i}", name, split, "normal" if name == "BUSI" and i == 2 else "benign")
    for name in ("BUSI", "BrEaST")
    for split in ("train", "val", "test")
    for i in range(3)
]


def test_each_transfer_is_tested_on_the_set_it_never_saw(tmp_path: Path, weights: Path) -> None:
    data = write_dataset(tmp_path / "data", ROWS)
    add_model(weights, "unet")
    for name in ("BUSI", "BrEaST"):
        add_model(tmp_path / "runs" / "weights", f"unet-without-{name}")
    transfers = measure_transfers(data, tmp_path / "runs", weights)
    assert [one.left_out for one in transfers] == ["BUSI", "BrEaST"]
    busi, breast = transfers
    assert (busi.unseen.n, busi.seen.n) == (4, 2)  # train and val against val; normals apart
    assert (breast.unseen.n, breast.seen.n) == (6, 3)
    assert breast.alarms is None
    assert busi.alarms is not None
    assert busi.alarms.n == 2

    write_transfers([replace(busi, left_out="BUSI"), breast], [], tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / TABLE)
    assert table["what"].tolist() == [
        *("dice_unseen", "dice_seen", "false_alarms_unseen"),
        *("dice_unseen", "dice_seen"),
    ]
    page = (tmp_path / "out" / PAGE).read_text()
    assert f"{busi.unseen.value:.3f}".removeprefix("0") in page
    assert "no normal images" in page


def test_without_a_finished_transfer_there_is_nothing_to_say(tmp_path: Path, weights: Path) -> None:
    with pytest.raises(ValueError, match="No training without a set is finished"):
        measure_transfers(tmp_path, tmp_path / "runs", weights)


def test_the_plan_has_a_transfer_for_each_name_it_is_looked_for_by() -> None:
    ids = {t.id for t in TRAININGS.values() if t.role == "transfer"}
    assert {"unet-without-BUSI", "unet-without-BrEaST"} <= ids
