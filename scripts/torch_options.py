"""Which build of torch is right here: pip's options on stdout, the reason on stderr.

    pip install $(python scripts/torch_options.py) .

Without an NVIDIA GPU it is the build for processors, if its own index answers in time; otherwise
what the package index gives, which on Linux brings CUDA's libraries. pip says how large each part
is; with `--installed`, this says what is there now, and how large it is. Needs nothing but Python.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from importlib.metadata import Distribution, distributions, version

INDEX = os.environ.get("TORCH_INDEX") or "https://download.pytorch.org/whl/cpu"
PATIENCE_S = 3
PARTS = re.compile(r"torch|torchvision|triton|(nvidia|cuda)[-_].*", re.I)
"""torch, and what it needs for a GPU."""


def main() -> None:
    """Print them."""
    if sys.argv[1:] == ["--installed"]:
        print(describe_installed())
        return
    options, reason = choose()
    print(" ".join(options))
    print(reason, file=sys.stderr)


def choose() -> tuple[list[str], str]:
    """pip's options, and the reason as a sentence."""
    usual = "torch comes as the package index has it"
    if sys.platform != "linux":
        return [], f"{usual}: only Linux has a choice."
    if has_nvidia_gpu():
        return [], f"{usual}: there is an NVIDIA GPU."
    if not answers(f"{INDEX}/torch/"):
        reason = f"{INDEX}, which has it for processors, did not answer within {PATIENCE_S} s"
        return [], f"{usual}, with CUDA's libraries: {reason}."
    return ["--extra-index-url", INDEX], f"torch comes for processors: no NVIDIA GPU; from {INDEX}."


def has_nvidia_gpu() -> bool:
    """Does NVIDIA's driver list one?"""
    program = shutil.which("nvidia-smi")
    if program is None:
        return False
    told = subprocess.run([program, "-L"], check=False, capture_output=True, text=True)
    return told.returncode == 0 and "GPU" in told.stdout


def answers(address: str) -> bool:
    """Whether a page is there in time, the look-up of its name included."""
    there = threading.Event()

    def ask() -> None:
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE_S):  # noqa: S310
                there.set()
        except OSError:
            pass

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE_S)
    return there.is_set()


def describe_installed() -> str:
    """Version and size on disk of torch and what it needs for a GPU, in this environment."""
    parts = [part for part in distributions() if PARTS.fullmatch(part.metadata["Name"])]
    size = sum(map(measure, parts))
    return f"torch {version('torch')} is installed: {size / 1e9:.1f} GB in {len(parts)} packages."


def measure(part: Distribution) -> int:
    """Bytes on disk."""
    paths = [path.locate() for path in part.files or ()]
    return sum(os.path.getsize(path) for path in paths if os.path.isfile(path))


if __name__ == "__main__":
    main()
