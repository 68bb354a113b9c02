"""The command line as tests run it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flows.cli.main import main


def run_json(*arguments: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any], str]:
    """Exit code, the JSON on standard output, and what standard error says, of `quire ... --json`."""
    code = main([*(str(argument) for argument in arguments), "--json"])
    out, err = capsys.readouterr()
    return code, json.loads(out), err
