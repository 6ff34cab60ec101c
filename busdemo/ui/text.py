"""Every sentence a visitor reads that is not about one file."""

TITLE = "busdemo"
TAGLINE = "breast-ultrasound segmentation, compared"

SAFETY_LEAD = "Research and teaching only."
SAFETY = "Not a medical device. Uploads are deleted, nothing is logged."

SESSION_ENDED = "This session has ended; please drop the image again."
TOO_MANY_MASKS = "More than 16 files were dropped; please drop at most 16 masks."

ABOUT = """
## What this page shows

A breast-ultrasound image, an outline to compare with (the *reference*) and the outline of a
segmentation model, pixel by pixel. A model gives every pixel a probability; the threshold turns
probabilities into a mask. It lives in your browser: moving it sends nothing to the server.

## How to read the numbers

- **Dice** = 2 × shared pixels / (pixels of both masks), **IoU** = shared / joint pixels; both
  from 0 to 1, at the image's own size, never at the network's.
- **Precision** is the share of the prediction that is lesion, **recall** the share of the lesion
  that was found. A number that is undefined is shown as “–”.
- **agreement**: IoU of at least 0.5. **partial**: less. **missed lesion**: no lesion pixel found.
  **false alarm**: something marked where the reference is empty. **correct rejection**: both
  empty; there is no Dice to give, and it is not counted as a perfect one.
- The **frozen threshold** of a model was chosen once, on validation images. Moving it until Dice
  is best *on this image* is fitting to the answer.
- “test Dice 0.75 (0.73–0.77)” is the mean over the test images with a lesion of all four sets (63 %
  of them BUS-BRA) and its 95 % interval, patients resampled. Differences inside the interval are
  not differences. The models' cards give every set apart.

## What the models were trained on

Public research sets: BUSI, BUS-BRA, BUS-UCLM and BrEaST, split by patient or case where the set
names them, and some simulated scans. An image from those sets may have been seen in training: its
score is then no evidence. BUSI names no patients; there, near-duplicates were kept in one split.
The examples here are simulated: exact outline, no real tissue.

## What it is not

It is not a medical device and says nothing about malignancy. Scores on four public sets do not
carry over to another machine, operator or population without testing there.

## Your files

Use no identifiable data. Copies on disk are deleted within two hours; what you look at is kept in
memory until two hours after your last change, or one hour after you close the page. No file name,
image or number is written to a log.

## Keyboard

← → move the threshold (with Shift ten steps), 1 to 9 pick a model, H heat map, O overlay, I invert,
0 resets the view. Scroll or pinch to zoom, drag to move, double-click to reset.
"""

SEGMENT_API = (
    "Segment one breast-ultrasound image with one model. Returns the mask (8-bit PNG, 255 = "
    "lesion), the probability map (16-bit PNG, value / 65535), the overlay (RGB PNG) and a receipt "
    "(JSON) with threshold, versions, digests and numbers. Threshold 0 means the model's frozen "
    "one; 0.005 to 0.995 otherwise. With mask files, the receipt holds the scores against them."
)
SCORE_API = (
    "Score a mask against a reference of the same image: Dice, IoU, precision, recall (0 to 1, "
    "null where undefined), pixel counts and the outcome word. Files of one mask are merged."
)
