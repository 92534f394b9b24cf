"""A connection to Ray that says nothing of its own, changes nothing, and knows a wrong address."""

import signal
import socket
import sys
import threading

import pytest

from ensemble_lab.exceptions import SpecError

module = pytest.importorskip("ensemble_lab.engines.ray_connection")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


@pytest.fixture
def played(monkeypatch):
    """What Ray is asked; it takes the handler of SIGTERM, and talks in threads and at the end."""
    asked = []

    def init(**named):
        asked.append(named)
        signal.signal(signal.SIGTERM, lambda *_: None)

    def shutdown():
        say("[raylet] held back until now")
        asked.append("shutdown")

    monkeypatch.setattr(module.ray, "init", init)
    monkeypatch.setattr(module.ray, "shutdown", shutdown)
    monkeypatch.setattr(module.ray, "is_initialized", lambda: False)
    monkeypatch.setattr(module.os, "environ", {})
    return asked


def test_ray_prints_nothing_among_the_data_of_a_command(played, capsys):
    with module.connected(None):
        say("ours")
        listener = threading.Thread(
            target=say, args=("Raylet is terminated.",), name="ray_listen_error_messages"
        )
        listener.start()
        listener.join()
        other = threading.Thread(target=say, args=("a report's",))
        other.start()
        other.join()
    assert capsys.readouterr().out == "ours\na report's\n"
    assert played[1:] == ["shutdown"]
    assert (played[0]["log_to_driver"], played[0]["include_dashboard"]) == (False, False)
    assert module.os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


def test_handler_of_sigterm_is_put_back(played):
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(ZeroDivisionError), module.connected(None):
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGTERM) is before
    assert played[-1] == "shutdown"


def test_connection_that_the_user_has_is_used_and_stays(played, monkeypatch):
    monkeypatch.setattr(module.ray, "is_initialized", lambda: True)
    with module.connected("auto"):
        pass
    assert played == []


@pytest.mark.parametrize(
    "address", ["nowhere", "ray://127.0.0.1:10001", "h:99999", ":6379", "127.0.0.1:", "[::1]:x"]
)
def test_address_that_is_none_is_one_line(played, address):
    with pytest.raises(SpecError) as caught, module.connected(address):
        pass
    assert f"HOST:PORT of a running Ray cluster, or auto; got {address}: " in str(caught.value)
    assert "\n" not in str(caught.value)
    assert played == []


def test_address_where_nobody_listens_is_refused_at_once(played):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(SpecError, match=f"got {address}.*refused"), module.connected(address):
            pass
        free.listen()
        with module.connected(address):
            pass
    assert played[0]["address"] == address


@pytest.mark.parametrize("error", [ConnectionError, RuntimeError])
def test_what_ray_refuses_is_one_line(played, monkeypatch, error):
    def refuse(**_):
        raise error("Version mismatch:\n  one\n  another.")

    monkeypatch.setattr(module.ray, "init", refuse)
    words = r"got auto: Version mismatch: one another\. Join"
    with pytest.raises(SpecError, match=words), module.connected("auto"):
        pass
    assert "shutdown" not in played
