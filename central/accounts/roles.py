"""The one table of who may do what. What is not in it is refused.

An administrator runs the machines and does not look at footage; an auditor looks at
everything and changes nothing. Units and reasons per recording come with a later version.
"""

from enum import StrEnum

from central.errors import CentralError


class Role(StrEnum):
    """What an account is for; each account has one."""

    HANDLER = "handler"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Power(StrEnum):
    """Something that a role may or may not do."""

    FIND = "find"
    """Lists, facts and history of recordings and cases."""
    PLAY = "play"
    """Footage itself: play it, download it."""
    HANDLE = "handle"
    """Open cases, link and unlink recordings."""
    EXPORT = "export"
    """Hand out packages."""
    WATCH = "watch"
    """Stations and the quarantine."""


_POWERS: dict[Role, frozenset[Power]] = {
    Role.HANDLER: frozenset(Power),
    Role.AUDITOR: frozenset({Power.FIND, Power.PLAY, Power.EXPORT, Power.WATCH}),
    Role.ADMINISTRATOR: frozenset({Power.FIND, Power.WATCH}),
}


class RoleRefusedError(CentralError):
    """The account's role does not have this power."""

    code = "ROLE_REFUSED"


def may(role: Role, power: Power) -> bool:
    return power in _POWERS[role]


def demand(role: Role, power: Power) -> None:
    """Raise RoleRefusedError where `role` lacks `power`."""
    if not may(role, power):
        having = [str(each) for each in Role if may(each, power)]
        raise RoleRefusedError(
            expected=f"a role that may {power} ({', '.join(having)})",
            found=str(role),
            power=str(power),
            role=str(role),
        )
