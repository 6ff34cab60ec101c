"""What a link to the page looks like where somebody posts it: one set of tags, and a picture."""

import html
from pathlib import Path

from busdemo.inference.segmenter import SegmenterPool
from busdemo.ui import text
from busdemo.ui.examples import open_example, read_examples
from busdemo.ui.workspace import first_usable
from busdemo.views.pictures import encode_png
from busdemo.views.preview import SIZE_WH, draw_preview
from busdemo.workflows.segmenting import mask_of

PICTURE = "preview.png"
"""Beside the examples; `busdemo examples` draws it."""


def write_preview(folder: Path, pool: SegmenterPool) -> None:
    """Draw the opening example with its first model's answer, which must be at hand."""
    opening = open_example(next(iter(read_examples(folder).values())), pool)
    result = opening.segmentations[first_usable(pool)]
    reference = mask_of(opening.reference)
    assert reference is not None  # noqa: S101 (examples have one)
    picture = draw_preview(
        opening.scan.pixels,
        result.mask(result.card.stop, result.card.post_processing),
        reference,
        title=text.TITLE,
        tagline=text.TAGLINE,
        note=text.PREVIEW_NOTE,
    )
    (folder / PICTURE).write_bytes(encode_png(picture))


def build_preview_tags(folder: Path) -> str:
    """The tags for the head of the page, whose address Gradio's template fills in."""
    root = "{{ config.get('root', '') }}"
    address = f"{root}/gradio_api/file={folder.absolute() / PICTURE}"
    title, (width, height) = f"{text.TITLE}: {text.TAGLINE}", SIZE_WH
    named = {
        "description": text.PREVIEW,
        "twitter:card": "summary_large_image",
    }
    properties = {
        "og:type": "website",
        "og:url": f"{root}/",
        "og:title": title,
        "og:description": text.PREVIEW,
        "og:image": address,
        "og:image:width": str(width),
        "og:image:height": str(height),
        "og:image:alt": text.PREVIEW_ALT,
    }
    return "\n".join(
        f'<meta {kind}="{name}" content="{html.escape(content, quote=False)}" />'
        for kind, tags in (("name", named), ("property", properties))
        for name, content in tags.items()
    )
