"""What an endpoint tells of itself: its name and its arguments, for people, programs and models."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

ARGUMENTS = {
    "image": "the scan: a picture, DICOM, NIfTI, NRRD, MetaImage or NumPy, 20 MB at most",
    "masks": "files of masks of this image, in any format read here; may be empty",
    "archive": "a ZIP: images/ and a folder of masks or an export file for each reader",
    "programs": "which of the readers are programs, commas between; empty: all are people",
    "references": "files of the reference mask",
    "model": "id of a model of the zoo",
    "models": "ids of models of the zoo; empty: none, without masks all of them",
    "threshold": "0 for the frozen one, otherwise 0.005 to 0.995",
    "process": "post-processing: empty for the model's own, none, or steps such as largest,fill",
    "post_processing": "empty for the models' own, none, or steps such as largest,fill,above=50",
    "presence": "cut-off of presence: empty for the model's own, none, or 0.01 to 0.99",
    "mm_per_px": "side of a pixel in mm; 0 for what the file says",
    "two_stage": "find lesions first, then segment a crop of each",
    "paint": "also answer after painting burnt-in calipers and text out",
    "kind": "which heat map",
    "layer": "a name from `parts` of an earlier answer; empty for the usual one",
    "consensus": "majority, union, intersection, staple: masks made of the people's",
    "reference": "name of the annotator the scores are against; empty for the first",
    "tolerance_px": "tolerance of the NSD in px",
    "frame": "of a DICOM, NIfTI or TIFF image, from 1; 0 for the first",
    "mask_frame": "of the masks' files, from 1; 0 for the image's, or the one with most lesion",
    "crop": "of a picture of a whole screen: auto (the scan area found), none, or x,y,w,h in px",
    "label": "only what masks mark under this label; empty: each, all: merged",
    "invert": "masks show the lesion as 0",
    "score": "instances of a mask's file with a score count from here",
    "image_name": "which image of a file that holds many; empty: the one called as the image",
}
"""By the arguments' names, which are those of the endpoints' functions."""


def build_endpoint(name: str, function: Callable[..., Any], *bound: Any) -> Callable[..., Any]:
    """The function of an endpoint with its first arguments bound, named and described.

    Gradio reads a tool's name and its arguments' words from the function itself.
    """
    endpoint = partial(function, *bound)
    known = [name for name in inspect.signature(endpoint).parameters if name in ARGUMENTS]
    lines = [f"    {argument}: {ARGUMENTS[argument]}" for argument in known]
    endpoint.__name__ = name  # type: ignore[attr-defined]
    endpoint.__doc__ = "\n".join([inspect.getdoc(function) or "", "", "Args:", *lines])
    return endpoint
