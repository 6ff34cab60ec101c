"""A benchmark run as a data set on the Hugging Face Hub: its rows, its receipt, a card."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from busdemo.evaluation.run_files import RECEIPT_FILE, ROWS_FILE, Run, read_run
from busdemo.zoo.publishing import Published, push_folder

_TEXT = """
# {title}

What {models} said of {cases} images, one row for each image, model and number of stages: overlap,
distances, the outcome in a word, and histograms from which every threshold's counts follow. No
picture and no mask is in it. Research and teaching only, not a medical device.

{facts}

| model | sha256 of its weights | frozen threshold |
|---|---|---|
{zoo}

`{rows}` holds the receipt (`{receipt}`), too: drop it into the Benchmark tab of busdemo, or read it
with `busdemo.evaluation.run_files.read_run`.
"""


def publish_run(folder: Path, owner: str) -> Published:
    """Put a run on the Hub as `OWNER/busdemo-run-NAME`, named as its folder.

    Raises ValueError for what is no run, NotPublished when the Hub does not take it.
    """
    repo_id = f"{owner}/busdemo-run-{folder.resolve().name}"
    with tempfile.TemporaryDirectory() as temporary:
        staged = stage_run(folder, Path(temporary))
        return push_folder(staged, repo_id, "dataset", "The run's rows, receipt and card")


def stage_run(folder: Path, staged: Path) -> Path:
    """What the Hub gets of a run: its two files and a card, and nothing else that lies there."""
    run = read_run(folder)
    shutil.copyfile(folder / ROWS_FILE, staged / ROWS_FILE)
    receipt = json.dumps(run.receipt, indent=2, ensure_ascii=False, allow_nan=False)
    (staged / RECEIPT_FILE).write_text(f"{receipt}\n", encoding="utf-8")
    (staged / "README.md").write_text(write_run_card(run), encoding="utf-8")
    return staged


def write_run_card(run: Run) -> str:
    """A data set card: YAML facts, then the receipt in words."""
    data, models = run.receipt["data"], run.receipt["models"]
    title = f"busdemo run: {_plain(data.get('name'))}, {_plain(data.get('split'))}"
    header = {
        "pretty_name": title,
        "tags": ["breast-ultrasound", "image-segmentation", "benchmark"],
        "configs": [{"config_name": "default", "data_files": ROWS_FILE}],
    }
    rows = [
        f"| {_plain(facts.get('name'))} | `{_plain(facts.get('sha256'))}` "
        f"| {_plain(facts.get('threshold'))} |"
        for facts in models.values()
    ]
    text = _TEXT.format(
        title=title,
        models=f"{len(models)} model{'s' * (len(models) != 1)}",
        cases=run.rows["id"].nunique(),
        facts=_tell(run.receipt),
        zoo="\n".join(rows),
        rows=ROWS_FILE,
        receipt=RECEIPT_FILE,
    )
    front = yaml.safe_dump(header, sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n{text}"


def _tell(receipt: Mapping[str, Any]) -> str:
    """The receipt's facts as a list, those that it has."""
    data, machine = receipt["data"], dict(receipt.get("machine") or {})
    skipped = len(data.get("skipped") or [])
    facts = {
        "Made": receipt.get("created"),
        "By": f"busdemo {receipt.get('busdemo')}",
        "Command": f"`{_plain(receipt.get('command'))}`",
        "Index of the images (sha256)": f"`{_plain(data.get('sha256'))}`",
        "Images left out": skipped or None,
        "Tolerance of NSD": f"{receipt.get('nsd_tolerance_px')} px",
        "Machine": ", ".join(f"{name} {value}" for name, value in machine.items()) or None,
    }
    return "\n".join(f"- {name}: {_plain(value)}" for name, value in facts.items() if value)


def _plain(value: object) -> str:
    """A value on one line that neither ends a table's cell nor opens a tag."""
    return " ".join(str(value).split()).replace("|", "/").replace("<", "‹").replace(">", "›")
