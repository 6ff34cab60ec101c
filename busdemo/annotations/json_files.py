"""JSON files: which of the two formats one is, and refusing what is neither."""

import json
from typing import Any

from busdemo.annotations.coco import read_coco
from busdemo.annotations.labelme import read_labelme
from busdemo.annotations.parts import Part, Request
from busdemo.imaging.refusals import UnreadableImage


def is_json(data: bytes) -> bool:
    """Does the file begin as a JSON object or list does?"""
    return data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def read_json(data: bytes, name: str, request: Request) -> list[Part]:
    """The masks of a COCO or LabelMe file; UnreadableImage with one sentence for any other."""
    try:
        content: Any = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise UnreadableImage(f"{name} is not valid JSON; please save it again.") from None
    if isinstance(content, dict) and isinstance(content.get("shapes"), list):
        return read_labelme(content, name, request)
    listed = content if isinstance(content, list) else None
    if listed and all(isinstance(one, dict) and "segmentation" in one for one in listed):
        content = {"images": [], "annotations": listed}
    if isinstance(content, dict) and isinstance(content.get("annotations"), list):
        return read_coco(content, name, request)
    raise UnreadableImage(
        f"{name} is JSON, but neither COCO (with annotations) nor LabelMe (with shapes)."
    )
