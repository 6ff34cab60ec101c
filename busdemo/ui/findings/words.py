"""Shape words with their numbers, as a section of the findings."""

from busdemo.ui.findings.subject import Builder, Subject


def build_words(subject: Subject) -> str:
    """The lesion's size."""
    return f"<p>Area {int(subject.mask.sum()):,} px.</p>"


WORDS = Builder("words", "Description", "shape, margin and echo, with their numbers", build_words)
