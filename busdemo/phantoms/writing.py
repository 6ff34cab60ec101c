"""Writing `examples/`: one folder a phantom, and an index."""

import json
from pathlib import Path

import cv2
import numpy as np

from busdemo.imaging.arrays import GreyImage
from busdemo.phantoms.examples import EXAMPLES
from busdemo.phantoms.simulate import Phantom, simulate

THUMBNAIL_PX = 160
"""Width of the thumbnails the page shows."""


def write_examples(folder: Path) -> None:
    """Write every example's image.png, mask.png (0 and 255), thumbnail.webp, and an index.json."""
    index = []
    for name, (recipe, seed) in EXAMPLES.items():
        phantom = simulate(recipe, seed)
        _write(folder / name, phantom)
        height, width = phantom.image.shape
        index.append(
            {
                "id": name,
                "title": phantom.title,
                "description": phantom.description,
                "width": width,
                "height": height,
                "simulated": True,
            }
        )
    text = json.dumps(index, indent=2, ensure_ascii=False)
    (folder / "index.json").write_text(text + "\n", encoding="utf-8")


def _write(folder: Path, phantom: Phantom) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    mask = phantom.mask.astype(np.uint8) * np.uint8(255)
    height, width = phantom.image.shape
    small_wh = (THUMBNAIL_PX, round(THUMBNAIL_PX * height / width))
    small = cv2.resize(phantom.image, small_wh, interpolation=cv2.INTER_AREA)
    _encode(folder / "image.png", phantom.image, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    _encode(folder / "mask.png", mask, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    _encode(folder / "thumbnail.webp", np.asarray(small, np.uint8), [cv2.IMWRITE_WEBP_QUALITY, 80])


def _encode(path: Path, pixels: GreyImage, settings: list[int]) -> None:
    written, data = cv2.imencode(path.suffix, pixels, settings)
    if not written:
        raise OSError(f"OpenCV could not encode {path.name}.")
    path.write_bytes(data.tobytes())
