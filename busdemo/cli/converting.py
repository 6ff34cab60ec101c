"""The command that turns a mask's file into another format."""

import argparse
import sys
from pathlib import Path

from busdemo.cli.use import Commands

FORMATS = (
    "png",
    "nifti",
    "nrrd",
    "mha",
    "npy",
    "dicom",
    "dicom-seg",
    "coco",
    "coco-polygons",
    "labelme",
    "label-studio",
    "via",
    "qupath",
    "yolo",
    "cvat",
)
"""The keys of `busdemo.annotations.writing.EXPORTS`, known without loading what writes them."""


def add_converting(commands: Commands) -> None:
    """Its grammar."""
    convert = commands.add_parser("convert", help="write a mask in another format")
    convert.add_argument("mask", type=Path, metavar="MASK", help="a mask in any format read here")
    convert.add_argument(
        "--to",
        choices=FORMATS,
        required=True,
        metavar="FORMAT",
        dest="export",
        help=", ".join(FORMATS),
    )
    convert.add_argument("--out", type=Path, required=True, metavar="FILE")
    convert.add_argument(
        "--image", type=Path, metavar="IMAGE", help="its image: name, size and pixel spacing"
    )
    convert.add_argument("--frame", type=int, metavar="N", help="of a volume, from 1")
    convert.add_argument(
        "--name", default="lesion", metavar="LABEL", help="the lesion's label (default: lesion)"
    )
    convert.set_defaults(run=_convert)


def _convert(options: argparse.Namespace) -> int:
    from busdemo.annotations.annotation import tell
    from busdemo.annotations.files import read_annotations, read_size
    from busdemo.annotations.request import Options, Target
    from busdemo.annotations.writing import write_annotation
    from busdemo.imaging.images import read_scan

    try:
        data = options.mask.read_bytes()
        scan = read_scan(options.image.read_bytes(), options.image.name) if options.image else None
        target = scan or Target(read_size(data, options.mask.name))
        wanted = Options(merge=True, frame=options.frame)
        (mask,) = read_annotations([(options.mask.name, data)], target, wanted)
        written = write_annotation(mask.mask, options.export, name=options.name, scan=scan)
        options.out.write_bytes(written)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.out}: {tell(mask.provenance)}")
    return 0
