"""Every sentence a visitor reads that is not about one file."""

TITLE = "busdemo"
TAGLINE = "breast-ultrasound segmentation, compared"

PREVIEW = (
    "Models and people outline the same breast-ultrasound scan: drag the threshold, see every "
    "number. Research and teaching only, not a medical device."
)
PREVIEW_ALT = "A breast-ultrasound scan, its ground truth, and a model's mask against it"
PREVIEW_NOTE = "Scan: BrEaST, CC BY 4.0. Research and teaching only, not a medical device."

RADIOLOGISTS_MASK = "Drawn by the radiologists of BrEaST, as the set gives it."
SHOWN_SCAN = "BrEaST, CC BY 4.0, doi:10.7937/9WKK-Q141"
TEST_IMAGE = (
    "A test image: no model here learned from it, no threshold was set on it, and the benchmark "
    "counts it."
)

INTRO = "Models outline a lesion in breast ultrasound; see how closely each matches an expert."

SAFETY_LEAD = "Research and teaching only."
SAFETY = "Not a medical device. Uploads are deleted two hours after use, never logged."

SIMULATED_READER = "Drawn by a program from the exact outline, not by a person."
SESSION_ENDED = "This session has ended; please drop the image again."
TOO_MANY_MASKS = "More than 16 files were dropped; please drop at most 16 masks."

FINDINGS_ABOUT = "{model} at threshold {threshold:.3f}"
FINDINGS_NONE = "The model has no result for this scan."
FINDINGS_NOTHING = "There is nothing to tell of this prediction."

WORDS_SECTION = "Description"
WORDS_HINT = "shape, margin and echo in words, with the numbers behind them"
WORDS_TITLE = "Words, and how well they agree with radiologists"
WORDS_KINDS = {
    "shape": "Shape",
    "orientation": "Orientation",
    "margin": "Margin",
    "echo": "Echo",
    "posterior": "Posterior",
}
WORDS_AGREEMENT = "Agreement, own outlines"
WORDS_UNCHECKED = "by definition; no labels"
WORDS_CHANCE = "chance {chance:.2f}"
WORDS_NOTE = (
    "Agreement: balanced accuracy (mean over the words of the share found) with the labels of "
    "BrEaST's radiologists on its test images, and its 95 % interval; described from their own "
    "outlines and from {model}'s masks. The cut-offs were set on {n} train images. A word whose "
    "interval reaches down to chance is not said, only its number."
)
WORDS_NUMBERS = "Numbers"
WORDS_EMPTY = "The {which} is empty: only the other mask is described."

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
- **Compare models** shows up to six at once, each at its own frozen threshold: one threshold for
  all favours the models frozen near it. The vote map counts how many mark each pixel; A against B
  says who marks what alone and, with a reference, who is right where they differ.
- **Processing** takes steps between the threshold and the mask, in this order: drop small lesions
  or all but the largest, fill holes, open, close, smooth the outline. What a model begins with was
  chosen on validation images and stands on its card.
- **Lesions** are regions of touching pixels, numbered by size. Diameters run between pixel corners.
  A predicted and a reference lesion belong together when they share at least half of the smaller
  one; such a group counts when its IoU reaches 0.1. One to one is **found**, one in several
  **split**, several in one **merged**; the rest is **missed** or **extra**. Lesion-wise precision
  is the share of predicted lesions that are not extra, recall that of the reference's not missed.
- **Heat map** colours the prediction pane by what is chosen under *Look at*: probability, entropy,
  disagreement of the zoo, spread when the image is flipped and scaled, Grad-CAM of a layer, or an
  attention gate. None of them says whether the mask is right; Grad-CAM does not explain
  correctness.
- “{dice}” is the mean over the test images with a lesion of all four sets ({share}
  of them BUS-BRA) and its 95 % interval, patients resampled. By these numbers alone, differences
  inside the interval are not differences; on the same images, **Benchmark** tests every two models.
  The models' cards give every set apart.

## What the models were trained on

Four public research sets, split by patient or case where the set names them, and some simulated
scans. BUSI names no patients; there, near-duplicates were kept in one split. Please cite a set
where you use what was trained on it.

{sets}

Every scan you drop is looked up among the training images, and the page says when it, or a near
copy of it, was there: its score is then no evidence.

## The examples

Six are real scans of the test split: {credit},
with the radiologists' outlines, BI-RADS and histology as the set gives them. A rule chose them that
looks at no model's answer: the lowest case number among benign oval ones, other benign ones,
malignant ones with a spiculated margin, other malignant ones, the smallest lesions and the normal
ones. No model learned from them; the benchmark counts them. The other examples are simulated: exact
outline, no real tissue.

## What it is not

It is not a medical device. **Benign or malignant?** shows what a research classifier answers, with
its errors on test images beside it; that is no diagnosis and no second opinion. Scores on four
public sets do not carry over to another machine, operator or population without testing there.

## Your files

Use no identifiable data. Copies on disk are deleted within two hours; what you look at is kept in
memory until two hours after your last change, or one hour after you close the page. No file name,
image or number of yours is written to a log.

## Version, licences, source

busdemo {version}, by the busdemo maintainers. {source} The code is under Apache-2.0, the weights
are under CC BY-NC 4.0 because of their training data. To cite it: The busdemo maintainers,
*busdemo: breast-ultrasound lesion segmentation, compared*, version {version}.

## Keyboard

On Segment and on Compare, **?** lists the keys; a switch there turns single keys off. Scroll or
pinch to zoom, drag to move, double-click to reset.
"""

TWO_STAGE_PROBLEM = "Two-stage cannot be used here. {reason}"
TWO_STAGE_NONE = (
    "The detector found no lesion with a score of at least {cut_off:.2f}: the model saw the whole "
    "frame, as in one stage."
)
TWO_STAGE_ONE = "The detector found one lesion, score {score:.2f}; the model saw a crop around it."
TWO_STAGE_SEVERAL = "The detector found {count} lesions; the model saw a crop around each."

SEGMENT_API = (
    "Segment one breast-ultrasound image with one model. Returns the mask (8-bit PNG, 255 = "
    "lesion), the probability map (16-bit PNG, value / 65535), the overlay (RGB PNG) and a receipt "
    "(JSON) with threshold, versions, digests and numbers. Threshold 0 means the model's frozen "
    "one; 0.005 to 0.995 otherwise. With mask files, the receipt holds the scores against them. "
    "Process: none, or any of largest, above=N, fill, open=N, close=N, smooth=N (px) with commas "
    "between; empty means the model's own. Where presence lies under its cut-off (empty: the "
    "model's own; none; or 0.01 to 0.99) the mask is empty and the receipt says so. The receipt "
    "lists the lesions, in mm too when mm_per_px is above 0. With two_stage, a detector finds the "
    "lesions first and the model sees a crop of each."
)
SCORE_API = (
    "Score a mask against a reference of the same image: Dice, IoU, precision, recall (0 to 1, "
    "null where undefined), pixel counts and the outcome word. Files of one mask are merged."
)
DESCRIBE_API = (
    "Describe the largest lesion of an outline in its image: size, shape and echo as numbers, the "
    "words that may be said with the cut-offs behind them, what is unreliable, and a paragraph. "
    "The outline comes from the mask files or, without them, from the model at a threshold (0: its "
    "frozen one). It is a description, not an assessment."
)

MODELS_COLUMNS = {
    "name": "Model",
    "family": "Family",
    "year": "Year",
    "start": "Weights started",
    "parameters": "Parameters, M",
    "gflops": "GFLOPs",
    "size_mb": "Weights, MB",
    "ms": "Here, ms",
    "all sets": "All sets",
    "two-stage": "Two-stage, all sets",
    "false alarms": "False alarms",
    "paper": "Paper",
}
MODELS_DICE = "Mean test Dice (0 to 1) over images with a lesion, with its 95 % interval"
MODELS_NORMAL = "Normal images"
MODELS_NOTE = (
    "Here, ms: one 600 × 500 px image on this machine, the lowest quartile of {runs} runs, all "
    "models in turns. GFLOPs: 10⁹ "
    "operations for a 256 × 256 px input, a multiplication and an addition counted as two. False "
    "alarms: share of normal test images with at least one pixel marked. Two-stage: the same "
    "models on crops at the boxes that the detector found. A recipe's parameters, GFLOPs and "
    "weights are the sums of its members'. Where the weights started counts too: "
    "compare architectures within one start. By these numbers alone, differences inside the "
    "interval are not differences; on the same images, Benchmark tests every two models. Fewer "
    "than five patients give no interval."
)
MODELS_PROBLEM = "Cannot run: {reason}"

PARETO_TITLE = "Dice against time"
PARETO_MANY = (
    "{front} of {all} models are equalled by no other in both Dice and speed (dotted line), from "
    "{fastest} ({fastest_dice} in {fastest_ms} ms) to {best} ({best_dice} {best_interval} in "
    "{best_ms} ms); others inside the interval of {best}: {inside} of {others}."
)
PARETO_ONE = (
    "{best} has both the highest mean Dice ({best_dice} {best_interval}) and the shortest time "
    "({best_ms} ms); others inside its interval: {inside} of {others}."
)
PARETO_ALONE = (
    "So far only {best} has both a test result ({best_dice} {best_interval}) and a time measured "
    "on this machine ({best_ms} ms)."
)
PARETO_NONE = "No model has both a test result and a time measured on this machine yet."
NOT_TIMED = "not timed yet"
PARETO_KEY = (
    "Area of a bubble: parameters. Whiskers: 95 % interval over patients. A click opens the card."
)

CARD_FACTS = {
    "parameters": "Parameters",
    "gflops": "Computation",
    "size_mb": "Weights",
    "ms": "Time here",
    "input": "Input",
    "threshold": "Frozen threshold",
    "start": "Weights started",
    "dice": "Test Dice, all sets",
    "false alarms": "False alarms",
}
RESIZED = {"stretch": "image stretched to it", "letterbox": "image padded to it"}
CARD_TRAINING = "Training"
CARD_RECIPE = "Not trained: the mean of the probability maps of {members}."
CARD_NO_COMMAND = "Its card names no training recipe."
CARD_TRAINED = "Trained by this command, with the values below:"
CARD_CURVE = "Curves of the training run, on validation images at network size, threshold 0.5."
CARD_NO_CURVE = "No curves of the training are in its folder."

RESULTS_TITLE = "Test results"
RESULTS_COLUMNS = (
    "Test split",
    "Mean lesion Dice (95 % interval)",
    "Images with a lesion (patients)",
    "False alarms (95 % interval)",
    "Normal images (patients)",
)

DIAGRAM_LABEL = "Drawing of the structure"
DIAGRAM_NOTE = (
    "Drawn from the network itself. Number in a block: channels of its map; row: size of the map "
    "in px, for the model's own input. Filled: the bottleneck."
)
DIAGRAM_RECIPE = "Every member runs on the image; the probability maps are averaged."
DIAGRAM_NONE = "The structure of this network cannot be read."
DIAGRAM_KEY = {
    "skip": "skip connection",
    "gate": "gate: the map is multiplied by factors from 0 to 1, computed with the block at the "
    "dotted line",
    "channels": "weighs its channels by factors from 0 to 1 (squeeze and excitation)",
    "places": "weighs its places by factors from 0 to 1 (spatial attention)",
    "attention": "transformer layers, × how many",
    "branches": "parallel branches: {branches}",
}

DOUBT_AGAIN = (
    "<b>Look again.</b> {model}'s doubt about this mask is {doubt}; from {cutoff} on, a "
    "second look is advised."
)
DOUBT_FINE = (
    "No hint to look again: {model}'s doubt about this mask is {doubt}, below the cut-off of "
    "{cutoff}. A model can be sure and wrong: of the {bad} test masks that do not agree with the "
    "reference, {unseen} had no hint either."
)
DOUBT_NO_CUTOFF = (
    "For {model} no cut-off has been chosen on validation data, so there is no hint to look again."
)
DOUBT_NOTHING = (
    "{model} marks nothing in this image at its frozen threshold: there is no mask to doubt. That "
    "does not say that there is no lesion."
)
DOUBT_TRUTH = {
    (True, True): "The reference shows no need: {outcome}{dice}.",
    (True, False): "The reference bears it out: {outcome}{dice}.",
    (False, True): "The reference agrees: {outcome}{dice}.",
    (False, False): "<b>Here a second look was needed:</b> against the reference, {outcome}{dice}.",
}
"""By whether there is a hint to look again, and whether the mask is as it should be."""

DOUBT_NUMBERS = (
    "Doubt {doubt:.3f}; mean entropy of the marked pixels {entropy:.2f} bits. Both at {model}'s "
    "frozen threshold."
)
DOUBT_MEANS = (
    "Doubt is 1 minus the Dice that the mask would have if the model's own probabilities were "
    "right (soft Dice confidence, Borges et al. 2024). Where a model is unsure, how far the zoo "
    "disagrees, what a network looked at: press Heat map in the viewer and choose under Look at."
)
REFERRAL_TITLE = "What looking again is worth"
REFERRAL_SENTENCE = (
    "On the {marked} test images in which {model} marks something, its cut-off refers "
    "{referred} ({share}) for a second look; mean Dice of the masks kept is {kept_dice:.3f} "
    "({kept_low:.3f}–{kept_high:.3f}) in place of {all_dice:.3f}{gain}."
)
REFERRAL_NO_GAIN = ", which the interval does not leave behind: no gain is shown"
REFERRAL_NOTE = (
    "Of the {bad} test masks that do not agree with the reference (IoU below 0.5; on a normal "
    "image any mask), {bad_referred} are among those referred. The cut-off was chosen on "
    "{val_marked} validation images, where it refers {val_bad_referred} of {val_bad} such masks. "
    "Images with nothing marked are not in the curve: {unmarked}, {missed} of them with a lesion. "
    "Dice of a mask on a normal image counts as 0. “Worst first” would need to know the truth."
)

EXPLAIN_API = (
    "One heat map of one model for one image. Kind: gradcam (where a layer speaks for the mask), "
    "gate (attention coefficients), tta (spread under flip and scale, 0 to 0.5), classifier (where "
    "a layer of the classifier speaks for a class), entropy (bits) or zoo (disagreement of all "
    "models, 0 to 0.5). Layer: a name from `parts` of the answer, empty "
    "for the usual one. Returns the heat over the scan (RGB PNG), the values (16-bit PNG, "
    "65535 = `top`) and facts (JSON) with the model's doubt and its hint to look again."
)

BENCHMARK_SHIPPED = "The shipped run"
BENCHMARK_OWN = "Your run"
BENCHMARK_NONE = (
    "<p>No run is shipped yet. Make one with "
    "<code>busdemo evaluate --data DIR --models all --out RUN</code> and drop its "
    "<code>rows.parquet</code> here.</p>"
)
BENCHMARK_ENDED = "This session has ended; please drop the run again."
BENCHMARK_BUSY = (
    "Too many runs are looked at just now; please try again later, or write a report: "
    "busdemo report RUN --html OUT.html."
)
BENCHMARK_STAGES = {"1": "in one stage", "2": "in two stages", "0": "both ways"}
