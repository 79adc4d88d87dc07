"""A page from a template: language, words, formats, and who is looking.

One Jinja environment per language; everything is escaped. Values that a page shows are
handed over by its route, never fetched here; but for the mark of what witnesses vouch for.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from central.accounts.roles import Power, may
from central.accounts.sign_in import Caller
from central.web import formats, words
from central.web.catalogue import HTML_LANGUAGE, LANGUAGES, Wishes, catalogue, chosen

LANGUAGE_COOKIE = "liuhen_lang"
_YEAR_S = 365 * 24 * 3600


def page(
    request: Request, template: str, values: Mapping[str, Any], *, status: int = 200
) -> HTMLResponse:
    """Render `template` for this request."""
    language = language_of(request)
    caller = request.scope["state"]["caller"]
    site = request.app.state.desk.site
    text = (
        _environment(language)
        .get_template(template)
        .render(
            **values,
            viewer=caller,
            may=_powers(caller),
            site=site.name,
            mark_of=site.witnessed.mark,
            path=request.url.path,
            switches=_switches(request),
        )
    )
    response = HTMLResponse(text, status_code=status, headers={"Content-Language": language})
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE, language, max_age=_YEAR_S, httponly=True, samesite="lax"
        )
    return response


def language_of(request: Request) -> str:
    return chosen(
        Wishes(
            url=request.query_params.get("lang"),
            cookie=request.cookies.get(LANGUAGE_COOKIE),
            browser=request.headers.get("Accept-Language", ""),
        )
    )


def _switches(request: Request) -> list[tuple[str, str, str]]:
    """Code, name and link of each language for this very page."""
    current = request.url.remove_query_params("lang")
    shown = current if request.method == "GET" else current.replace(query="")
    links = [
        (code, name, shown.include_query_params(lang=code)) for code, name in LANGUAGES.items()
    ]
    return [
        (code, name, f"{link.path}?{link.query}" if link.query else link.path)
        for code, name, link in links
    ]


def _powers(caller: Caller | None) -> dict[str, bool]:
    return {str(each): caller is not None and may(caller.role, each) for each in Power}


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("central.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    spoken = catalogue(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined] # of the extension
        spoken.gettext, spoken.ngettext, newstyle=True
    )
    environment.globals |= {
        "language": language,
        "html_language": HTML_LANGUAGE[language],
        "state_words": lambda code: words.named(words.STATES, code, spoken.gettext),
        "flag_words": lambda code: words.named(words.FLAGS, code, spoken.gettext),
        "role_words": lambda code: words.named(words.ROLES, code, spoken.gettext),
        "write_block_words": lambda code: words.named(words.WRITE_BLOCKS, code, spoken.gettext),
        "sentence": lambda fact: words.sentence(fact, spoken.gettext),
        "meaning": lambda code: words.meaning(code, spoken.gettext),
    }
    environment.filters |= {
        name: getattr(formats, name)
        for name in (
            *("moment", "day", "clock_time", "offset", "size"),
            *("duration", "signed_ms", "short"),
        )
    }
    environment.globals["percent"] = formats.percent
    return environment
