"""Whether facts still arrive at endpoints that take little: small windows, few pictures, prompts cut in silence.

    python benchmarks/windows.py --seed 0
    python benchmarks/windows.py --seed 0 --windows 8192 --pictures 4

The documents and the facts are those of benchmarks/fidelity.py. The whole product asks the strict server about them,
and the facts are looked for in the requests that it answered and no others. Where no picture is taken, each one must be
a gap with its reason. Nothing leaves the process.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.arrival import ARRIVED, Delivered, Eyes, Legible, add_request, judge
from benchmarks.carriers.book import Fact
from benchmarks.carriers.catalogue import CARRIERS, make
from benchmarks.fidelity import MODEL
from pipeline import Settings, understand
from pipeline.result.model import Result
from tests.strict_log import Exchange
from tests.strict_server import Rules, StrictServer
from tests.strict_wire import served
from tests.strict_words import Response

WINDOWS = (128_000, 32_768, 16_384, 8_192)
PICTURES = (1, 4, 8, 0)
SILENT = 4_096


class Recording(StrictServer):
    """A strict server that keeps what it answered."""

    def __init__(self, rules: Rules) -> None:
        super().__init__(rules)
        self.answered: list[bytes] = []

    def receive(self, content: bytes, now: float, key: str | None = None) -> tuple[Response, Exchange]:
        response, exchange = super().receive(content, now, key)
        if exchange.sound:
            self.answered.append(content)
        return response, exchange


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of a document: the result, what the answered requests held, and how many requests there were."""

    result: Result
    sent: Delivered
    requests: int
    cut: int


def ask(path: Path, store: Path, rules: Rules, window: int | None = None) -> Asked:
    """Ask a server with these rules about a document. `window` is what it is believed to take."""
    server = Recording(rules)
    store.mkdir(parents=True, exist_ok=True)
    if not (store / "work").exists():  # what was read of the document is the same whatever the endpoint takes
        (path.parent / "work").mkdir(exist_ok=True)
        (store / "work").symlink_to(path.parent / "work")
    with served(server) as address:
        given = Settings(engine=address, model=MODEL, store=str(store), attachments=True, window_tokens=window)
        result = understand(path, given)
    sent = Delivered()
    for content in server.answered:
        add_request(sent, _parts(content))
    log = server.log.exchanges
    return Asked(result, sent, len(log), sum(one.cut for one in log))


def _parts(content: bytes) -> Iterator[str | bytes]:
    """The parts of a body's user message: texts, and pictures as bytes."""
    users = [one["content"] for one in json.loads(content)["messages"] if one["role"] == "user"]
    for part in users[0] if isinstance(users[0], list) else [{"type": "text", "text": users[0]}]:
        url = part.get("image_url", {}).get("url", "")
        yield part["text"] if part["type"] == "text" else base64.b64decode(url.partition(",")[2])


def lost(facts: Sequence[Fact], asked: Asked, eyes: Legible) -> list[str]:
    """The facts that did not arrive, and text that no reader sees and that did."""
    found = ((fact, judge(fact, asked.sent, eyes)) for fact in facts)
    fine = (*ARRIVED, "unreported")  # what is set aside is looked for by benchmarks/fidelity.py
    return [f"{fact.carrier}: {fact.text} on {fact.pages}: {said}" for fact, said in found if said not in fine]


def without_pictures(asked: Asked, facts: Sequence[Fact], missing: Sequence[str]) -> list[str]:
    """What is wrong where no picture is taken: one that was sent, is no gap, or has no reason; another exit code."""
    gaps = {(gap.kind, gap.id): gap.reason for gap in asked.result.coverage.gaps}
    wrong = ["a picture was sent"] if asked.sent.pictures else []
    for one in asked.result.coverage.pictures:
        if one.fate == "answered" or (one.fate == "failed" and not gaps.get(("picture", one.id))):
            wrong.append(f"picture {one.id}: {one.fate} {one.reason}")
    failed = {_page(one.id, one.page) for one in asked.result.coverage.pictures if one.fate == "failed"}
    for fact in facts:
        hidden = f"{fact.carrier}: {fact.text}"
        if any(said.startswith(hidden) for said in missing) and not failed & {
            _page(str(page), page) for page in fact.pages
        }:
            wrong.append(f"no gap for {hidden} on {fact.pages}")
    if asked.result.run.exit_code != 3:
        wrong.append(f"the exit code is {asked.result.run.exit_code}")
    return wrong


def _page(name: str, page: int | str | None) -> int | str:
    """A page; of an attached PDF by its number there, which is in the picture's id and in the page's name."""
    return page if isinstance(page, int) else f"attached {re.findall(r'(?:-p|page=)([0-9]+)', name)[0]}"


def measure(seed: int, names: Collection[str], eyes: Legible, windows: Sequence[int], pictures: Sequence[int]) -> int:
    """Print a line for each limit; how many things were wrong."""
    data, facts = make(seed, names)
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="quire-windows-") as name:
        path = Path(name) / "facts.pdf"
        path.write_bytes(data)
        cases: list[tuple[str, Rules, int | None]] = [(f"window {one:,}", Rules(window=one), one) for one in windows]
        cases += [(f"{one} pictures", Rules(pictures=one), None) for one in pictures]
        cases += [(f"cut in silence at {SILENT:,}", Rules(dialect="ollama", silent_window=SILENT), None)]
        for number, (title, rules, window) in enumerate(cases):
            began = time.monotonic()
            asked = ask(path, Path(name) / f"store-{number}", rules, window)
            missing = lost(facts, asked, eyes)
            found = without_pictures(asked, facts, missing) if rules.pictures == 0 else missing
            wrong += len(found)
            arrived, gaps = len(facts) - len(missing), len(asked.result.coverage.gaps)
            counts = f"{arrived} of {len(facts)} facts, {asked.requests} requests, {gaps} gaps, {asked.cut} cut"
            print(f"{title:26} {counts}, {time.monotonic() - began:.0f} s", flush=True)
            for one in found[:10]:
                print(f"    {one}")
    return wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description="Look for seeded facts in the requests that a strict server answered.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=sorted(CARRIERS), action="append", help="this carrier (may be repeated)")
    parser.add_argument("--windows", type=int, nargs="*", default=WINDOWS, help="tokens of prompt and answer")
    parser.add_argument("--pictures", type=int, nargs="*", default=PICTURES, help="pictures in a request")
    parser.add_argument("--cache", type=Path, help="keep what was read in pictures here, by their hash")
    given = parser.parse_args(arguments)
    eyes = Eyes(given.cache)
    return int(measure(given.seed, given.only or list(CARRIERS), eyes, given.windows, given.pictures) > 0)


if __name__ == "__main__":
    sys.exit(main())
