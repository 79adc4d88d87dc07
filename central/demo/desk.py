"""A case handler's acts, over the public HTTP API and nothing else."""

from pathlib import Path
from typing import Any, Self

import httpx

_CHUNK = 1 << 20
_PAGE = 200


class DeskError(Exception):
    """Central answered something else than the demo expects; says both."""

    code = "API_UNEXPECTED"


class Desk:
    """One signed-in person at the API of central."""

    def __init__(self, base: str) -> None:
        self._http = httpx.Client(base_url=base, timeout=60.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def healthy(self) -> bool:
        """Whether central answers and says that it is well."""
        try:
            return self._http.get("/api/v1/health").status_code == 200
        except httpx.TransportError:
            return False

    def sign_in(self, user: str, password: str) -> None:
        """Open a session; later requests carry its cookie and its CSRF token."""
        words = {"user": user, "password": password}
        answer = self._expect(self._http.post("/api/v1/session", json=words), 200, 201)
        self._http.headers["X-CSRF-Token"] = answer["csrf"]

    def recordings(self, **filters: str) -> list[dict[str, Any]]:
        """Every recording that matches, page after page."""
        rows: list[dict[str, Any]] = []
        query: dict[str, str | int] = {**filters, "limit": _PAGE}
        while True:
            page = self._expect(self._http.get("/api/v1/recordings", params=query), 200)
            rows.extend(page["items"])
            if not page.get("next"):
                return rows
            query["after"] = page["next"]

    def open_case(self, number: str, title: str) -> dict[str, Any]:
        """Create a case."""
        body = {"number": number, "title": title}
        return self._expect(self._http.post("/api/v1/cases", json=body), 201)

    def link(self, case: str, recording: str, reason: str) -> None:
        """Link one recording to a case."""
        body = {"recording": recording, "reason": reason}
        answer = self._http.post(f"/api/v1/cases/{case}/links", json=body)
        self._expect(answer, 201)

    def try_to_delete(self, path: str) -> str:
        """Send DELETE and return the code of the refusal; raise where it was not refused."""
        answer = self._http.delete(path)
        body = self._expect(answer, 405)
        return str(body["error"]["code"])

    def export(self, case: str, purpose: str) -> str:
        """Export a case; returns the export's id."""
        body = {"case": case, "purpose": purpose}
        answer = self._http.post("/api/v1/exports", json=body, timeout=None)
        return str(self._expect(answer, 201)["id"])

    def download(self, export: str, to: Path) -> None:
        """Fetch the exported package as one zip file."""
        path = f"/api/v1/exports/{export}/package.zip"
        with (
            self._http.stream("GET", path, timeout=None) as answer,
            to.open("wb") as out,
        ):
            if answer.status_code != 200:
                answer.read()
            self._check(answer, 200)
            for chunk in answer.iter_bytes(_CHUNK):
                out.write(chunk)

    def _expect(self, answer: httpx.Response, *good: int) -> dict[str, Any]:
        self._check(answer, *good)
        body: dict[str, Any] = answer.json()
        return body

    def _check(self, answer: httpx.Response, *good: int) -> None:
        if answer.status_code not in good:
            wanted = " or ".join(map(str, good))
            message = (
                f"expected {wanted} from {answer.request.method} {answer.request.url.path}, "
                f"found {answer.status_code}: {answer.text[:400]}"
            )
            raise DeskError(message)
