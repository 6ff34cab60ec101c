"""Where the folders are that come with the code: `weights` and `examples`."""

import os
from pathlib import Path

PACKAGE = Path(__file__).parents[1]

SHIPPED = "shipped"
"""The folder of an installed package that holds them; `setup.py` puts them there."""


def find_shipped(name: str) -> Path:
    """The folder `name`: in an installed package, otherwise beside the package in a checkout.

    The environment's BUSDEMO_WEIGHTS or BUSDEMO_EXAMPLES names another one.
    """
    if moved := os.environ.get(f"BUSDEMO_{name.upper()}"):
        return Path(moved)
    installed = PACKAGE / SHIPPED / name
    return installed if installed.is_dir() else PACKAGE.parent / name
