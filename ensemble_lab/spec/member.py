"""One member: everything that decides its weights, but the examples."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from ensemble_lab.canonical import digest_of
from ensemble_lab.spec.architecture import ArchitectureSpec
from ensemble_lab.spec.frozen import FrozenSpec, parse_stored
from ensemble_lab.spec.training import LossSpec, TrainingSpec

__all__ = [
    "Backend",
    "ExampleHashes",
    "HeldStreams",
    "MemberSpec",
    "Stream",
    "check_loss",
    "check_trainer",
    "parse_member",
]

Backend = Literal["tensorflow", "jax", "scikit-learn"]
Stream = Literal["init", "order", "augment", "dropout"]
"""What training draws: first weights, the order of the images, augmentation, dropout masks."""


def check_loss(architecture: ArchitectureSpec, loss: LossSpec) -> None:
    """Refuse a loss that does not suit what the architecture gives.

    Raises
    ------
    ValueError
        The loss is none of the architecture's; names both.
    """
    if loss.name not in architecture.losses:
        raise ValueError(
            f"loss.name must be {' or '.join(architecture.losses)} for architecture "
            f"{architecture.name!r}; got {loss.name!r}"
        )


def check_trainer(
    architecture: ArchitectureSpec, training: TrainingSpec, *, threads: int, backend: str
) -> None:
    """Refuse a backend that cannot train the architecture, and a recipe that it does not have.

    Raises
    ------
    ValueError
        Names the architecture and what does not go with it.
    """
    of = f"for architecture {architecture.name!r}"
    if backend not in architecture.backends:
        known = " or ".join(map(repr, architecture.backends))
        raise ValueError(f"backend must be {known} {of}; got {backend!r}")
    if architecture.has_recipe:
        return
    idle = {
        name: getattr(training, name)
        for name, field in TrainingSpec.model_fields.items()
        if getattr(training, name) != field.default
    } | ({"threads": threads} if threads != 1 else {})
    if idle:
        name, value = next(iter(idle.items()))
        got = [each.name for each in value] if isinstance(value, tuple) else value
        got = getattr(got, "name", got)
        raise ValueError(f"{name} must be left out {of}, which it would not change; got {got!r}")


class ExampleHashes(FrozenSpec):
    """SHA-256 of the images and labels that a member learns from and is validated on."""

    train: str
    validation: str


class HeldStreams(FrozenSpec):
    """All random streams but one held fast, so that seeds differ in that one alone.

    Attributes
    ----------
    varies : {"init", "order", "augment", "dropout"}
        The stream that the member's own seed still draws.
    seed : int
        Root seed of all others.
    """

    varies: Stream
    seed: Annotated[int, Field(ge=0, lt=2**63)]


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
    backend : {"tensorflow", "jax", "scikit-learn"}
        One of the architecture's `backends`.
    fold : int or None
        The part of the training split that it does not learn from, from 0; None where
        validation is one share.
    held : HeldStreams or None
        Holds all streams but one; None where `seed` draws them all.
    """

    key: str
    group: str
    architecture: ArchitectureSpec
    training: TrainingSpec = TrainingSpec()
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    fold: Annotated[int, Field(ge=0)] | None = None
    held: HeldStreams | None = None
    threads: Annotated[int, Field(ge=1, le=1024)] = 1
    backend: Backend = "tensorflow"

    @model_validator(mode="after")
    def _check_loss(self) -> Self:
        check_loss(self.architecture, self.training.loss)
        return self

    @model_validator(mode="after")
    def _check_trainer(self) -> Self:
        check_trainer(self.architecture, self.training, threads=self.threads, backend=self.backend)
        return self

    @property
    def epochs(self) -> int:
        """Epochs that training takes; without a recipe all of it counts as one."""
        return self.training.epochs if self.architecture.has_recipe else 1

    def seed_of(self, stream: Stream) -> int:
        """Return the root seed of one of the streams that training draws.

        Examples
        --------
        >>> from ensemble_lab.spec.architecture import Mlp
        >>> held, net = HeldStreams(varies="order", seed=7), Mlp(name="mlp", hidden=(4,))
        >>> member = MemberSpec(key="a-0001", group="a", architecture=net, seed=1, held=held)
        >>> member.seed_of("order"), member.seed_of("init")
        (1, 7)
        """
        is_own = self.held is None or self.held.varies == stream
        return self.seed if self.held is None or is_own else self.held.seed

    def on_backend(self, backend: Backend) -> Self:
        """Return the member for a backend, or as it is where that cannot train it."""
        if backend not in self.architecture.backends:
            return self
        return self.model_copy(update={"backend": backend})

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
