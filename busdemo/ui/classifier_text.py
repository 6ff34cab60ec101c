"""Every sentence a visitor reads about the classifier."""

TITLE = "Benign or malignant?"
HINT = "a classifier's probabilities, and why not to trust them"

LEAD = "Research only: not a diagnosis, and nothing about a person."
CONFOUNDED = (
    "The classifier learned from the train splits of BUSI, BUS-BRA, BUS-UCLM and BrEaST. These "
    "sets confound the class: nearly all normal images come from two of them (BUS-UCLM and BUSI), "
    "none from BUS-BRA, so it may follow how a set looks instead of the tissue."
)
DISABLED = "The classifier is switched off: {reason} Everything else works without it."

PROBABILITY = "Probability, rounded down"
WITH_MASK = "with the mask"
EMPTIED = "mask emptied"
PAINTED = "marks painted out"
SEEN = (
    "It sees the whole scan, a close-up of its lesion and the probability map of the model "
    "{source}, whichever model is chosen above. “Mask emptied”: the same weights without map and "
    "close-up."
)

NO_MARKS = (
    "No calipers and no text were found in the image. Some may be there: on 48 validation images, "
    "20 of 21 with such marks were noticed, and 1 of the 27 without. Body marks, scales, dotted "
    "lines and single characters are not looked for."
)
MARKS = (
    "Burnt-in marks were found: {marks}. A classifier can follow calipers and text "
    "instead of the tissue, because people measure what they suspect."
)
PAINT = "Paint them out and run again"
KEEP = "Back to the scan as it is"
CHANGED = (
    "With the marks painted out, segmented and classified again: Dice between the mask before and "
    "after {dice}, probabilities in the last column. The filled pixels are invented."
)
BEFORE, AFTER = "The scan as it is", "The scan with its marks painted out"

OPERATING = "Operating point"
FLAG_FROM = "Flag when P(malignant) is at least"
FLAGGED = "This scan is flagged."
NOT_FLAGGED = "This scan is not flagged; some malignant ones are not, either."
ON_VAL = "On validation images, this threshold has sensitivity"
SPECIFICITY = "specificity"
FROZEN = (
    "Frozen at {threshold}, the highest threshold that flags 95 % of the malignant validation "
    "images: biased towards malignant on purpose. At it, on test images of all sets: sensitivity "
    "{sensitivity}, specificity {specificity}, 95 % intervals in brackets. Specificity counts "
    "benign and normal images."
)

TESTS = "Test results"
TEST_COLUMNS = (
    "Images",
    "Accuracy, 3 classes",
    "Largest class",
    "Macro F1",
    "AUC benign/malignant",
)
GAINS = "The same weights with the mask emptied, and what the mask adds"
GAIN_COLUMNS = (
    "Accuracy, emptied",
    "AUC, emptied",
    "Mask adds to accuracy",
    "Mask adds to AUC",
)
CONFUSION = "All sets: true class (rows) and most probable class (columns)"
TEST_NOTE = (
    "95 % intervals resample patients; fewer than five give none. Largest class: accuracy of "
    "always naming the set's most frequent class. Mask adds: with the mask less with it emptied, "
    "the same images. An interval that holds 0 shows no difference."
)
UNTESTED = "It has not been tested yet."

CLASSIFY_API = (
    "Classify one breast-ultrasound image as normal, benign or malignant (research only, not a "
    "diagnosis): probabilities with and without the predicted mask, whether it is flagged at the "
    "frozen operating point, and how many burnt-in calipers and rows of text were found. With "
    "paint, the answer after painting those out as well."
)

STYLE = (
    "<style>.bd-findings .bd-bar{display:inline-block;width:min(160px,24vw);height:8px;"
    "margin-left:8px;background:var(--bd-soft);border-radius:4px;vertical-align:middle}"
    ".bd-findings .bd-class{display:inline-block;min-width:5.5em}"
    ".bd-findings .bd-bar i{display:block;height:100%;background:var(--bd-accent);"
    "border-radius:4px}.bd-findings .bd-operating{display:flex;flex-wrap:wrap;gap:4px 12px;"
    "align-items:center;margin:4px 0}.bd-findings .bd-operating input{flex:1 1 160px;"
    "max-width:360px;accent-color:var(--bd-accent)}.bd-findings .bd-repainted{display:flex;"
    "flex-wrap:wrap;gap:8px;margin:8px 0}.bd-findings .bd-repainted img{width:min(320px,100%);"
    "height:auto;border-radius:6px}.bd-findings .bd-warning button{margin:4px 0 0 4px}</style>"
)


def count(number: int, one: str, many: str) -> str:
    """A number with its word ("1 caliper cross"); empty for none."""
    return f"{number} {one if number == 1 else many}" if number else ""
