"""One process of central: both listeners, the broker's subscriber, the log's writer.

Started in that order of trust: the data folder is claimed and the log opened first, sockets
last. Ended the other way round within a few seconds: no new requests, the batch at hand,
the log. What was not finished is finished after the next start.
"""

import asyncio
import signal
from collections.abc import Callable

from central.app import create_app
from central.intake.delivery import Delivery
from central.intake.deposit import Deposits
from central.intake.quarantine import Quarantine
from central.intake.receiving import Receiving
from central.intake.subscriber import Subscriber
from central.intake.taking import Intake
from central.intake.upload import upload_app
from central.listeners import for_people, for_stations, run
from central.opening import OpenCentral
from central.vault.folder import FolderVault
from central.workflows.access import AccessBook
from central.workflows.desk import Desk
from central.workflows.site import Site
from edge import clock

_MB = 1 << 20


def site_of(central: OpenCentral) -> Site:
    """What the workflows work with, of an open data folder."""
    return Site(
        name=central.config.central.name,
        folder=central.folder,
        store=central.store,
        log=central.log,
        vault=FolderVault(central.folder.vault),
        key=central.key,
        retention_days=central.config.retention.days,
        now=clock.now,
    )


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
    subscriber = _subscriber(central)
    stop, answering = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    subscriber.start()
    resuming = asyncio.create_task(receiving.resume())
    telling = asyncio.create_task(_tell(answering, ready))
    try:
        await run(listeners, stop, answering)
    finally:
        telling.cancel()
        resuming.cancel()
        await asyncio.to_thread(subscriber.stop)


def _subscriber(central: OpenCentral) -> Subscriber:
    intake = Intake(
        central.store,
        central.log,
        central.keyring,
        central.enrolments,
        Quarantine(central.folder),
    )
    subscriber = Subscriber(central.config.mqtt, intake, Delivery(central.store))
    central.log.listen(subscriber.wake)
    return subscriber


async def _tell(answering: asyncio.Event, ready: Callable[[], None]) -> None:
    await answering.wait()
    ready()
