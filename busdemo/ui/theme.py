"""The look: Gradio's theme tokens and the page's own stylesheets."""

from pathlib import Path

import gradio as gr

_ACCENT = gr.themes.Color(
    name="petrol",
    c50="#edf8f8",
    c100="#d3eeef",
    c200="#a9dee0",
    c300="#7cd4da",
    c400="#3fb6bd",
    c500="#14929a",
    c600="#0b7d85",
    c700="#0b6e75",
    c800="#0c555b",
    c900="#0d4549",
    c950="#06262a",
)
_GREY = gr.themes.Color(
    name="slate",
    c50="#f6f7f9",
    c100="#eef1f4",
    c200="#e2e6eb",
    c300="#cbd5e1",
    c400="#94a3b3",
    c500="#6b7886",
    c600="#56616e",
    c700="#3a4552",
    c800="#232c37",
    c900="#121820",
    c950="#0b0f14",
)

STYLESHEETS = [Path(__file__).with_name(name) for name in ("page.css", "tables.css")]


def build_theme() -> gr.themes.Base:
    """System fonts (nothing to fetch), one accent, hairline borders, no shadows."""
    theme = gr.themes.Base(
        primary_hue=_ACCENT,
        secondary_hue=_ACCENT,
        neutral_hue=_GREY,
        radius_size=gr.themes.sizes.radius_md,
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"],
        font_mono=["ui-monospace", "Menlo", "Consolas", "monospace"],
    )
    return theme.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color="#0f1720",
        body_text_color_dark="#e8edf2",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="*neutral_900",
        block_background_fill="#ffffff",
        block_background_fill_dark="*neutral_900",
        border_color_primary="*neutral_200",
        border_color_primary_dark="*neutral_800",
        block_border_width="0px",
        block_shadow="none",
        block_shadow_dark="none",
        block_radius="10px",
        layout_gap="0px",
        block_padding="0px",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_400",
    )
