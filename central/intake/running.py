"""Intake put together over one open data folder, for as long as a block lasts."""

from collections.abc import Iterator
from contextlib import contextmanager

from central.intake.delivery import Delivery
from central.intake.letters import Letters, StationWitness
from central.intake.quarantine import Quarantine
from central.intake.subscriber import Subscriber
from central.intake.taking import Intake
from central.log.committer import Step
from central.log.outsiders import Outsider
from central.log.witnesses import Witness, Witnessing
from central.opening import OpenCentral
from central.pki.enrolment import station_of, witness_name
from edge.evidence.witnesses import STATIONS


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
        central.config.mqtt,
        intake_of(central),
        Delivery(central.store),
        Letters(central.reader),
        step=step,
    )
    central.log.listen(subscriber.wake)
    return subscriber


def witnessing_of(central: OpenCentral, subscriber: Subscriber) -> Witnessing:
    """Not started yet. Asks the stations that the policy names, and the configured outsiders."""
    settings, origin = central.config.witnesses, central.config.central.origin
    outsiders = [Outsider(url) for url in settings.outsiders]

    def witnesses() -> list[Witness]:
        names = {it.name for it in central.witnessed.policy.witnesses if it.kind == STATIONS}
        stations = [(name, station_of(origin, name)) for name in sorted(names)]
        return [
            *(
                StationWitness(name, station, subscriber.letters, subscriber.post)
                for name, station in stations
                if station is not None
            ),
            *outsiders,
        ]

    witnessing = Witnessing(
        central.witnessed, central.reader, witnesses, pause=float(settings.seconds)
    )
    central.log.listen(witnessing.wake)
    subscriber.letters.heard = lambda station: witnessing.heard(witness_name(origin, station))
    return witnessing


@contextmanager
def intake_running(
    central: OpenCentral, *, step: Step = lambda _name: None
) -> Iterator[Subscriber]:
    """Subscribed, and delivering what is owed, until the block ends."""
    subscriber = subscriber_of(central, step=step)
    witnessing = witnessing_of(central, subscriber)
    subscriber.start()
    witnessing.start()
    try:
        yield subscriber
    finally:
        witnessing.stop()
        subscriber.stop()
