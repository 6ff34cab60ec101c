"""Compares what can compute the networks, on the trained weights: time and agreement.

Eager PyTorch (float32 and bfloat16, channels last), ONNX Runtime and OpenVINO (float32), at 256 px
and 2 threads. Prints a Markdown table, one row a network: median milliseconds of each engine and,
where data is at hand, the largest difference of probabilities from eager float32 and the share of
pixels whose mask differs at the frozen threshold, on `--images` test images.

    pip install openvino onnx onnxruntime onnxscript && python tests/benchmarks/engines.py
"""

import argparse
import io
import math
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from busdemo.evaluation.datasets import Case, read_index
from busdemo.imaging.fit import Fit
from busdemo.inference.engines import OpenVinoEngine
from busdemo.zoo.cards import Card, read_cards, read_facts, write_card
from busdemo.zoo.loading import load_network

Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]
SIDE_PX, THREADS, RUNS = 256, 2, 15
WORTH = "openvino"
LEAST_GAIN = 1.5
"""The engine that a card may name, and how many times faster than PyTorch it must be; with
`--write` it is then compared on every test image."""


def main() -> None:
    """Measure every network of the zoo that has weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--images", type=int, default=40, help="test images to compare on")
    parser.add_argument("--write", action="store_true", help="name the better engine on the cards")
    parser.add_argument("models", nargs="*", help="ids (default: all with weights)")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(THREADS)
    cases = read_index(options.data, "test") if options.data.is_dir() else []
    some = cases[:: max(1, len(cases) // options.images)] if cases else []
    print("| model | eager | bfloat16 | ONNX Runtime | OpenVINO | largest difference (pixels) |")
    print("|---|---|---|---|---|---|")
    for card in read_cards():
        wanted = not options.models or card.id in options.models
        if wanted and not card.problem and not card.members:
            print(compare(card, some, cases if options.write else []), flush=True)


def compare(card: Card, some: list[Case], every: list[Case]) -> str:
    """One network's row; with `every` test image its card names OpenVINO if that is worth it, or no
    more."""
    network = load_network(card.folder, card.sha256)
    engines = {
        "eager": build_eager(network, torch.float32),
        "bfloat16": build_eager(network, torch.bfloat16),
        "onnx": build_onnx(network),
    }
    try:
        engines["openvino"] = build_openvino(network)
    except Exception as error:  # a converter's refusal is a result, too
        print(f"{card.id}: OpenVINO cannot convert it: {error}", file=sys.stderr)
    times = {name: milliseconds(run) for name, run in engines.items()}
    others = ("bfloat16", "onnx", "openvino")
    cells = [f"{times['eager']:.0f} ms"]
    for name in others:
        cells.append(
            f"{times[name]:.0f} ms ({times['eager'] / times[name]:.1f}×)" if name in times else "–"
        )
    gain = times["eager"] / times.get(WORTH, math.inf)
    agreement = {
        name: differences(
            card,
            engines["eager"],
            engines[name],
            every if name == WORTH and gain >= LEAST_GAIN and every else some,
        )
        for name in others
        if name in engines
    }
    words = "; ".join(
        f"{name} {largest:.0e} ({share:.4%})" for name, (largest, share) in agreement.items()
    )
    if every:
        largest, share = agreement.get(WORTH, (1.0, 1.0))
        name_engine(card, gain >= LEAST_GAIN and largest <= 1e-3 and share <= 1e-4)
    return f"| {card.name} | {' | '.join(cells)} | {words if some else '–'} |"


def name_engine(card: Card, openvino_is_better: bool) -> None:
    """Write the card's fact `engine`, or take it away."""
    header, text = read_facts(card.folder / "README.md")
    header["busdemo"].pop("engine", None)
    if openvino_is_better:
        header["busdemo"]["engine"] = "openvino"
    write_card(card.folder / "README.md", header, text)


def build_eager(network: nn.Module, dtype: torch.dtype) -> Run:
    """PyTorch as it is, under autocast for bfloat16."""

    def run(image: NDArray[np.float32]) -> NDArray[np.float32]:
        pixels = torch.from_numpy(image).contiguous(memory_format=torch.channels_last)
        autocast = torch.autocast("cpu", dtype, enabled=dtype != torch.float32)
        with torch.inference_mode(), autocast:
            return np.asarray(network(pixels).float().numpy())

    return run


def build_onnx(network: nn.Module) -> Run:
    """ONNX Runtime over an export at opset 17."""
    import onnxruntime

    file = io.BytesIO()
    plain = network.to(memory_format=torch.contiguous_format)
    torch.onnx.export(plain, (blank(),), file, opset_version=17, dynamo=False)
    network.to(memory_format=torch.channels_last)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(
        file.getvalue(), options, providers=["CPUExecutionProvider"]
    )
    name = session.get_inputs()[0].name
    return lambda image: session.run(None, {name: image})[0]


def build_openvino(network: nn.Module) -> Run:
    """OpenVINO as the page runs it."""
    return OpenVinoEngine(network, (1, 1, SIDE_PX, SIDE_PX)).run


def milliseconds(run: Run) -> float:
    """The median time of a prediction, after one that does not count."""
    image = np.random.default_rng(0).normal(size=tuple(blank().shape)).astype(np.float32)
    run(image)
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        run(image)
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


def differences(card: Card, exact: Run, other: Run, cases: list[Case]) -> tuple[float, float]:
    """Largest difference of probabilities, and share of mask pixels that differ."""
    largest, changed, pixels = 0.0, 0, 0
    assert card.preprocessing is not None
    mean, deviation = card.preprocessing.mean[0], card.preprocessing.standard_deviation[0]
    for case in cases:
        image, _ = case.read()
        fit = Fit.of(image.shape[::-1], (SIDE_PX, SIDE_PX), card.preprocessing.rule)
        shown = (fit.apply(image).astype(np.float32) / 255 - mean) / deviation
        one, two = (
            1 / (1 + np.exp(-run(shown[None, None].astype(np.float32)))) for run in (exact, other)
        )
        largest = max(largest, float(np.abs(one - two).max()))
        changed += int(((one >= card.threshold) != (two >= card.threshold)).sum())
        pixels += one.size
    return largest, changed / max(pixels, 1)


def blank() -> torch.Tensor:
    """An empty input of the measured size."""
    return torch.zeros(1, 1, SIDE_PX, SIDE_PX)


if __name__ == "__main__":
    main()
