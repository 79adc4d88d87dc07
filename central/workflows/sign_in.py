"""A person signs in, or is refused: either is a leaf. Guessing has to wait."""

import math

from central.accounts import sign_in
from central.accounts.sign_in import Opened, SignInRefusedError
from central.errors import CentralError
from central.workflows.access import LOGIN, LOGIN_REFUSED, Act
from central.workflows.desk import Desk
from edge import clock


class ThrottledError(CentralError):
    """Too many refused sign-ins of late; the fact `retry_after` is in seconds."""

    code = "SIGN_IN_THROTTLED"


def enter(desk: Desk, *, name: str, password: str, address: str) -> Opened:
    """Open a session. Raises SignInRefusedError, ThrottledError. Blocking: hashes."""
    wait = desk.throttle.wait_s(name, address, clock.monotonic())
    if wait:
        raise ThrottledError(
            expected=f"no further try for {math.ceil(wait)} s",
            found="one",
            retry_after=math.ceil(wait),
        )
    site = desk.site
    try:
        opened = sign_in.sign_in(site.store, name, password, site.now())
    except SignInRefusedError:
        desk.throttle.failed(name, address, clock.monotonic())
        desk.book.note(Act(act=LOGIN_REFUSED, actor=_claimed(name), via=address, target=address))
        raise
    desk.throttle.succeeded(name, address)
    desk.book.note(Act(act=LOGIN, actor=name, via=opened.caller.via, target=address))
    return opened


def leave(desk: Desk, cookie: str) -> None:
    """End the session of this cookie."""
    sign_in.sign_out(desk.site.store, cookie, desk.site.now())


def _claimed(name: str) -> str:
    """What was typed as a name; never more, and nothing that could not be one."""
    return name if sign_in.is_name(name) else "unknown"
