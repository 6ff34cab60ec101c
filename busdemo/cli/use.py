"""The commands a user needs: the page, segmenting, replaying a receipt, adding a model."""

import argparse
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

Commands = Any
"""What `add_subparsers` returns; argparse does not name its type in public."""


def add_use(commands: Commands) -> None:
    """Their grammar."""
    _add_serve(commands)
    _add_replay(commands)
    _add_add(commands)


def _add_serve(commands: Commands) -> None:
    command = commands.add_parser("serve", help="start the page (the same as no command)")
    add_page_options(command, default=argparse.SUPPRESS)
    command.set_defaults(run=serve)


def _add_replay(commands: Commands) -> None:
    replay = commands.add_parser("replay", help="compute a receipt again and compare")
    replay.add_argument("receipt", type=Path, metavar="RECEIPT")
    replay.add_argument("image", type=Path, metavar="IMAGE")
    replay.add_argument(
        "--mask",
        nargs="+",
        type=Path,
        default=[],
        metavar="MASK",
        help="the reference's files, to compare the numbers too",
    )
    replay.add_argument(
        "--frame", type=int, metavar="N", help="of the image (default: as the receipt says)"
    )
    add_detector_option(replay)
    replay.set_defaults(run=_replay)


def _add_add(commands: Commands) -> None:
    add = commands.add_parser("add", help="put a model of your own in the zoo")
    add.add_argument(
        "source",
        metavar="SOURCE",
        help="hf:ORG/NAME[@REVISION] or a folder, as smp's save_pretrained writes them",
    )
    add.add_argument("--id", metavar="ID", help="its id here (default: from the source's name)")
    add.add_argument("--name", help="its name on the page (default: the source's)")
    add.add_argument(
        "--input",
        type=int,
        metavar="SIDE",
        help="input side in px, a multiple of 32 (default: 256)",
    )
    add.set_defaults(run=_add)


def add_page_options(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """The page's options; `default` SUPPRESS keeps what stood before the word `serve`."""
    parser.add_argument("--host", default=default, help="address (default: 127.0.0.1)")
    parser.add_argument("--port", default=default, type=int, help="port (default: 7860)")
    parser.add_argument(
        "--root-path", default=default, help="path prefix behind a proxy, such as /busdemo"
    )
    parser.add_argument(
        "--rate",
        default=default,
        type=int,
        metavar="N",
        help="requests a minute that one address may make (default: 600; 0: no limit)",
    )
    parser.add_argument(
        "--log-level",
        default=default,
        choices=("debug", "info", "warning", "error"),
        help="what is written to stderr, from this level on (default: info)",
    )
    parser.add_argument(
        "--mcp",
        action="store_true",
        default=default or False,
        help="offer the API to language models as tools, too (needs busdemo[mcp])",
    )
    add_detector_option(parser, default)


def add_detector_option(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """Whose boxes the two stages use."""
    parser.add_argument(
        "--detector",
        type=Path,
        default=default,
        metavar="FILE.onnx",
        help="your own YOLO11, exported to ONNX, in place of the zoo's detector",
    )


def serve(options: argparse.Namespace) -> int:
    """Start the page and stay until it ends."""
    from busdemo.ui.journal import start_logging
    from busdemo.ui.limits import PER_MINUTE
    from busdemo.ui.page import Service, launch
    from busdemo.zoo.files import UnusableModel

    if options.mcp and not importlib.util.find_spec("mcp"):
        print("--mcp needs more: pip install 'busdemo[mcp]'.", file=sys.stderr)
        return 2
    start_logging(options.log_level or "info")
    per_minute = PER_MINUTE if options.rate is None else max(0, options.rate)
    service = Service(per_minute, options.mcp, options.root_path)
    port = options.port or int(os.environ.get("GRADIO_SERVER_PORT", "7860"))
    try:
        launch(
            host=options.host,
            port=port,
            detector=options.detector,
            service=service,
        )
    except UnusableModel as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _replay(options: argparse.Namespace) -> int:
    from busdemo.imaging.images import UnreadableImage
    from busdemo.workflows.receipts import InvalidReceipt, read_receipt
    from busdemo.zoo.files import UnusableModel

    try:
        receipt = read_receipt(options.receipt.read_text(encoding="utf-8"))
        differences, frame = _replay_frames(receipt, options)
    except (OSError, UnicodeDecodeError, UnreadableImage, InvalidReceipt, UnusableModel) as error:
        print(error, file=sys.stderr)
        return 1
    for difference in differences:
        print(difference)
    if not differences:
        print(f"The same, bit for bit{frame}.")
        if receipt.get("reference") and not options.mask:
            print("The scores were not compared: give the reference's files with --mask.")
    return 1 if differences else 0


def _replay_frames(receipt: dict[str, Any], options: argparse.Namespace) -> tuple[list[str], str]:
    """What differs on the receipt's frame; of one that names none, on the nearest."""
    from busdemo.imaging.images import ScanOptions, read_scan
    from busdemo.inference.segmenter import SegmenterPool
    from busdemo.inference.two_stage import open_two_stage
    from busdemo.workflows.receipts import crop_of, list_frames, replay
    from busdemo.zoo.cards import read_cards

    data, name = options.image.read_bytes(), options.image.name
    masks = [(path.name, path.read_bytes()) for path in options.mask]
    pool = SegmenterPool(read_cards())
    staged = open_two_stage(pool, onnx=options.detector)
    frames = read_scan(data, name).frames
    found: list[tuple[list[str], str]] = []
    for frame in [options.frame] if options.frame else list_frames(receipt, frames):
        scan = read_scan(data, name, ScanOptions(frame=frame, crop=crop_of(receipt)))
        differences = replay(receipt, scan, pool, masks=masks, two_stage=staged)
        found.append((differences, f" (frame {frame} of {frames})" if frames > 1 else ""))
        if not differences:
            break
    return min(found, key=lambda one: len(one[0]))


def _add(options: argparse.Namespace) -> int:
    from busdemo.zoo.adding import add_model
    from busdemo.zoo.cards import WEIGHTS
    from busdemo.zoo.files import UnusableModel

    try:
        card = add_model(
            options.source, WEIGHTS, model_id=options.id, name=options.name, side_px=options.input
        )
    except (UnusableModel, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    revision = f" at commit {card.facts['revision']}" if "revision" in card.facts else ""
    print(f"Added {card.id}{revision}, {card.parameters / 1e6:.1f} M parameters.")
    print(card.facts["input"])
    print(f"Its card is {card.folder / 'README.md'}; the page shows it after its next start.")
    return 0
