"""Which members may train together in one program."""

from ensemble_lab.canonical import digest_of
from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.member import MemberSpec

__all__ = ["name_stack"]

_OF_ONE_MEMBER = ("key", "group", "seed", "held")


def name_stack(spec: MemberSpec) -> str:
    """Return a digest that members share which differ in names and random streams alone.

    Such members have one program: the same net, recipe, backend and threads, and the same
    training examples, for those of another fold learn from others.

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
    return digest_of({k: v for k, v in spec.to_json().items() if k not in _OF_ONE_MEMBER})
