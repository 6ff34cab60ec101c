"""Whether two file names speak of the same image: names as tools and file systems change them.

Names are compared without folders and endings, in Unicode's composed form (NFC: a Mac decomposes
umlauts) and without case, then without what tools add: Label Studio a prefix, Roboflow a suffix,
nnU-Net the channel `_0000`,
Supervisely an ending; and the name of a mask without the words that say that it is one.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

_ENDING = re.compile(r"\.[a-z][a-z0-9]{0,7}$")
_TOOLS = re.compile(
    r"^[0-9a-f]{8}-|(_[a-z]{3,4})?\.rf\.[0-9a-z]+$|_0000$|\.(png|jpe?g|bmp|tiff?|webp|dcm)$"
)
_WORDS = "masks?|segmentation|seg|gt|ground_?truth|labels?|annotations?|lesion|tumou?r|roi"
_SUFFIX = re.compile(rf"[ _.-]+({_WORDS})([ _.-]*\d+)*$")
_PREFIX = re.compile(rf"^({_WORDS})[ _.-]+")


def bare_name(name: str) -> str:
    """A file's name without folders and ending, composed and in lower case."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1].casefold()
    stem = last.removesuffix(".gz") if last.endswith(".nii.gz") else last
    return _ENDING.sub("", stem) or stem


def image_keys(name: str) -> tuple[str, ...]:
    """What an image may be called, from its own name to what is left without tools' additions."""
    return tuple(dict.fromkeys(_strip(bare_name(name), _TOOLS)))


def mask_keys(name: str) -> tuple[str, ...]:
    """What the image of a mask's file may be called, from the file's own name to the shortest."""
    keys = [
        short
        for key in image_keys(name)
        for longer in _strip(key, _SUFFIX)
        for short in _strip(longer, _PREFIX)
    ]
    return tuple(dict.fromkeys(keys))


def is_called_a_mask_alone(name: str) -> bool:
    """Does a file's name say that it is a mask, and nothing else: mask.png, label_1.nii.gz?"""
    return re.fullmatch(rf"({_WORDS})([ _.-]*\d+)*", bare_name(name)) is not None


def find_named(name: str, images: Sequence[str]) -> list[int]:
    """The places among image names that speak of the image `name`; the closest kind of match."""
    wanted = image_keys(name)
    for depth in (1, None):
        found = [
            place
            for place, one in enumerate(images)
            if set(image_keys(one)[:depth]) & set(wanted[:depth])
        ]
        if found:
            return found
    return []


def _strip(name: str, pattern: re.Pattern[str]) -> Iterable[str]:
    """The name, and what is left of it after each removal of the pattern; never nothing."""
    while name:
        yield name
        shorter = pattern.sub("", name, count=1)
        if shorter == name:
            return
        name = shorter
