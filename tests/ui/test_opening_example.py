"""The shipped examples, and the opening one's results at hand."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from gradio.data_classes import FileData
from pixels import read_white

from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui import text
from busdemo.ui.examples import EXAMPLES, open_example, read_examples
from busdemo.ui.intake.card import describe_workspace
from busdemo.ui.workspace import show_workspace
from busdemo.workflows.segmenting import segment
from busdemo.zoo.cards import read_cards


@pytest.fixture(scope="module")
def pool() -> SegmenterPool:
    return SegmenterPool(read_cards())


def test_there_are_at_least_eight_and_each_has_its_files() -> None:
    examples = read_examples()
    assert len(examples) >= 8
    for example in examples.values():
        for name in ("image.png", "mask.png", "thumbnail.webp"):
            assert (example.folder / name).is_file()


def test_the_opening_example_needs_no_model(pool: SegmenterPool) -> None:
    opening = open_example(next(iter(read_examples().values())), pool)
    assert set(opening.segmentations) == {m for m in pool.cards if m not in pool.problems}


def test_the_results_at_hand_are_what_the_models_give(pool: SegmenterPool) -> None:
    opening = open_example(next(iter(read_examples().values())), pool)
    for model_id, kept in opening.segmentations.items():
        again, _ = segment(opening.scan, model_id, pool)
        # Another processor may round the last bits otherwise: a level more or less at an edge.
        assert np.abs(again.levels.astype(int) - kept.levels).max() <= 1


def test_results_of_other_weights_are_not_used(pool: SegmenterPool, tmp_path: Path) -> None:
    first = next(iter(read_examples()))
    shutil.copytree(EXAMPLES / first, tmp_path / first)
    (tmp_path / "index.json").write_bytes((EXAMPLES / "index.json").read_bytes())
    opening = json.loads((EXAMPLES / "opening.json").read_text())
    for made in opening["models"].values():
        made["sha256"] = "0" * 64
    (tmp_path / "opening.json").write_text(json.dumps(opening))
    example = read_examples(tmp_path)[first]
    assert open_example(example, pool).segmentations == {}


def test_the_page_opens_with_a_real_scan_and_says_what_it_is(pool: SegmenterPool) -> None:
    examples = read_examples()
    opening = next(iter(examples.values()))
    workspace = open_example(opening, pool)
    card = describe_workspace(workspace, examples)
    assert (opening.simulated, workspace.simulated) == (False, False)
    assert "CC BY 4.0, doi:10.7937/9WKK-Q141" in card.image.text
    assert card.seen.text == text.TEST_IMAGE
    assert workspace.reference is not None
    assert workspace.reference.kind == "person"
    assert workspace.scan.spacing_mm == opening.mm_per_px


def test_a_simulated_example_is_never_called_anything_else(pool: SegmenterPool) -> None:
    examples = read_examples()
    for example in examples.values():
        workspace = open_example(example, pool)
        shown = show_workspace(
            workspace.drawn(lambda _: FileData(path="x")), pool, chosen=next(iter(pool.cards))
        )
        assert shown.simulated == example.simulated
        assert ("BrEaST" in describe_workspace(workspace, examples).image.text) != shown.simulated


def test_an_example_carries_its_mask(pool: SegmenterPool) -> None:
    for example in read_examples().values():
        workspace = open_example(example, pool)
        written = read_white(example.folder / "mask.png")
        assert workspace.reference is not None
        assert np.array_equal(workspace.reference.mask, written)
