"""Draws of the next epoch, made by another thread while the device is at this one."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.training.epoch import StepArrays

__all__ = ["Draw", "DrawAhead"]

Draw = Callable[[MemberSpec, int], tuple[StepArrays, ...]]
"""Member and epoch, from 0, to the steps of that epoch; their rates may be anything."""


class DrawAhead:
    """Gives what members draw for an epoch, and has the next one's drawn meanwhile.

    NumPy draws for one member after another (a tenth of a second for 55,000 warps), while a
    device takes the steps of all members at once: it would wait. What is drawn is a function
    of member and epoch, so nothing depends on when. Use as a context.

    Parameters
    ----------
    draw : Draw
    """

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._pool = ThreadPoolExecutor(1)
        self._drawn: dict[tuple[str, int], Future[tuple[StepArrays, ...]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def take(self, members: Sequence[MemberSpec], epoch: int) -> list[tuple[StepArrays, ...]]:
        """Return what members draw for an epoch; forget what else was drawn."""
        drawn, self._drawn = self._drawn, {}
        waiting = [drawn.pop((member.key, epoch), None) for member in members]
        for other in drawn.values():
            other.cancel()
        taken = [
            self._draw(member, epoch) if future is None else future.result()
            for member, future in zip(members, waiting, strict=True)
        ]
        self._drawn = {
            (member.key, epoch + 1): self._pool.submit(self._draw, member, epoch + 1)
            for member in members
            if epoch + 1 < member.training.epochs
        }
        return taken
