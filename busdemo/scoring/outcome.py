"""The one word beside every number, and what the numbers are when a mask is empty.

Settled here once, because six libraries give six answers (one scores a missed lesion as
perfect). "nan" means undefined: shown as a dash, left out of means, and counted as left out.

| mask | reference | outcome | Dice, IoU | precision | recall |
|---|---|---|---|---|---|
| empty | empty | correct rejection | nan | nan | nan |
| not empty | empty | false alarm | 0 | 0 | nan |
| empty | not empty | missed lesion | 0 | nan | 0 |
| not empty, none of it in the reference | not empty | missed lesion | 0 | 0 | 0 |
| touches, IoU < 0.5 | not empty | partial | > 0 | > 0 | > 0 |
| touches, IoU >= 0.5 | not empty | agreement | > 0 | > 0 | > 0 |
"""

from enum import StrEnum

AGREEMENT_IOU = 0.5
"""IoU from which two masks are said to agree: the usual criterion for a detection.

Source: Everingham et al., "The PASCAL Visual Object Classes (VOC) Challenge", IJCV 2010,
section 4.2. There the boxes of a detection and an object must overlap by more than half; here
the masks themselves must, and exactly half is enough.
"""


class Outcome(StrEnum):
    """How a mask stands to its reference, in the words the page prints."""

    AGREEMENT = "agreement"
    PARTIAL = "partial"
    MISSED_LESION = "missed lesion"
    FALSE_ALARM = "false alarm"
    CORRECT_REJECTION = "correct rejection"


def outcome_of(true_positive: int, false_positive: int, false_negative: int) -> Outcome:
    """The outcome of one mask against one reference, from its pixel counts (each >= 0).

    >>> outcome_of(0, 12, 0).value
    'false alarm'
    >>> outcome_of(0, 0, 12).value
    'missed lesion'
    """
    if true_positive + false_negative == 0:
        return Outcome.FALSE_ALARM if false_positive else Outcome.CORRECT_REJECTION
    if true_positive == 0:
        return Outcome.MISSED_LESION
    union = true_positive + false_positive + false_negative
    return Outcome.AGREEMENT if true_positive / union >= AGREEMENT_IOU else Outcome.PARTIAL
