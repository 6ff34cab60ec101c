"""NRRD and MetaImage: a header of lines of text, then the values, raw or packed.

Formats: https://teem.sourceforge.net/nrrd/format.html and
https://itk.org/Wiki/ITK/MetaIO/Documentation. Read here, not by a library: a header may name other
files of this machine, and packed values may grow without bound (docs/decisions/0185). Tests compare
with pynrrd and SimpleITK.
"""

import bz2
import math
import re
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from busdemo.imaging.refusals import MAX_VOLUME_BYTES, UnreadableImage
from busdemo.imaging.volumes import (
    FLIP,
    Segment,
    Volume,
    find_plane_spacing,
    inflate,
    refusing,
    require_volume,
    too_large,
)

Order = Literal["<", ">"]

MAX_HEADER = 2**18
MAX_SEGMENTS = 100

_NRRD_TYPES = {
    **dict.fromkeys(("signed char", "int8", "int8_t"), "i1"),
    **dict.fromkeys(("uchar", "unsigned char", "uint8", "uint8_t"), "u1"),
    **dict.fromkeys(("short", "short int", "signed short", "int16", "int16_t"), "i2"),
    **dict.fromkeys(("ushort", "unsigned short", "uint16", "uint16_t"), "u2"),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t"), "i4"),
    **dict.fromkeys(("uint", "unsigned int", "uint32", "uint32_t"), "u4"),
    **dict.fromkeys(("longlong", "long long", "long long int", "int64", "int64_t"), "i8"),
    **dict.fromkeys(("ulonglong", "unsigned long long", "uint64", "uint64_t"), "u8"),
    "float": "f4",
    "double": "f8",
}
_META_TYPES = {
    **{"met_char": "i1", "met_uchar": "u1", "met_short": "i2", "met_ushort": "u2"},
    **{"met_int": "i4", "met_uint": "u4", "met_long_long": "i8", "met_ulong_long": "u8"},
    **{"met_float": "f4", "met_double": "f8"},
}
_PACKED: dict[str, Callable[[bytes, int], bytes]] = {
    **dict.fromkeys(("gzip", "gz"), lambda d, most: zlib.decompressobj(31).decompress(d, most)),
    **dict.fromkeys(("bzip2", "bz2"), lambda d, most: bz2.BZ2Decompressor().decompress(d, most)),
    "zlib": lambda d, most: zlib.decompressobj().decompress(d, most),
}
_SPACES = {
    **dict.fromkeys(("left-posterior-superior", "lps"), FLIP),
    **dict.fromkeys(("right-anterior-superior", "ras"), np.eye(4)),
    **dict.fromkeys(("left-anterior-superior", "las"), np.diag([-1.0, 1.0, 1.0, 1.0])),
}


def open_nrrd(data: bytes, name: str) -> Volume:
    """A .nrrd with its values inside; segments and their layers as 3D Slicer names them.

    Raises UnreadableImage with one sentence.
    """
    with refusing(name, "an NRRD file"):
        end = re.search(rb"\r?\n\r?\n|\Z", data[:MAX_HEADER])
        if end is None:
            raise ValueError("no end of the header")
        text = data[: end.start()].decode("utf-8", "replace").splitlines()
        lines = [re.split(r":=|: ?", line, maxsplit=1) for line in text if line[:1] != "#"]
        fields = {line[0].strip().lower(): line[1].strip() for line in lines if len(line) == 2}
        if {"data file", "datafile"} & fields.keys():
            raise _refuse_detached(name, "nrrd")
        if fields.get("byte skip", "0") != "0" or fields.get("line skip", "0") != "0":
            raise ValueError("skips")
        sizes = tuple(int(word) for word in fields["sizes"].split())
        kind = np.dtype(_NRRD_TYPES[fields["type"].lower()])
        order: Order = ">" if fields.get("endian") == "big" else "<"
        array = _read_array(
            data[end.end() :], fields["encoding"].lower(), kind.newbyteorder(order), sizes, name
        )
        words = re.findall(r"none|\([^)]*\)", fields.get("space directions", ""))
        vectors = [_floats(word) for word in words]
        spacings = _floats(fields.get("spacings", ""))
        kinds = fields.get("kinds", "").split()
        spatial = [n for n in range(len(sizes)) if not _is_list(n, kinds, vectors)]
        if len(spatial) < len(sizes) - 1:
            raise ValueError("several axes that are none of space")
        layers = _split_layers(array, spatial)
        require_volume(layers[0].shape, layers[0].dtype, name)
        vectors = [vectors[n] for n in spatial] if len(vectors) == len(sizes) else []
        spacings = [spacings[n] for n in spatial] if len(spacings) == len(sizes) else []
        zooms = tuple(float(np.linalg.norm(v)) for v in vectors) or tuple(spacings)
        affine = None
        if fields.get("space", "").lower() in _SPACES and vectors:
            origin = _floats(fields.get("space origin", "")) or [0.0] * 3
            affine = _SPACES[fields["space"].lower()] @ _affine(vectors, origin)
        spacing = find_plane_spacing(zooms, layers[0].shape, "NRRD header")
    cut = [int(n) for n in _floats(fields.get("segmentation_referenceimageextentoffset", ""))]
    corner = tuple(cut[:3]) if len(cut) == 3 and any(cut) else ()
    segments = _segments(fields, len(layers))
    return Volume(name, layers, affine, spacing, segments=segments, corner=corner)


def open_metaimage(data: bytes, name: str) -> Volume:
    """A .mha; UnreadableImage with one sentence, also for one whose values lie in another file."""
    with refusing(name, "a MetaImage file"):
        end = re.search(rb"ElementDataFile\s*=\s*([^\r\n]*)\r?\n", data[:MAX_HEADER])
        if end is None:
            raise ValueError("no end of the header")
        if end[1].strip() != b"LOCAL":
            raise _refuse_detached(name, "mha")
        lines = data[: end.start()].decode("utf-8", "replace").splitlines()
        pairs = [line.split("=", 1) for line in lines if "=" in line]
        fields = {key.strip().lower(): value.strip() for key, value in pairs}
        sizes = tuple(int(word) for word in fields["dimsize"].split())
        msb = fields.get("binarydatabyteordermsb", fields.get("elementbyteordermsb", "false"))
        kind = np.dtype(_META_TYPES[fields["elementtype"].removesuffix("_array").lower()])
        channels = int(fields.get("elementnumberofchannels", "1"))
        packed = fields.get("compresseddata", "false").lower() == "true"
        text = fields.get("binarydata", "true").lower() == "false"
        encoding = "zlib" if packed else "ascii" if text else "raw"
        shape = sizes if channels == 1 else (channels, *sizes)
        order: Order = ">" if msb.lower() == "true" else "<"
        array = _read_array(data[end.end() :], encoding, kind.newbyteorder(order), shape, name)
        layers = _split_layers(array, list(range(len(shape) - len(sizes), len(shape))))
        require_volume(layers[0].shape, layers[0].dtype, name)
        zooms = tuple(_floats(fields.get("elementspacing", fields.get("elementsize", ""))))
        zooms = zooms if len(zooms) == len(sizes) else (1.0,) * len(sizes)
        given = next((k for k in ("transformmatrix", "rotation", "orientation") if k in fields), "")
        matrix = _floats(fields[given]) if given else list(np.eye(len(sizes)).ravel())
        rows = np.array(matrix).reshape(len(sizes), len(sizes)) * np.array(zooms)[:, None]
        origin = _floats(fields.get("offset", fields.get("position", fields.get("origin", ""))))
        affine = FLIP @ _affine(rows.tolist(), origin or [0.0] * len(sizes))
        spacing = find_plane_spacing(zooms, layers[0].shape, "MetaImage header")
    return Volume(name, layers, affine, spacing)


def _read_array(
    packed: bytes, encoding: str, kind: np.dtype[Any], shape: tuple[int, ...], name: str
) -> NDArray[Any]:
    """The values, the first axis fastest; as many as the header promises, or ValueError."""
    count = math.prod(shape)
    if min(shape) < 1 or len(shape) > 4:
        raise ValueError("nothing in it, or too many axes")
    if count * kind.itemsize > MAX_VOLUME_BYTES:
        raise too_large(name)
    if encoding in ("ascii", "text", "txt"):
        values = np.fromstring(packed.decode("ascii"), np.float64, count, sep=" ")
        return values.astype(kind.newbyteorder("=")).reshape(shape, order="F")
    if encoding != "raw":
        packed = inflate(_PACKED[encoding], packed, name)
    return np.frombuffer(packed, kind, count).reshape(shape, order="F")


def _split_layers(array: NDArray[Any], spatial: list[int]) -> tuple[NDArray[Any], ...]:
    """Layers of segments, or colours as records of one; the axis that is none of space is first."""
    if len(spatial) == array.ndim:
        return (array,)
    (other,) = set(range(array.ndim)) - set(spatial)
    parts = np.moveaxis(array, other, 0)
    if len(parts) in (3, 4) and array.dtype == np.uint8:
        colours = np.zeros(parts.shape[1:], [(channel, "u1") for channel in "RGB"])
        for channel, values in zip("RGB", parts, strict=False):
            colours[channel] = values
        return (colours,)
    return tuple(parts)


def _is_list(axis: int, kinds: list[str], vectors: list[list[float]]) -> bool:
    """Is an axis none of space: colours, or layers?"""
    if axis < len(vectors) and not vectors[axis]:
        return True
    return axis < len(kinds) and kinds[axis] not in ("domain", "space", "time", "???", "none")


def _affine(vectors: list[list[float]], origin: list[float]) -> NDArray[np.float64]:
    """4 x 4 of the steps along the axes and the first voxel's place."""
    affine = np.eye(4)
    for axis, vector in enumerate(vectors[:3]):
        affine[: len(vector), axis] = vector
    affine[: len(origin), 3] = origin
    return affine


def _segments(fields: Mapping[str, str], layers: int) -> tuple[Segment, ...]:
    """What 3D Slicer says of each: Segment0_Name, Segment0_LabelValue, Segment0_Layer.

    Before version 4.11 it said neither value nor layer: each segment had a layer of its own.
    """
    found = []
    for n in range(MAX_SEGMENTS):
        value, layer = (fields.get(f"segment{n}_{key}", "") for key in ("labelvalue", "layer"))
        label = fields.get(f"segment{n}_name") or fields.get(f"segment{n}_id")
        if label is None:
            break
        at = int(layer) if layer.isdecimal() else n * (layers > 1)
        own = int(value) if value.isdecimal() else None if layers > 1 else n + 1
        if at < layers:
            found.append(Segment(label, own, at))
    return tuple(found)


def _floats(text: str) -> list[float]:
    words = text.strip("() ").replace(",", " ").split()
    return [] if words == ["none"] else [float(word) for word in words]


def _refuse_detached(name: str, ending: str) -> UnreadableImage:
    return UnreadableImage(
        f"{name} keeps its values in another file; please save both as one .{ending} file."
    )
