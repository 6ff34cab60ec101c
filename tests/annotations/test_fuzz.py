"""A damaged file of any format is a sentence or a mask: no traceback, 1 GB or 10 s at the most.

200 files of each format here; `make fuzz` reads 10,000 of each.
"""

import os

import pytest
from annotations.fuzzing import damage, find_harm, seeds

from busdemo.annotations.registry import FORMATS
from busdemo.imaging.refusals import FORMATS as PICTURES

COUNT = int(os.environ.get("BUSDEMO_FUZZ", "200"))


def test_every_format_has_seeds() -> None:
    kinds = {f"picture {kind}" for kind in (*PICTURES, "DICOM", "HEIC")}
    assert {known.title for known in FORMATS} | kinds <= set(seeds())


@pytest.mark.parametrize("format_title", seeds())
def test_damage_does_no_harm(format_title: str) -> None:
    assert find_harm(format_title, range(COUNT)) == []


def test_a_damaged_file_can_be_made_again() -> None:
    assert damage("COCO", 7) == damage("COCO", 7) != damage("COCO", 8)
