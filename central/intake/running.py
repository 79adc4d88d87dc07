"""Intake put together over one open data folder, for as long as a block lasts."""

from collections.abc import Iterator
from contextlib import contextmanager

from central.intake.delivery import Delivery
from central.intake.quarantine import Quarantine
from central.intake.subscriber import Subscriber
from central.intake.taking import Intake
from central.log.committer import Step
from central.opening import OpenCentral


def intake_of(central: OpenCentral) -> Intake:
    """Everything but the broker."""
    return Intake(
        central.store,
        central.log,
        central.keyring,
        central.enrolments,
        Quarantine(central.folder),
    )


def subscriber_of(central: OpenCentral, *, step: Step = lambda _name: None) -> Subscriber:
    """Not started yet; woken by each commit of the log."""
    subscriber = Subscriber(
        central.config.mqtt, intake_of(central), Delivery(central.store), step=step
    )
    central.log.listen(subscriber.wake)
    return subscriber


@contextmanager
def intake_running(
    central: OpenCentral, *, step: Step = lambda _name: None
) -> Iterator[Subscriber]:
    """Subscribed, and delivering what is owed, until the block ends."""
    subscriber = subscriber_of(central, step=step)
    subscriber.start()
    try:
        yield subscriber
    finally:
        subscriber.stop()
