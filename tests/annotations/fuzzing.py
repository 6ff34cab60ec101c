"""Damaged files of every format that is read: a sentence or a mask, and never more than that.

Seeds are files of the formats' own libraries and of the situations that tests know; each damage
comes from its number, so that a file that does harm can be made again.
"""

import copy
import gzip
import io
import json
import multiprocessing
import random
import re
import resource
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nrrd
import numpy as np
import SimpleITK as sitk
from annotations.test_situations import HEIGHT, LESION, SECOND, SITUATIONS, WIDTH
from PIL import Image

from busdemo.annotations.files import read_annotations
from busdemo.annotations.registry import format_of
from busdemo.annotations.request import Options, Target
from busdemo.annotations.writing import EXPORTS, write_annotation
from busdemo.imaging.images import ScanOptions, read_scan
from busdemo.imaging.refusals import UnreadableImage, kind_of

MOST_S, MOST_BYTES = 10, 2**30
"""Of one file."""

NUMBERS = ("-1", "0", "1e999", "nan", "99999999999999999999", "2147483648", "65536", "1e-300", "''")
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**40,
    1e308,
    "",
    "x" * 5000,
    [],
    {},
    [[]],
    [None],
    [[[1]]],
    {"a": 1},
    float("nan"),
    10**400,
    "\ud800",
    [1] * 3000,
)
WORLD = ((0.1, 0.0, 1.0), (0.0, 0.2, 2.0), (0.0, 0.0, 3.0))
TARGETS = (
    Target((WIDTH, HEIGHT), "scan001.png"),
    Target((WIDTH, HEIGHT), "case 1.png", 2, 3),
    Target((WIDTH, HEIGHT), "", 1, 1, WORLD),
)


@dataclass(frozen=True)
class Harm:
    """A damaged file that did more than it may."""

    format: str
    number: int
    what: str


@cache
def seeds() -> dict[str, tuple[bytes, ...]]:
    """Whole files by format; pictures by their kind."""
    found: dict[str, list[bytes]] = {}
    for data in _every_seed():
        known = format_of(data)
        title = known.title if known.title != "picture" else f"picture {kind_of(data)}"
        found.setdefault(title, []).append(data)
    return {title: tuple(files) for title, files in sorted(found.items())}


def _every_seed() -> Iterator[bytes]:
    scan = read_scan(_picture("PNG"), "scan001.png")
    yield from (one.data for one in SITUATIONS.values())
    for mask in (LESION, LESION & False):
        yield from (write_annotation(mask, export, scan=scan) for export in EXPORTS)
    yield from (_picture(form) for form in ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF", "AVIF"))
    yield _picture("TIFF", compression="tiff_lzw")
    yield _picture("GIF", save_all=True, append_images=[Image.fromarray(SECOND)])
    yield from _volumes()
    yield _heic()


def _picture(form: str, **more: Any) -> bytes:
    kept = io.BytesIO()
    Image.fromarray(LESION.astype(np.uint8) * np.uint8(255)).save(kept, form, **more)
    return kept.getvalue()


def _heic() -> bytes:
    from pillow_heif import from_pillow

    kept = io.BytesIO()
    from_pillow(Image.fromarray(np.dstack([LESION * np.uint8(255)] * 3))).save(kept)
    return kept.getvalue()


def _volumes() -> Iterator[bytes]:
    layers = np.stack([LESION.T, SECOND.T])[..., None].astype(np.uint8)
    named = {"Segment0_Name": "a", "Segment1_Name": "b", "Segment1_Layer": "1"}
    image = sitk.GetImageFromArray(np.stack([LESION, SECOND, LESION]).astype(np.int16))
    image.SetSpacing((0.1, 0.2, 1.0))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        header = {"kinds": ["list", "domain", "domain", "domain"], **named}
        nrrd.write(str(path / "a.nrrd"), layers, header)
        for name, packed in (("b.nrrd", True), ("c.mha", True), ("d.mha", False), ("e.nii", False)):
            sitk.WriteImage(image, str(path / name), useCompression=packed)
        sitk.WriteImage(image, str(path / "f.nii.gz"))
        yield from (one.read_bytes() for one in sorted(path.iterdir()))
    kept = io.BytesIO()
    np.savez_compressed(kept, image=LESION, mask_a=LESION, mask_b=SECOND)
    yield kept.getvalue()


def damage(format_title: str, number: int) -> bytes:
    """The damaged file of a number."""
    rng = random.Random(f"{format_title} {number}")  # noqa: S311
    files = seeds()[format_title]
    data = rng.choice(files)
    if data.startswith(b"\x1f\x8b") and rng.random() < 0.7:
        return gzip.compress(_damage_bytes(gzip.decompress(data), files, rng), 1)
    if data.lstrip()[:1] in (b"{", b"[") and rng.random() < 0.8:
        return _damage_json(data, rng)
    text = data[:4096].isascii() or data.startswith((b"NRRD", b"ObjectType"))
    if text and rng.random() < 0.7:
        return _damage_numbers(data, rng)
    return _damage_bytes(data, files, rng)


def _damage_json(data: bytes, rng: random.Random) -> bytes:
    content = [json.loads(data)]
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        place: Any = content
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = rng.choice(keys)
            inside = isinstance(place[key], dict | list) and place[key]
            if inside and rng.random() < 0.85:
                place = place[key]
                continue
            if rng.random() < 0.2 and isinstance(place, dict):
                del place[key]
            else:
                place[key] = copy.deepcopy(rng.choice(VALUES))
            break
    return json.dumps(content[0] if content else None).encode("utf-8", "replace")


def _damage_numbers(data: bytes, rng: random.Random) -> bytes:
    head, tail = data[:4096], data[4096:]
    for _ in range(rng.choice((1, 1, 2, 4))):
        found = list(re.finditer(rb"-?\d+(\.\d+)?|[a-zA-Z_]+", head))
        if not found:
            break
        one = rng.choice(found)
        head = head[: one.start()] + rng.choice(NUMBERS).encode() + head[one.end() :]
    return head + tail


def _damage_bytes(data: bytes, files: tuple[bytes, ...], rng: random.Random) -> bytes:
    kept = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        # Headers stand at the beginning: most blows fall there.
        most = len(kept) if rng.random() < 0.4 else min(len(kept), 600)
        at, length = rng.randrange(most + 1), rng.choice((1, 1, 2, 4, 64))
        way = rng.randrange(7)
        if way == 0:
            kept[at : at + length] = rng.randbytes(length)
        elif way == 1:
            kept[at : at + length] = rng.choice((b"\0", b"\xff", b"\x7f")) * length
        elif way == 2:
            del kept[at : at + length]
        elif way == 3:
            kept[at:at] = kept[at : at + length] * rng.choice((1, 9))
        elif way == 4:
            other = rng.choice(files)
            kept[at:] = other[rng.randrange(len(other) + 1) :]
        elif way == 5:
            del kept[at:]
        elif kept:
            kept[at % len(kept)] ^= 1 << rng.randrange(8)
    return bytes(kept)


def read_all(data: bytes, number: int) -> None:
    """What a page does with a file: read it as masks, and as an image; refusals are fine."""
    options = Options(merge=number % 2 == 0, frame=2 if number % 7 == 0 else None)
    target, refusals = TARGETS[number % len(TARGETS)], []
    try:
        found = read_annotations([("a file", data)], target, options)
        assert all(one.mask.shape == (HEIGHT, WIDTH) for one in found)
        assert all(one.mask.dtype == np.bool_ for one in found)
    except UnreadableImage as error:
        refusals.append(str(error))
    if kind_of(data) is not None:
        try:
            assert read_scan(data, "a file", ScanOptions(number % 3 or None)).pixels.size
        except UnreadableImage as error:
            refusals.append(str(error))
    assert all(sentence.endswith((".", "?")) for sentence in refusals)
    assert not any("\n" in sentence for sentence in refusals)


def find_harm(format_title: str, numbers: range) -> list[Harm]:
    """Damaged files that raise, last too long, or take too much memory, or end the process."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_read_in_child, args=(format_title, numbers, sender))
    child.start()
    sender.close()
    harms, last = [], numbers.start - 1
    try:
        while True:
            last, what = receiver.recv()
            harms += [Harm(format_title, last, what)] * bool(what)
    except EOFError:
        child.join()
    if child.exitcode:
        died = Harm(format_title, last + 1, f"the process ended with {child.exitcode}")
        return [*harms, died, *find_harm(format_title, range(last + 2, numbers.stop))]
    return harms


def _read_in_child(format_title: str, numbers: range, sender: Any) -> None:
    """Say of each number what harm its file did; a file that takes 4 GB ends in a MemoryError."""
    signal.signal(signal.SIGALRM, _stop)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 4 * MOST_BYTES,) * 2)
    for number in numbers:
        data, what = damage(format_title, number), ""
        before, start = _peak(), time.process_time()
        signal.alarm(6 * MOST_S)
        try:
            read_all(data, number)
        except BaseException as error:
            what = f"{type(error).__name__}: {error}"[:300]
        signal.alarm(0)
        taken_s = time.process_time() - start
        what = what or (f"{taken_s:.1f} s" if taken_s > MOST_S else "")
        sender.send((number, what or _tell_memory(_peak() - before)))


def _peak() -> int:
    """Bytes of memory that the process ever had, since the last fork."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _tell_memory(grown: int) -> str:
    return f"{grown / 2**20:.0f} MB" if grown > MOST_BYTES else ""


def _stop(*_: object) -> None:
    raise TimeoutError("too long")
