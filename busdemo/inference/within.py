"""What models say of a scan that is part of its picture, in the frame of the whole picture."""

from collections.abc import Callable
from dataclasses import astuple, replace

from busdemo.imaging.arrays import GreyImage, ProbabilityMap
from busdemo.imaging.boxes import Box
from busdemo.imaging.images import Scan
from busdemo.inference.two_stage import Localisation, Predicts, TwoStage, TwoStagePredictions


class PredictionsWithin:
    """Answers to the scan area alone, put back into the picture: 0 around it."""

    def __init__(self, scan: Scan, predictions: Predicts) -> None:
        self._scan, self._predictions = scan, predictions

    def predict(self, model_id: str) -> ProbabilityMap:
        """As `Predictions.predict`, (H, W) float32 of the whole picture."""
        return self._scan.put_back(self._predictions.predict(model_id))

    @property
    def in_two_stages(self) -> bool:
        """Are these answers to crops?"""
        return isinstance(self._predictions, TwoStagePredictions)

    @property
    def localisation(self) -> Localisation | None:
        """Where a detector found lesions in the whole picture; None in one stage."""
        inner = self._predictions
        known = inner.localisation if isinstance(inner, TwoStagePredictions) else None
        return known and _move(known, self._scan, 1)


def look_within(scan: Scan, look: Callable[[GreyImage], Predicts]) -> PredictionsWithin:
    """The answers that `look` (a pool's or two stages' `look_at`) gives to a scan."""
    return PredictionsWithin(scan, look(scan.inside))


def look_in_two_stages(
    scan: Scan, staged: TwoStage, found: Localisation | None = None
) -> PredictionsWithin:
    """The models' answers in two stages; `found` is what `locate_within` said of the scan."""
    inside = found and _move(found, scan, -1)
    return look_within(scan, lambda image: staged.look_at(image, found=inside))


def locate_within(scan: Scan, staged: TwoStage) -> Localisation:
    """Where a detector finds lesions, in px of the whole picture; errors as `TwoStage.locate`."""
    return _move(staged.locate(scan.inside), scan, 1)


def _move(found: Localisation, scan: Scan, way: int) -> Localisation:
    """Boxes from the scan area's frame into the picture's (`way` 1), or back (-1)."""
    if scan.area is None:
        return found
    x, y = way * scan.area.left, way * scan.area.top
    boxes = []
    for one in found.detections:
        left, top, right, bottom = astuple(one.box)
        boxes.append(replace(one, box=Box(left + x, top + y, right + x, bottom + y)))
    return replace(found, detections=tuple(boxes))
