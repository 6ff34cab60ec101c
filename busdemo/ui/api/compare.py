"""The endpoint /compare: annotations of one image against each other and against models."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from busdemo.annotations.annotation import Annotation
from busdemo.annotations.files import read_annotations
from busdemo.imaging.images import Scan
from busdemo.imaging.masks import stop_of
from busdemo.imaging.post_processing import PostProcessing
from busdemo.imaging.spacing import read_spacing
from busdemo.inference.segmenter import SegmenterPool
from busdemo.scoring.agreement import TOLERANCE_PX
from busdemo.scoring.consensus import WAY_NAMES
from busdemo.ui.api.controls import Controls
from busdemo.ui.api.files import keep, open_files, open_scan
from busdemo.ui.api.reading import read_options
from busdemo.ui.api.signature import build_endpoint
from busdemo.ui.queues import MODELS
from busdemo.workflows.comparing import (
    ComparedImage,
    ask_models,
    compare_annotations,
    tabulate_case,
)
from busdemo.workflows.comparison_report import write_report
from busdemo.workflows.labels import Group, group_by_label

MOST_MASKS = 20

DESCRIPTION = (
    "Compare masks of one breast-ultrasound image with each other and with models; with neither "
    "masks nor models, all models. Each mask file "
    "is one person's, called as the file. Returns the report (one HTML file that needs no network) "
    "and every number (JSON): all pairwise matrices, rows against the reference (an annotator's "
    "name, empty for the first), NSD over tolerances of 1 to 10 px, the yardstick, STAPLE's "
    "sensitivities and specificities. Lengths are in px unless mm_per_px is given (0: as the "
    "image's file says). Models mark at their own frozen thresholds unless threshold is given (0: "
    "frozen), with their own post-processing unless steps such as largest,fill,above=50 or none "
    "are given. Where files mark several labels, people are compared label by label: the one most "
    'of them have, and the others under other_labels. null: undefined, "inf": without end.'
)


@dataclass(frozen=True)
class Settings:
    """The endpoint's settings, in the order of its controls; all of them may be wrong."""

    consensus: list[str] | None
    reference: str
    tolerance_px: float
    mm_per_px: float
    threshold: float
    post_processing: str
    label: str

    def run(
        self, scan: Scan, people: list[Annotation], models: list[str], pool: SegmenterPool
    ) -> list[ComparedImage]:
        """A comparison, or one for each label; ValueError or UnusableModel with one sentence."""
        steps = self.post_processing.strip()
        asked = ask_models(
            scan,
            models,
            pool,
            stop=stop_of(self.threshold) if self.threshold else None,
            post_processing=PostProcessing.parse(steps) if steps else None,
        )
        groups = group_by_label(people, wanted=self.label, others=len(asked))
        return [self._compare(scan, group, asked) for group in groups]

    def _compare(self, scan: Scan, group: Group, asked: list[Annotation]) -> ComparedImage:
        case = compare_annotations(
            scan,
            [*group.annotations, *asked],
            reference=self.reference,
            ways=self.consensus or [],
            tolerance_px=self.tolerance_px,
            mm_per_px=read_spacing(self.mm_per_px) if self.mm_per_px else None,
        )
        return replace(case, label=group.label, notes=group.notes)


def add_compare(pool: SegmenterPool, controls: Controls) -> None:
    """Add it; call inside the API's hidden column."""
    models = gr.Dropdown(list(pool.cards), value=[], multiselect=True, label="models")
    ways = gr.Dropdown(list(WAY_NAMES), value=[], multiselect=True, label="consensus")
    reference = gr.Textbox(value="", label="reference")
    tolerance = gr.Number(value=TOLERANCE_PX, label="tolerance_px")
    spacing = gr.Number(value=0, label="mm_per_px")
    steps = gr.Textbox(value="", label="post_processing")
    report, numbers = gr.File(label="report"), gr.JSON(label="numbers")
    gr.Button("compare").click(
        build_endpoint("compare", compare_files, pool),
        [
            *(controls.image, controls.masks, models, ways, reference),
            *(tolerance, spacing, controls.threshold, steps),
            *(
                controls.reading.frame,
                *controls.reading.of_masks,
                controls.reading.crop,
                controls.reading.mask_frame,
            ),
        ],
        [report, numbers],
        api_name="compare",
        api_description=DESCRIPTION,
        **MODELS,
    )


def compare_files(  # noqa: PLR0913, PLR0917, the client takes its arguments' names from here
    pool: SegmenterPool,
    image: str | None,
    masks: list[str] | None = None,
    models: list[str] | None = None,
    consensus: list[str] | None = None,
    reference: str = "",
    tolerance_px: float = TOLERANCE_PX,
    mm_per_px: float = 0,
    threshold: float = 0,
    post_processing: str = "",
    frame: float = 0,
    label: str = "",
    invert: bool = False,
    score: float = 0.5,
    image_name: str = "",
    crop: str = "auto",
    mask_frame: float = 0,
) -> tuple[str, dict[str, Any]]:
    """Path of the report and every number; gr.Error with one sentence."""
    settings = Settings(
        consensus, reference, tolerance_px, mm_per_px, threshold, post_processing, label
    )
    if len(masks or []) > MOST_MASKS:
        raise gr.Error(f"At most {MOST_MASKS} masks are compared.", print_exception=False)
    try:
        scan = open_scan(image, frame, crop)
        options = read_options("", invert, score, image_name, mask_frame)
        people = read_annotations(open_files(masks), scan, options) if masks else []
        # A scan alone: what all models say of it.
        asked = models or ([] if people else [m for m in pool.cards if m not in pool.unavailable])
        case, *others = settings.run(scan, people, asked, pool)
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from error
    numbers = tabulate_case(case) | {"other_labels": [tabulate_case(one) for one in others]}
    report = write_report(case).encode("utf-8", "replace")
    return keep(report, f"{Path(scan.name).stem}-comparison.html"), numbers
