"""Writing `examples/`: one folder a phantom with its readers, and an index."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from busdemo.imaging.arrays import GreyImage, Mask
from busdemo.phantoms.examples import EXAMPLES
from busdemo.phantoms.readers import READERS, doubt_of, draw_as
from busdemo.phantoms.simulate import simulate

THUMBNAIL_PX = 160
"""Width of the thumbnails the page shows."""

_SMALL_PNG = [
    cv2.IMWRITE_PNG_COMPRESSION,
    9,
    cv2.IMWRITE_PNG_STRATEGY,
    cv2.IMWRITE_PNG_STRATEGY_FILTERED,
]


def write_examples(folder: Path, first: Sequence[dict[str, Any]] = ()) -> list[dict[str, Any]]:
    """Write every simulated example and an index.json, which `first` stand before; its entries.

    An example is image.png, mask.png (0 and 255), thumbnail.webp, and readers/N.png as masks.
    """
    index = [*first]
    for name, (recipe, seed) in EXAMPLES.items():
        phantom = simulate(recipe, seed)
        write_scan(folder / name, phantom.image, phantom.mask)
        for number, reader in enumerate(READERS, start=1):
            drawn = draw_as(reader, phantom.mask, doubt=doubt_of(recipe), seed=10 * seed + number)
            _write_mask(folder / name / "readers" / f"{number}.png", drawn)
        height, width = phantom.image.shape
        index.append(
            {
                "id": name,
                "title": phantom.title,
                "description": phantom.description,
                "width": width,
                "height": height,
                "simulated": True,
                "readers": [{"name": one.name, "note": one.note} for one in READERS],
            }
        )
    text = json.dumps(index, indent=2, ensure_ascii=False)
    (folder / "index.json").write_text(text + "\n", encoding="utf-8")
    return index


def write_scan(folder: Path, image: GreyImage, mask: Mask) -> None:
    """The pictures of an example: image (H, W) uint8, mask (H, W) bool, and a thumbnail."""
    folder.mkdir(parents=True, exist_ok=True)
    height, width = image.shape
    small_wh = (THUMBNAIL_PX, round(THUMBNAIL_PX * height / width))
    small = cv2.resize(image, small_wh, interpolation=cv2.INTER_AREA)
    _encode(folder / "image.png", image, _SMALL_PNG)
    _write_mask(folder / "mask.png", mask)
    _encode(folder / "thumbnail.webp", np.asarray(small, np.uint8), [cv2.IMWRITE_WEBP_QUALITY, 80])


def _write_mask(path: Path, mask: Mask) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _encode(path, mask.astype(np.uint8) * np.uint8(255), _SMALL_PNG)


def _encode(path: Path, pixels: GreyImage, settings: list[int]) -> None:
    written, data = cv2.imencode(path.suffix, pixels, settings)
    if not written:
        raise OSError(f"OpenCV could not encode {path.name}.")
    path.write_bytes(data.tobytes())
