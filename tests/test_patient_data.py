"""What a DICOM file says of a patient reaches no receipt, no page and no log."""

import logging
from pathlib import Path

import numpy as np
import pytest
from imaging.dicom_files import CASE, PATIENT, dicom_file
from tiny_world import add_model

from busdemo.imaging.images import read_scan
from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui.intake.card import describe_workspace
from busdemo.ui.workspace import Workspace
from busdemo.workflows.receipts import encode_receipt, write_receipt
from busdemo.workflows.segmenting import (
    Choice,
    invert_reference,
    read_reference,
    segment,
    strip_files,
)
from busdemo.zoo.cards import read_cards

MASK = np.where(CASE > 127, np.uint8(255), np.uint8(0))


def test_no_patient_is_in_a_receipt_the_page_or_the_log(
    weights: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    add_model(weights, "small")
    pool = SegmenterPool(read_cards(weights))
    scan = read_scan(dicom_file(), "scan.dcm")
    reference = read_reference([("mask.dcm", dicom_file(MASK))], scan)
    segmentation, _ = segment(scan, "small", pool)
    receipt = encode_receipt(write_receipt(scan, segmentation, Choice(100), reference))
    page = describe_workspace(Workspace(scan, scan.name, reference=reference), {})
    kept = (
        repr(strip_files([("mask.dcm", dicom_file(MASK))]))
        + repr(vars(scan))
        + page.model_dump_json()
        + receipt.decode()
    )
    streams = capfd.readouterr()
    for value in PATIENT.values():
        assert value not in kept + caplog.text + streams.out + streams.err


def test_a_kept_dicom_mask_is_inverted_and_keeps_its_digest() -> None:
    scan = read_scan(dicom_file(), "scan.dcm")
    given = [("mask.dcm", dicom_file(MASK))]
    reference = read_reference(given, scan)
    inverted = invert_reference(reference, strip_files(given), scan)
    assert np.array_equal(inverted.mask, ~reference.mask)
    assert inverted.provenance.sha256 == reference.provenance.sha256
