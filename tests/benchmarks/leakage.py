"""How well near copies of training images are found, and how often a stranger is taken for one.

    python tests/benchmarks/leakage.py --data DIR val     cut-offs are chosen on this
    python tests/benchmarks/leakage.py --data DIR test    measured once, with them

Copies are made of `--images` train images drawn at random (seeded); strangers are the untouched
images of val against the hashes of train alone, or of test against the whole catalogue.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np

from busdemo.evaluation.datasets import read_index
from busdemo.evaluation.leakage import catalogue_path
from busdemo.imaging.arrays import GreyImage
from busdemo.imaging.copies import SAME, Catalogue, read_catalogue

Rng = np.random.Generator
Change = Callable[[GreyImage, Rng], GreyImage]


def crop(image: GreyImage, rng: Rng) -> GreyImage:
    """Up to 20 % off each of the four sides, each drawn for itself."""
    height, width = image.shape
    left, right = (rng.uniform(0, 0.2, 2) * width).astype(int)
    top, bottom = (rng.uniform(0, 0.2, 2) * height).astype(int)
    return np.ascontiguousarray(image[top : height - bottom, left : width - right])


def resize(image: GreyImage, rng: Rng) -> GreyImage:
    """0.35 to 2 times the size, width and height stretched by up to 10 % apart."""
    scale, stretch = np.exp(rng.uniform(np.log(0.35), np.log(2))), rng.uniform(0.95, 1.05)
    size_wh = round(image.shape[1] * scale * stretch), round(image.shape[0] * scale / stretch)
    return np.asarray(cv2.resize(image, size_wh, interpolation=cv2.INTER_CUBIC), np.uint8)


def compress(image: GreyImage, rng: Rng) -> GreyImage:
    """JPEG of quality 15 to 60."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 61))]
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", image, quality)[1], 0), np.uint8)


def flip(image: GreyImage, rng: Rng) -> GreyImage:
    """Left to right, upside down, or both."""
    return np.asarray(cv2.flip(image, int(rng.integers(-1, 2))), np.uint8)


def add_calipers(image: GreyImage, rng: Rng) -> GreyImage:
    """Four crosses joined by two dotted lines, in the inner 70 %, and a line of text below."""
    marked, (height, width) = image.copy(), image.shape
    arm = max(4, max(height, width) // 60)
    for _ in range(2):
        ends = rng.uniform(0.15, 0.85, (2, 2)) * (width, height)
        for x, y in ends.astype(int).tolist():
            cv2.line(marked, (x - arm, y), (x + arm, y), 255, 1 + arm // 6)
            cv2.line(marked, (x, y - arm), (x, y + arm), 255, 1 + arm // 6)
        for x, y in np.linspace(*ends, 30).astype(int).tolist():
            cv2.circle(marked, (x, y), 1, 230, -1)
    text, at = f"D1 {rng.uniform(4, 40):.1f} mm", (8, height - 8)
    cv2.putText(marked, text, at, cv2.FONT_HERSHEY_SIMPLEX, max(height, width) / 800, 255, 1)
    return marked


def both(first: Change, second: Change) -> Change:
    """One after the other."""
    return lambda image, rng: second(first(image, rng), rng)


CHANGES: dict[str, Change] = {
    "unchanged": lambda image, _: image,
    "cropped": crop,
    "resized": resize,
    "re-compressed": compress,
    "flipped": flip,
    "calipers": add_calipers,
    "cropped, re-compressed": both(crop, compress),
    "cropped, flipped": both(crop, flip),
    "cropped, calipers": both(crop, add_calipers),
    "resized, re-compressed": both(resize, compress),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("split", choices=["val", "test"])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--seed", type=int, default=2)
    options = parser.parse_args()
    catalogue = read_catalogue(catalogue_path())
    known = read_index(options.data, "train", "val")
    strangers = read_index(options.data, options.split)
    if options.split == "val":
        kept = np.array([split == "train" for split in catalogue.splits])
        catalogue = replace(
            catalogue, hashes=catalogue.hashes[kept], splits=("train",) * kept.sum()
        )
        known = [case for case in known if case.split == "train"]
    rng = np.random.default_rng(options.seed + (options.split == "test"))
    trained = [place for place, case in enumerate(known) if case.split == "train"]
    chosen = rng.choice(trained, min(options.images, len(trained)), replace=False).tolist()
    for name, change in CHANGES.items():
        images = [change(known[place].read()[0], rng) for place in chosen]
        likeness, milliseconds = search(catalogue, images)
        found = likeness >= SAME
        print(
            f"{name:24} {found.mean():7.2%} of {len(chosen)}   lowest {likeness.min():.3f}, "
            f"1st percentile {np.percentile(likeness, 1):.3f}   {milliseconds:.0f} ms a look-up"
        )
    likeness, _ = search(catalogue, [case.read()[0] for case in strangers])
    print(f"{'strangers called copies':24} {(likeness >= SAME).mean():7.2%} of {len(strangers)}")
    for place in np.argsort(-likeness)[:25]:
        match = catalogue.find_copies(strangers[place].read()[0], -1)[0]
        print(f"  {likeness[place]:.3f}  {strangers[place].id}  {known[match.place].id}")


def search(catalogue: Catalogue, images: list[GreyImage]) -> tuple[np.ndarray, float]:
    """The likeness of each image's likest picture, and the mean milliseconds a look-up took."""
    started = perf_counter()
    likeness = [catalogue.find_copies(image, -1)[0].likeness for image in images]
    return np.array(likeness), 1000 * (perf_counter() - started) / len(images)


if __name__ == "__main__":
    main()
