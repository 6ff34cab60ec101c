"""The text under About: what it says of models, version and source is looked up, not typed."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata

from busdemo import __version__
from busdemo.evaluation.shown_scans import CREDIT
from busdemo.imaging import printed
from busdemo.ui import text
from busdemo.zoo.cards import Card


@dataclass(frozen=True)
class DataSet:
    """A public data set: who made it, where it is described, and how it is given out."""

    name: str
    authors: str
    doi: str
    licence: str


DATA_SETS = (
    DataSet(
        "BUSI",
        "Al-Dhabyani, Gomaa, Khaled and Fahmy, Data in Brief 2020",
        "10.1016/j.dib.2019.104863",
        "no formal licence found",
    ),
    DataSet(
        "BUS-BRA",
        "Gómez-Flores, Gregorio-Calas and Coelho de Albuquerque Pereira, Medical Physics 2024",
        "10.1002/mp.16812",
        "free to use when cited",
    ),
    DataSet(
        "BUS-UCLM",
        "Vallez et al., Scientific Data 2025",
        "10.1038/s41597-025-04562-3",
        "CC BY-NC 4.0 by its repository",
    ),
    DataSet(
        "BrEaST",
        "Pawłowska et al., Scientific Data 2024",
        "10.1038/s41597-024-02984-z",
        "CC BY 4.0",
    ),
)
"""What the shipped models were trained and tested on."""

LARGEST = "BUS-BRA"
"""The set that most test images are of."""

NO_RESULT = "test Dice"


def write_about(cards: Sequence[Card]) -> str:
    """The text as Markdown, with a true result of the first card that has one."""
    dice, share = _quote(cards)
    sets = "\n".join(
        f"- **{one.name}**: {one.authors}, [doi:{one.doi}](https://doi.org/{one.doi}); "
        f"{one.licence}."
        for one in DATA_SETS
    )
    return text.ABOUT.format(
        dice=dice,
        share=share,
        sets=sets,
        credit=CREDIT,
        version=__version__,
        source=tell_source(os.environ),
    )


def tell_source(environ: Mapping[str, str]) -> str:
    """Where its source is: what the host names, the Space it runs in, what the package's metadata
    name, or with it.

    `BUSDEMO_SOURCE` is the host's: an https address without a character that Markdown would read.
    """
    own = environ.get("BUSDEMO_SOURCE", "")
    if re.fullmatch(r"https://[\w./~%+:@-]+", own):
        return f"[Source]({own})."
    space = environ.get("SPACE_ID", "")
    if re.fullmatch(r"[\w.-]+/[\w.-]+", space):
        return f"[Source of this Space](https://huggingface.co/spaces/{space}/tree/main)."
    try:
        named = metadata("busdemo").get_all("Project-URL") or []
    except PackageNotFoundError:
        named = []
    for entry in named:
        label, _, url = entry.partition(", ")
        if label.lower() in ("source", "repository") and url.startswith("https://"):
            return f"[Source]({url})."
    return "Its source is what is installed here, the Python package busdemo."


def _quote(cards: Sequence[Card]) -> tuple[str, str]:
    """A test result as the models' menu words it, and the largest set's share of its images."""
    for card in cards:
        overall, largest = (card.result("lesion_dice", *name) for name in ((), (LARGEST,)))
        if overall and largest:
            dice = f"test Dice {overall.value:.2f} ({overall.low:.2f}–{overall.high:.2f})"
            return dice, printed.percent(largest.n / overall.n)
    return NO_RESULT, "most"
