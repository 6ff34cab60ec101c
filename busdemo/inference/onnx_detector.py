"""A user's own detector: YOLO11 (or v8) of Ultralytics, exported to ONNX. None of its code is used.

Export with `yolo export model=best.pt format=onnx`. The input is (1, 3, H, W), the output
(1, 4 + classes, N): centre, width and height in input px, then a score in [0, 1] for every class.
onnxruntime comes with the extra `onnx`.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.arrays import GreyImage
from busdemo.imaging.fit import Fit
from busdemo.inference.detector import Tuning, place
from busdemo.scoring.detection import FoundBoxes
from busdemo.zoo.failures import explain
from busdemo.zoo.files import UnusableModel

YOLO_TUNING = Tuning(cut_off=0.25, most_iou=0.7, padding=0.5)
"""Score and overlap are the ones Ultralytics itself predicts with."""

YOLO_BORDER = 114
"""The grey that Ultralytics pads an image with."""

USUAL_SIDE_PX = 640
"""Of a model exported with an input of any size."""


class OnnxDetector:
    """A YOLO detector in an ONNX file; UnusableModel with one sentence when it is none."""

    def __init__(self, path: Path, tuning: Tuning = YOLO_TUNING) -> None:
        self.name = path.name
        self.tuning = tuning
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UnusableModel(f"{path} cannot be read: {error.strerror}.") from error
        self.sha256 = hashlib.sha256(data).hexdigest()
        self._session = _start(data, path.name)
        self._input, self._size_wh = _read_input(self._session, path.name)
        self.propose(np.zeros((64, 64), np.uint8))  # a wrong output is to be told at the start

    def propose(self, image: GreyImage) -> FoundBoxes:
        """Boxes of a (H, W) uint8 scan, in its px; see `Detector.propose`."""
        height, width = image.shape
        fit = Fit.of((width, height), self._size_wh)
        grey = fit.apply(image, border=YOLO_BORDER).astype(np.float32) / np.float32(255)
        pixels = np.ascontiguousarray(np.broadcast_to(grey, (1, 3, *grey.shape)))
        try:
            outputs = self._session.run(None, {self._input: pixels})
        except Exception as error:  # onnxruntime's errors have no common class
            raise explain(error, f"{self.name} cannot compute an image.") from error
        return place(_read_yolo(outputs, self.name), fit, self.tuning.most_iou)


def _start(data: bytes, name: str) -> Any:
    try:
        import onnxruntime  # noqa: PLC0415  (an extra, and slow to import)
    except ImportError as error:
        raise UnusableModel(
            "A detector in ONNX needs onnxruntime: pip install 'busdemo[onnx]'."
        ) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common class
        raise explain(error, f"{name} is not an ONNX network that can run here.") from error


def _read_input(session: Any, name: str) -> tuple[str, tuple[int, int]]:
    """The input's name and its width and height in px."""
    inputs = session.get_inputs()
    shape = inputs[0].shape if inputs else []
    if len(inputs) != 1 or len(shape) != 4 or shape[1] not in (3, "channels"):
        raise UnusableModel(f"{name} is not a YOLO detector: its input is not (1, 3, H, W).")
    if inputs[0].type != "tensor(float)":
        raise UnusableModel(f"{name} wants {inputs[0].type} as its input; export it as float32.")
    height, width = (n if isinstance(n, int) and n > 0 else USUAL_SIDE_PX for n in shape[2:])
    return str(inputs[0].name), (width, height)


def _read_yolo(outputs: list[NDArray[np.float32]], name: str) -> FoundBoxes:
    shape = tuple(np.shape(outputs[0])) if len(outputs) == 1 else ()
    if len(shape) != 3 or shape[0] != 1 or shape[1] < 5:
        raise UnusableModel(
            f"{name} is not a YOLO detector: its output is not (1, 4 + classes, N)."
        )
    values = np.asarray(outputs[0][0], np.float64)
    x, y, width, height = values[:4]
    scores = values[4:].max(axis=0)
    if not (np.isfinite(values).all() and ((scores >= 0) & (scores <= 1)).all()):
        raise UnusableModel(f"{name} is not a YOLO detector: its scores are not from 0 to 1.")
    boxes = [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
    return FoundBoxes(np.stack(boxes, axis=1), scores)
