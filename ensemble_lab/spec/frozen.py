"""What all parts of a spec share: frozen, strict, closed, with a canonical text and a digest."""

import reprlib
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ensemble_lab.canonical import canonical_json, digest_of
from ensemble_lab.exceptions import SpecError

__all__ = ["FrozenSpec", "describe_spec", "parse_stored"]

Stored = TypeVar("Stored")


class FrozenSpec(BaseModel):
    """A frozen value that refuses unknown keys, other types, NaN and infinity.

    Sequences are tuples, so that a frozen spec has no part that can change.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, validate_default=True
    )

    def to_json(self) -> dict[str, Any]:
        """Return the values that differ from their defaults, and every required one.

        Defaults stay out so that a field added later changes no stored digest.
        Discriminators (`name`) have no default, so what this writes can be read again.
        """
        return self.model_dump(mode="json", exclude_defaults=True)

    @property
    def canonical(self) -> str:
        """The canonical JSON of `to_json`."""
        return canonical_json(self.to_json())

    @property
    def digest(self) -> str:
        """SHA-256 of `canonical`, 64 hex digits."""
        return digest_of(self.to_json())


def describe_spec(spec: FrozenSpec, **always: Any) -> str:
    """Return a spec's name and, in brackets, what is not at its default, in words.

    Parameters
    ----------
    spec : FrozenSpec
        One with a name.
    **always
        Told also where they are at their defaults.
    """
    values = always | spec.to_json()
    name = values.pop("name")
    arguments = ", ".join(f"{key} {_show(value)}" for key, value in values.items())
    return f"{name} ({arguments})" if arguments else str(name)


def _show(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def parse_stored(adapter: TypeAdapter[Stored], values: Any, *, what: str) -> Stored:
    """Return the spec that `FrozenSpec.to_json` wrote.

    Raises
    ------
    SpecError
        It is none; a later version may know it.
    """
    try:
        return adapter.validate_python(values)
    except ValidationError as error:
        raise SpecError(
            f"{what} must be one that this version knows; got {reprlib.repr(values)} "
            f"({error.error_count()} errors)."
        ) from None
