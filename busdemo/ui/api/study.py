"""The endpoint /study: many images, many readers, in one ZIP."""

import tempfile
from pathlib import Path
from typing import Any

import gradio as gr

from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui.api.controls import File
from busdemo.ui.api.files import keep
from busdemo.ui.api.signature import build_endpoint
from busdemo.ui.queues import MODELS
from busdemo.workflows.study_zip import LAYOUT, MOST_FILES, MOST_IMAGES

DESCRIPTION = (
    f"Compare readers, programs and models over many images. The ZIP (20 MB, {MOST_IMAGES} images, "
    f"{MOST_FILES:,} files at most) holds {LAYOUT}; images may be missing, and patients.csv "
    "(columns image and patient) says whose they are. Returns the report (one HTML file that needs "
    "no network) and every number (JSON): Dice, IoU, HD95, ASSD and NSD of every two with 95 % "
    "intervals over patients, presence with Cohen's and Fleiss' kappa, ICC(2,1) and Bland-Altman "
    "limits of area and diameters, sensitivity and specificity against majority and STAPLE, and "
    "whether each model or program is within the range of the people, in words that say what was "
    "shown and what not."
)


def add_study(pool: SegmenterPool) -> None:
    """Add it; call inside the API's hidden column."""
    archive = File(label="archive", type="filepath", file_types=[".zip"])
    models = gr.Dropdown(list(pool.cards), value=[], multiselect=True, label="models")
    programs = gr.Textbox(value="", label="programs")
    reference, label = gr.Textbox(value="", label="reference"), gr.Textbox(value="", label="label")
    gr.Button("study").click(
        build_endpoint("study", study_archive),
        [archive, models, programs, reference, label],
        [gr.File(label="report"), gr.JSON(label="numbers")],
        api_name="study",
        api_description=DESCRIPTION,
        **MODELS,
    )


def study_archive(
    archive: str | None,
    models: list[str] | None = None,
    programs: str = "",
    reference: str = "",
    label: str = "",
) -> tuple[str, dict[str, Any]]:
    """Path of the report and every number; gr.Error with one sentence."""
    from busdemo.workflows.study import compute_zip, tabulate_study
    from busdemo.workflows.study_report import write_report

    if not archive:
        raise gr.Error("A ZIP of the study is needed.", print_exception=False)
    named = tuple(name for one in programs.split(",") if (name := one.strip()))
    wanted = {"models": tuple(models or ()), "programs": named}
    try:
        with tempfile.TemporaryDirectory(prefix="busdemo-study-") as folder:
            result = compute_zip(
                Path(archive), Path(folder), **wanted, reference=reference, label=label
            )
            numbers, report = tabulate_study(result), write_report(result)
    except KeyError as error:
        raise gr.Error(str(error.args[0]), print_exception=False) from error
    except (ValueError, OSError) as error:
        raise gr.Error(str(error), print_exception=False) from error
    name = f"{Path(archive).stem}-study.html"
    return keep(report.encode("utf-8", "replace"), name), numbers
