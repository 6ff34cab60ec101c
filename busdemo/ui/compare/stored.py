"""Pictures of scans that the page has sent to a browser: a browser need not send them back."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

_KEPT = re.compile(r"/([0-9a-f]{64})/pixels\.png$")
_EXAMPLE = re.compile(r"/([\w-]{1,64})/image\.png$", re.ASCII)


@dataclass(frozen=True)
class StoredScans:
    """Where the pictures lie: those kept for visitors, and the shipped examples."""

    kept: Path
    examples: Path

    def read(self, url: object) -> bytes | None:
        """The picture that a browser has got from this address, or None where there is none now.

        Only what the address names within the two folders is read: a kept picture's own digest,
        which nobody knows who has not got it, or an example's id.
        """
        path = unquote(url).partition("?")[0] if isinstance(url, str) else ""
        if found := _KEPT.search(path):
            place = self.kept / found[1] / "pixels.png"
        elif found := _EXAMPLE.search(path):
            place = self.examples / found[1] / "image.png"
        else:
            return None
        return place.read_bytes() if place.is_file() else None
