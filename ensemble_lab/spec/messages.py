"""One sentence of the house for the first thing pydantic found wrong."""

import reprlib
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from ensemble_lab.spelling import closest

__all__ = ["describe_first"]


_WORDS = {
    "a valid string": "text",
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid tuple": "a list",
    "a valid dictionary": "a table",
    "a valid boolean": "true or false",
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
}
"""What pydantic says, and what the house says."""


def describe_first(
    error: ValidationError,
    model: type[BaseModel],
    values: Any,
    written: Any,
    source: str,
    *,
    also: tuple[str, ...] = (),
) -> str:
    """Return ``<key> must be <rule>; got <value>, in <file:key>.`` for the first error.

    An unknown key comes before anything else, because a misspelt key is often the
    cause of a missing one; it is answered with the closest name that is allowed there.
    `values` are what was validated, `written` what stands in the file, where a group
    may leave a key to ``[defaults]``; `also` are keys that the file may hold at its top
    beside the model's.
    """
    found = [
        (_visible(detail["loc"], values, missing=detail["type"] == "missing"), detail)
        for detail in error.errors(include_url=False)
    ]
    # The deepest error is the alternative that the writer meant.
    location, detail = min(
        found, key=lambda pair: (pair[1]["type"] != "extra_forbidden", -len(pair[0]))
    )
    where = f"{source}:{_dotted(_as_written(location, written))}" if location else source
    named = next((step for step in reversed(location) if isinstance(step, str)), "experiment")
    key = _quoted(named)
    got = reprlib.repr(detail["input"])
    match detail["type"]:
        case "extra_forbidden":
            top = also if len(location) == 1 else ()
            allowed = sorted({*_siblings(model, detail["loc"]), *top})
            hint = closest(named, allowed)
            listed = f"; keys: {', '.join(allowed)}."
            return f"{key} is no key here, in {where}{listed if hint == '.' else hint}"
        case "missing":
            return f"{key} must be given, in {where}."
        case "union_tag_invalid":
            tag = str(detail["ctx"]["tag"])
            return _choose(f"{key}.name", detail["ctx"]["expected_tags"], tag, f"{where}.name")
        case "literal_error":
            return _choose(key, detail["ctx"]["expected"], str(detail["input"]), where)
        case "union_tag_not_found" | "model_attributes_type" | "model_type" | "dataclass_type":
            return f'{key} must be a table with a name, {{ name = "…" }}; got {got}, in {where}.'
        case "value_error":
            return f"{detail['ctx']['error']}, in {where}."
        case "string_pattern_mismatch":
            return f"{key} must be lower-case letters, digits and hyphens; got {got}, in {where}."
        case "too_short":
            return f"{key} must hold at least {detail['ctx']['min_length']}; got {got}, in {where}."
    rule = detail["msg"].replace("Input should", "must").replace("Value should", "must")
    for theirs, ours in _WORDS.items():
        rule = rule.replace(theirs, ours)
    return f"{key} {rule[0].lower() + rule[1:]}; got {got}, in {where}."


def _choose(name: str, choices: str, got: str, where: str) -> str:
    names = [choice.strip(" '") for choice in choices.replace(" or ", ",").split(",")]
    known = closest(got[:100], names)
    return f"{name} must be one of {', '.join(names)}; got {reprlib.repr(got)}, in {where}{known}"


def _visible(location: tuple[Any, ...], values: Any, *, missing: bool) -> list[int | str]:
    """Drop the steps that pydantic adds for unions and that the file does not have."""
    steps: list[int | str] = []
    for step in location:
        if (isinstance(values, dict) and step in values) or (
            isinstance(values, list | tuple) and isinstance(step, int) and step < len(values)
        ):
            values = values[step]
        elif not missing or step is not location[-1]:
            continue
        steps.append(step)
    return steps


def _as_written(location: list[int | str], written: Any) -> list[int | str]:
    """Return where a key of a member group stands: its own table, or ``[defaults]``."""
    match location:
        case ["members", int(place), str(key), *_]:
            groups = written.get("members", [])
            if key in written.get("defaults", {}) and key not in groups[place]:
                return ["defaults", *location[2:]]
    return location


def _dotted(location: list[int | str]) -> str:
    text = ""
    for step in location:
        text += f"[{step}]" if isinstance(step, int) else f".{_quoted(step)}"
    return text.removeprefix(".")


def _quoted(key: str) -> str:
    """Return a key as TOML wants it: quoted where it is not a plain word."""
    return key if key.replace("-", "_").isidentifier() or key.isdecimal() else reprlib.repr(key)


def _siblings(model: type[BaseModel], location: tuple[Any, ...]) -> set[str]:
    """Names of the fields of the innermost model that the location passes through."""
    models = [model]
    for step in location[:-1]:
        deeper = [
            found
            for parent in models
            if isinstance(step, str) and step in parent.model_fields
            for found in _models_in(parent.model_fields[step].annotation)
        ]
        tagged = [m for m in models if step in _tags(m)]
        models = deeper or tagged or models
    return {name for found in models for name in found.model_fields}


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    field = model.model_fields.get("name")
    return (*get_args(field.annotation), model.__name__) if field else (model.__name__,)
