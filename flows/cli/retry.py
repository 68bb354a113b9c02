"""`quire retry`: failed files of a drop folder taken up again."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from flows.cli.options import printable
from flows.cli.watch import existing


def execute(chosen: argparse.Namespace) -> int:
    """Move failed files back into the inbox, and say which."""
    from flows.inbox.retrying import retry

    moved = retry(existing(chosen.inbox), chosen.names)
    if chosen.json:
        print(json.dumps({"exit_code": 0, "moved": [asdict(one) for one in moved]}, ensure_ascii=True, indent=2))
    for one in moved:
        line = f"{one.file}: taken up again; it had failed: {one.reason}"
        print(printable(line).replace("\n", "�"), file=sys.stderr)
    print(f"{len(moved)} files moved back into the inbox", file=sys.stderr)
    return 0
