"""What may be skipped: on one's own machine anything, in CI only what lies outside the repository.

A library that checks our numbers (an oracle), or a browser, that is missing in CI would let
everything pass that it is there to catch.
"""

import os
import re
from collections.abc import Generator
from typing import Any

import pytest

IN_CI = os.environ.get("CI", "").lower() in ("true", "1")

EXCUSES = re.compile(
    r"at hand|not at \.\./shared"  # data sets, which the repository may not hold
    r"|programs for every core"  # a time that cannot be measured on a busy machine
    r"|nothing to run in it"  # a document without a command
    r"|jpeg_ls"  # a decoder that pydicom uses where it is, and no oracle
)


def is_excused(reason: str) -> bool:
    """May a test be skipped in CI for this reason?"""
    return EXCUSES.search(reason) is not None


def _judge(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not (IN_CI and report.skipped) or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not is_excused(reason):
        report.outcome = "failed"
        report.longrepr = f"Nothing is skipped in CI: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """A test that skips itself, or is marked to be."""
    report = yield
    _judge(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    """A file that skips all of its tests."""
    report = yield
    _judge(report)
    return report
