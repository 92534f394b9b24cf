"""An empty home, and a folder served on this machine, for what is found or downloaded."""

import http.server
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import need


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home without any of the places that are looked at."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("ENSEMBLE_LAB_DATA", "KERAS_HOME", "XDG_CACHE_HOME", "ENSEMBLE_LAB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "USERPROFILE", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(folder))
    return folder


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine be reached directly, whatever the user's network asks for."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")


@dataclass(frozen=True)
class Served:
    """A folder and the address at which it is served."""

    folder: Path
    address: str


@pytest.fixture
def served(tmp_path: Path, no_proxy: None) -> Iterator[Served]:
    need("pooch")
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        yield Served(folder, f"http://127.0.0.1:{httpd.server_port}/")
        httpd.shutdown()
        thread.join()
