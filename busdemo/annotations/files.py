"""Annotation files in: any format to annotations of one image. One call for all who read masks."""

from dataclasses import replace
from pathlib import PurePath

from busdemo.annotations.annotation import Annotation, Provenance, merge, place
from busdemo.annotations.collection import Collection
from busdemo.annotations.inspection import inspect_mask
from busdemo.annotations.labelled import NotReadFully
from busdemo.annotations.pictures import Colour, find_colours
from busdemo.annotations.registry import PICTURE, format_of, read_file
from busdemo.annotations.request import AS_THEY_ARE, Files, Options, Request, Target, target_of
from busdemo.imaging.arrays import Mask
from busdemo.imaging.images import Scan
from busdemo.imaging.refusals import UnreadableImage, plain_name

_ANY_SIZE = Target((16, 16))


def read_annotations(
    files: Files, scan: Scan | Target, options: Options = AS_THEY_ARE
) -> list[Annotation]:
    """All masks of one or several files (name, bytes), at the size of the image they are for.

    One for each reader and label of each file, or one of everything where `options.merge` asks for
    that. An annotator is called as its file, or as the file says.

    Raises UnreadableImage, one sentence, for a file that cannot be read, and for one that marks
    nothing after something of it was left out; ValueError without files.
    """
    if not files:
        raise ValueError("An annotation needs at least one file.")
    request = Request(target_of(scan), options)
    found = [
        _name(place(one, request.size_wh, invert=options.invert), number, request.target)
        for number, (name, data) in enumerate(files)
        for one in read_file(name, data, request)
    ]
    return _settle(found, files, options)


def read_sheet(collection: Collection, number: int, request: Request) -> list[Annotation]:
    """The masks of one image of a file over many, as `read_annotations` gives them."""
    options = request.options
    found = [
        _name(place(one, request.size_wh, invert=options.invert), 0, request.target)
        for one in collection.read(number, request)
    ]
    return _settle(found, [(collection.name, b"")], options)


def _settle(found: list[Annotation], files: Files, options: Options) -> list[Annotation]:
    if options.merge:
        merged = merge(found)
        title = PurePath(merged.annotator).name + (
            f" and {len(files) - 1} more" if len(files) > 1 else ""
        )
        found = [replace(merged, annotator=title)]
    return [_finish(one, options) for one in found]


def read_size(data: bytes, name: str, image_name: str = "") -> tuple[int, int]:
    """Width and height in px of the image that an annotation file was made for.

    `image_name` is which one, of a file that speaks of several.

    Raises UnreadableImage for a file that cannot be read or does not say.
    """
    request = Request(_ANY_SIZE, Options(image_name=image_name, least_score=0))
    found = read_file(name, data, request)[0].provenance.drawn_on_wh
    if found is None:
        raise UnreadableImage(
            f"{plain_name(name)} does not say how large its image is; please give the image, too."
        )
    return found


def list_colours(data: bytes, name: str) -> tuple[Colour, ...]:
    """The colours a page can offer for a colour-coded picture; empty for any other file.

    Raises UnreadableImage for a picture that cannot be read.
    """
    return find_colours(data, name) if format_of(data) is PICTURE else ()


def _name(one: Annotation, number: int, target: Target) -> Annotation:
    """Called as the file says, otherwise as the file; one that knows no frames is told."""
    facts = replace(one.provenance, place=number, spacing=target.spacing)
    if target.frames > 1 and facts.frames == 1 and not any("frame" in n for n in facts.reading):
        note = f"one mask, taken for frame {target.frame} of {target.frames} of the image"
        facts = replace(facts, reading=(*facts.reading, note))
    return replace(one, annotator=one.annotator or _stem(facts.files[0]), provenance=facts)


def _finish(one: Annotation, options: Options) -> Annotation:
    """With what the mask shows, and with what should be asked about it."""
    facts, mask, found = one.provenance, one.mask, ""
    if not mask.any() and facts.left_out:
        left_out = "; ".join(facts.left_out)
        sentence = f"{facts.title} could not be read fully: {left_out}"
        raise NotReadFully(f"{sentence}; nothing else of it marks a lesion.", scored=facts.scored)
    if not mask.any():
        found = "the mask is empty: this image is taken as normal"
        if facts.lost:
            found = "the lesion is too small to be seen at the image's size: the mask is empty"
    elif mask.all():
        found = "all of it is lesion"
    remarks = (*facts.remarks, *inspect_mask(mask))
    question = _ask(facts, mask)
    told = replace(facts, found=found, question=question, remarks=remarks, asked=options)
    return replace(one, provenance=told)


def _ask(facts: Provenance, mask: Mask) -> str:
    doubts = ["many values lie between black and white"] * facts.soft
    doubts += ["its shape differs from the image's"] * facts.misshapen
    if doubts:
        whose = "this image's mask" if facts.misshapen else "a mask"
        return f"{' and '.join(doubts)}: is it {whose}?"
    if facts.looks_inverted and not mask.all():
        return "the lesion seems to be what is around it: is it inverted?"
    return ""


def _stem(name: str) -> str:
    """A file's name without its ending, and without both of .nii.gz or .seg.nrrd."""
    plain = plain_name(name)
    inner = next((x for x in (".nii.gz", ".seg.nrrd") if plain.endswith(x)), "")
    stem = plain.removesuffix(inner) if inner else ""
    return stem or PurePath(plain).stem or plain
