"""The rules of the house that no linter knows: sizes, imports, the public surface, the locks, the wheel."""

from __future__ import annotations

import ast
import json
import re
import socket
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("pipeline", "flows", "samples", "benchmarks")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
HEAVY = {
    *("prefect", "rich", "openai", "httpx2", "httpx", "pydantic", "jsonschema", "numpy"),
    *("pymupdf", "fitz", "PIL", "cv2", "onnxruntime", "rapidocr", "rapidfuzz", "wordllama", "dateparser"),
    *("tiktoken", "mistral_common", "langchain_text_splitters", "fsspec", "pyarrow"),
}
PUBLIC = {
    *("understand", "estimate", "write_result", "load_settings"),
    *("Settings", "Secret", "Progress", "Report", "Estimate", "Result"),
    *("QuireError", "UsageError", "SchemaError", "UnreadableDocument", "PasswordNeeded", "StorageError", "OverBudget"),
    *("EndpointError", "EndpointUnreachable", "KeyRefused", "AnswerError"),
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))


def _tracked() -> list[Path]:
    """Every file of the project: what git knows, new files that it does not ignore included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def _text(path: Path) -> str | None:
    """The file's text, or None where it is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def _fresh(code: str) -> str:
    """Standard output of `code`, run in an interpreter of its own."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True, timeout=120).stdout


def _swallows(handler: ast.ExceptHandler) -> bool:
    """Whether nothing at all is done about the error."""
    return all(
        isinstance(node, ast.Pass | ast.Continue | ast.Break)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in handler.body
    )


def _names_everything(kind: ast.expr | None) -> bool:
    return kind is None or (isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"})


def test_there_is_a_house() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} >= {"pipeline", "flows"}


def test_files_stay_under_400_lines() -> None:
    sizes = {_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: size for name, size in sizes.items() if size >= 400} == {}


def test_functions_stay_under_60_lines() -> None:
    long = {}
    for path in (*MODULES, *TESTS):
        for node in _nodes(path):
            if isinstance(node, Function) and node.end_lineno and node.end_lineno - node.lineno + 1 >= 60:
                long[f"{_name(path)}:{node.lineno} {node.name}"] = node.end_lineno - node.lineno + 1
    assert long == {}


def test_no_error_is_swallowed_in_silence() -> None:
    """Where nothing is done about an error, a comment beside it says who tells of it, or why nobody need."""
    silent = []
    for path in (*MODULES, *TESTS):
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in _nodes(path):
            if isinstance(node, ast.ExceptHandler) and (node.type is None or _swallows(node)):
                if node.type and any("#" in line for line in lines[node.lineno - 1 : node.end_lineno]):
                    continue
                silent.append(f"{_name(path)}:{node.lineno}")
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
                silent += [f"{_name(path)}:{node.lineno}" for kind in node.args if _names_everything(kind)]
    assert silent == []


def test_the_environment_is_read_in_settings_alone() -> None:
    """Handing the environment on to a child process, Python's own path in it, is no reading."""
    reading = re.compile(r"\bgetenv\(|\benviron(\.get\(|\.pop\(|\[)(?!.PYTHONPATH)|\bin os\.environ\b(?!\.)")
    readers = []
    for path in MODULES:
        if path.is_relative_to(ROOT / "pipeline") and path.name != "settings.py":
            readers += [
                f"{_name(path)}: {line}" for line in path.read_text("utf-8").splitlines() if reading.search(line)
            ]
    assert readers == []


def test_imports_keep_their_direction() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "module", ["pipeline", "pipeline.settings", "pipeline.profiles", "pipeline.errors", "flows.cli.main"]
)
def test_importing_costs_little(module: str) -> None:
    loaded = _fresh(f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})").split()
    assert module.partition(".")[0] in loaded
    assert HEAVY.intersection(loaded) == set()


def test_the_public_surface_is_what_it_declares() -> None:
    """A name that is added or taken away changes what users build on: it is changed here too."""
    code = "import json, pipeline; print(json.dumps([pipeline.__all__, dir(pipeline)]))"
    declared, listed = json.loads(_fresh(code))
    assert declared == listed == sorted(PUBLIC)
    _fresh(f"from pipeline import {', '.join(declared)}")


def test_nothing_of_one_machine_is_in_the_project() -> None:
    local = re.compile(r"(^|[^A-Za-z0-9_.$])/(work|farm|root|home/\w+|Users/\w+)/", re.MULTILINE)
    index = re.compile(r"--(extra-)?index-url [^\"]|--find-links|pypi\.org|pythonhosted\.org")
    allowed = {"tests/test_house.py"}
    found = []
    for path in _tracked():
        text = _text(path)
        if text is not None and _name(path) not in allowed:
            found += [f"{_name(path)}: {match.group(0).strip()}" for match in local.finditer(text)]
            found += [f"{_name(path)}: {match.group(0).strip()}" for match in index.finditer(text)]
    assert found == []


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_files_that_the_documentation_names_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w./-]+\.(?:py|toml|lock|svg|schema\.json))`", text))
    named |= set(re.findall(r"\]\(([\w./-]+)\)", text))
    existing = {_name(path) for path in _tracked()}
    tails = {name.rpartition("/")[2] for name in existing}
    assert named
    assert {
        name for name in named - {"quire.toml"} if name not in existing and ("/" in name or name not in tails)
    } == set()


def test_no_large_file_is_committed() -> None:
    large = {_name(path): path.stat().st_size for path in _tracked() if path.stat().st_size > 4_000_000}
    assert large == {}


def _requirements(text: str) -> set[str]:
    return {match.group(0).lower().replace("_", "-") for match in re.finditer(r"^[A-Za-z][\w.-]*", text, re.MULTILINE)}


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("requirements.lock", {"offline"}),
        ("requirements-dev.lock", {"offline", "parquet", "s3", "dask", "dev", "servers"}),
    ],
)
def test_the_lock_pins_every_dependency(lock: str, extras: set[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ranges = sum((project["optional-dependencies"][extra] for extra in extras), project["dependencies"])
    wanted = [one for one in map(Requirement, ranges) if one.name != project["name"]]
    pins: dict[str, list[str]] = {}
    for entry in re.split(r"^(?=[a-z])", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        pinned = re.match(r"([\w.-]+)(?:\[[^]]*\])?==([^ ]+) ", entry)
        assert pinned, entry
        assert "--hash=sha256:" in entry, entry
        pins.setdefault(pinned.group(1), []).append(pinned.group(2))
    unmet = [str(one) for one in wanted if not all(map(one.specifier.contains, pins.get(one.name.lower(), [""])))]
    assert unmet == []


def _imported(paths: list[Path]) -> set[str]:
    """The top-level names that the files import, the project's own and the standard library's apart."""
    names: set[str] = set()
    for path in paths:
        for node in _nodes(path):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - {*ROOMS, "generator", "tests", "conftest"}


@pytest.mark.parametrize(
    ("rooms", "extras"),
    [
        (("pipeline", "flows"), {"offline", "parquet", "s3", "dask"}),
        ((*ROOMS, "tests"), {"offline", "parquet", "s3", "dask", "dev", "servers"}),
    ],
)
def test_every_import_is_a_declared_dependency(rooms: tuple[str, ...], extras: set[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = _requirements(
        "\n".join(sum((project["optional-dependencies"][name] for name in extras), project["dependencies"]))
    )
    distributions = metadata.packages_distributions()
    wanted = _imported([path for path in (*MODULES, *TESTS) if path.relative_to(ROOT).parts[0] in rooms])
    missing = {name for name in wanted if not _requirements("\n".join(distributions.get(name, []))) & declared}
    assert missing == set()


def test_the_two_locks_agree() -> None:
    def pins(name: str) -> set[str]:
        lines = re.findall(r"^[a-z].*==[^ ]+", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        return {re.sub(r"\[.*\]", "", line) for line in lines}

    assert pins("requirements.lock") <= pins("requirements-dev.lock")


@pytest.mark.slow
def test_the_wheel_holds_all_that_the_packages_hold(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    packed = {name for name in zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist() if ".dist-info/" not in name}
    wanted = {name for name in map(_name, _tracked()) if name.startswith(("pipeline/", "flows/"))}
    wanted |= {f"pipeline/ready_schemas/{path.name}" for path in (ROOT / "samples" / "schemas").glob("*.json")}
    assert packed == wanted


def test_the_tests_have_no_network() -> None:
    with pytest.raises(OSError, match="tests have no network"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(OSError, match="tests have no network"):
        socket.create_connection(("example.invalid", 80), timeout=1)
