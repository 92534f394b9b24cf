"""Which members may train together in one program."""

from typing import Any

from ensemble_lab.canonical import digest_of
from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.member import MemberSpec

__all__ = ["name_stack"]

_OF_ONE_MEMBER: Any = dict.fromkeys(("key", "group", "seed", "held"), True) | {
    "training": {"schedule": True, "optimizer": {"rate": True}}
}
"""What a program takes as numbers: names, random streams, and the rate of each step."""


def name_stack(spec: MemberSpec) -> str:
    """Return a digest that members share which have one program.

    They differ in names, random streams, rates and schedules alone. All else is compiled in: the
    net, loss, augmentation and optimizer; and they learn from the same examples, for those of
    another fold learn from others. Epochs could differ and part them all the same: places of
    members that are done stay in the program, and cost as much as before.

    Raises
    ------
    SpecError
        The member is trained by another backend than JAX, which alone stacks.

    Examples
    --------
    >>> from ensemble_lab.spec.architecture import Mlp
    >>> net = Mlp(name="mlp", hidden=(4,))
    >>> one, other = (
    ...     MemberSpec(key=f"a-000{n}", group="a", architecture=net, seed=n, backend="jax")
    ...     for n in (1, 2)
    ... )
    >>> name_stack(one) == name_stack(other)
    True
    >>> faster = one.training.optimizer.model_copy(update={"rate": 0.01})
    >>> training = one.training.model_copy(update={"optimizer": faster})
    >>> name_stack(one) == name_stack(one.model_copy(update={"training": training}))
    True
    >>> name_stack(one) == name_stack(one.model_copy(update={"fold": 0}))
    False
    """
    if spec.backend != "jax":
        able = "jax" in spec.architecture.backends
        hint = "Say --backend jax." if able else "Leave it out with --members."
        raise SpecError(
            f"backend of {spec.key} must be 'jax' for the stacked engine; got {spec.backend!r}. "
            f"{hint}"
        )
    # Whole: a default that is written out parts nobody from one who left it out.
    return digest_of(spec.model_dump(mode="json", exclude=_OF_ONE_MEMBER))
