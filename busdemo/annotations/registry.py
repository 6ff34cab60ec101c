"""The formats, told apart by their first bytes and never by a file's name."""

from collections.abc import Callable
from dataclasses import dataclass

from busdemo.annotations.parts import Part, Request
from busdemo.annotations.pictures import read_picture

Reader = Callable[[bytes, str, Request], list[Part]]
"""A file's bytes and name to its masks; UnreadableImage with one sentence where it has none."""


@dataclass(frozen=True)
class Format:
    """A format that is read: its name for people, what tells it, and what reads it."""

    title: str
    detect: Callable[[bytes], bool]
    read: Reader


FORMATS: tuple[Format, ...] = ()
"""Asked in this order; what none of them knows is read as a picture."""

PICTURE = Format("picture", lambda _: True, read_picture)


def format_of(data: bytes) -> Format:
    """The format that a file's contents announce."""
    return next((known for known in FORMATS if known.detect(data)), PICTURE)


def read_parts(data: bytes, name: str, request: Request) -> list[Part]:
    """The masks of one file, at least one; UnreadableImage with one sentence otherwise."""
    return format_of(data).read(data, name, request)
