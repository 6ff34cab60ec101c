"""The section "Benign or malignant?": what it says, and what it says when it cannot run."""

import html
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from tiny_world import CLASSIFIER_CONFIG, add_classifier, add_model, draw_scan

from busdemo.imaging import printed
from busdemo.imaging.arrays import GreyImage
from busdemo.imaging.images import Scan
from busdemo.imaging.masks import STOPS
from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui import classifier_text as words
from busdemo.ui.findings.classifier import build_classifier
from busdemo.ui.findings.subject import Subject
from busdemo.workflows.classifying import classifier_of, tabulate_classification
from busdemo.workflows.segmenting import segment
from busdemo.zoo.architectures.lesion_classifier import build_classifier as build_network
from busdemo.zoo.cards import read_cards


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> SegmenterPool:
    weights = tmp_path_factory.mktemp("weights")
    torch.manual_seed(5)
    add_model(weights, "unet")
    state = {k: v.contiguous() for k, v in build_network(CLASSIFIER_CONFIG).state_dict().items()}
    add_classifier(weights, state, largest_class={}, confusion={})
    curve = "".join(f"{c},{1 - c / 400},{c / 200}\n" for c in range(1, STOPS))
    (weights / "classifier" / "operating.csv").write_text(f"stop,sensitivity,specificity\n{curve}")
    return SegmenterPool(read_cards(weights))


def look_at(pool: SegmenterPool, pixels: GreyImage, **choices: str) -> Subject:
    scan = Scan(pixels=pixels, name="a.png", sha256="", notes=())
    result, _ = segment(scan, "unet", pool)
    return Subject(
        scan=scan,
        segmentation=result,
        stop=100,
        mask=result.mask(100),
        reference=None,
        pool=pool,
        choices=choices,
    )


def with_caliper() -> GreyImage:
    soft = cv2.GaussianBlur(draw_scan(4, (200, 160))[0], (0, 0), 2) // 2
    image = np.asarray(soft, np.uint8)
    image[50, 55:66] = image[45:56, 60] = 240
    return image


def test_it_says_what_it_is_not_before_any_number(zoo: SegmenterPool) -> None:
    section = build_classifier(look_at(zoo, draw_scan()[0]))
    assert section.index(words.LEAD) < section.index("<table")
    assert "confound" in section
    assert words.UNTESTED in section


def test_the_slider_carries_what_every_stop_means(zoo: SegmenterPool) -> None:
    section = build_classifier(look_at(zoo, draw_scan()[0]))
    assert json.loads(html.unescape(section.split('data-operating="')[1].split('"')[0]))[0] == [
        "over 99 %",
        "under 1 %",
    ]
    assert 'value="20"' in section
    assert "data-ask" not in section


def test_calipers_are_warned_of_and_painted_out_on_request(zoo: SegmenterPool) -> None:
    image = with_caliper()
    warned = build_classifier(look_at(zoo, image))
    assert "1 caliper cross" in warned
    assert 'data-value="yes"' in warned
    assert words.PAINTED not in warned
    painted = build_classifier(look_at(zoo, image, paint="yes"))
    assert words.PAINTED in painted
    assert painted.count("<img") == 2
    assert 'data-value="no"' in painted


def test_without_a_classifier_the_section_gives_the_reason(weights: Path) -> None:
    add_model(weights, "unet")
    pool = SegmenterPool(read_cards(weights))
    section = build_classifier(look_at(pool, draw_scan()[0]))
    assert section == f"<p>{words.DISABLED.format(reason='There is no classifier in the zoo.')}</p>"


def test_a_program_gets_the_same_numbers_as_the_page(zoo: SegmenterPool) -> None:
    row = tabulate_classification(with_caliper(), classifier_of(zoo), zoo, paint=True)
    assert row["calipers"] == 1
    assert float(row["normal"]) + float(row["benign"]) + float(row["malignant"]) == pytest.approx(
        1, abs=2e-4
    )
    assert {"malignant_painted_out", "dice_before_after"} <= set(row)
    assert f"<td>{printed.at_most(float(row['malignant']), 3)}</td>" in build_classifier(
        look_at(zoo, with_caliper())
    )
