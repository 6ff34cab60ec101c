"""Finds scan areas on simulated screens of real images, and leaves the images themselves alone.

Prints: the mean Dice of a model on 32 images, on screens drawn around them, and on the crops found
there (put back into the screen's frame); how many images of all four sets are left as they are;
how well boxes fit and letters are told of on screens of any layout. Needs the data.

    python tests/benchmarks/scan_areas.py --split val
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from screens import Layout, Screen, draw_any_screen, draw_screen

from busdemo.evaluation.datasets import Case, read_index
from busdemo.imaging.arrays import GreyImage, Mask
from busdemo.imaging.boxes import Box, overlap_boxes, stack
from busdemo.imaging.masks import STOPS
from busdemo.imaging.scan_area import find_scan_area
from busdemo.imaging.screen_text import find_text_around
from busdemo.inference.segmenter import SegmenterPool
from busdemo.scoring.overlap import score_overlap
from busdemo.zoo.cards import read_cards

IMAGES = 32


def main() -> None:
    """Print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--split", default="val", help="the split whose images get a screen")
    parser.add_argument("--model", default="unet")
    parser.add_argument("--all", action="store_true", help="look at the images of every split")
    options = parser.parse_args()
    cases = read_index(options.data, options.split)
    _compare_dice([case for case in cases if case.label != "normal"], options.model)
    _count_untouched(read_index(options.data) if options.all else cases)
    _measure_layouts(cases)


def _compare_dice(cases: list[Case], model_id: str) -> None:
    pool = SegmenterPool(read_cards())
    stop = pool.cards[model_id].stop / STOPS
    images, screens, crops = [], [], []
    for case in cases[:: len(cases) // IMAGES][:IMAGES]:
        image, mask = case.read()
        screen = draw_screen(image, mask)
        area = find_scan_area(screen.pixels) or Box.whole(screen.pixels.shape[::-1])
        images.append(score_overlap(pool.predict(model_id, image) >= stop, mask).dice)
        whole = pool.predict(model_id, screen.pixels) >= stop
        screens.append(score_overlap(whole, screen.mask).dice)
        found = np.zeros(screen.mask.shape, np.bool_)
        part = np.ascontiguousarray(screen.pixels[area.window()])
        found[area.window()] = pool.predict(model_id, part) >= stop
        crops.append(score_overlap(found, screen.mask).dice)
    means = [f"{np.mean(dice):.3f}" for dice in (images, screens, crops)]
    loss = np.max(np.subtract(images, crops))
    print(f"mean Dice of {len(images)} images {means[0]}, of their screens {means[1]}, ", end="")
    print(f"of the crops found {means[2]}; largest loss of one {loss:.3f}", flush=True)


def _count_untouched(cases: list[Case]) -> None:
    touched = [case.id for case in cases if find_scan_area(case.read()[0])]
    share = 1 - len(touched) / len(cases)
    print(
        f"left as they are: {share:.2%} of {len(cases)} images; not: {touched or 'none'}",
        flush=True,
    )


def _measure_layouts(cases: list[Case]) -> None:
    rng = np.random.default_rng(2026)
    fits, told = [], []
    for number in rng.permutation(len(cases))[:200]:
        image, mask = cases[number].read()
        screen = draw_any_screen(image, mask, rng)
        area = find_scan_area(screen.pixels)
        fits.append(float(overlap_boxes(stack([area]), stack([screen.box]))[0, 0]) if area else 0.0)
        told.append([_tells(image, mask, *words) for words in ((True, False), (False, False))])
    named, silent = np.mean(told, axis=0)
    print(f"{len(fits)} layouts: IoU of the box {np.median(fits):.3f} (median), ", end="")
    print(f"{np.mean(np.array(fits) > 0.8):.1%} above 0.8, {fits.count(0.0)} not found", flush=True)
    print(f"letters told of: {named:.1%} where a name is all there is, {silent:.1%} without any")


def _tells(image: GreyImage, mask: Mask, names: bool, words: bool) -> bool:
    screen: Screen = draw_screen(image, mask, Layout(names=names, words=words))
    area = find_scan_area(screen.pixels)
    return bool(area and find_text_around(screen.pixels, area))


if __name__ == "__main__":
    main()
