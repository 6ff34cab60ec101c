"""Bring the runtime that computes networks in a browser into `busdemo/ui/web/vendor/onnxruntime/`.

    python scripts/vendor_runtime.py

For those who develop busdemo, and only when `VERSION` changes: needs npm. Two files of the package
onnxruntime-web are kept: the module, and the program it runs (WebAssembly with SIMD and threads),
compressed, because 14 MB of it become 2.3.
"""

import subprocess
import tarfile
import tempfile
from pathlib import Path

import brotli

VERSION = "1.30.0"
FOLDER = Path(__file__).parents[1] / "busdemo" / "ui" / "web" / "vendor" / "onnxruntime"
MODULE = "package/dist/ort.wasm.bundle.min.mjs"
PROGRAM = "package/dist/ort-wasm-simd-threaded.wasm"


def main() -> None:
    """Fetch the package through npm, and keep the two files."""
    with tempfile.TemporaryDirectory() as folder:
        packed = f"onnxruntime-web@{VERSION}"
        subprocess.run(["npm", "pack", "--silent", packed], cwd=folder, check=True)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as package:
            module, program = (_read(package, name) for name in (MODULE, PROGRAM))
    kept = [line for line in module.splitlines() if not line.startswith(b"//# sourceMappingURL")]
    (FOLDER / "ort.mjs").write_bytes(b"\n".join(kept) + b"\n")
    compressed = brotli.compress(program, quality=11, lgwin=24)
    (FOLDER / "ort-wasm-simd-threaded.wasm.br").write_bytes(compressed)


def _read(package: tarfile.TarFile, name: str) -> bytes:
    file = package.extractfile(name)
    if file is None:
        raise FileNotFoundError(name)
    return file.read()


if __name__ == "__main__":
    main()
