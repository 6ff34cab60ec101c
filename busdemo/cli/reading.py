"""The options of all commands that read images and masks: the same words everywhere."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from busdemo.annotations.request import Options
    from busdemo.imaging.images import ScanOptions


def add_scan_options(parser: argparse.ArgumentParser) -> None:
    """How images are read."""
    parser.add_argument(
        "--frame", type=int, metavar="N", help="of a DICOM, NIfTI or TIFF file, from 1 (default: 1)"
    )
    parser.add_argument(
        "--crop",
        default="auto",
        metavar="CROP",
        help="of a picture of a scanner's whole screen: auto (the scan area that is found), none, "
        "or x,y,w,h in px (default: auto)",
    )


def add_mask_options(parser: argparse.ArgumentParser) -> None:
    """How masks are read."""
    parser.add_argument(
        "--mask-frame",
        type=int,
        metavar="N",
        help="frame of the masks' files (default: the image's, otherwise the one with most lesion)",
    )
    parser.add_argument(
        "--label", metavar="NAME", help="only this label; all: one mask of all of them"
    )
    parser.add_argument(
        "--invert", action="store_true", help="masks show the lesion as 0: exchange the two"
    )
    parser.add_argument(
        "--score",
        type=float,
        default=0.5,
        metavar="S",
        help="instances with a score count from here (default: 0.5)",
    )
    parser.add_argument(
        "--image-name",
        default="",
        metavar="NAME",
        help="which image of a file that holds many (default: the image file's name)",
    )


def read_scan_options(options: argparse.Namespace) -> "ScanOptions":
    """What was asked for with `add_scan_options`."""
    from busdemo.imaging.crops import parse_crop
    from busdemo.imaging.images import ScanOptions

    return ScanOptions(frame=options.frame, crop=parse_crop(options.crop))


def read_mask_options(options: argparse.Namespace) -> "Options":
    """What was asked for with `add_mask_options`."""
    from busdemo.annotations.request import Options

    return Options(
        invert=options.invert,
        frame=options.mask_frame,
        least_score=options.score,
        image_name=options.image_name,
        label=None if options.label == "all" else options.label,
    )
