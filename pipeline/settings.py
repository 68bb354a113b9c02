"""The settings of a run, and the only reader of the environment and of `quire.toml`.

Each value comes from the first of: what the caller gives (flags), `QUIRE_*` variables, `quire.toml`, the default.
Keys and passwords are no settings: they are looked up where they are used and never stored, logged or written.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from pipeline.errors import UsageError

Images = Literal["all", "figures", "none"]
Ocr = Literal["auto", "always", "never"]
