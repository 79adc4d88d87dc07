"""A frozen dataclass whose fields say how they are written on the wire.

Field names are wire names. A field that may be None is optional and absent on the wire,
never null. Members that no field names are ignored on reading: additions do not break
older readers. Values are checked whenever a record is made, so a record that exists is
valid. Does not keep unknown members: the envelope's exact bytes do.
"""

import types
from dataclasses import dataclass, fields
from typing import Annotated, Any, Self, Union, get_args, get_origin, get_type_hints

from edge.evidence.digest import Digest
from edge.evidence.instant import Instant
from edge.evidence.statements.forms import (
    DigestForm,
    FlagForm,
    Form,
    InstantForm,
    ListForm,
    wrong,
)


@dataclass(frozen=True, slots=True)
class AtMost:
    """The length limit of a list field."""

    count: int


@dataclass(frozen=True, slots=True)
class Member:
    """One field: its name on the wire, its form, and whether it may be absent."""

    name: str
    form: Form
    optional: bool


class Record:
    """Base of everything that is an object on the wire."""

    __slots__ = ()

    def __post_init__(self) -> None:
        where = type(self).__name__
        for member in members_of(type(self)):
            value = getattr(self, member.name)
            if value is not None or not member.optional:
                member.form.check(value, f"{where}.{member.name}")
        self._coherent()

    def _coherent(self) -> None:
        """Rules over several fields; raises FieldError."""

    def to_wire(self) -> dict[str, Any]:
        """The JSON object of this record."""
        wire = {}
        for member in members_of(type(self)):
            value = getattr(self, member.name)
            if value is not None:
                wire[member.name] = member.form.write(value)
        return wire

    @classmethod
    def from_wire(cls, raw: Any, where: str) -> Self:  # noqa: ANN401 - JSON in
        """Read a JSON object. Raises FieldError naming the first bad member."""
        if type(raw) is not dict:
            raise wrong(where, "an object", raw)
        values = {}
        for member in members_of(cls):
            path = f"{where}.{member.name}"
            if member.name in raw:
                values[member.name] = member.form.read(raw[member.name], path)
            elif not member.optional:
                raise wrong(path, "a value", "absent")
        return cls(**values)


_MEMBERS: dict[type[Record], tuple[Member, ...]] = {}
"""Derived once for each class; a class never changes."""


class RecordForm:
    """A record inside a record."""

    def __init__(self, kind: type[Record]) -> None:
        self.kind = kind

    def check(self, value: Any, where: str) -> None:  # noqa: ANN401 - unchecked yet
        if type(value) is not self.kind:
            raise wrong(where, self.kind.__name__, value)

    def read(self, raw: Any, where: str) -> Record:  # noqa: ANN401 - JSON in
        return self.kind.from_wire(raw, where)

    def write(self, value: Record) -> dict[str, Any]:
        return value.to_wire()


def members_of(kind: type[Record]) -> tuple[Member, ...]:
    """The wire members of a record class, in the order of its fields."""
    if kind not in _MEMBERS:
        _MEMBERS[kind] = _members(kind)
    return _MEMBERS[kind]


def _members(kind: type[Record]) -> tuple[Member, ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple(
        _member(field.name, hints[field.name])
        for field in fields(kind)  # type: ignore[arg-type] # every record is a dataclass
    )


def _member(name: str, hint: Any) -> Member:  # noqa: ANN401 - a type hint
    if get_origin(hint) in {Union, types.UnionType}:
        (inner,) = (h for h in get_args(hint) if h is not types.NoneType)
        return Member(name, _form_of(inner), optional=True)
    return Member(name, _form_of(hint), optional=False)


def _form_of(hint: Any) -> Form:  # noqa: ANN401 - a type hint
    most = 0
    if get_origin(hint) is Annotated:
        hint, mark = get_args(hint)
        if not isinstance(mark, AtMost):
            form: Form = mark
            return form
        most = mark.count
    if get_origin(hint) is tuple:
        return ListForm(_form_of(get_args(hint)[0]), most)
    if issubclass(hint, Record):
        return RecordForm(hint)
    return _SIMPLE[hint]


_SIMPLE: dict[type, Form] = {
    Digest: DigestForm(),
    Instant: InstantForm(),
    bool: FlagForm(),
}
