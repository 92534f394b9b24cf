"""One member: everything that decides its weights, but the examples."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from ensemble_lab.canonical import digest_of
from ensemble_lab.spec.architecture import ArchitectureSpec
from ensemble_lab.spec.frozen import FrozenSpec, parse_stored
from ensemble_lab.spec.training import TrainingSpec

__all__ = ["Backend", "ExampleHashes", "MemberSpec", "parse_member"]

Backend = Literal["tensorflow", "jax"]


class ExampleHashes(FrozenSpec):
    """SHA-256 of the images and labels that a member learns from and is validated on."""

    train: str
    validation: str


class MemberSpec(FrozenSpec):
    """The resolved spec of one member.

    Attributes
    ----------
    key, group : str
        Names only; they are no part of the digest.
    architecture : ArchitectureSpec
    training : TrainingSpec
    seed : int
        Root seed of all of the member's random streams.
    threads : int
        Threads of its process; more threads are other bits (facts of oneDNN).
    backend : {"tensorflow", "jax"}
    """

    key: str
    group: str
    architecture: ArchitectureSpec
    training: TrainingSpec = TrainingSpec()
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    threads: Annotated[int, Field(ge=1, le=1024)] = 1
    backend: Backend = "tensorflow"

    def identity(self, examples: ExampleHashes) -> str:
        """Return the member's digest: its spec without the names, and its examples."""
        values = self.to_json()
        return digest_of(
            {k: v for k, v in values.items() if k not in ("key", "group")}
            | {"examples": examples.to_json()}
        )


_ADAPTER: TypeAdapter[MemberSpec] = TypeAdapter(MemberSpec)


def parse_member(values: Any) -> MemberSpec:
    """Return the member spec that `FrozenSpec.to_json` wrote.

    Raises
    ------
    SpecError
        It is none; a later version may know it.
    """
    return parse_stored(_ADAPTER, values, what="member")
