"""The words of a model card, and the curves beside it."""

import csv
import re
from pathlib import Path

import yaml

from busdemo.zoo.cards import read_facts


def read_sections(readme: Path) -> dict[str, str]:
    """The card's Markdown by heading of the second level, in its order.

    Comments and the generated table of results are left out: its numbers stand in the facts. Empty
    when the card cannot be read: what is wrong with it stands in `Card.problem`.
    """
    try:
        _, text = read_facts(readme)
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    results = r"<!-- results.*?<!-- /results -->\n?"
    plain = re.sub(rf"{results}|<!--.*?-->\n?", "", text, flags=re.DOTALL)
    parts = re.split(r"^## +(.+?) *$", plain, flags=re.MULTILINE)
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))


def read_curves(path: Path) -> dict[str, list[float]]:
    """The columns of a curves.csv, one value an epoch; empty when it is missing or holds others."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return {
            column: [float(row[column]) for row in rows] for column in (rows[0] if rows else ())
        }
    except (OSError, ValueError, TypeError):
        return {}
