import csv
import hashlib
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from tiny_world import add_model, draw_scan

from busdemo.annotations.annotation import Annotation, Provenance, tell
from busdemo.annotations.files import read_annotations
from busdemo.annotations.pictures import write_mask_png
from busdemo.imaging.images import Scan, read_scan
from busdemo.imaging.post_processing import PostProcessing
from busdemo.inference.segmenter import SegmenterPool
from busdemo.scoring.agreement import METRICS
from busdemo.views.pictures import encode_png
from busdemo.workflows.comparing import (
    ComparedImage,
    ask_models,
    compare_annotations,
    encode_case,
    encode_matrix,
    tabulate_case,
)
from busdemo.workflows.comparison_report import tell_case, write_files, write_report
from busdemo.zoo.cards import read_cards

IMAGE, LESION = draw_scan(4, (80, 60))
SCAN = read_scan(encode_png(IMAGE), "scan.png")
NASTY = '<img src=x onerror="alert(1)">&'


def case_of(names: Sequence[str] = ("Ana", "Ben", "Cem"), scan: Scan = SCAN) -> ComparedImage:
    masks = [np.roll(LESION, 2 * shift, axis=1) for shift in range(len(names))]
    people = [
        Annotation(name, "person", mask, Provenance(how=f"From {name}.", sha256=("ab" * 32,)))
        for name, mask in zip(names, masks, strict=True)
    ]
    told = Provenance(how="Threshold 0.5.", sha256=("cd" * 32,), threshold=0.5)
    model = Annotation("U-Net", "model", np.roll(LESION, 1, axis=0), told)
    return compare_annotations(scan, [*people, model], ways=["majority", "staple"])


def test_every_mask_of_a_file_is_a_person_and_told_how_it_looks() -> None:
    data = write_mask_png(LESION)
    (found,) = read_annotations([("Dr. Ana.png", data)], SCAN)
    assert (found.annotator, found.kind) == ("Dr. Ana", "person")
    assert found.provenance.sha256 == (hashlib.sha256(data).hexdigest(),)
    assert f"of the image ({np.count_nonzero(LESION)} px). One lesion." in tell(found.provenance)
    np.testing.assert_array_equal(found.mask, LESION)


def test_models_answer_at_their_frozen_threshold_unless_asked_otherwise(weights: Path) -> None:
    add_model(weights, "small")
    pool = SegmenterPool(read_cards(weights))
    (frozen,) = ask_models(SCAN, ["small"], pool)
    assert (frozen.annotator, frozen.kind) == ("Small", "model")
    assert frozen.provenance.threshold == 0.5
    assert frozen.provenance.sha256 == (pool.cards["small"].sha256,)
    assert tell(frozen.provenance) == "Threshold 0.5 (frozen on validation), no post-processing."
    largest = PostProcessing(keep="largest")
    (moved,) = ask_models(SCAN, ["small"], pool, stop=130, post_processing=largest)
    assert (moved.provenance.threshold, moved.provenance.post_processing) == (0.65, "largest")
    assert tell(moved.provenance) == "Threshold 0.65, post-processing largest."
    assert moved.mask.sum() < frozen.mask.sum()
    with pytest.raises(ValueError, match="Unknown model 'big'; known: small"):
        ask_models(SCAN, ["big"], pool)


def test_consensus_masks_are_of_the_people_alone_and_can_be_the_reference() -> None:
    case = case_of()
    assert case.comparison.names[-2:] == ("consensus (majority vote)", "consensus (STAPLE)")
    np.testing.assert_array_equal(case.comparison.annotations[-2].mask, np.roll(LESION, 2, axis=1))
    assert tell(case.comparison.annotations[-1].provenance) == "Of 3 people: Ana, Ben, Cem."
    again = compare_annotations(
        SCAN, case.comparison.annotations[:4], ways=["union"], reference="consensus (union)"
    )
    assert len(again.comparison.against(again.reference)) == 4


def test_names_that_are_taken_are_numbered() -> None:
    assert case_of(("Ana", "Ana", "Ana")).comparison.names[:3] == ("Ana", "Ana (2)", "Ana (3)")


def test_what_cannot_be_compared_is_refused_in_one_sentence() -> None:
    one = Annotation("Ana", "person", LESION)
    with pytest.raises(ValueError, match="needs at least two masks or models"):
        compare_annotations(SCAN, [one])
    with pytest.raises(ValueError, match="No annotator is called 'Eve'; there are: Ana, Ana \\(2"):
        compare_annotations(SCAN, [one, one], reference="Eve")
    model = Annotation("U-Net", "model", LESION)
    with pytest.raises(ValueError, match="consensus needs at least one person's mask"):
        compare_annotations(SCAN, [model, model], ways=["staple"])


def test_the_json_holds_every_number_and_where_it_comes_from() -> None:
    case = case_of()
    found = json.loads(encode_case(case))
    assert found == tabulate_case(case)
    assert found["image"]["sha256"] == SCAN.sha256
    assert [one["annotator"] for one in found["annotators"]] == list(case.comparison.names)
    assert found["annotators"][3]["threshold"] == 0.5
    assert found["annotators"][3]["sha256"] == ["cd" * 32]
    for metric in METRICS:
        matrix = np.array(found["matrices"][metric.id], float)
        np.testing.assert_array_equal(matrix, case.comparison.matrix(metric.id))
    assert len(found["against_reference"]) == 5
    assert np.array(found["nsd_curve"]["values"]).shape == (6, 10)
    assert found["yardstick"]["models"][0]["verdict"] in found["yardstick"]["sentences"][0]
    assert [row["annotator"] for row in found["staple"]] == ["Ana", "Ben", "Cem"]


def test_undefined_numbers_are_null_and_endless_ones_a_word() -> None:
    nothing = Annotation("none", "person", np.zeros_like(LESION))
    case = compare_annotations(SCAN, [Annotation("Ana", "person", LESION), nothing])
    found = json.loads(encode_case(case))
    assert found["matrices"]["hd95"] == [[0, "inf"], ["inf", None]]
    assert found["matrices"]["dice"] == [[1, 0], [0, None]]


def test_the_csv_is_the_matrix_with_the_annotators_names() -> None:
    case = case_of(("Ana", 'B "e", n', "Cem"))
    rows = list(csv.reader(io.StringIO(encode_matrix(case, "hd95").decode())))
    assert rows[0] == ["hd95", *case.comparison.names]
    values = [[float(cell) for cell in row[1:]] for row in rows[1:]]
    np.testing.assert_array_equal(values, case.comparison.matrix("hd95"))


def test_the_report_needs_no_network_and_names_everyone() -> None:
    report = write_report(case_of())
    assert not re.search(r"(src|href)=\"(?!data:)", report)
    assert "<script" not in report
    assert "url(" not in report
    assert "@page" in report
    for word in ("Ana", "U-Net", "consensus (STAPLE)", "cd" * 32, SCAN.sha256, "scan.png"):
        assert word in report
    assert report.count("<caption>") == len(METRICS)


def test_nothing_a_visitor_named_reaches_the_report_or_the_svg_as_markup(tmp_path: Path) -> None:
    scan = Scan(SCAN.pixels, NASTY, SCAN.sha256, ())
    case = case_of((NASTY, "Ben", "Cem\ud800"), scan)
    written = write_files(case, tmp_path / "out.html")
    texts = {path.suffix: path.read_text("utf-8") for path in written}
    assert set(texts) == {".html", ".json", ".csv", ".svg"}
    assert "<img src=x" not in texts[".html"] + texts[".svg"]
    assert "&lt;img src=x" in texts[".html"]
    svg = ElementTree.fromstring(texts[".svg"])  # noqa: S314, written here
    titles = [title.text for title in svg.iter("{http://www.w3.org/2000/svg}title")]
    assert titles[0] == NASTY


def test_a_report_is_written_as_html_only(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"is an HTML file; please call it out\.html"):
        write_files(case_of(), tmp_path / "out.pdf")


def test_a_report_of_models_alone_and_of_empty_masks_is_written() -> None:
    nothing = np.zeros_like(LESION)
    sources = [Annotation(f"M{n}", "model", nothing) for n in range(9)]
    report = write_report(compare_annotations(SCAN, sources))
    assert "The yardstick is missing" in report
    assert report.count("<caption>") == 2


def test_the_terminal_is_told_rows_and_yardstick() -> None:
    told = tell_case(case_of())
    assert told.startswith("Against Ana:")
    assert "U-Net agrees with the annotators (Dice" in told
