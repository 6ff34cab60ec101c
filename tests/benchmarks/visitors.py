"""Simultaneous visitors of one page on loopback: how long each waits for a first prediction.

A visitor uploads a scan, looks at the results, drags and switches (which asks the server nothing),
compares three masks, thinks, and begins anew. They speak the page's own protocol; no browser, whose
50 copies would measure themselves. Prints one Markdown row for each number of visitors.

    python tests/benchmarks/visitors.py --visitors 1 10 50 --seconds 120
"""

import argparse
import asyncio
import base64
import itertools
import json
import re
import statistics
import time
from dataclasses import dataclass, field
from typing import Any

import cv2
import httpx
import numpy as np
from measure import resident_mb, serve

from busdemo.phantoms import random_recipe, simulate

RNG = np.random.default_rng()
THINKING_S = 5.0, 15.0
FIRST_MODEL_READY = re.compile(r'"ready"')
CASE = re.compile(r'"case": ?"([0-9a-f]{12})"')
MORE = re.compile(r'"more"[^"]*"([0-9a-f]{8})"')
PICTURE = re.compile(r'"url": ?"([^"]+)"')


@dataclass
class Tally:
    """What the visitors met: seconds to a first prediction, and what went wrong."""

    first_s: list[float] = field(default_factory=list)
    all_s: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: int = 0
    warm: int = 0
    """Visitors whose first scan is done with."""


@dataclass(frozen=True)
class Site:
    """The page's address, and the numbers of its events and components."""

    address: str
    drop_image: int
    resume: int
    compare: int

    @classmethod
    def read(cls, address: str) -> "Site":
        """Look them up in the page's own configuration."""
        config = httpx.get(f"{address}config", timeout=60).json()
        events = {tuple(t)[1]: d["id"] for d in config["dependencies"] for t in d["targets"]}
        ids = {c["props"].get("elem_id"): c["id"] for c in config["components"]}
        return cls(address, events["drop_image"], events["resume"], ids["bd-compare"])


class Visitor:
    """One session: its connection, its name, its scans."""

    def __init__(self, site: Site, number: int, tally: Tally) -> None:
        self.site, self.tally = site, tally
        self.session = f"visitor{number:04d}{RNG.integers(16**6):06x}"
        # Each has an address of its own, so that the limit for one address does not count them all.
        headers = {"x-forwarded-for": f"9.{number // 250}.0.{number % 250 + 1}"}
        self.client = httpx.AsyncClient(base_url=site.address, timeout=300, headers=headers)
        self.scans = [draw_scan(10 * number + k) for k in range(3)]

    async def stay(self, until: float) -> None:
        """Come and go until the time is up."""
        await asyncio.sleep(RNG.uniform(0, THINKING_S[0]))
        for stay in itertools.count():
            if time.monotonic() >= until:
                break
            try:
                await self.look_at(self.scans[RNG.integers(len(self.scans))])
                await self.compare()
            except Exception as error:  # whatever a visitor meets is a result
                self.tally.errors.append(f"{type(error).__name__}: {error}"[:200])
            self.tally.warm += stay == 0
            await asyncio.sleep(RNG.uniform(*THINKING_S))
        await self.client.aclose()

    async def look_at(self, scan: bytes) -> None:
        """Upload, wait for the first and for all results, fetch the pictures."""
        started = time.monotonic()
        files = {"files": ("scan.png", scan, "image/png")}
        (path,) = (await self._post("gradio_api/upload", files=files)).json()
        file = {"path": path, "orig_name": "scan.png", "meta": {"_type": "gradio.FileData"}}
        pictures: set[str] = set()
        data: list[Any] = [{"files": [file], "examples": []}, None, {"models": []}]
        case, more = await self._ask(self.site.drop_image, data, started, pictures)
        while more:
            await asyncio.sleep(1)
            _, more = await self._ask(self.site.resume, [None, {"case": case}], None, pictures)
        self.tally.all_s.append(time.monotonic() - started)
        for url in list(pictures)[:4]:
            (await self.client.get(url)).raise_for_status()

    async def compare(self) -> None:
        """Three discs against each other, in every metric."""
        masks = [draw_disc(x) for x in (280, 300, 310)]
        annotators = [
            {"key": f"k{k}", "name": f"Mask {k}", "kind": "person", "png": png}
            for k, png in enumerate(masks)
        ]
        request = {"width": 600, "height": 500, "tolerance": 2, "reference": "k0"}
        body = {
            "data": request | {"annotators": annotators},
            "component_id": self.site.compare,
            "fn_name": "measure",
            "session_hash": self.session,
        }
        answer = (await self._post("gradio_api/component_server", json=body)).json()
        if "matrices" not in answer:
            raise ValueError(f"no numbers: {str(answer)[:100]}")

    async def _ask(
        self, event: int, data: list[Any], started: float | None, pictures: set[str]
    ) -> tuple[str, str]:
        """Ask an event and read its answers; the case, and whether models are left."""
        body = {"data": data, "fn_index": event, "session_hash": self.session}
        await self._post("gradio_api/queue/join", json=body)
        case = more = ""
        async with self.client.stream(
            "GET", "gradio_api/queue/data", params={"session_hash": self.session}
        ) as stream:
            async for line in stream.aiter_lines():
                message = json.loads(line.removeprefix("data: ")) if line else {}
                kind = message.get("msg", "")
                if kind in ("process_generating", "process_completed"):
                    if message.get("success") is False:
                        raise ValueError(str(message.get("output", {}).get("error")))
                    text = json.dumps(message.get("output", {}).get("data"))
                    case = (CASE.findall(text) or [case])[0]
                    more = "" if '"more"' in text else more
                    more = (MORE.findall(text) or [more])[-1]
                    pictures |= set(PICTURE.findall(text))
                    if started is not None and FIRST_MODEL_READY.search(text):
                        self.tally.first_s.append(time.monotonic() - started)
                        started = None
                if kind in ("process_completed", "close_stream"):
                    return case, more
        raise ValueError("the answer broke off")

    async def _post(self, path: str, **body: Any) -> httpx.Response:
        self.tally.requests += 1
        answer = await self.client.post(path, **body)
        answer.raise_for_status()
        return answer


def draw_scan(seed: int) -> bytes:
    """A simulated scan that nobody has sent before, as PNG."""
    image = simulate(random_recipe(np.random.default_rng(seed)), seed).image
    return bytes(cv2.imencode(".png", image)[1])


def draw_disc(x: int) -> str:
    """A disc in a 600x500 mask, as text of a PNG."""
    mask = cv2.circle(np.zeros((500, 600), np.uint8), (x, 250), 80, 255, -1)
    return base64.b64encode(cv2.imencode(".png", mask)[1]).decode()


async def measure(site: Site, visitors: int, seconds: float, pid: int) -> tuple[Tally, list[float]]:
    """So many visitors for so long; the page's memory in MB.

    It is read before they come, once each of them had a first scan, and after the last scan.
    """
    tally, until = Tally(), time.monotonic() + seconds
    memory = [resident_mb(pid)]
    stays = [asyncio.create_task(Visitor(site, n, tally).stay(until)) for n in range(visitors)]
    while tally.warm < visitors and not all(stay.done() for stay in stays):
        await asyncio.sleep(0.5)
    memory.append(resident_mb(pid))
    await asyncio.gather(*stays)
    return tally, [*memory, resident_mb(pid)]


def main() -> None:
    """Start the page, warm it up, measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--visitors", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--seconds", type=float, default=120)
    options = parser.parse_args()
    with serve() as (address, process, _):
        site = Site.read(f"{address}/")
        asyncio.run(measure(site, 2, 20, process.pid))  # every model loaded, every cache filled
        print(
            "| visitors | scans | first prediction, median | 95 % | all models | errors "
            "| memory before, after each one's first scan, at the end |"
        )
        print("|---|---|---|---|---|---|---|")
        for visitors in options.visitors:
            tally, memory = asyncio.run(measure(site, visitors, options.seconds, process.pid))
            first = sorted(tally.first_s) or [float("nan")]
            print(
                f"| {visitors} | {len(tally.first_s)} | {statistics.median(first):.2f} s "
                f"| {first[int(0.95 * (len(first) - 1))]:.2f} s "
                f"| {statistics.median(tally.all_s or [float('nan')]):.1f} s | {len(tally.errors)} "
                f"| {' / '.join(f'{mb:.0f}' for mb in memory)} MB |",
                flush=True,
            )
            for error in sorted(set(tally.errors))[:5]:
                print(f"    {error}", flush=True)


if __name__ == "__main__":
    main()
