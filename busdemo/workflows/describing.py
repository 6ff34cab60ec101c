"""A lesion described for readers: a table of numbers, words, and a paragraph made from them."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from busdemo.annotations.annotation import Annotation, tabulate_provenance
from busdemo.imaging import printed
from busdemo.imaging.arrays import GreyImage, Mask
from busdemo.imaging.images import Scan
from busdemo.imaging.spacing import tabulate_spacing
from busdemo.scoring.descriptors import Description, describe
from busdemo.scoring.words import Word, WordBook, choose_words, read_words

NOT_AN_ASSESSMENT = (
    "This is a description, not an assessment: it is computed from an outline and the grey levels "
    "around it, and says nothing about whether the lesion is benign or malignant."
)
NOTHING = "The mask is empty: there is no lesion to describe."

Group = Literal["size", "shape", "image"]
Unit = Literal["", "px", "px²", "mm", "mm²", "°", "grey levels"]


@dataclass(frozen=True)
class Measure:
    """One number of a description, and how it is shown."""

    group: Group
    name: str
    key: str
    """Path of the number in `Description`, such as "shape.solidity"."""
    unit: Unit = ""
    decimals: int = 2
    scale: str = ""
    """Range and meaning, in a few words."""
    factor: float = 1
    """From pixels to the unit."""

    def read(self, description: Description) -> float:
        """The number."""
        part, name = self.key.split(".")
        return float(getattr(getattr(description, part), name)) * self.factor

    def difference(self, one: Description, other: Description) -> float:
        """`one` less `other`; axes that point oppositely are the same axis."""
        apart = self.read(one) - self.read(other)
        return (apart + 90) % 180 - 90 if self.unit == "°" else apart

    def show(self, value: float, *, signed: bool = False) -> str:
        """With its decimals, a dash for nan."""
        return printed.plain(value, self.decimals, signed=signed)


MEASURES = (
    Measure("size", "Area", "size.area_px", "px²", 0),
    Measure("size", "Longest diameter", "size.longest_px", "px", 1),
    Measure("size", "Perpendicular diameter", "size.perpendicular_px", "px", 1),
    Measure("size", "Perimeter", "shape.perimeter_px", "px", 1, "Crofton, 4 directions"),
    Measure(
        "shape", "Depth-to-width ratio", "size.depth_to_width", scale="above 1 taller than wide"
    ),
    Measure(
        "shape", "Long axis to the horizontal", "shape.angle_deg", "°", 1, "up to the right: +"
    ),
    Measure("shape", "Elongation", "shape.elongation", scale="0 disc, near 1 line"),
    Measure("shape", "Lobulations", "shape.lobulations", "", 0, "concavities of 3 % or more"),
    Measure("shape", "Circularity", "shape.circularity", scale="4π area / perimeter², 1 disc"),
    Measure("shape", "Solidity", "shape.solidity", scale="share of the convex hull"),
    Measure("shape", "Extent", "shape.extent", scale="share of the upright box"),
    Measure("shape", "Ellipse fit", "shape.ellipse_fit", scale="IoU with its ellipse"),
    Measure("shape", "Radial length, mean", "shape.radial_mean", scale="1 disc"),
    Measure("shape", "Radial length, deviation", "shape.radial_sd", scale="0 disc"),
    Measure("shape", "Radial length, entropy", "shape.radial_entropy", scale="bits, 0 disc"),
    Measure(
        "image", "Boundary sharpness", "echo.radial_gradient", scale="radial gradient, −1 to 1"
    ),
    Measure("image", "Step at the boundary", "echo.step", "grey levels", 1, "outside less inside"),
    Measure("image", "Echo inside", "echo.inside", "grey levels", 1, "mean, 0 to 255"),
    Measure("image", "Echo around", "echo.surroundings", "grey levels", 1, "mean, 0 to 255"),
    Measure("image", "Echo contrast", "echo.contrast", scale="−1 to 1, below 0 darker inside"),
    Measure("image", "Texture", "echo.texture", scale="deviation inside / around"),
    Measure("image", "Posterior echo", "echo.posterior", "grey levels", 1, "below less beside"),
)
"""In the order they are shown."""


def list_measures(mm_per_px: float | None = None) -> list[Measure]:
    """All measures; lengths and areas in mm where the pixel spacing is known."""
    if mm_per_px is None:
        return list(MEASURES)
    length: dict[str, Any] = {"unit": "mm", "factor": mm_per_px, "decimals": 1}
    area: dict[str, Any] = {"unit": "mm²", "factor": mm_per_px**2, "decimals": 1}
    changes = {"px": length, "px²": area}
    return [replace(measure, **changes.get(measure.unit, {})) for measure in MEASURES]


@dataclass(frozen=True)
class Report:
    """A description with the words that may be said, and why others may not."""

    description: Description
    words: Mapping[str, Word]
    silent: Mapping[str, str]
    """By kind of word, why its number stands alone."""
    mm_per_px: float | None = None
    """Pixel spacing, None where it is not known."""

    @property
    def paragraph(self) -> str:
        """In plain words, ending with what it is not."""
        return compose_paragraph(self)


def report(
    image: GreyImage,
    mask: Mask,
    *,
    mm_per_px: float | None = None,
    aspect: float = 1.0,
    book: WordBook | None = None,
) -> Report | None:
    """Describe the largest lesion of a (H, W) mask in its image; None where the mask is empty.

    Raises TypeError if the mask is not bool, ValueError if the sizes differ.
    """
    book = book or read_words()
    description = describe(image, mask, aspect=aspect)
    if description is None:
        return None
    possible = choose_words(description, book.cutoffs)
    silent = {kind: check.why_not for kind, check in book.checks.items() if check.why_not}
    said = {kind: word for kind, word in possible.items() if kind not in silent}
    return Report(description, said, silent, mm_per_px)


def compose_paragraph(made: Report) -> str:
    """The description as sentences, ending with what it is not."""
    return f"{compose_description(made)} {NOT_AN_ASSESSMENT}"


def compose_description(made: Report) -> str:
    """What the mass is, its outline and its echo; `NOT_AN_ASSESSMENT` has to follow."""
    said = {kind: word.word for kind, word in made.words.items()}
    form = said.get("shape", "")
    start = f"{form.capitalize()} mass" if form else "Mass"
    lobes = made.description.shape.lobulations
    sentences = [
        f"{start} of {_describe_size(made)}{_ORIENTATION[said.get('orientation', '')]}.",
        f"Its outline has {lobes or 'no'} lobulation{'' if lobes == 1 else 's'}{_margin(made)}.",
        _describe_echo(made, said),
        _describe_posterior(made, said),
        *made.description.caveats,
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _describe_size(made: Report) -> str:
    size, mm = made.description.size, made.mm_per_px
    if mm is None:
        lengths = f"{size.longest_px:.0f} × {size.perpendicular_px:.0f} px"
    else:
        lengths = f"{size.longest_px * mm:.1f} × {size.perpendicular_px * mm:.1f} mm"
    return f"{lengths} (longest and perpendicular diameter)"


def _margin(made: Report) -> str:
    sharpness = made.description.echo.radial_gradient
    if "margin" in made.words:
        return f" and is {made.words['margin'].word}"
    return "" if math.isnan(sharpness) else f"; boundary sharpness {sharpness:.2f} of 1"


_ORIENTATION = {
    "": "",
    "parallel": ", parallel to the skin (wider than tall)",
    "not parallel": ", not parallel to the skin (taller than wide, or as tall)",
}
_POSTERIOR = {
    "": "",
    "no": " (no posterior change)",
    "enhancement": " (posterior enhancement)",
    "shadowing": " (posterior shadowing)",
}


def _describe_echo(made: Report, said: Mapping[str, str]) -> str:
    echo = made.description.echo
    if math.isnan(echo.contrast):
        return ""
    inside, around = (printed.plain(grey, 0) for grey in (echo.inside, echo.surroundings))
    side = "darker than" if echo.inside < echo.surroundings else "brighter than"
    side = "as bright as" if inside == around else side
    word = f" ({said['echo']})" if "echo" in said else ""
    greys = f"mean grey level {inside} against {around}"
    return f"Inside it is {side} the tissue around it{word}: {greys}."


def _describe_posterior(made: Report, said: Mapping[str, str]) -> str:
    posterior = made.description.echo.posterior
    if math.isnan(posterior):
        return ""
    levels = printed.plain(abs(posterior), 0)
    side = f"{levels} grey levels {'brighter' if posterior > 0 else 'darker'} than"
    side = "as bright as" if levels == "0" else side
    return f"Below it the image is {side} beside that strip{_POSTERIOR[said.get('posterior', '')]}."


def describe_annotation(scan: Scan, one: Annotation) -> dict[str, Any]:
    """The report of an annotation's largest lesion and all that reading told; JSON-ready."""
    made = report(scan.pixels, one.mask, mm_per_px=scan.spacing_mm, aspect=scan.aspect)
    return tabulate_report(made) | {
        "image": {
            "name": scan.name,
            "frame": scan.frame,
            "notes": list(scan.notes),
            "spacing": tabulate_spacing(scan.spacing),
        },
        "provenance": tabulate_provenance(one.provenance),
    }


def tabulate_report(made: Report | None) -> dict[str, Any]:
    """Everything of a report, ready for JSON: nan as null."""
    if made is None:
        return {"described": False, "paragraph": NOTHING}
    numbers = {
        part: {
            name: _plain(value) for name, value in asdict(getattr(made.description, part)).items()
        }
        for part in ("size", "shape", "echo")
    }
    return {
        "described": True,
        "lesions": made.description.lesions,
        "mm_per_px": made.mm_per_px,
        "caveats": list(made.description.caveats),
        **numbers,
        "words": {kind: {"word": w.word, "because": w.because} for kind, w in made.words.items()},
        "numbers_only": dict(made.silent),
        "paragraph": made.paragraph,
    }


def write_report(name: str, made: Report | None) -> str:
    """A report as plain text for a terminal: paragraph, words and numbers."""
    lines = [f"{name.capitalize()}: {made.paragraph if made else NOTHING}"]
    if made is None:
        return lines[0]
    lines += ["", "Words"]
    lines += [f"  {kind:24} {word.word} ({word.because})" for kind, word in made.words.items()]
    lines += [f"  {kind:24} number only: {why}" for kind, why in made.silent.items()]
    lines += ["", "Numbers"]
    for measure in list_measures(made.mm_per_px):
        note = ", ".join(part for part in (measure.unit, measure.scale) if part)
        lines.append(
            f"  {measure.name:28} {measure.show(measure.read(made.description)):>10}  {note}"
        )
    return "\n".join(lines)


Row = tuple[Measure, float, float | None, float | None]
"""A measure, its number on one side and the other, and the difference; None without the other."""


def compare_measures(one: Report, other: Report | None) -> list[Row]:
    """Each measure of one report, of the other, and `one` less `other`."""
    rows: list[Row] = []
    for measure in list_measures(one.mm_per_px):
        mine, theirs, apart = measure.read(one.description), None, None
        if other is not None:
            theirs = measure.read(other.description)
            apart = measure.difference(one.description, other.description)
        rows.append((measure, mine, theirs, apart))
    return rows


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
