"""What a phantom is made of, and random ones for training."""

from dataclasses import dataclass, field

import numpy as np

from busdemo.phantoms.lesions import LesionRecipe, Margin
from busdemo.phantoms.speckle import ScannerRecipe
from busdemo.phantoms.tissue import TissueRecipe


@dataclass(frozen=True)
class PhantomRecipe:
    """Everything that decides a phantom, except its seed."""

    title: str
    description: str
    size_wh: tuple[int, int] = (600, 480)
    depth_mm: float = 38.0
    """What the image's height stands for."""
    lesions: tuple[LesionRecipe, ...] = ()
    tissue: TissueRecipe = field(default_factory=TissueRecipe)
    scanner: ScannerRecipe = field(default_factory=ScannerRecipe)


def random_recipe(rng: np.random.Generator) -> PhantomRecipe:
    """A recipe drawn at random for training: 6 % without lesion, most with one, some with two.

    Depth, layers, size, shape, margin, contrast, shadow or enhancement, gain and sharpness vary
    widely. The title and the description say no more than that it is random.
    """
    depth_mm = float(rng.uniform(26, 46))
    height = int(rng.integers(360, 521))
    width = int(height * rng.uniform(0.85, 1.5))
    count = int(rng.choice([0, 1, 2], p=[0.06, 0.84, 0.10]))
    field_mm = (depth_mm * width / height, depth_mm)
    tissue = _random_tissue(depth_mm, rng)
    floor = (0.6 * tissue.gland_to_mm + 0.4 * tissue.muscle_to_mm) / depth_mm
    return PhantomRecipe(
        title="Random phantom",
        description=f"Drawn at random, with {count} lesion{'' if count == 1 else 's'}.",
        size_wh=(width, height),
        depth_mm=depth_mm,
        lesions=_random_lesions(count, field_mm, floor, rng),
        tissue=tissue,
        scanner=_random_scanner(rng),
    )


def _random_tissue(depth_mm: float, rng: np.random.Generator) -> TissueRecipe:
    fat = float(rng.uniform(0.1, 0.42))
    gland = fat + float(rng.uniform(0.12, 0.5))
    muscle = gland + float(rng.uniform(0.12, 0.4))
    return TissueRecipe(
        skin_mm=float(rng.uniform(1.0, 2.6)),
        fat_to_mm=fat * depth_mm,
        gland_to_mm=gland * depth_mm,
        muscle_to_mm=muscle * depth_mm,
        fat_db=float(rng.uniform(-13, -4)),
        muscle_db=float(rng.uniform(-12, -4)),
        lobule_mm=float(rng.uniform(6, 18)),
        septa=float(rng.uniform(0.4, 1.5)),
        gland_mottle_db=float(rng.uniform(1.5, 6)),
        duct_share=float(rng.uniform(0, 0.9)),
        waviness_mm=float(rng.uniform(0.4, 2.2)),
        shade_db=float(rng.uniform(0, 7)),
    )


def _random_scanner(rng: np.random.Generator) -> ScannerRecipe:
    axial = float(rng.uniform(0.08, 0.2))
    return ScannerRecipe(
        axial_mm=axial,
        lateral_mm=axial * float(rng.uniform(1.4, 3.0)),
        focus=float(rng.uniform(0.15, 0.6)),
        looks=int(rng.choice([1, 2, 3, 4, 5], p=[0.12, 0.22, 0.26, 0.22, 0.18])),
        dynamic_range_db=float(rng.uniform(40, 62)),
        brightness=float(rng.uniform(0.18, 0.5)),
        fall_off_db=float(rng.uniform(0, 12)),
        noise_db=float(rng.uniform(-50, -34)),
        clutter_db=float(rng.uniform(-32, -17)),
        smoothing=float(rng.uniform(0, 1)),
    )


def _random_lesions(
    count: int, field_mm: tuple[float, float], floor: float, rng: np.random.Generator
) -> tuple[LesionRecipe, ...]:
    """Lesions inside the frame that keep apart: each gets its own part of the image's width.

    They lie above `floor`, the share of the depth where the muscle is well under way.
    """
    lesions = []
    for place in range(count):
        part = 1.0 if count == 1 else 0.5
        size_w, size_h = _random_size(
            0.7 * part * field_mm[0], 0.6 * min(floor, 0.9) * field_mm[1], rng
        )
        # Half the lesion and room for its bumps, as shares of the frame.
        room_x = 0.65 * max(size_w, size_h) / field_mm[0]
        room_y = 0.65 * size_h / field_mm[1]
        low, high = place * part + room_x, (place + 1) * part - room_x
        x = rng.uniform(low, high) if low < high else (place + 0.5) * part
        top, bottom = 0.08 + room_y, max(0.09 + room_y, min(floor, 0.92) - room_y)
        y = top + (bottom - top) * rng.beta(1.6, 2.4)
        lesions.append(_random_lesion((float(x), float(y)), (size_w, size_h), rng))
    return tuple(lesions)


def _random_size(most_w: float, most_h: float, rng: np.random.Generator) -> tuple[float, float]:
    width = float(np.clip(rng.lognormal(np.log(11), 0.5), 3.0, most_w))
    height = float(np.clip(width * rng.lognormal(np.log(0.68), 0.3), 2.5, min(most_h, 1.3 * width)))
    return width, height


def _random_lesion(
    centre_xy: tuple[float, float], size_mm: tuple[float, float], rng: np.random.Generator
) -> LesionRecipe:
    kind = rng.choice(["cyst", "benign", "malignant"], p=[0.15, 0.45, 0.4])
    tilt = float(rng.normal(0, 12))
    if kind == "cyst":
        return LesionRecipe(
            centre_xy,
            size_mm,
            tilt,
            "smooth",
            float(rng.uniform(-30, -16)),
            texture_db=float(rng.uniform(0, 1)),
            edge_mm=float(rng.uniform(0.05, 0.25)),
            posterior_db=float(rng.uniform(3, 9)),
            capsule=float(rng.uniform(0, 0.6)),
            push=float(rng.uniform(0, 0.8)),
        )
    if kind == "benign":
        margin: Margin = "smooth" if rng.random() < 0.6 else "lobulated"
        return LesionRecipe(
            centre_xy,
            size_mm,
            tilt,
            margin,
            float(rng.uniform(-13, -4)),
            texture_db=float(rng.uniform(0.5, 2.5)),
            edge_mm=float(rng.uniform(0.08, 0.5)),
            posterior_db=float(rng.uniform(-2, 6)),
            capsule=float(rng.uniform(0, 0.6)),
            push=float(rng.uniform(0, 0.8)),
        )
    margins: tuple[Margin, ...] = ("microlobulated", "spiculated", "irregular")
    if rng.random() < 0.35:  # taller than wide
        size_mm = (max(min(size_mm), 0.6 * max(size_mm)), max(size_mm))
    return LesionRecipe(
        centre_xy,
        size_mm,
        tilt,
        margins[int(rng.integers(3))],
        float(rng.uniform(-17, -5)),
        texture_db=float(rng.uniform(1, 3.5)),
        edge_mm=float(rng.uniform(0.15, 0.9)),
        posterior_db=float(rng.uniform(-16, 1)),
        halo_db=float(rng.uniform(0, 6)),
        strands=int(rng.integers(0, 12)),
    )
