"""What a request is answered with: the site, its log for reading, and who came and went."""

from dataclasses import dataclass, field

from central.accounts.throttle import Throttle
from central.log.reader import LogReader
from central.workflows.access import AccessBook
from central.workflows.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One per process; pages and API share it."""

    site: Site
    reader: LogReader
    book: AccessBook
    throttle: Throttle = field(default_factory=Throttle)
