"""Every kind of volume, opened."""

from collections.abc import Callable

from busdemo.imaging.nifti import open_nifti
from busdemo.imaging.numpy_files import open_npy, open_npz
from busdemo.imaging.refusals import kind_of
from busdemo.imaging.text_volumes import open_metaimage, open_nrrd
from busdemo.imaging.volumes import Volume

VOLUMES: dict[str, Callable[[bytes, str], Volume]] = {
    "NIFTI": open_nifti,
    "NRRD": open_nrrd,
    "METAIMAGE": open_metaimage,
    "NPY": open_npy,
    "NPZ": open_npz,
}
"""By what `kind_of` calls them."""


def open_volume(data: bytes, name: str) -> Volume:
    """A file of one of the `VOLUMES`, by its content; UnreadableImage with one sentence."""
    return VOLUMES[kind_of(data) or ""](data, name)
