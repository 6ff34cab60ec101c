"""What pyproject.toml cannot say: a wheel holds the models and the examples beside the code."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CHECKOUT = Path(__file__).parent
FOLDERS = "weights", "examples"


class BuildWithModels(build_py):
    """Copies `weights/` and `examples/` to where `busdemo.zoo.shipped` looks for them.

    An editable install needs no copy: there they lie beside the package.
    """

    def run(self):  # noqa: D102 (setuptools has told it)
        super().run()
        if self.editable_mode:
            return
        for name in FOLDERS:
            target = Path(self.build_lib, "busdemo", "shipped", name)
            shutil.rmtree(target, ignore_errors=True)  # of an earlier build
            shutil.copytree(CHECKOUT / name, target, ignore=shutil.ignore_patterns(".*"))


setup(cmdclass={"build_py": BuildWithModels})
