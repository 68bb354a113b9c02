"""An inbox whose process is killed at the Nth thing that it does to the place; run as a script, it kills itself.

    python -m tests.inbox_deaths FOLDER KIND N     KIND: complete, failed or retry

Working on a document is writing a result here, and a line in a log, so that it can be seen how often it was done.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flows.inbox.inbox import Inbox, Taken
from flows.inbox.retrying import retry
from flows.runfile import Row
from pipeline.places import Folder
from pipeline.settings import Settings

_ON_DISK = frozenset({"os.link", "os.remove", "os.rename", "open", "os.mkdir", "os.scandir"})
"""What Python tells of before it happens: between any two of these a process may be killed."""


def main(root: Path, kind: str, deadly: int) -> None:
    """Take what is in the inbox, and be killed before the Nth change or look; where there are fewer, end."""
    count = 0

    def die(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event in _ON_DISK and str(root / "inbox") in str(arguments[0]):
            count += 1
            if count == deadly:
                os.kill(os.getpid(), signal.SIGKILL)

    place = Folder(root / "inbox")
    sys.addaudithook(die)
    if kind == "retry":
        retry(place)
        return
    settings = Settings(out=str(root / "out"), store=str(root / "store"))
    with Inbox(place, settings, settle=0) as inbox:
        for name in inbox.whole():
            taken = inbox.take(name)
            if taken is not None:
                inbox.finish(taken, taken.row or worked(taken, root, kind))


def worked(taken: Taken, root: Path, kind: str) -> Row:
    """Work on a file."""
    with (root / "log").open("a") as log:
        log.write(f"{taken.sha256}\n")
    if kind == "failed":
        return Row(taken.name, "failed", 2, "It is broken.")
    result = root / "out" / f"{taken.name}.json"
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_text(json.dumps({"content_sha256": taken.sha256}))
    return Row(taken.name, "complete", 0, result=str(result), sha256=taken.sha256)


def files(root: Path) -> Iterator[str]:
    """What lies in the inbox, its own state and what a killed process left half written apart."""
    inbox = root / "inbox"
    for path in sorted(inbox.rglob("*")):
        name = path.relative_to(inbox).as_posix()
        if path.is_file() and not name.startswith(".quire/") and not path.name.startswith("."):
            yield name


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
