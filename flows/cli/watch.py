"""`quire watch`: a drop folder, without a server: what is put into it is understood once it is whole."""

from __future__ import annotations

import argparse
import json
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flows.cli import options
from flows.cli.progress import View, say_row, view
from flows.runfile import Row, exit_code, prepare_out, run_summary
from pipeline.errors import UsageError
from pipeline.places import Folder, Place, open_place
from pipeline.settings import Settings

if TYPE_CHECKING:
    from flows.inbox.inbox import Inbox
    from flows.inbox.watching import Handled, Process
    from flows.inbox.work import Worker


def execute(chosen: argparse.Namespace) -> int:
    """Watch until it is ended, which is no error; or take what is there once, and end with its exit code."""
    from flows.inbox.inbox import Inbox, check_apart
    from flows.inbox.kinds import Kinds
    from flows.inbox.watching import Watcher
    from flows.inbox.work import Worker
    from pipeline.job import make_job
    from pipeline.session import Session

    settings = _settings(chosen)
    place = existing(chosen.inbox)
    types = [name.strip() for name in chosen.classify.split(",")] if chosen.classify else []
    kinds = Kinds(place, settings.schema, types)
    job, password = make_job(settings, None), options.password_from(chosen)
    check_apart(place, settings)
    prepare_out(settings.out)
    with view(1) as shown, _ended_politely():
        tally = Tally(shown, keep=chosen.once)
        inbox = Inbox(place, settings, kinds, settle=chosen.settle)
        try:
            with inbox, Session(job) as session:
                shown.say(f"watching {place.address}: results go to {settings.out}")
                watcher = Watcher(
                    inbox,
                    _in_runs(Worker(inbox, session, password)) if chosen.prefect else Worker(inbox, session, password),
                    session.at_once,
                    shown.document,
                    told=tally.told,
                    say=shown.say,
                    again=session.endpoint.try_again,
                    every=chosen.every,
                )
                watcher.run(session.stop, once=chosen.once)
        except KeyboardInterrupt:
            shown.say(f"stopped: {tally}. What was under way stays in the inbox; the answers that came are kept.")
            code = 130 if chosen.once else 0
        else:
            shown.say(f"{tally}{_left(inbox)}")
            code = exit_code(row.exit_code for row in tally.rows)
    if chosen.json:
        print(json.dumps(run_summary(tally.rows), ensure_ascii=True, indent=2))
    return code


def _in_runs(worker: Worker) -> Process:
    """The worker, each document as a flow run."""
    from flows.embedded import prepare

    prepare()
    from flows.sweep import in_runs

    return in_runs(worker)


class Tally:
    """What became of files: said, counted, and their rows kept where they are asked for in the end."""

    def __init__(self, shown: View, *, keep: bool) -> None:
        self._rows: dict[str, Row] = {}
        self._shown, self._keep = shown, keep
        self._counts: Counter[str] = Counter()

    @property
    def rows(self) -> list[Row]:
        """A row for each file that was tried, also where it stays for what is not its own fault."""
        return list(self._rows.values())

    def told(self, handled: Handled) -> None:
        """Say a file's line; of those that stay it is said once, of all of them."""
        if handled.row is None:
            return
        if self._keep:
            self._rows[handled.name] = handled.row
        if handled.outcome not in ("done", "failed"):
            return
        self._counts["duplicates" if handled.first else handled.outcome] += 1
        if handled.first:
            self._shown.say(f"{handled.name}: the same as {handled.first} -> {handled.row.result}")
        else:
            say_row(self._shown, handled.row, handled.name)

    def __str__(self) -> str:
        return ", ".join(f"{self._counts[name]} {name}" for name in ("done", "duplicates", "failed"))


def _left(inbox: Inbox) -> str:
    unfinished = inbox.looks.unfinished
    return f"; {unfinished} without their end stay, since they may still be written" if unfinished else ""


def _settings(chosen: argparse.Namespace) -> Settings:
    settings = options.settings_from(chosen)
    if settings.max_cost is not None:
        raise UsageError("A watch has no end, so it has no budget of a run: use --max-cost-day or --max-cost-document.")
    if settings.batch:
        raise UsageError("A watch asks of each document as it comes: leave out --batch.")
    if chosen.json and not chosen.once:
        raise UsageError("--json tells what became of all files at the end, and a watch has none: use it with --once.")
    for name in ("settle", "every"):
        seconds = getattr(chosen, name)
        if not 0 <= seconds < 86400:
            raise UsageError(f"--{name} takes seconds from 0 to a day, not {seconds}.")
    return settings


def existing(address: str) -> Place:
    """The place of an inbox. Raises UsageError where a folder is not there: it would be a slip of the pen."""
    place = open_place(address)
    if isinstance(place, Folder) and not place.root.is_dir():
        raise UsageError(f"There is no folder {address}: make it, or name another one.")
    return place


@contextmanager
def _ended_politely() -> Iterator[None]:
    """Where a service manager ends this process, it ends as by Ctrl-C."""

    def end(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
