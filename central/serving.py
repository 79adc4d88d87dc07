"""One process of central: both listeners, the broker's subscriber, the log's writer.

Started in that order of trust: the data folder is claimed and the log opened first, sockets
last. Ended the other way round within a few seconds: no new requests, the batch at hand,
the log. What was not finished is finished after the next start.
"""

import asyncio
import signal
from collections.abc import Callable

from starlette.applications import Starlette

from central.app import create_app
from central.intake.deposit import Deposits
from central.intake.guests import guest_app
from central.intake.receiving import Receiving
from central.intake.running import subscriber_of, witnessing_of
from central.intake.upload import upload_app
from central.listeners import for_guests, for_people, for_stations, run
from central.log.anchors import AnchorFolder, Anchoring
from central.opening import OpenCentral
from central.pki import key_files
from central.pki.site_folder import SiteFolder
from central.workflows.access import AccessBook
from central.workflows.admission import admit
from central.workflows.desk import Desk
from central.workflows.opened import site_of
from edge import clock

_MB = 1 << 20


async def serve(central: OpenCentral, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; calls `ready` once when everything answers."""
    config, site = central.config, site_of(central)
    book = AccessBook(site)
    receiving = Receiving(
        Deposits(site), central.folder.uploads, reserve=config.upload.reserve_mb * _MB
    )
    people = create_app(Desk(site=site, reader=central.reader, book=book))
    listeners = [
        for_people(people, config.http),
        for_stations(upload_app(receiving, book), config.upload),
    ]
    if config.enrolment.port:
        listeners.append(for_guests(_guests(central), config.enrolment, config.upload))
    subscriber = subscriber_of(central)
    witnessing = witnessing_of(central, subscriber)
    anchoring = Anchoring(
        AnchorFolder(central.folder.anchors),
        central.reader,
        central.witnessed,
        urls=config.anchors.tsa,
        hours=config.anchors.hours,
    )
    stop, answering = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    subscriber.start()
    witnessing.start()
    anchoring.start()
    resuming = asyncio.create_task(receiving.resume())
    telling = asyncio.create_task(_tell(answering, ready))
    try:
        await run(listeners, stop, answering)
    finally:
        telling.cancel()
        resuming.cancel()
        await asyncio.to_thread(anchoring.stop)
        await asyncio.to_thread(witnessing.stop)
        await asyncio.to_thread(subscriber.stop)


def _guests(central: OpenCentral) -> Starlette:
    site, settings = SiteFolder(central.config.trust.policy.parent.parent), central.config
    return guest_app(
        key_files.read(site.ca),
        lambda asking: admit(site, settings, central.store, asking, clock.now()),
    )


async def _tell(answering: asyncio.Event, ready: Callable[[], None]) -> None:
    await answering.wait()
    ready()
