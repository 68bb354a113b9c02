"""`quire`: reads the command line, runs one command, and ends with its exit code."""

from __future__ import annotations

import argparse
import atexit
import gc
import importlib
import json
import os
import sys
from collections.abc import Sequence

from flows.cli import options
from pipeline.errors import QuireError

COMMANDS = {
    "run": "read documents and write one checked JSON file for each",
    "watch": "a drop folder: what is put into it is understood once it is whole, and moved to done/ or failed/",
    "retry": "failed files of a drop folder taken up again",
    "estimate": "pages, pictures, tokens, requests, dollars and time, before anything is sent",
    "serve": "the Prefect deployments: batch on a schedule, single document, their forms in the UI",
    "report": "the audit page of a result: each value on its page, each gap where it is",
    "score": "field-by-field accuracy against gold, and two runs side by side",
    "export": "results as tables, as lines of JSON, or as chats to fine-tune a model on",
    "cache": "what is kept of answers, pages and pictures, and clearing it",
    "models": "the models and engines that are known, with windows and prices",
    "doctor": "what works on this machine, and where each setting comes from",
}

COLLECTED = (50_000, 20, 50)
"""How seldom rings of garbage are looked for: what is loaded makes a hundred thousand objects and no garbage, a run
little. Else one second in ten goes into it."""
_EPILOG = """\
exit codes: 0 complete · 1 an error of the program · 2 wrong usage or unreadable input · 3 incomplete: the gaps are
listed · 4 over budget, nothing sent beyond it · 5 the endpoint cannot be reached or refuses the key"""


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    root = argparse.ArgumentParser(
        prog="quire",
        description="Long PDFs, text and pictures, to checked JSON: every page accounted for, every value with proof.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action="version", version=f"quire {options.version()}")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")
        options.ADD[name](command)
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; what it returns is the exit code."""
    gc.set_threshold(*COLLECTED)
    atexit.register(gc.freeze)  # nor at the end, when the system takes all of it back anyway
    chosen = parser().parse_args(arguments)
    try:
        command = importlib.import_module(f"flows.cli.{chosen.command}")
        return int(command.execute(chosen))
    except QuireError as error:
        print(f"quire: {options.printable(str(error))}", file=sys.stderr)
        if getattr(chosen, "json", False):
            print(json.dumps({"exit_code": error.exit_code, "error": str(error)}))
        return error.exit_code
    except KeyboardInterrupt:
        print("quire: stopped; answers that came are kept, and running it again goes on from there.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output went away (quire ... | head): nothing is wrong, and nothing more can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        from flows.documents import own_fault

        print(f"quire: {own_fault(error)}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
