"""How one field is written: the wire form of each kind of value, and its limits.

A form checks a value, reads it from JSON, and writes it back. `where` is the path of the
field, for the error. Forms know nothing of statements.
"""

import re
from dataclasses import dataclass
from typing import Any, Protocol

from edge.evidence.digest import Digest
from edge.evidence.encoding import MAX_INTEGER, decode_base64, encode_base64
from edge.evidence.errors import EncodingError, FieldError
from edge.evidence.instant import Instant


class Form(Protocol):
    """The wire form of one kind of value."""

    def check(self, value: Any, where: str) -> None:  # noqa: ANN401 - unchecked yet
        """Raise FieldError unless `value` is one a field of this form may hold."""

    def read(self, raw: Any, where: str) -> Any:  # noqa: ANN401 - JSON in, value out
        """The value of JSON `raw`; raises FieldError."""

    def write(self, value: Any) -> Any:  # noqa: ANN401 - value in, JSON out
        """The JSON of a checked `value`."""


class Plain:
    """A form whose value is its own JSON."""

    def check(self, value: Any, where: str) -> None:  # noqa: ANN401 - unchecked yet
        raise NotImplementedError

    def read(self, raw: Any, where: str) -> Any:  # noqa: ANN401 - JSON in, value out
        self.check(raw, where)
        return raw

    def write(self, value: Any) -> Any:  # noqa: ANN401 - value in, JSON out
        return value


@dataclass(frozen=True, slots=True)
class TextForm(Plain):
    """Unicode text; limits in characters (code points)."""

    least: int = 1
    most: int = 1024

    def check(self, value: Any, where: str) -> None:  # noqa: ANN401 - unchecked yet
        if type(value) is not str or not self.least <= len(value) <= self.most:
            raise wrong(where, f"{self.least} to {self.most} characters", value)
        if not value.isascii():
            try:
                value.encode("utf-8")
            except UnicodeEncodeError as lone:
                raise wrong(where, "Unicode text", value) from lone


@dataclass(frozen=True, slots=True)
class PatternForm(Plain):
    """ASCII text that matches a pattern from end to end."""

    pattern: str
    meaning: str

    def check(self, value: Any, where: str) -> None:  # noqa: ANN401 - unchecked yet
        if type(value) is not str or not re.fullmatch(self.pattern, value):
            raise wrong(where, self.meaning, value)


@dataclass(frozen=True, slots=True)
class ChoiceForm(Plain):
    """One of a closed set of words."""

    choices: tuple[str, ...]

    def check(self, value: Any, where: str) -> None:  # noqa: ANN401 - unchecked yet
        if type(value) is not str or value not in self.choices:
            raise wrong(where, "one of " + ", ".join(self.choices), value)


@dataclass(frozen=True, slots=True)
class IntegerForm(Plain):
    """A whole number within bounds, both included."""

    least: int = 0
    most: int = MAX_INTEGER

    def check(self, value: Any, where: str) -> None:  # noqa: ANN401 - unchecked yet
        if type(value) is not int or not self.least <= value <= self.most:
            raise wrong(where, f"an integer from {self.least} to {self.most}", value)


class FlagForm(Plain):
    """true or false."""

    def check(self, value: Any, where: str) -> None:  # noqa: ANN401 - unchecked yet
        if type(value) is not bool:
            raise wrong(where, "true or false", value)


class PathForm(TextForm):
    """A path on a camera: relative, `/` between names, no `.` or `..`, no NUL."""

    def check(self, value: Any, where: str) -> None:  # noqa: ANN401 - unchecked yet
        TextForm.check(self, value, where)
        if "\0" in value or any(n in {"", ".", ".."} for n in value.split("/")):
            raise wrong(where, "a relative path of plain names", value)


class DigestForm:
    """SHA-256 as 64 lower-case hex digits."""

    def check(self, value: Any, where: str) -> None:  # noqa: ANN401 - unchecked yet
        if not isinstance(value, Digest):
            raise wrong(where, "a digest", value)

    def read(self, raw: Any, where: str) -> Digest:  # noqa: ANN401 - JSON in
        if type(raw) is not str:
            raise wrong(where, "64 lower-case hex digits", raw)
        try:
            return Digest.parse(raw)
        except EncodingError as bad:
            raise wrong(where, "64 lower-case hex digits", raw) from bad

    def write(self, value: Digest) -> str:
        return str(value)


class InstantForm:
    """UTC with milliseconds, "2026-11-23T08:30:15.123Z"."""

    def check(self, value: Any, where: str) -> None:  # noqa: ANN401 - unchecked yet
        if not isinstance(value, Instant):
            raise wrong(where, "an instant", value)

    def read(self, raw: Any, where: str) -> Instant:  # noqa: ANN401 - JSON in
        if type(raw) is not str:
            raise wrong(where, "an instant YYYY-MM-DDThh:mm:ss.sssZ", raw)
        try:
            return Instant.parse(raw)
        except EncodingError as bad:
            raise wrong(where, "an instant YYYY-MM-DDThh:mm:ss.sssZ", raw) from bad

    def write(self, value: Instant) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class BytesForm:
    """Bytes as standard base64; the limit is in decoded bytes."""

    most: int

    def check(self, value: Any, where: str) -> None:  # noqa: ANN401 - unchecked yet
        if type(value) is not bytes or not 1 <= len(value) <= self.most:
            raise wrong(where, f"1 to {self.most} bytes", value)

    def read(self, raw: Any, where: str) -> bytes:  # noqa: ANN401 - JSON in
        if type(raw) is not str:
            raise wrong(where, "base64 text", raw)
        try:
            value = decode_base64(raw, limit=self.most)
        except EncodingError as bad:
            raise wrong(where, f"base64 of at most {self.most} bytes", raw) from bad
        self.check(value, where)
        return value

    def write(self, value: bytes) -> str:
        return encode_base64(value)


@dataclass(frozen=True, slots=True)
class ListForm:
    """A list of one kind of value; a tuple in memory."""

    item: Form
    most: int

    def check(self, value: Any, where: str) -> None:  # noqa: ANN401 - unchecked yet
        self._bound(value, tuple, where)
        for at, item in enumerate(value):
            self.item.check(item, f"{where}[{at}]")

    def read(self, raw: Any, where: str) -> tuple[Any, ...]:  # noqa: ANN401 - JSON in
        self._bound(raw, list, where)
        return tuple(self.item.read(r, f"{where}[{at}]") for at, r in enumerate(raw))

    def write(self, value: tuple[Any, ...]) -> list[Any]:
        return [self.item.write(item) for item in value]

    def _bound(self, value: Any, kind: type[Any], where: str) -> None:  # noqa: ANN401 - unchecked yet
        if not isinstance(value, kind) or len(value) > self.most:
            raise wrong(where, f"a list of at most {self.most}", value)


def wrong(where: str, expected: str, found: Any) -> FieldError:  # noqa: ANN401 - shown as it is
    """The error for the field at `where`; `found` is shown, shortened."""
    if isinstance(found, (list, tuple, dict)):
        shown = f"{type(found).__name__} of {len(found)}"
    else:
        shown = repr(found)
    return FieldError(where, expected=expected, found=shown)
