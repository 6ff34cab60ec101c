"""A user's YOLO in ONNX; the files are small graphs that emit known boxes."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tiny_world import add_model, draw_scan

from busdemo.imaging.boxes import Box
from busdemo.inference.detector import find_lesions
from busdemo.inference.onnx_detector import OnnxDetector
from busdemo.inference.segmenter import SegmenterPool
from busdemo.inference.two_stage import open_two_stage
from busdemo.zoo.cards import read_cards
from busdemo.zoo.files import UnusableModel

Values = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def write_yolo(
    path: Path,
    answer: Values,
    shape: tuple[int | str, ...] = (1, 3, 640, 640),
    kind: int = TensorProto.FLOAT,
) -> Path:
    """A graph with YOLO's input that answers the same whatever it is shown."""
    image = helper.make_tensor_value_info("images", kind, shape)
    output = helper.make_tensor_value_info("output0", TensorProto.FLOAT, answer.shape)
    # The image takes part (times 0), because an input without use is left out of the graph.
    nodes = [
        helper.make_node("ReduceMax", ["images"], ["largest"], keepdims=0),
        helper.make_node("Mul", ["largest", "zero"], ["nothing"]),
        helper.make_node("Add", ["answer", "nothing"], ["output0"]),
    ]
    constants = {"answer": answer, "zero": np.float32(0)}
    initializers = [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()]
    graph = helper.make_graph(nodes, "yolo", [image], [output], initializers)
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return path


def boxes(*columns: tuple[float, ...]) -> Values:
    """(1, 4 + classes, N) from centre x, centre y, width, height and scores."""
    return np.array(columns, np.float32).T[None]


def test_boxes_come_back_at_the_images_own_size(tmp_path: Path) -> None:
    # 320x160 px fill the middle rows of 640x640 at twice their size: 160 px are added above.
    path = write_yolo(tmp_path / "mine.onnx", boxes((200, 260, 80, 40, 0.9)))
    found = find_lesions(OnnxDetector(path), draw_scan(size_wh=(320, 160))[0])
    assert [d.box for d in found] == [Box(80, 40, 120, 60)]
    assert found[0].score == pytest.approx(0.9)


def test_the_side_is_read_from_the_models_input(tmp_path: Path) -> None:
    path = write_yolo(tmp_path / "s.onnx", boxes((16, 16, 16, 8, 0.9)), (1, 3, 32, 32))
    found = find_lesions(OnnxDetector(path), draw_scan(size_wh=(64, 64))[0])
    assert [d.box for d in found] == [Box(16, 24, 48, 40)]


def test_an_input_of_any_size_gets_640_px(tmp_path: Path) -> None:
    path = write_yolo(
        tmp_path / "any.onnx", boxes((320, 320, 64, 64, 0.9)), ("batch", 3, "height", "width")
    )
    found = find_lesions(OnnxDetector(path), draw_scan(size_wh=(320, 320))[0])
    assert [d.box for d in found] == [Box(144, 144, 176, 176)]


def test_a_box_counts_by_its_best_class_from_a_quarter_on_and_once(tmp_path: Path) -> None:
    answer = boxes(
        (100, 100, 50, 50, 0.1, 0.6),
        (102, 100, 50, 50, 0.5, 0.1),
        (400, 400, 50, 50, 0.24, 0.2),
        (300, 300, 50, 50, 0.3, 0.0),
    )
    found = find_lesions(OnnxDetector(write_yolo(tmp_path / "two.onnx", answer)), draw_scan()[0])
    assert [round(d.score, 2) for d in found] == [0.6, 0.3]


def test_it_stands_in_the_detectors_place(tmp_path: Path, weights: Path) -> None:
    add_model(weights, "small")
    path = write_yolo(tmp_path / "mine.onnx", boxes((320, 320, 300, 300, 0.9)))
    two = open_two_stage(SegmenterPool(read_cards(weights)), weights, path)
    image, _ = draw_scan()
    found = two.locate(image)
    assert (found.detector, len(found.sha256), len(found.detections)) == ("mine.onnx", 64, 1)
    assert two.look_at(image, found=found).predict("small").shape == image.shape


BAD_SCORE = np.full((1, 5, 3), 7.5, np.float32)
GOOD = boxes((100, 100, 50, 50, 0.9))


@pytest.mark.parametrize(
    ("answer", "shape", "kind", "words"),
    [
        (np.zeros((1, 300), np.float32), (1, 3, 640, 640), TensorProto.FLOAT, "its output is"),
        (np.zeros((1, 4, 9), np.float32), (1, 3, 640, 640), TensorProto.FLOAT, "its output is"),
        (BAD_SCORE, (1, 3, 640, 640), TensorProto.FLOAT, "scores are not from 0 to 1"),
        (GOOD, (1, 1, 640, 640), TensorProto.FLOAT, "its input is"),
        (GOOD, (1, 3, 640), TensorProto.FLOAT, "its input is"),
        (GOOD, (1, 3, 640, 640), TensorProto.DOUBLE, "export it as float32"),
    ],
)
def test_another_network_is_refused_in_one_sentence(
    tmp_path: Path, answer: Values, shape: tuple[int, ...], kind: int, words: str
) -> None:
    path = tmp_path / "other.onnx"
    if kind == TensorProto.DOUBLE:
        image = helper.make_tensor_value_info("images", kind, shape)
        output = helper.make_tensor_value_info("output0", kind, shape)
        node = helper.make_node("Identity", ["images"], ["output0"])
        graph = helper.make_graph([node], "other", [image], [output])
        opset = [helper.make_opsetid("", 17)]
        onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    else:
        write_yolo(path, answer, shape)
    with pytest.raises(UnusableModel, match=words) as refusal:
        OnnxDetector(path)
    assert str(refusal.value).startswith("other.onnx")
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.onnx").write_text("These are notes.")
    with pytest.raises(UnusableModel, match="not an ONNX network"):
        OnnxDetector(tmp_path / "notes.onnx")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableModel, match="cannot be read: No such file"):
        OnnxDetector(tmp_path / "none.onnx")
