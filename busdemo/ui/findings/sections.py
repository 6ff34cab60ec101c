"""All sections of the findings, in the order of the page; `subject.py` says how to add one."""

from busdemo.ui.findings.classifier import CLASSIFIER
from busdemo.ui.findings.explanation import EXPLANATION
from busdemo.ui.findings.subject import Builder
from busdemo.ui.findings.words import WORDS

SECTIONS: tuple[Builder, ...] = (WORDS, CLASSIFIER, EXPLANATION)
