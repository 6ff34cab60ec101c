"""The scans behind `examples/`: nine with lesions of different kinds, one without any."""

from dataclasses import replace

from busdemo.phantoms.lesions import LesionRecipe
from busdemo.phantoms.recipes import PhantomRecipe
from busdemo.phantoms.speckle import ScannerRecipe
from busdemo.phantoms.tissue import TissueRecipe

_COMPOUND = ScannerRecipe(0.085, 0.17, looks=4, dynamic_range_db=45, brightness=0.37, smoothing=0.7)
_SHARP = ScannerRecipe(0.075, 0.15, looks=3, dynamic_range_db=44, brightness=0.32, smoothing=0.6)
_PLAIN = ScannerRecipe(0.1, 0.2, looks=2, dynamic_range_db=48, brightness=0.36, smoothing=0.4)
_COARSE = ScannerRecipe(0.14, 0.3, looks=1, dynamic_range_db=54, brightness=0.38, smoothing=0.3)

_SOLID = LesionRecipe(echo_db=-10, posterior_db=4, edge_mm=0.2, capsule=0.35, push=0.6)
_FLUID = LesionRecipe(
    echo_db=-28, texture_db=0.3, posterior_db=11, edge_mm=0.08, capsule=0.4, push=0.5
)
_SPICULATED = LesionRecipe(
    (0.52, 0.4), (9.5, 12.0), 8, "spiculated", -13, 2.2, 0.3, -14, halo_db=4.5, strands=14
)
_MICROLOBULATED = LesionRecipe(
    (0.44, 0.41), (14.5, 11.0), -10, "microlobulated", -11, 2.6, 0.25, -2.5, halo_db=2
)
_SMALL = LesionRecipe((0.61, 0.36), (5.4, 4.2), -12, "irregular", -12, 1.5, 0.15, -5)
_FAINT = LesionRecipe((0.5, 0.45), (15.0, 9.5), 10, "lobulated", -4, 2.0, 0.6, 0.5)
_IRREGULAR = LesionRecipe(
    (0.45, 0.38), (16.0, 11.5), -8, "irregular", -12, 2.5, 0.5, -24, halo_db=3.5, strands=4
)

EXAMPLES: dict[str, tuple[PhantomRecipe, int]] = {
    "oval-fibroadenoma": (
        PhantomRecipe(
            "Oval, smooth",
            "Oval with a smooth margin, darker than its surroundings and slightly brighter behind "
            "it, the way a fibroadenoma often looks.",
            size_wh=(640, 480),
            lesions=(replace(_SOLID, centre_xy=(0.46, 0.42), size_mm=(17.5, 9.0), tilt_deg=-6),),
            tissue=TissueRecipe(1.8, 9, 24, 31),
            scanner=_COMPOUND,
        ),
        11,
    ),
    "spiculated-mass": (
        PhantomRecipe(
            "Spiculated, with shadow",
            "Taller than wide with a spiculated margin, a hazy bright rim and a dark shadow behind "
            "it, the way an invasive carcinoma can look.",
            size_wh=(600, 480),
            lesions=(_SPICULATED,),
            tissue=TissueRecipe(1.6, 7, 26, 34, fat_db=-9, waviness_mm=1.8),
            scanner=_PLAIN,
        ),
        12,
    ),
    "simple-cyst": (
        PhantomRecipe(
            "Cyst",
            "Free of echoes but for a trace of clutter, with a thin wall and brighter tissue "
            "behind it, the way a simple cyst looks.",
            size_wh=(620, 470),
            depth_mm=34,
            lesions=(replace(_FLUID, centre_xy=(0.55, 0.4), size_mm=(13, 10), tilt_deg=4),),
            tissue=TissueRecipe(1.5, 5.5, 24, 31, gland_mottle_db=5, duct_share=0.5),
            scanner=_COMPOUND,
        ),
        13,
    ),
    "microlobulated-mass": (
        PhantomRecipe(
            "Microlobulated",
            "Many small bumps on the margin and a dark, uneven inside; hardly any change behind "
            "it.",
            size_wh=(580, 470),
            lesions=(_MICROLOBULATED,),
            tissue=TissueRecipe(1.8, 8.5, 23, 30, fat_db=-7),
            scanner=_SHARP,
        ),
        14,
    ),
    "two-lesions": (
        PhantomRecipe(
            "Two lesions",
            "A smooth oval on the left and a smaller cyst, nearly free of echoes, on the right.",
            size_wh=(680, 460),
            depth_mm=35,
            lesions=(
                replace(_SOLID, centre_xy=(0.29, 0.42), size_mm=(14, 8), tilt_deg=5),
                replace(_FLUID, centre_xy=(0.72, 0.36), size_mm=(8, 6.5)),
            ),
            tissue=TissueRecipe(1.5, 6, 22, 29, waviness_mm=1.8),
            scanner=_COMPOUND,
        ),
        25,
    ),
    "small-lesion": (
        PhantomRecipe(
            "Small",
            "About 5 mm wide in simulated tissue 38 mm deep: easily overlooked.",
            size_wh=(640, 490),
            lesions=(_SMALL,),
            tissue=TissueRecipe(2, 11, 23, 30, lobule_mm=13, duct_share=0.15, waviness_mm=1.8),
            scanner=_SHARP,
        ),
        16,
    ),
    "low-contrast": (
        PhantomRecipe(
            "Low contrast, hard to see",
            "Barely darker than the tissue around it, with a blurred margin that is easy to draw "
            "differently.",
            size_wh=(600, 470),
            lesions=(_FAINT,),
            tissue=TissueRecipe(1.8, 8, 26, 34),
            scanner=_PLAIN,
        ),
        17,
    ),
    "lobulated-coarse": (
        PhantomRecipe(
            "Lobulated, coarse speckle",
            "A gently lobulated margin under coarse speckle from a single look, as an older "
            "scanner of lower resolution shows it.",
            size_wh=(560, 460),
            lesions=(
                replace(
                    _SOLID, centre_xy=(0.5, 0.4), size_mm=(19, 11), margin="lobulated", echo_db=-13
                ),
            ),
            tissue=TissueRecipe(1.8, 7, 25, 33),
            scanner=_COARSE,
        ),
        18,
    ),
    "irregular-shadow": (
        PhantomRecipe(
            "Irregular, strong shadow",
            "An irregular outline with a hazy rim above it, and a strong shadow that hides most of "
            "the tissue behind it.",
            size_wh=(610, 500),
            lesions=(_IRREGULAR,),
            tissue=TissueRecipe(2, 9.5, 27, 35, waviness_mm=2),
            scanner=_COMPOUND,
        ),
        19,
    ),
    "normal": (
        PhantomRecipe(
            "No lesion",
            "Skin, fat, glandular tissue and muscle, and nothing to find: whatever a model marks "
            "here is a false alarm.",
            size_wh=(640, 480),
            tissue=TissueRecipe(1.8, 10, 23, 31, duct_share=0.5),
            scanner=_COMPOUND,
        ),
        20,
    ),
}
"""Recipe and seed by id, in the order the page shows them; the first opens the page."""
