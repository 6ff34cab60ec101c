"""What a library says of a visitor's file is dropped in that thread, and in no other."""

import logging
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from imaging.dicom_files import dicom_file

from busdemo.imaging.images import read_scan
from busdemo.imaging.quiet import LIBRARIES, hushed

QUOTED = "Invalid value for VR UI: 'the name of a patient'"


def speak(library: str) -> None:
    logging.getLogger(library).error(QUOTED)
    warnings.warn(QUOTED, UserWarning, stacklevel=1)


@pytest.fixture(params=["pydicom", "pydicom.pixels.decoders.base", "highdicom.image", "nibabel.x"])
def library(request: pytest.FixtureRequest) -> str:
    logging.getLogger(request.param)  # as it is once the library has been imported
    return str(request.param)


def test_a_library_is_unheard_while_a_file_is_read_and_heard_before_and_after(
    library: str, caplog: pytest.LogCaptureFixture
) -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        speak(library)
        with hushed():
            speak(library)
        speak(library)
    assert len(heard) == 2
    assert caplog.messages == [QUOTED] * 2


def test_other_threads_are_heard_meanwhile_and_nothing_stays_behind(
    library: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Two readings overlap, which would leave `catch_warnings` ignoring everything for ever."""
    first_reads, both_read, first_is_done = (threading.Event() for _ in range(3))

    def read_first() -> None:
        with hushed():
            first_reads.set()
            both_read.wait(10)
            speak(library)

    def read_second() -> None:
        first_reads.wait(10)
        with hushed():
            both_read.set()
            first_is_done.wait(10)
            speak(library)

    levels = [logging.getLogger(name).level for name in LIBRARIES]
    with warnings.catch_warnings(record=True) as heard, ThreadPoolExecutor(2) as threads:
        warnings.simplefilter("always")
        first, second = threads.submit(read_first), threads.submit(read_second)
        both_read.wait(10)
        speak(library)
        first.result(10)
        first_is_done.set()
        second.result(10)
        speak(library)
    assert len(heard) == 2
    assert caplog.messages == [QUOTED] * 2
    assert [logging.getLogger(name).level for name in LIBRARIES] == levels


def test_a_warning_that_would_be_an_error_refuses_no_sound_file() -> None:
    doubtful = dicom_file(SOPClassUID="not.a.number")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_scan(doubtful, "scan.dcm").notes == ()


def test_reading_changes_no_setting_of_a_library() -> None:
    before = [logging.getLogger(name).level for name in LIBRARIES]
    read_scan(dicom_file(), "scan.dcm")
    assert [logging.getLogger(name).level for name in LIBRARIES] == before
