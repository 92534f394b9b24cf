"""A connection to a Ray cluster that says nothing of its own to the user."""

import contextlib
import io
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

import ray

from ensemble_lab.exceptions import SpecError
from ensemble_lab.store.files import one_line

__all__ = ["connected"]

_ENVIRONMENT = {
    # Nothing is told to Ray's makers.
    "RAY_USAGE_STATS_ENABLED": "0",
    # Which GPUs a task that asked for none sees is settled by its own code; Ray warns if unsaid.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


_TIMEOUT_S = 10.0


class _WithoutRay:
    """Standard output without what Ray's threads print there, among the data of a command."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, or swallow."""
        if threading.current_thread().name.startswith("ray_"):
            return len(text)
        return self._stream.write(text)


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Be connected to a cluster, or to the one that this process is connected to already.

    Raises
    ------
    SpecError
        There is no cluster at that address, or it takes no driver of this version.
    """
    if address not in (None, "auto"):
        _check_answers(str(address))
    if ray.is_initialized():
        yield
        return
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    with contextlib.redirect_stdout(cast(TextIO, _WithoutRay(sys.stdout))), _own_sigterm():
        try:
            ray.init(
                address=address,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                include_dashboard=False,
            )
        except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
            why = one_line(error).rstrip(".")
            raise SpecError(
                "address must be of a running Ray cluster that this machine is a node of; got "
                f"{address or 'none'}: {why}. Join one with: ray start --address HOST:PORT"
            ) from error
        try:
            yield
        finally:
            # Ray repeats here, in this thread, what it held back.
            with contextlib.redirect_stdout(io.StringIO()):
                ray.shutdown()


def _check_answers(address: str) -> None:
    """Refuse an address where nobody listens: Ray would try it for minutes."""
    host, _, port = address.rpartition(":")
    try:
        if not host or "/" in host or not port.isdecimal():
            raise OSError("it is none")
        socket.create_connection((host.strip("[]"), int(port)), timeout=_TIMEOUT_S).close()
    except (OSError, OverflowError) as error:
        raise SpecError(
            f"address must be HOST:PORT of a running Ray cluster, or auto; got {address}: "
            f"{one_line(error)}. Start one with: ray start --head"
        ) from None


@contextmanager
def _own_sigterm() -> Iterator[None]:
    """Put the handler back that Ray replaces for good."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
