"""What JAX says of memory: what a program takes, what a device has left, and that it ran out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax

__all__ = ["count_program_bytes", "find_device_bytes", "translate_exhaustion"]


def count_program_bytes(program: Any) -> int | None:
    """Return the bytes that a compiled program takes on a device, or None if it does not say."""
    sizes = program.memory_analysis()
    if sizes is None:
        return None
    taken: int = (
        sizes.argument_size_in_bytes
        + sizes.output_size_in_bytes
        - sizes.alias_size_in_bytes
        + sizes.temp_size_in_bytes
        + sizes.generated_code_size_in_bytes
    )
    return taken


def find_device_bytes(device: Any) -> int | None:
    """Return the bytes that a device has left of its own, or None if it does not say."""
    stats = device.memory_stats()
    if not stats or "bytes_limit" not in stats:
        return None
    left: int = stats["bytes_limit"] - stats.get("bytes_in_use", 0)
    return left


@contextmanager
def translate_exhaustion() -> Iterator[None]:
    """Raise MemoryError where a device has too little memory."""
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" in str(error):
            raise MemoryError(str(error).splitlines()[0]) from error
        raise
