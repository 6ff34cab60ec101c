"""From a DICOM frame's stored values to what is meant to be seen, and the size of its pixels."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.pixels import Values, in_plain_type

if TYPE_CHECKING:
    from pydicom import Dataset

MAX_SPACING_MM = 10.0
"""A pixel side above this (or of 0, or less) is a mistake, not a spacing."""

_CENTIMETRES = 3
_TWO_DIMENSIONAL = 1

Spacing = tuple[float, float]


def apply_window(dataset: "Dataset", stored: NDArray[Any]) -> tuple[Values, tuple[str, ...]]:
    """(H, W) uint8 through the file's first window or table of values; as stored without one.

    The formulas are PS3.3 C.11.2.1.2 and C.11.2.1.3 with an output from 0 to 255. Rescaling
    (slope and intercept, or a modality table) comes first, as the standard has it.
    """
    from pydicom.pixels.processing import apply_modality_lut, apply_voi  # noqa: PLC0415

    if dataset.get("VOILUTSequence"):
        item = dataset.VOILUTSequence[0]
        looked_up = apply_voi(apply_modality_lut(stored, dataset), dataset)
        top = 2.0 ** int(item.LUTDescriptor[2]) - 1
        return _to_bytes(looked_up.astype(np.float64) / top), ("its table of values applied",)
    centre, width = _first(dataset.get("WindowCenter")), _first(dataset.get("WindowWidth"))
    if centre is None or width is None:
        return in_plain_type(stored), ()
    values = apply_modality_lut(stored, dataset).astype(np.float64)
    shown = _window(values, centre, width, str(dataset.get("VOILUTFunction") or "LINEAR"))
    return _to_bytes(shown), (f"window {centre:g} / {width:g} applied",)


def invert(values: Values, bits: int) -> Values:
    """White for black in (H, W) values of `bits` bits or, for float32, from lowest to highest."""
    if values.dtype == np.float32:
        return np.asarray(values.max() + values.min() - values, np.float32)
    top = values.dtype.type(2 ** min(bits, 8 * values.dtype.itemsize) - 1)
    inverted: Values = top - np.minimum(values, top)
    return inverted


def read_spacing(dataset: "Dataset") -> tuple[Spacing | None, tuple[str, ...]]:
    """Height and width of a pixel in mm, and a note where the file contradicts itself.

    From PixelSpacing, the shared functional groups, or the calibrated two-dimensional ultrasound
    regions (PS3.3 C.8.5.5), which must agree within 1 %.
    """
    for spacing in (dataset.get("PixelSpacing"), _shared_spacing(dataset)):
        found = _plausible(spacing)
        if found:
            return found, ()
    regions = dataset.get("SequenceOfUltrasoundRegions", [])
    known = [found for region in regions if (found := _plausible(_region_spacing(region)))]
    if not known:
        return None, ()
    if not np.allclose(known, known[0], rtol=0.01):
        return None, ("its regions have different scales: sizes stay in pixels",)
    return known[0], ()


def _window(values: NDArray[Any], centre: float, width: float, function: str) -> NDArray[Any]:
    """0 to 1."""
    if function == "SIGMOID":
        return np.asarray(1 / (1 + np.exp(np.clip(-4 * (values - centre) / width, -700, 700))))
    if function != "LINEAR_EXACT":
        centre, width = centre - 0.5, max(width - 1, 1e-9)
    return np.asarray((values - centre) / width + 0.5)


def _to_bytes(shown: NDArray[Any]) -> NDArray[np.uint8]:
    return np.asarray(np.rint(np.clip(shown, 0, 1) * 255), np.uint8)


def _first(value: Any) -> float | None:
    if value is None or value == "":
        return None
    number = float(value[0] if hasattr(value, "__len__") and not isinstance(value, str) else value)
    return number if np.isfinite(number) else None


def _shared_spacing(dataset: "Dataset") -> Any:
    groups = dataset.get("SharedFunctionalGroupsSequence") or [{}]
    measures = groups[0].get("PixelMeasuresSequence") or [{}]
    return measures[0].get("PixelSpacing")


def _region_spacing(region: "Dataset") -> Any:
    """Row and column spacing of a two-dimensional region in centimetres; None for any other."""
    units = (region.get("PhysicalUnitsXDirection"), region.get("PhysicalUnitsYDirection"))
    if units != (_CENTIMETRES, _CENTIMETRES):
        return None
    if region.get("RegionSpatialFormat") != _TWO_DIMENSIONAL:
        return None
    deltas = (region.get("PhysicalDeltaY"), region.get("PhysicalDeltaX"))
    return None if None in deltas else [abs(float(delta)) * 10 for delta in deltas]


def _plausible(spacing: Any) -> Spacing | None:
    if not spacing or len(spacing) != 2:
        return None
    row, column = (float(side) for side in spacing)
    return (row, column) if 0 < row <= MAX_SPACING_MM and 0 < column <= MAX_SPACING_MM else None
