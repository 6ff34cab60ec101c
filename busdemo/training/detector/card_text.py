"""The part of the detector's card that training knows best, from its values."""

from busdemo.inference.detector import Tuning
from busdemo.training.card_text import write_sections
from busdemo.training.detector.run import PHASES, STARTS_FROM, Phase
from busdemo.zoo.cards import Preprocessing


def describe_detector(
    preprocessing: Preprocessing, tuning: Tuning, padded_with: str, images: int
) -> str:
    """The sections Use, Data and Protocol of the detector's card, in Markdown."""
    width, height = preprocessing.input_wh
    recipe = PHASES[0].recipe
    phases = "; ".join(_describe_phase(phase) for phase in PHASES)
    epochs = sum(phase.recipe.epochs for phase in PHASES)
    use = (
        f"Input: one grey channel, {preprocessing.rule}ed to {width}x{height}, `(grey / 255 - "
        "mean) / std`. Output: at every 8th pixel the logit of a score and the distances to the "
        f"four sides of a box. Boxes count from a score of {tuning.cut_off:g}; of two that overlap "
        f"by an IoU of more than {tuning.most_iou:g} the better stays. In two stages a square with "
        f"{tuning.padding:g} times the box's longer side around it is cut out, segmented by any "
        "model of the zoo, and put back. Intended for demonstration, teaching and research. Not "
        "for diagnosis, screening, triage or any decision about a person."
    )
    data = (
        "Train splits of BUSI (Al-Dhabyani et al. 2020), BUS-BRA (Gómez-Flores et al. 2024), "
        f"BUS-UCLM (Vallez et al. 2025) and BrEaST (Pawłowska et al. 2024), {images:,} images, and "
        f"{recipe.phantoms} simulated scans; one box around every connected part of a mask from "
        "16 px on. Because BUS-UCLM's repository says CC BY-NC, these weights are CC BY-NC 4.0."
    )
    protocol = (
        f"Trained by `busdemo train detector`: {epochs} epochs in {len(PHASES)} phases, each from "
        f"the best epoch of the one before ({phases}). AdamW, one-cycle, batch "
        f"{recipe.batch_size}, varifocal loss of the scores and GIoU loss of the boxes, averaged "
        "weights; curves in `curves.csv`. The second head marks lesion pixels on the map that the "
        "boxes come of, with Dice and cross-entropy, and is dropped after. The encoder started "
        f"from that of `{STARTS_FROM}`, trained on the same split; everything else from random "
        "weights. Chosen on validation: epochs, input side and overlap by mAP@50:95 "
        "over images with a lesion, the cut-off by F1 at IoU 0.5 over all images, the padding by "
        f"the Dice of `{padded_with}` in two stages. mAP as COCO defines it (101 "
        "recalls, at most 100 boxes an image), at each image's native size."
    )
    return write_sections({"Use": use, "Data": data, "Protocol": protocol})


def _describe_phase(phase: Phase) -> str:
    stages = ", then ".join(f"{epochs} at {side} px" for epochs, side in phase.recipe.stages)
    still = f"the encoder's stem and first {phase.frozen_stages} stages as they were"
    how = [still if phase.frozen_stages else "whole encoder"]
    how += ["second head"] if phase.outlined else []
    return f"{stages}, rate up to {phase.recipe.peak_learning_rate:g}, {', '.join(how)}"
