"""One type for everyone's mask, from the file's reader to the report: who, what and where from."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import cv2
import numpy as np

from busdemo.annotations.request import AS_THEY_ARE, Options
from busdemo.imaging.arrays import Mask
from busdemo.imaging.spacing import Spacing

Kind = Literal["person", "model", "consensus", "simulated"]
"""Whose mask it is. A simulation's exact outline was drawn by nobody: nobody to agree with."""

ASPECT_TOLERANCE = 0.02
"""Relative difference of width / height from which a mask is asked whether it is this image's."""


@dataclass(frozen=True)
class Provenance:
    """Where a mask comes from and what became of it on the way; empty where nothing is known."""

    files: tuple[str, ...] = ()
    """Their names, in the order given."""
    place: int = 0
    """Which of the files that were read together: two people's files may have one name."""
    sha256: tuple[str, ...] = ()
    """Of the files of a person's mask, or of a model's weights."""
    format: str = ""
    made_by: str = ""
    """Who or what marked it, where the file says so."""
    how: str = ""
    """A sentence on how it came to be, of what no file holds: a model's, a consensus, a drawing."""
    drawn_on_wh: tuple[int, int] | None = None
    """Size of the picture that the file was made for, where it says so."""
    outlined: bool = False
    """Drawn from outlines, at the image's size whatever `drawn_on_wh` says."""
    label: str = ""
    """Which of the file's labels it is; empty where there is only one mask."""
    labels: tuple[str, ...] = ()
    """Those that are merged in it."""
    frame: int = 1
    frames: int = 1
    """Which frame or slice of the file, from 1, and how many there are to choose from."""
    reading: tuple[str, ...] = ()
    """What reading did, in a few words each: turned, a frame chosen, rows and columns exchanged."""
    left_out: tuple[str, ...] = ()
    """What of the file is not in the mask, and why."""
    counted: tuple[str, ...] = ()
    """Which values or scores count as lesion; empty where the file says so itself."""
    scored: bool = False
    """Its file gives scores: those from `asked.least_score` count."""
    spacing: Spacing | None = None
    """Of the pixels it is measured in, and whose word that is; None where unknown."""
    changes: tuple[str, ...] = ()
    """What was done to bring it to the image: inverted, resized, merged."""
    inverted: bool = False
    looks_inverted: bool = False
    """The lesion seems to be the background: worth offering `invert`, never done unasked."""
    lost: bool = False
    """It marked something at its own size and marks nothing at the image's."""
    soft: bool = False
    """It looks unlike a mask: much of it lies between black and white."""
    misshapen: bool = False
    """Its picture has another shape than the image."""
    found: str = ""
    """Empty, or all of the image: what that is taken for."""
    question: str = ""
    """What somebody should be asked about it."""
    remarks: tuple[str, ...] = ()
    """What it looks like to someone who checks files, a sentence each."""
    asked: Options = AS_THEY_ARE
    """How its files were to be read: what reads them again."""
    drawn_from: str = ""
    """Whose mask an outline was started from, a model's mostly: nobody drew it independently."""
    blind: bool | None = None
    """Drawn while everyone else's was hidden; None where that is not known."""
    simulated: bool = False
    """A program's imitation of a person."""
    threshold: float | None = None
    """A model's."""
    post_processing: str = ""
    """A model's, in the words of `PostProcessing.parse`."""

    @property
    def title(self) -> str:
        """The files in a few words; empty where there are none."""
        more = len(self.files) - 1
        return f"{self.files[0]} and {more} more" if more > 0 else "".join(self.files)


@dataclass(frozen=True, eq=False)
class Annotation:
    """One annotator's mask of an image: `mask` is (H, W) bool, True = lesion."""

    annotator: str
    kind: Kind
    mask: Mask
    provenance: Provenance = Provenance()

    @property
    def is_independent(self) -> bool:
        """Did a person draw it, from nobody else's mask?"""
        return self.kind == "person" and not self.provenance.drawn_from


def list_notes(provenance: Provenance) -> tuple[str, ...]:
    """Everything that is worth knowing of how a mask came to be: what every consumer shows."""
    one = provenance
    counted = ""
    if one.counted:
        by_file = ", by file" if len(one.counted) > 1 else ""
        values = " or ".join(one.counted).replace(" or values ", " or ")
        counted = f"{values} taken as lesion{by_file}"
    clauses = [*one.reading, *one.left_out, counted, *one.changes, one.found, one.question]
    told = [clause for clause in clauses if clause]
    if not told and not one.how and one.files:
        told = [_tell_plainly(one)]
    joined = "; ".join(told)
    sentence = joined[:1].upper() + joined[1:] + ("" if one.question or not told else ".")
    more = []
    if one.drawn_from:
        more.append(f"Started from the mask of {one.drawn_from}: not an independent person.")
    if one.blind is not None:
        more.append(f"Drawn while the others were {'hidden' if one.blind else 'in sight'}.")
    return tuple(words for words in (one.how, sentence, *more, *one.remarks) if words)


def tell(provenance: Provenance) -> str:
    """`list_notes` as one text."""
    return " ".join(list_notes(provenance))


def tabulate_provenance(provenance: Provenance) -> dict[str, Any]:
    """Every field and the notes, JSON-ready."""
    fields = asdict(provenance) | {"notes": list_notes(provenance)}
    plain: dict[str, Any] = json.loads(json.dumps(fields))
    return plain


def resize_mask(mask: Mask, size_wh: tuple[int, int]) -> Mask:
    """The mask at another size: nearest, pixel centres aligned."""
    if mask.shape == size_wh[::-1]:
        return mask
    resized = cv2.resize(mask.astype(np.uint8), size_wh, interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(resized > 0)


def place(one: Annotation, size_wh: tuple[int, int], *, invert: bool = False) -> Annotation:
    """The annotation at an image's size, first inverted if asked; what was done is told."""
    own, facts = ~one.mask if invert else one.mask, one.provenance
    mask, changes = resize_mask(own, size_wh), list(facts.changes)
    changes += ["inverted as asked"] * invert
    if facts.drawn_on_wh not in (None, size_wh):
        (w, h), way = facts.drawn_on_wh or size_wh, "as outlines" if facts.outlined else "nearest"
        changes.append(f"resized {w}x{h} to {size_wh[0]}x{size_wh[1]}, {way}")
    told = replace(
        facts,
        changes=tuple(changes),
        inverted=invert,
        looks_inverted=_surrounds(own),
        lost=bool(own.any() and not mask.any()),
        misshapen=_is_misshapen(facts.drawn_on_wh or size_wh, size_wh),
    )
    return replace(one, mask=mask, provenance=told)


def merge(annotations: Sequence[Annotation]) -> Annotation:
    """One annotation of several of one image: lesion where any says so; ValueError without any.

    Called as the first; labels that are merged are told.
    """
    if not annotations:
        raise ValueError("There is nothing to merge.")
    if len(annotations) == 1:
        return annotations[0]
    facts = [one.provenance for one in annotations]
    kept = list(dict.fromkeys(pair for one in facts for pair in _pair_files(one)))
    labels = list(dict.fromkeys(one.label for one in facts if one.label))
    several = [f"{len(kept)} files merged"] * (len(kept) > 1)
    if len(labels) > 1:
        several.append(f"labels merged: {', '.join(labels)}")
    shown = [one for one in annotations if one.mask.any() or one.provenance.lost]
    told = replace(
        facts[0],
        files=tuple(name for name, _ in kept),
        sha256=tuple(digest for _, digest in kept),
        format=" and ".join(dict.fromkeys(one.format for one in facts if one.format)),
        outlined=all(one.outlined for one in facts),
        label=labels[0] if len(labels) == 1 else "",
        labels=tuple(labels) if len(labels) > 1 else (),
        frame=facts[0].frame if len({(one.frame, one.frames) for one in facts}) == 1 else 1,
        frames=facts[0].frames if len({(one.frame, one.frames) for one in facts}) == 1 else 1,
        reading=tuple(dict.fromkeys([*several, *_each(facts, "reading")])),
        left_out=tuple(dict.fromkeys(_each(facts, "left_out"))),
        counted=tuple(dict.fromkeys(_each(facts, "counted"))),
        changes=tuple(dict.fromkeys(_each(facts, "changes"))),
        scored=any(one.scored for one in facts),
        looks_inverted=bool(shown) and all(one.provenance.looks_inverted for one in shown),
        lost=any(one.lost for one in facts),
        soft=any(one.soft for one in facts),
        misshapen=any(one.misshapen for one in facts),
        remarks=tuple(dict.fromkeys(_each(facts, "remarks"))),
    )
    masks = [one.mask for one in annotations]
    return replace(annotations[0], mask=np.logical_or.reduce(masks), provenance=told)


def _pair_files(one: Provenance) -> list[tuple[str, str]]:
    return list(zip(one.files, one.sha256, strict=True))


def _each(facts: Sequence[Provenance], field: str) -> list[str]:
    return [words for one in facts for words in getattr(one, field)]


def _tell_plainly(one: Provenance) -> str:
    """Of a mask that came as it is."""
    if one.label:
        return f"{one.label} is a mask of its own"
    return "its outlines are taken as lesion" if one.outlined else "its mask is taken as it is"


def _is_misshapen(drawn_on_wh: tuple[int, int], size_wh: tuple[int, int]) -> bool:
    ratio = (drawn_on_wh[0] * size_wh[1]) / (drawn_on_wh[1] * size_wh[0])
    return max(ratio, 1 / ratio) - 1 > ASPECT_TOLERANCE


def _surrounds(mask: Mask) -> bool:
    """Lesion along its border but not in its middle, or along it and over more than 60 %."""
    height, width = mask.shape
    border = np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]])
    middle = mask[height // 3 : height - height // 3, width // 3 : width - width // 3]
    return bool(border.mean() > 0.5 and (middle.mean() < 0.5 or mask.mean() > 0.6))
