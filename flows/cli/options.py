"""The flags of every command, and what several commands make of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.settings import Secret, Settings, load_settings, password_from_environment


def version() -> str:
    """The installed version."""
    return metadata.version("quire")


def printable(text: str) -> str:
    """Text of unknown origin for a terminal: no control character survives, so no escape sequence does."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "�" for sign in text)


def _paths(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "paths", nargs="+", metavar="PATH", help="a PDF, a folder or a pattern, here or at an address (s3://...)"
    )


def _common(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--schema", metavar="FILE|NAME", help="JSON Schema of what to extract, or the name of a ready one")
    add("--engine", metavar="NAME|URL", help="an engine of `quire models`, or the address of a server (offline)")
    add("--model", metavar="ID", help="the model's id at the endpoint")
    add("--language", metavar="CODE", help="language of the summary (the document's)")
    add("--summary-chars", type=int, metavar="N", help="longest summary in characters (2000)")
    add("--window-tokens", type=int, metavar="N", help="use a smaller window than the model has")
    add("--pages", metavar="LIST", help="only these pages, such as 1-40,90-")
    add("--images", choices=["all", "figures", "none"], help="which pictures are sent (all)")
    add("--ocr", choices=["auto", "always", "never"], help="when text is read in scans (auto)")
    add("--attachments", action="store_true", default=None, help="read the PDFs that are attached, too")
    add("--password-file", type=Path, metavar="F", help="file with the password of encrypted documents")
    add("--json", action="store_true", help="print one JSON object on standard output, and nothing else there")


def _run(command: argparse.ArgumentParser) -> None:
    _paths(command)
    _common(command)
    _asking(command)
    add = command.add_argument
    add("--max-cost", type=float, metavar="USD", help="budget of the run; what would pass it is not sent")
    add("--batch", action="store_true", default=None, help="ask within a day, at the batch price, where there is one")
    add("--prefect", action="store_true", help="run as a flow that the Prefect UI shows")


def _asking(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--out", metavar="DIR", help="folder or address (s3://...) of the results (outputs)")
    add("--store", metavar="DIR", help="folder or address of what is kept: answers that were paid for, pages, pictures")
    add("--max-cost-document", type=float, metavar="USD", help="budget of each document")
    add("--max-cost-day", type=float, metavar="USD", help="budget of all runs of a day (UTC) with the same store")
    add("--concurrency", type=int, metavar="N", help="requests at once")
    add("--requests-per-minute", type=int, metavar="N", help="requests a minute that the endpoint takes")
    add("--tokens-per-minute", type=int, metavar="N", help="tokens a minute that the endpoint takes")
    add("--adjudicate", action="store_true", default=None, help="ask once more about values that disagree")
    add(
        "--unverified", choices=["keep", "flag", "null"], help="values that no quote supports: list, warn, empty (flag)"
    )
    add("--fresh", action="store_true", default=None, help="ask again what was answered before")


def _watch(command: argparse.ArgumentParser) -> None:
    _inbox(command)
    _common(command)
    _asking(command)
    add = command.add_argument
    add("--max-cost", type=float, metavar="USD", help=argparse.SUPPRESS)  # refused, in words
    add("--classify", metavar="NAMES", help="schemas by which files of INBOX itself are told apart: invoice,contract")
    add("--settle", type=float, default=5.0, metavar="SECONDS", help="how long a file must be at rest (5)")
    add("--every", type=float, default=2.0, metavar="SECONDS", help="how often INBOX is looked at (2)")
    add("--once", action="store_true", help="take what is whole now, and end with an exit code")
    add("--prefect", action="store_true", help="show each document as a run in the Prefect UI")


def _retry(command: argparse.ArgumentParser) -> None:
    _inbox(command)
    add = command.add_argument
    add("names", nargs="*", metavar="NAME", help="files or folders in INBOX/failed (all of them)")
    add("--json", action="store_true", help="print one JSON object on standard output, and nothing else there")


def _inbox(command: argparse.ArgumentParser) -> None:
    command.add_argument("inbox", metavar="INBOX", help="a folder, or an address such as s3://bucket/inbox")


def _estimate(command: argparse.ArgumentParser) -> None:
    _paths(command)
    _common(command)


def _report(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("result", metavar="RESULT", help="the JSON file of a result")
    add("--document", metavar="FILE", help="the PDF, where it is not found of itself")
    add("--out", metavar="FILE", help="where the page goes (beside the result, ending in .html)")
    add("--pictures", choices=["inside", "beside", "none"], default="inside", help="where page pictures go (inside)")
    add("--pdf", action="store_true", help="write the PDF with the evidence marked, too")
    add("--no-open", action="store_true", help="do not open the page in a browser")
    add("--password-file", type=Path, metavar="F", help="file with the password of an encrypted document")
    add("--json", action="store_true", help="print one JSON object on standard output, and open nothing")


def _score(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("results", nargs="+", metavar="RESULT", help="the JSON file of a result, or a folder of them")
    add("--gold", required=True, metavar="PATH", help="gold JSON, or a folder of NAME.gold.json files")
    add("--against", metavar="RESULT", help="another run's result, or its folder: what was won and lost since")
    add("--rows", action="store_true", help="list the leaves: all of one document, of several those that are not right")
    add("--out", metavar="FILE", help="write the scores as JSON")
    add("--json", action="store_true", help="print one JSON object on standard output, and nothing else there")


def _export(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("results", nargs="+", metavar="RESULT", help="the JSON file of a result, a folder of them, or a pattern")
    add("--to", required=True, choices=["csv", "parquet", "jsonl", "sft-jsonl"], help="what to write")
    add("--out", metavar="PATH", help="folder of the tables (export), or the file (export.jsonl)")
    add("--force", action="store_true", help="write over files that stand there already")
    add("--document", metavar="PATH", help="the PDF or a folder of them, where it is not found of itself (sft-jsonl)")
    add("--password-file", type=Path, metavar="F", help="file with the password of encrypted documents (sft-jsonl)")
    add("--no-pictures", action="store_true", help="leave pictures out (sft-jsonl)")
    add("--min-verified", type=float, default=1.0, metavar="SHARE", help="least share of verified values (1.0)")
    add("--json", action="store_true", help="print one JSON object on standard output, and nothing else there")


def _serve(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--port", type=int, metavar="N", help="where a server of its own listens, on this machine alone (4200)")
    add("--limit", type=int, metavar="N", help="runs at once on this machine (2)")
    add("--pool", metavar="NAME", help="the work pool whose runs are taken (quire)")
    add("--setup", action="store_true", help="put pool, deployments, limits and automation on the server, and end")


def _models(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON")


def _cache(command: argparse.ArgumentParser) -> None:
    which = command.add_mutually_exclusive_group()
    which.add_argument("--prune", type=float, metavar="DAYS", help="take away what was written more than DAYS days ago")
    which.add_argument("--clear", action="store_true", help="take away everything, answers that were paid for too")
    command.add_argument("--json", action="store_true", help="print JSON")


def _doctor(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--engine", metavar="NAME|URL", help="probe this engine: its own list of models, and two tiny requests"
    )
    command.add_argument("--model", metavar="ID", help="the model's id at the endpoint")
    command.add_argument("--prefect", action="store_true", help="look at the Prefect server, too")
    command.add_argument("--json", action="store_true", help="print JSON")


ADD: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "run": _run,
    "watch": _watch,
    "retry": _retry,
    "estimate": _estimate,
    "cache": _cache,
    "report": _report,
    "score": _score,
    "export": _export,
    "serve": _serve,
    "models": _models,
    "doctor": _doctor,
}

_SETTINGS = (
    *("engine", "model", "schema", "out", "language", "summary_chars", "max_cost", "window_tokens"),
    *("pages", "images", "ocr", "attachments", "adjudicate", "unverified", "concurrency", "fresh", "batch"),
    *("store", "max_cost_document", "max_cost_day", "requests_per_minute", "tokens_per_minute"),
)


def settings_from(chosen: argparse.Namespace) -> Settings:
    """The settings of the command: its flags over the environment over `quire.toml`."""
    given: dict[str, Any] = {name: getattr(chosen, name, None) for name in _SETTINGS}
    return load_settings(given)


def password_from(chosen: argparse.Namespace) -> Secret | None:
    """The password for encrypted documents: of `--password-file`, else of the environment."""
    if chosen.password_file is None:
        return password_from_environment()
    try:
        return Secret(chosen.password_file.read_text(encoding="utf-8").rstrip("\r\n"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The password file {chosen.password_file} can't be read: {error}.") from error


def ask_password(name: str) -> Secret | None:
    """The password that a person types; None where nobody sits at a terminal."""
    if not sys.stdin.isatty():
        return None
    import getpass

    typed = getpass.getpass(f"Password for {printable(name)}: ")
    return Secret(typed) if typed else None
