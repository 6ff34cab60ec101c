"""A small page around the viewer, with synthetic scans and maps: nothing of the app, no models.

Run it by hand with `python tests/ui/viewer_harness.py`.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import cv2
import gradio as gr
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page
from ui.chromium import open_browser

from busdemo.imaging.masks import quantize
from busdemo.ui.page import Service
from busdemo.ui.two_stage import read_models
from busdemo.ui.viewer.boxes import BoxMark
from busdemo.ui.viewer.component import (
    ExportRequest,
    ModelLayer,
    Viewer,
    ViewerChoice,
    ViewerData,
)

EVIL = '<img src=x onerror="window.__hacked=1"><b>title</b>'
NOTES = ("test Dice 0.75 (0.73–0.77) · 24 ms", "test Dice 0.77 (0.75–0.79) · 31 ms", "")


@dataclass(frozen=True, eq=False)
class Case:
    """A synthetic scan, its reference and the levels of two models."""

    image: NDArray[np.uint8]
    reference: NDArray[np.bool_]
    levels: dict[str, NDArray[np.uint8]]


def build_case(seed: int, size_wh: tuple[int, int] = (512, 512), lesion: bool = True) -> Case:
    """Speckle around a wobbly dark ellipse; two maps that find it, each in its own way."""
    rng = np.random.default_rng(seed)
    width, height = size_wh
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle = np.arctan2(y - height * 0.5, x - width * 0.5)
    radius = np.hypot((x - width * 0.5) / (width * 0.24), (y - height * 0.5) / (height * 0.2))
    depth = 1 + 0.12 * np.sin(3 * angle + seed) + 0.06 * np.sin(7 * angle) - radius
    speckle = cv2.GaussianBlur(rng.rayleigh(1, (height, width)).astype(np.float32), (0, 0), 1.2)
    tissue = 80 + 30 * np.sin(y / 23 + 0.6 * np.sin(x / 61))
    image = np.clip(tissue * speckle * (0.3 + 0.7 / (1 + np.exp(8 * depth))), 0, 255)
    levels = {}
    for n, name in enumerate(("unet", "attention-unet")):
        noise = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 14)
        logit = (9 - 2 * n) * depth + (12 + 6 * n) * noise - 0.3
        levels[name] = quantize((1 / (1 + np.exp(-logit))).astype(np.float32))
    reference = depth > 0 if lesion else np.zeros((height, width), dtype=np.bool_)
    return Case(image.astype(np.uint8), reference, levels)


CASES = {
    "first": build_case(1),
    "second": build_case(2, (360, 300)),
    "normal": build_case(3, (320, 240), lesion=False),
}

ZOO = (
    ("unet", "U-Net", "U-Net family"),
    ("unet-plus-plus", "U-Net++", "U-Net family"),
    ("unet3-plus", "U-Net 3+", "U-Net family"),
    ("wide-unet", "Wide U-Net", "U-Net family"),
    ("attention-unet", "Attention U-Net", "Attention"),
    ("deep-attention-unet", "Deep Attention U-Net", "Attention"),
    ("se-unet", "SE U-Net", "Attention"),
    ("spatial-attention-unet", "Spatial Attention U-Net", "Attention"),
    ("transunet-small", "TransUNet", "Transformers"),
    ("segformer", "SegFormer", "Transformers"),
    ("deeplabv3", "DeepLabV3", "Pyramid"),
    ("dual-unetpp-seunet", "U-Net++ and SE U-Net", "Recipes"),
    ("ensemble", "Mean of all", "Recipes"),
)
"""Id, name and family of a zoo of thirteen, as the selector shows it."""
BROKEN = "transunet-small"


@dataclass(frozen=True, eq=False)
class Zoo:
    """A scan and the levels of many models, each with its own threshold."""

    image: NDArray[np.uint8]
    reference: NDArray[np.bool_]
    levels: dict[str, NDArray[np.uint8]]
    frozen: dict[str, int]


def build_zoo(seed: int, size_wh: tuple[int, int], ids: tuple[str, ...]) -> Zoo:
    """A case with a model for each id: the first map of `build_case`, moved about and raised."""
    case = build_case(seed, size_wh)
    levels = {}
    for n, model_id in enumerate(ids):
        moved = np.roll(case.levels["unet"], (7 * n, 5 * n - 12), axis=(0, 1)).astype(int)
        levels[model_id] = np.clip(moved + 6 * (n % 4) - 9, 0, 199).astype(np.uint8)
    return Zoo(case.image, case.reference, levels, {key: 90 + 3 * n for n, key in enumerate(ids)})


ZOOS = {
    "zoo": build_zoo(4, (512, 384), tuple(key for key, _, _ in ZOO if key != BROKEN)),
    # Above four megapixels, and of odd size: drawn from every second pixel.
    "large": build_zoo(5, (2401, 1801), ("unet", "unet-plus-plus", "attention-unet")),
}


def build_zoo_data(name: str, **changes: Any) -> ViewerData:
    """The viewer's data for a zoo: what has levels is ready, one model is broken."""
    zoo = ZOOS[name]
    layers = [
        ModelLayer(
            id=model_id,
            name=label,
            family=family,
            note=f"test Dice 0.75 (0.73–0.77) · 7.{n} M · {20 + n} ms",
            frozen=zoo.frozen.get(model_id, 100),
            state="ready" if model_id in zoo.levels else "unusable",
            reason="" if model_id in zoo.levels else "It has no weights.",
            levels=zoo.levels.get(model_id),
        )
        for n, (model_id, label, family) in enumerate(ZOO)
    ]
    data = ViewerData(
        case=name,
        title=f"The {name}",
        image=zoo.image,
        reference=zoo.reference,
        models=layers,
        model="unet",
    )
    return data.model_copy(update=changes)


def build_half_run(name: str) -> ViewerData:
    """A zoo of which only the first model has answered; the second runs."""
    data = build_zoo_data(name, case=f"{name}-half")
    for n, layer in enumerate(data.models[1:]):
        if layer.state == "ready":
            layer.state, layer.levels = "waiting" if n else "running", None
    return data


def build_data(name: str, **changes: Any) -> ViewerData:
    """The viewer's data for a case: both models ready, a third one unusable."""
    case = CASES[name]
    layers = [
        ModelLayer(
            id=key,
            name=label,
            family="Fully convolutional",
            note=note,
            frozen=frozen,
            state="ready",
            levels=case.levels[key],
        )
        for key, label, note, frozen in zip(
            case.levels, ("U-Net", "Attention U-Net"), NOTES, (96, 100), strict=False
        )
    ]
    layers.append(
        ModelLayer(
            id="swin",
            name="Swin",
            family="Transformers",
            state="unusable",
            reason="Its weights file is cut off.",
        )
    )
    data = ViewerData(
        case=name,
        title=f"The {name} case",
        simulated=True,
        image=case.image,
        reference=case.reference,
        reference_name="Ground truth",
        models=layers,
        model="unet",
    )
    return data.model_copy(update=changes)


def build_staged(name: str, models: list[str], found: bool = True) -> ViewerData:
    """The same case after a detector has looked: some models' levels are cut off at its box."""
    data, case = build_data(name), CASES[name]
    height, width = case.image.shape
    box = BoxMark(left=width // 4, top=height // 3, right=3 * width // 4, bottom=height, score=0.87)
    for layer in data.models:
        if layer.id in models and layer.id in case.levels:
            layer.staged = cut_levels(case.levels[layer.id], box) if found else layer.levels
    note = "One lesion, score 0.87." if found else "No lesion: the whole frame."
    update = {"boxes": [box] if found else [], "two_stage_note": note}
    return data.model_copy(update=update)


def cut_levels(levels: NDArray[np.uint8], box: BoxMark) -> NDArray[np.uint8]:
    """Levels inside a box, 0 outside."""
    inside = np.zeros_like(levels)
    window = slice(int(box.top), int(box.bottom)), slice(int(box.left), int(box.right))
    inside[window] = levels[window]
    return inside


def build_running(name: str) -> ViewerData:
    """The same case while its first model still runs and the second waits."""
    data = build_data(name, case=f"{name}-running")
    states = {"unet": "running", "attention-unet": "waiting"}
    data.models = [
        layer.model_copy(update={"state": states[layer.id], "levels": None})
        if layer.id in states
        else layer
        for layer in data.models
    ]
    return data


def build_harness() -> gr.Blocks:
    """A page with the viewer, a button for each state and a box with what Python was told."""
    with gr.Blocks(title="viewer harness") as page:
        viewer = Viewer(build_data("first"))
        told = gr.Textbox(label="told", elem_id="told")
        shown = {
            "first": lambda: build_data("first"),
            "second": lambda: build_data("second"),
            "normal": lambda: build_data("normal"),
            "alone": lambda: build_data("second", case="alone", reference=None),
            "evil": lambda: build_data("second", case="evil", title=EVIL, message=EVIL),
            "no-detector": lambda: build_data(
                "second", case="no-detector", two_stage_problem="There is no detector."
            ),
            "update": lambda: build_data("first", title="The same case again"),
            "nothing": show_nothing,
            "zoo": lambda: build_zoo_data("zoo"),
            "zoo-alone": lambda: build_zoo_data("zoo", case="zoo-alone", reference=None),
            "zoo-half": lambda: build_half_run("zoo"),
            "large": lambda: build_zoo_data("large"),
        }
        quiet = {"show_progress": "hidden", "queue": False}
        with gr.Row():
            for name, build in shown.items():
                gr.Button(name, elem_id=name).click(build, None, viewer, **quiet)
            running = gr.Button("running", elem_id="running")
            running.click(lambda: build_running("second"), None, viewer, **quiet)
            stream = gr.Button("stream", elem_id="stream")
            stream.click(stream_models, None, viewer, show_progress="hidden")
            tell = gr.Button("tell", elem_id="tell")
            tell.click(repeat_choice, viewer, told, **quiet)

        def export(choice: ViewerChoice, event: gr.EventData) -> tuple[ViewerData, str]:
            request = ExportRequest.from_event(event)
            mask = CASES[choice.case].levels[request.model] >= request.stop
            file = viewer.write_picture(mask, name=f"{choice.case}-{request.kind}.png")
            return build_data(choice.case, downloads=[file]), str(request)

        def stage(choice: ViewerChoice, event: gr.EventData) -> tuple[ViewerData, str]:
            models = read_models(event)
            return build_staged(choice.case, models, choice.case != "normal"), f"staged {models}"

        viewer.export(export, viewer, [viewer, told], **quiet)
        viewer.stage(stage, viewer, [viewer, told], **quiet)
    return page


def show_nothing() -> ViewerData:
    """The viewer before there is a scan."""
    return ViewerData()


def repeat_choice(choice: ViewerChoice) -> str:
    """What Python gets as the viewer's value."""
    return str(choice)


def stream_models() -> Iterator[ViewerData]:
    """First nothing ready, then the chosen model, then all of them."""
    data = build_data("second", case="stream")
    unet, attention, swin = data.models
    waiting = {"state": "waiting", "levels": None}
    running = unet.model_copy(update={"state": "running", "levels": None})
    later = attention.model_copy(update=waiting)
    yield data.model_copy(update={"models": [running, later, swin]})
    yield data.model_copy(update={"models": [unet, later, swin]})
    yield data


THEME = gr.themes.Default(
    primary_hue=gr.themes.Color(
        *("#eefafa", "#d5f1f2", "#ade3e5", "#74cdd2", "#3fb6bd", "#239aa2"),
        *("#137f87", "#0b6e75", "#0d5860", "#0f4a50", "#062f34"),
        name="teal",
    ),
    neutral_hue="slate",
    font=["system-ui", "sans-serif"],
    font_mono=["ui-monospace", "monospace"],
)

NEXT_FRAMES = "new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))"
TO_TEXT = """(words) => {
  let text = '';
  for (const byte of new Uint8Array(words.buffer)) text += String.fromCharCode(byte);
  return btoa(text);
}"""


@contextmanager
def open_harness() -> Iterator[Page]:
    """The harness in a Chromium; the test is skipped where there is none."""
    with open_browser() as browser:
        app = build_harness()
        app.launch(
            theme=THEME,
            prevent_thread_lock=True,
            ssr_mode=False,
            quiet=True,
            app_kwargs={"middleware": Service(per_minute=0).middleware},
        )
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.goto(app.local_url)
        wait_for_case(page, "first")
        yield page
    app.close()


def wait_for_case(page: Page, case: str, ready: str = "unet attention-unet") -> None:
    """The viewer holds a case, those models have answered, and all is drawn."""
    page.wait_for_selector(f'.bd-viewer[data-case="{case}"][data-ready="{ready}"]')
    page.evaluate(NEXT_FRAMES)


def show(page: Page, case: str) -> None:
    """Show a case of two models; nothing has the keyboard's focus then, the viewer is in sight."""
    page.click(f"#{case}")
    wait_for_case(page, case)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


def clear(page: Page) -> None:
    """Show nothing, so that the next case is a new one."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.mouse.move(0, 0)
    page.click("#nothing")
    page.wait_for_selector('.bd-viewer[data-case=""]')


def read_bytes(page: Page, expression: str) -> NDArray[np.uint8]:
    """The bytes of a typed array in the page."""
    return np.frombuffer(base64.b64decode(page.evaluate(f"({TO_TEXT})({expression})")), np.uint8)


if __name__ == "__main__":
    middleware = Service(per_minute=0).middleware
    build_harness().launch(
        theme=THEME, server_port=7870, ssr_mode=False, app_kwargs={"middleware": middleware}
    )
