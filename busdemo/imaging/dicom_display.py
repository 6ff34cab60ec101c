"""From a DICOM frame's stored values to what is meant to be seen, and the size of its pixels."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.pixels import Values, in_plain_type
from busdemo.imaging.spacing import Spacing, find_spacing

if TYPE_CHECKING:
    from pydicom import Dataset

_CENTIMETRES = 3
_TWO_DIMENSIONAL = 1


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
    """The spacing of the pixels, and notes where the file contradicts itself.

    A calibrated two-dimensional ultrasound region (PS3.3 C.8.5.5) wins over PixelSpacing, which
    converters fill in; several regions must agree within 1 %. A PixelSpacing of 1\\1 is a
    placeholder: unknown.
    """
    stated = _stated_spacing(dataset)
    regions = dataset.get("SequenceOfUltrasoundRegions") or []
    known = [found for region in regions if (found := _region_spacing(region))]
    if known and not np.allclose([(k.x, k.y) for k in known], (known[0].x, known[0].y), rtol=0.01):
        return None, ("its regions have different scales: sizes stay in pixels",)
    if known:
        return known[0], _tell_conflict(stated, known[0])
    if stated is not None and stated.x == stated.y == 1:
        return None, ("a PixelSpacing of 1 x 1 mm is a placeholder: sizes stay in pixels",)
    return stated, ()


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


def _stated_spacing(dataset: "Dataset") -> Spacing | None:
    """PixelSpacing (row, column), of the file or of its shared functional groups."""
    groups = dataset.get("SharedFunctionalGroupsSequence") or [{}]
    measures = groups[0].get("PixelMeasuresSequence") or [{}]
    for sides in (dataset.get("PixelSpacing"), measures[0].get("PixelSpacing")):
        if sides and len(sides) == 2:
            found = find_spacing(float(sides[1]), float(sides[0]), "PixelSpacing")
            if found:
                return found
    return None


def _region_spacing(region: "Dataset") -> Spacing | None:
    """Of a two-dimensional region in centimetres; None for any other."""
    units = (region.get("PhysicalUnitsXDirection"), region.get("PhysicalUnitsYDirection"))
    if units != (_CENTIMETRES, _CENTIMETRES):
        return None
    if region.get("RegionSpatialFormat") != _TWO_DIMENSIONAL:
        return None
    x, y = region.get("PhysicalDeltaX"), region.get("PhysicalDeltaY")
    if x is None or y is None:
        return None
    return find_spacing(abs(float(x)) * 10, abs(float(y)) * 10, "calibrated ultrasound region")


def _tell_conflict(stated: Spacing | None, region: Spacing) -> tuple[str, ...]:
    if stated is None or np.allclose((stated.x, stated.y), (region.x, region.y), rtol=0.01):
        return ()
    return (f"PixelSpacing says {stated}, the calibrated ultrasound region {region}: the latter",)
