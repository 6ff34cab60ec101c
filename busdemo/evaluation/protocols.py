"""Why papers disagree: the same predictions under each paper's convention, and honestly.

Nothing here is a paper's own model: the papers' claims stand beside how far their conventions move
the numbers of our models, on our test split.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from busdemo.evaluation.run_files import Run
from busdemo.evaluation.split_effect import tell_effects
from busdemo.imaging import printed

PAPERS: Mapping[str, Mapping[str, Any]] = json.loads(
    Path(__file__).with_name("papers.json").read_text(encoding="utf-8")
)
"""L1 to L5: title, the model of ours that stands for theirs, its data sets, its claims."""

COLUMNS = ["system", "claimed", "convention", "value under it", "honest value", "what it hides"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scored:
    """One model's rows of a run, one an image, and the numbers conventions make of them."""

    rows: pd.DataFrame

    @cached_property
    def lesion(self) -> NDArray[np.bool_]:
        """(N,) does the ground truth hold a lesion?"""
        return np.asarray(self.rows["lesion_px"] > 0)

    @cached_property
    def empty(self) -> NDArray[np.bool_]:
        """(N,) is nothing marked?"""
        return np.asarray(self.rows["tp"] + self.rows["fp"] == 0)

    @cached_property
    def dice(self) -> Floats:
        """(N,) nan where both masks are empty."""
        tp, fp, fn = (self.rows[name].to_numpy(np.float64) for name in ("tp", "fp", "fn"))
        with np.errstate(invalid="ignore"):
            return np.asarray(2 * tp / (2 * tp + fp + fn))

    @property
    def honest_dice(self) -> float:
        """Mean over images with a lesion."""
        return _mean(self.dice[self.lesion])

    @property
    def honest_iou(self) -> float:
        """Mean over images with a lesion: IoU = Dice / (2 - Dice)."""
        dice = self.dice[self.lesion]
        return _mean(dice / (2 - dice))

    @property
    def pooled(self) -> Mapping[str, float]:
        """Pixels of all images together: accuracy, Dice, IoU of lesion and of background, and the
        accuracy of a mask in which nothing is marked."""
        tp, fp, fn = (float(self.rows[name].sum()) for name in ("tp", "fp", "fn"))
        pixels = float((self.rows["height"] * self.rows["width"]).sum())
        tn = pixels - tp - fp - fn
        return {
            "accuracy": (tp + tn) / pixels,
            "dice": 2 * tp / max(1.0, 2 * tp + fp + fn),
            "lesion_iou": tp / max(1.0, tp + fp + fn),
            "background_iou": tn / max(1.0, tn + fp + fn),
            "nothing": (tn + fp) / pixels,
        }

    @property
    def normals_perfect(self) -> float:
        """Mean over all images; a normal image left empty scores 1, a false alarm 0."""
        return _mean(np.where(~self.lesion & self.empty, 1.0, np.nan_to_num(self.dice)))

    @property
    def empties_perfect(self) -> float:
        """Mean over all images; every mask in which nothing is marked scores 1."""
        return _mean(np.where(self.empty, 1.0, np.nan_to_num(self.dice)))

    @property
    def large_share(self) -> float:
        """Share of all lesion pixels that lie in the largest tenth of the lesions."""
        sizes = np.sort(self.rows["lesion_px"].to_numpy(np.float64)[self.lesion])[::-1]
        return float(sizes[: max(1, round(len(sizes) / 10))].sum() / sizes.sum())


def select(run: Run, paper: str, stages: int = 1) -> Scored | None:
    """The rows of the model that stands for a paper's, on the paper's data sets; None without."""
    facts, rows = PAPERS[paper], run.rows
    chosen = (rows["model"] == facts["model"]) & (rows["stages"] == stages)
    chosen &= rows["dataset"].isin(facts["datasets"])
    found = rows[chosen]
    return Scored(found.reset_index(drop=True)) if (found["lesion_px"] > 0).any() else None


def tabulate_protocols(
    run: Run, crops: pd.DataFrame | None = None, splits: pd.DataFrame | None = None
) -> pd.DataFrame:
    """One row a paper and convention, the columns `COLUMNS`, for what the run holds.

    `crops` are the pixel counts on crops of the ground truth (`crops.segment_true_crops`),
    `splits` the table of `read_split_pair`.
    """
    rows = [*_pixel_rows(run), *_image_rows(run), *_two_stage_rows(run, crops)]
    if rows and splits is not None:
        random, best = tell_effects(splits)
        claim = PAPERS["L3"]["claims"]["direct Dice"]
        system = f"L3, {PAPERS['L3']['name']} (here: small U-Nets trained for the purpose)"
        rows.append(random | {"system": system, "claimed": f"direct Dice {claim:.4g}"})
        rows.append(best | {"system": "Where train and test are the only parts", "claimed": "–"})
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.sort_values("system", kind="stable", ignore_index=True)


@dataclass(frozen=True)
class Convention:
    """A way to put masks into one number: in words, the number it gives, and what that hides."""

    words: str
    value: float
    hides: str

    def against(self, run: Run, paper: str, claim: str, honest: float) -> dict[str, Any]:
        """The table's row for a paper's claim; `honest` is what we would say instead."""
        facts = PAPERS[paper]
        claimed = facts["claims"].get(claim)
        told = run.receipt.get("models") or {}
        name = (told.get(facts["model"]) or {}).get("name") or facts["model"]
        scored = select(run, paper)
        lesions, images = (scored.lesion.sum(), scored.lesion.size) if scored else (0, 0)
        return {
            "system": f"{paper}, {facts['name']} (here: {name}, {' and '.join(facts['datasets'])}, "
            f"{images} images, {lesions} with a lesion)",
            "claimed": f"{claim}, no number" if claimed is None else f"{claim} {claimed:.4g}",
            "convention": self.words,
            "value under it": self.value,
            "honest value": honest,
            "what it hides": self.hides,
        }


def _pixel_rows(run: Run) -> Iterator[dict[str, Any]]:
    """Conventions that count pixels of all images together."""
    for paper in ("L1", "L2"):
        if scored := select(run, paper):
            pooled = scored.pooled
            hides = (
                "Most pixels are background, and each of them counts as a success. A mask in "
                f"which nothing is marked would score {pooled['nothing']:.3f} here."
            )
            convention = Convention("Pixel accuracy over all images", pooled["accuracy"], hides)
            yield convention.against(run, paper, "pixel accuracy", scored.honest_dice)
    for paper, claim in (("L2", "F1"), ("L5", "Dice")):
        if scored := select(run, paper):
            hides = (
                "Each pixel counts alike, not each patient: the largest tenth of the lesions holds "
                f"{printed.percent(scored.large_share)} of all lesion pixels, and a small lesion "
                "that is missed hardly shows; false alarms on normal images are in it by their "
                "pixels. How the source averaged is not known to us; this is one usual way."
            )
            convention = Convention(
                "Dice (F1) of all images' pixels pooled", scored.pooled["dice"], hides
            )
            yield convention.against(run, paper, claim, scored.honest_dice)
    if scored := select(run, "L4"):
        pooled = scored.pooled
        value = (pooled["lesion_iou"] + pooled["background_iou"]) / 2
        hides = (
            f"The background's IoU of {pooled['background_iou']:.3f} is half of the mean, and it "
            "stays high where every lesion is missed. Whether the source counts it is not known to "
            "us; common code does. Honest here: mean IoU over images with a lesion."
        )
        convention = Convention("Mean of the IoU of lesion and of background", value, hides)
        yield convention.against(run, "L4", "mean IoU", scored.honest_iou)


def _image_rows(run: Run) -> Iterator[dict[str, Any]]:
    """Conventions about means over images and about the normal ones."""
    if scored := select(run, "L1"):
        hides = (
            "Nothing, but it is another scale than Dice: an IoU of 0.50 is a Dice of 0.67, so "
            "numbers on the two cannot stand side by side."
        )
        convention = Convention("Mean IoU over images with a lesion", scored.honest_iou, hides)
        yield convention.against(run, "L1", "IoU", scored.honest_dice)
    if scored := select(run, "L3"):
        normal = ~scored.lesion
        left = int((normal & scored.empty).sum())
        hides = (
            f"{normal.sum()} of {len(normal)} images are normal, and each that is left empty "
            f"({left} are) counts as a perfect Dice of 1: the mean tells as much of the share of "
            "normal images as of the lesions."
        )
        convention = Convention(
            "Mean over all images, an empty normal one scored 1", scored.normals_perfect, hides
        )
        yield convention.against(run, "L3", "direct Dice", scored.honest_dice)
        alarms = int((normal & ~scored.empty).sum())
        hides = (
            f"False alarms: something is marked in {alarms} of {normal.sum()} normal images, and "
            "no Dice over lesions shows it. So both numbers are needed, apart."
        )
        convention = Convention("Normal images left out", scored.honest_dice, hides)
        yield convention.against(run, "L3", "direct Dice", scored.honest_dice)


def _two_stage_rows(run: Run, crops: pd.DataFrame | None) -> Iterator[dict[str, Any]]:
    """Conventions of a localisation-guided system."""
    scored = select(run, "L3", 2)
    if scored is None:
        return
    missed = int((scored.lesion & scored.empty).sum())
    hides = (
        f"An empty mask scores 1 even where there is a lesion: {missed} of {scored.lesion.sum()} "
        "lesions were missed whole and count as perfect, and so does every normal image left "
        "empty. A model that marks nothing at all would score 1."
    )
    convention = Convention(
        "Nothing found, so nothing marked: scored 1", scored.empties_perfect, hides
    )
    yield convention.against(run, "L3", "two-stage Dice", scored.honest_dice)
    cut = _on_crops(scored, crops, str(PAPERS["L3"]["model"]))
    if cut is None:
        return
    words = "Crops around the ground truth instead of the detector's"
    hides = (
        "The crop says that there is a lesion, where, and how large. No patient comes with a box: "
        "honest is the same model behind the detector."
    )
    convention = Convention(words, cut.honest_dice, hides)
    yield convention.against(run, "L3", "two-stage Dice", scored.honest_dice)
    words = "Crops around the ground truth, and every normal image scored 1"
    hides = (
        "Both at once: the ground truth says which images are normal, so there are no false alarms "
        "at all. How much of the claim this explains is the gap between the two columns."
    )
    value = cut.normals_perfect
    convention = Convention(words, value, hides)
    yield convention.against(run, "L3", "two-stage Dice", scored.honest_dice)


def _on_crops(scored: Scored, crops: pd.DataFrame | None, model: str) -> Scored | None:
    """The same images with the counts on true crops; a normal one has no crop and no mark."""
    if crops is None:
        return None
    counts = crops[crops["model"] == model].set_index("id")[["tp", "fp", "fn"]]
    ids = scored.rows["id"]
    if not set(ids[scored.lesion]) <= set(counts.index):
        return None
    found = counts.reindex(ids).fillna(0).reset_index(drop=True)
    return Scored(scored.rows.assign(tp=found["tp"], fp=found["fp"], fn=found["fn"]))


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")
