"""Files that come in with a request, and files that go out with its answer."""

from collections.abc import Sequence
from pathlib import Path

import gradio as gr

from busdemo.imaging.crops import parse_crop
from busdemo.imaging.images import Scan, ScanOptions, read_scan
from busdemo.ui.gradio_private import find_uploads, keep_file


def open_scan(path: str | None, frame: float = 0, crop: str = "auto") -> Scan:
    """The image of a request, a frame of it from 1; gr.Error without one, ValueError."""
    if path is None:
        raise gr.Error("An image is needed.", print_exception=False)
    options = ScanOptions(frame=int(frame) or None, crop=parse_crop(crop))
    return read_scan(Path(path).read_bytes(), Path(path).name, options)


def open_files(paths: Sequence[str] | None) -> list[tuple[str, bytes]]:
    """Names and contents of a request's files."""
    return [(Path(path).name, Path(path).read_bytes()) for path in paths or ()]


def keep(data: bytes, name: str) -> str:
    """The path of a new file that the answer names; it is deleted with the uploads."""
    return keep_file(data, name, find_uploads())
