"""What every test stands on: the corpus, a clean environment, no network, and skips that cannot hide a failure."""

from __future__ import annotations

import errno
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from tests.buckets import Make, bucket_server, make_place, use_bucket

ROOT = Path(__file__).resolve().parent.parent
CORPUS = Path(os.environ.get("QUIRE_CORPUS", ROOT.parent / "shared" / "corpus"))
_LOOPBACK = ("localhost", "::1", "", None)

# Examples are CPU-bound and the machine may be busy: a deadline would measure the neighbours, not the code.
_COMMON: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", max_examples=100, **_COMMON)
settings.register_profile("ci", max_examples=100, derandomize=True, print_blob=True, **_COMMON)
settings.register_profile("thorough", max_examples=2000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "quick"))


TOGETHER = ("test_batch", "test_deployments", "test_flow", "test_report_browser", "test_serve")
"""Modules whose tests share a server or a browser: each goes to one process as a whole."""
LONG = ("test_workers", "test_fault_bench", "test_windows", "test_real_servers")
"""Modules of single tests that take minutes: they begin early, so that none is left for the end."""


class _Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Each test by itself to the process that is free, but for those that belong together."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if Path(module).stem in TOGETHER else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Scheduling:
    return _Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem not in LONG)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="fail the run if any test was skipped")


def _skipped(config: pytest.Config) -> list[Any]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not config.getoption("--no-skips"):
        return []
    return list(reporter.stats.get("skipped", []))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _skipped(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if skipped := _skipped(config):
        terminalreporter.write_line(f"{len(skipped)} skipped, and --no-skips was given: the run fails.", red=True)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real documents beside the repository (or where QUIRE_CORPUS says)."""
    if not CORPUS.is_dir():
        pytest.skip(f"no corpus at {CORPUS}: set QUIRE_CORPUS to a folder of documents")
    return CORPUS


@pytest.fixture(scope="session", autouse=True)
def _clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No setting, key or stored answer of the developer's own reaches a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in tuple(os.environ):
            if name.startswith(("QUIRE_", "OPENAI_")) or name.endswith("_API_KEY"):
                patch.delenv(name)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        # matplotlib would make its list of fonts again in every new cache.
        patch.setenv("MPLCONFIGDIR", str(Path(tempfile.gettempdir()) / "quire-tests-matplotlib"))
        yield


@pytest.fixture(autouse=True)
def _own_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test's store is another's, wherever its place is taken from."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("QUIRE_STORE", str(tmp_path / "store"))


def _is_local(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    return name in _LOOPBACK or (isinstance(name, str) and name.startswith("127."))


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """The tests run as on a machine without a network: only servers on the loopback interface can be reached."""
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def local_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
            raise OSError(errno.ENETUNREACH, f"tests have no network: {address[0]} is not this machine")
        connect(self, address)

    def local_resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_local(host):
            raise socket.gaierror(socket.EAI_NONAME, f"tests have no network: {host} is not this machine")
        return resolve(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", local_connect)
        patch.setattr(socket, "getaddrinfo", local_resolve)
        yield


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of a server of S3 on this machine."""
    with bucket_server() as address:
        yield address


@pytest.fixture(params=["folder", "s3", "memory"])
def make(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes the same place again and again, as several processes would."""
    bucket = use_bucket(request.getfixturevalue("s3"), monkeypatch) if request.param == "s3" else tmp_path.name
    return make_place(request.param, tmp_path, bucket)
