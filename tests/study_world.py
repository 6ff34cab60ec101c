"""Small studies on disk: discs drawn by several readers, who differ by known amounts."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from busdemo.imaging.arrays import Mask

SIDE = 64


def disc(radius: float, centre: tuple[float, float] = (32, 32)) -> Mask:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    inside = (columns - centre[0]) ** 2 + (rows - centre[1]) ** 2 < radius**2
    return np.asarray(inside, np.bool_)


def draw(number: int, more: float = 0.0) -> Mask:
    """The disc of an image, larger by so many pixels; every fourth image has none."""
    return disc(0 if number % 4 == 3 else 10 + number % 5 + more, (28 + number % 7, 32))


def write_masks(folder: Path, masks: dict[str, Mask], ending: str = ".png") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, mask in masks.items():
        cv2.imwrite(str(folder / f"{name}{ending}"), mask.astype(np.uint8) * 255)
    return folder


def write_readers(
    root: Path, readers: Mapping[str, float], images: int = 12, *, pictures: bool = True
) -> Path:
    """A folder of masks for each reader, whose discs are larger by so many pixels, and images."""
    names = [f"case{n:02d}" for n in range(images)]
    for who, more in readers.items():
        write_masks(root / who, {name: draw(n, more) for n, name in enumerate(names)})
    if pictures:
        write_masks(root / "images", {name: draw(n) for n, name in enumerate(names)})
    return root


def write_via(path: Path, masks: dict[str, Mask], label: str = "lesion") -> Path:
    """A VIA export: the corners of each mask's outline."""
    export = {}
    for name, mask in masks.items():
        found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        regions = [_region(one.reshape(-1, 2) + 0.5, label) for one in found]
        export[name] = {"filename": f"{name}.png", "size": 1, "regions": regions}
    path.write_text(json.dumps(export), encoding="utf-8")
    return path


def _region(points: Sequence[Sequence[float]], label: str) -> dict[str, object]:
    x, y = np.asarray(points, float).T
    shape = {"name": "polygon", "all_points_x": x.tolist(), "all_points_y": y.tolist()}
    return {"shape_attributes": shape, "region_attributes": {"label": label}}


def write_label_studio(path: Path, readers: dict[int, Callable[[int], Mask]], images: int) -> Path:
    """A Label Studio export whose readers are `completed_by`."""
    tasks = []
    for number in range(images):
        annotations = []
        for who, drawn in readers.items():
            found, _ = cv2.findContours(
                drawn(number).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
            )
            results = [
                {
                    "type": "polygonlabels",
                    "original_width": SIDE,
                    "original_height": SIDE,
                    "value": {
                        "points": (100 * (one.reshape(-1, 2) + 0.5) / SIDE).tolist(),
                        "polygonlabels": ["lesion"],
                    },
                    "from_name": "label",
                    "to_name": "image",
                }
                for one in found
            ]
            annotations.append({"completed_by": who, "result": results})
        tasks.append(
            {
                "id": number + 1,
                "data": {"image": f"/data/upload/1/case{number:02d}.png"},
                "annotations": annotations,
            }
        )
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path
