"""Column types: instants and digests as text that sorts and reads back as the same value.

SQLite and JSON columns lose the zone of a time, so an instant is stored as the UTC text
that it has on the wire. A list is stored as canonical JSON text.
"""

import json
from typing import Any

from sqlalchemy import Dialect, Text, TypeDecorator

from edge.evidence.digest import Digest
from edge.evidence.instant import Instant


class InstantText(TypeDecorator[Instant]):
    """`Instant` as ``2026-11-23T08:30:15.123Z``."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Instant | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        return None if value is None else str(value)

    def process_result_value(
        self,
        value: Any | None,  # noqa: ANN401 - SQLAlchemy's
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's
    ) -> Instant | None:
        return None if value is None else Instant.parse(value)


class DigestText(TypeDecorator[Digest]):
    """`Digest` as 64 lower-case hex digits."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Digest | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        return None if value is None else str(value)

    def process_result_value(
        self,
        value: Any | None,  # noqa: ANN401 - SQLAlchemy's
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's
    ) -> Digest | None:
        return None if value is None else Digest.parse(value)


class JsonText(TypeDecorator[Any]):
    """Lists and objects as JSON text with sorted members, so that equal is equal."""

    impl = Text
    cache_ok = True

    def process_bind_param(
        self,
        value: Any | None,  # noqa: ANN401 - SQLAlchemy's
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's
    ) -> str | None:
        if value is None:
            return None
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def process_result_value(
        self,
        value: Any | None,  # noqa: ANN401 - SQLAlchemy's
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's
    ) -> Any | None:  # noqa: ANN401 - SQLAlchemy's
        return None if value is None else json.loads(value)
