"""Fields of a posted form, as text; a field that is missing is an empty text.

The gate has read and bounded the body and checked its CSRF token before this.
"""

from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import Request


@dataclass(frozen=True, slots=True)
class Form:
    """What a person typed."""

    fields: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")


async def form_of(request: Request) -> Form:
    """The urlencoded form of this request; other kinds of body have no fields."""
    body = (await request.body()).decode("utf-8", errors="replace")
    read = parse_qs(body, keep_blank_values=True, max_num_fields=50)
    return Form({name: values[0] for name, values in read.items()})
