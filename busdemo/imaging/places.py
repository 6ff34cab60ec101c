"""Where pixels lie in space: of DICOM files, and from one picture's pixels to another's.

Axes are those of NIfTI, to the right, front and up, in mm; DICOM's first two run the other way.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.pixels import World

if TYPE_CHECKING:
    from pydicom import Dataset

NEAR_MM = 0.01
"""Places that are no farther apart are the same."""


def find_world(dataset: "Dataset", frame: int) -> World | None:
    """Where the pixels of a DICOM frame, from 0, lie, by PS3.3 C.7.6.2.1; None where unknown.

    Of several frames each must state its own position: one for all says nothing of a clip.
    """
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [{}])[0]
    groups = dataset.get("PerFrameFunctionalGroupsSequence") or []
    own = groups[frame] if frame < len(groups) else {}
    alone = [dataset] if int(dataset.get("NumberOfFrames") or 1) == 1 else []
    turned = _numbers(6, "ImageOrientationPatient", own, shared, *alone)
    corner = _numbers(3, "ImagePositionPatient", own, shared if alone else {}, *alone)
    sides = _numbers(2, "PixelSpacing", own, shared, dataset)
    if turned is None or corner is None or sides is None or not (sides > 0).all():
        return None
    flip = np.array([-1.0, -1.0, 1.0])
    across, down = flip * turned[:3] * sides[1], flip * turned[3:] * sides[0]
    placeholder = np.array_equal(np.abs([across, down]), np.eye(3)[:2]) and not corner.any()
    if placeholder or not np.linalg.norm(np.cross(across, down)) > 0:
        return None
    x, y, z = np.stack([across, down, flip * corner], axis=1).tolist()
    return tuple(x), tuple(y), tuple(z)


def is_same_place(one: World, other: World) -> bool:
    """Do two pictures' rows and columns lie in the same place?"""
    return np.allclose(one, other, atol=NEAR_MM)


def distance_mm(point: World, plane: World) -> float:
    """How far a picture's first pixel lies from another's plane."""
    across, down, corner = np.asarray(plane).T
    normal = np.cross(across, down)
    return float(abs(normal @ (np.asarray(point)[:, 2] - corner)) / np.linalg.norm(normal))


def bring(
    values: NDArray[Any], own: World, world: World, size_wh: tuple[int, int]
) -> NDArray[Any] | None:
    """Values (h, w) or (h, w, 3) on another picture's pixels, (H, W), say uint8: the nearest each.

    0 outside of them; None where the two planes are not parallel, or more than a pixel apart.
    """
    across, down, corner = np.asarray(own).T
    normal = np.cross(across, down) / np.linalg.norm(np.cross(across, down))
    other = np.asarray(world)
    near = max(np.linalg.norm(across), np.linalg.norm(down), NEAR_MM)
    far = [[0, 0, 1], [size_wh[0] - 1, 0, 1], [0, size_wh[1] - 1, 1]]
    if np.abs(normal @ (other @ np.array(far).T - corner[:, None])).max() > near:
        return None
    back = np.linalg.pinv(np.stack([across, down], axis=1))
    column, row = (back @ other[:, 0], back @ other[:, 1])
    x, y = np.arange(size_wh[0]), np.arange(size_wh[1])[:, None]
    start = back @ (other[:, 2] - corner)
    columns, rows = (
        np.floor(x * column[k] + y * row[k] + start[k] + 0.5).clip(-1, 2**31).astype(np.int64)
        for k in range(2)
    )
    height, width = values.shape[:2]
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    found = np.zeros((*inside.shape, *values.shape[2:]), values.dtype)
    found[inside] = values[rows[inside], columns[inside]]
    return found


def _numbers(count: int, keyword: str, *places: Any) -> NDArray[np.float64] | None:
    """The first finite numbers under a keyword in an item, or in a sequence of it."""
    within = {
        "ImageOrientationPatient": "PlaneOrientationSequence",
        "ImagePositionPatient": "PlanePositionSequence",
        "PixelSpacing": "PixelMeasuresSequence",
    }
    for place in places:
        nested = (place.get(within[keyword]) or [{}])[0]
        stated = nested.get(keyword) or place.get(keyword)
        if stated is not None and len(stated) == count:
            numbers = np.array([float(one) for one in stated])
            if np.isfinite(numbers).all():
                return numbers
    return None
