"""`python -m edge`: the station's own recorder, by unit or by hand.

Events are JSON lines on stdout; exit 0 fine, 1 a problem, 2 wrong usage. Says nothing about
evidence: that is `python -m edge.evidence`.
"""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from edge import config
from edge.capture.errors import CaptureError
from edge.capture.events import Events
from edge.config import CameraSettings, MicrophoneSettings, RecorderConfig, SegmentSettings

_EXAMPLE = """\
recorder.toml:
  [recorder]
  station = "ST01"                     # as in station.toml
  announcements = "/run/liuhen/bays"   # as in station.toml
  maximum_seconds = 120                # of each docking
  [spool]
  folder = "/var/lib/liuhen-recorder"
  limit_mib = 4096                     # recording stops there (SPOOL_FULL); nothing is removed
  announce_seconds = 30                # least time between two hand-overs to the agent
  [camera]
  source = "picamera2"                 # picamera2, v4l2, test or none
  device = "0"                         # picamera2: a number; v4l2: /dev/video0
  width = 1280
  height = 720
  rate = 30
  [microphone]
  source = "pyaudio"                   # pyaudio or none
  device = ""                          # part of a name that `devices` lists
  rate = 48000
  [segments]
  seconds = 30
  kbit_s = 2000
  codec = "libx264"
  queue_seconds = 2                    # what may wait between the devices and the encoder
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; answers the exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.command == "devices":
        return _devices(as_json=given.json)
    if (given.config is None) == (given.out is None):
        parser.error("record takes either --config, or --seconds and --out")
    if given.out is not None and given.seconds is None:
        parser.error("record --out needs --seconds")
    events = Events(sys.stdout)
    try:
        if given.config is not None:
            return _serve(config.load(given.config), events)
        return _by_hand(given, events)
    except CaptureError as fault:
        events.problem(fault)
        print(f"edge: {fault.code}: {fault}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m edge",
        description="The station's own recorder: camera and microphone at the bays.",
        epilog="exit: 0 fine, 1 a problem (its code is printed), 2 wrong usage",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    record = commands.add_parser(
        "record",
        help="record dockings as a service, or once by hand",
        description="With --config: record every docking until a signal says stop. "
        "With --out: record once. Events are JSON lines on stdout.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    record.add_argument("--config", type=Path, metavar="FILE", help="recorder.toml")
    record.add_argument("--out", type=Path, metavar="DIR", help="by hand: the spool to write")
    record.add_argument("--seconds", type=float, metavar="N", help="by hand: how long")
    record.add_argument("--station", default="trial", help="by hand: name (default: %(default)s)")
    record.add_argument(
        "--camera",
        default="test",
        type=_source_of(config.CAMERAS),
        metavar="SOURCE[:DEVICE]",
        help="by hand: picamera2[:0], v4l2[:/dev/video0], test or none (default: %(default)s)",
    )
    record.add_argument(
        "--microphone",
        default="none",
        type=_source_of(config.MICROPHONES),
        metavar="SOURCE[:NAME]",
        help="by hand: pyaudio[:part of its name] or none (default: %(default)s)",
    )
    devices = commands.add_parser("devices", help="list the cameras and microphones there are")
    devices.add_argument("--json", action="store_true", help="as one JSON object")
    return parser


def _source_of(known: tuple[str, ...]) -> Callable[[str], tuple[str, str]]:
    """A parser for SOURCE[:DEVICE] with a known source."""

    def parse(text: str) -> tuple[str, str]:
        source, _, device = text.partition(":")
        if source not in known:
            message = f"expected one of {', '.join(known)}, found {source!r}"
            raise argparse.ArgumentTypeError(message)
        return source, device

    return parse


def _serve(settings: RecorderConfig, events: Events) -> int:
    from edge.capture.recorder import Recorder
    from edge.capture.spool import Spool

    spool = Spool(settings.spool.folder, settings.station, settings.spool.limit)
    try:
        recorder = Recorder(settings, spool, events)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: recorder.stop())
        return recorder.run()
    finally:
        spool.close()


def _by_hand(given: argparse.Namespace, events: Events) -> int:
    from edge.capture.recording import Recording, Setup
    from edge.capture.spool import Spool

    camera, camera_device = given.camera
    microphone, microphone_device = given.microphone
    setup = Setup(
        station=config.station_name(given.station),
        camera=CameraSettings(source=camera, device=camera_device),
        microphone=MicrophoneSettings(source=microphone, device=microphone_device),
        segments=SegmentSettings(),
    )
    spool = Spool(given.out, setup.station, config.SpoolSettings(folder=given.out).limit)
    recording = Recording(setup, spool, events, [])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: recording.end("STOPPED"))
    timer = threading.Timer(given.seconds, recording.end, ["MAXIMUM"])
    timer.daemon = True
    timer.start()
    try:
        outcome = recording.run()
    finally:
        timer.cancel()
        spool.close()
    as_told = outcome.note.ended_by in {"MAXIMUM", "STOPPED"} and not outcome.hanging
    return 0 if as_told and outcome.note.segments else 1


def _devices(*, as_json: bool) -> int:
    from edge.capture.camera import list_cameras
    from edge.capture.microphone import list_microphones

    found = {"cameras": list_cameras(), "microphones": list_microphones()}
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return 0
    for kind, devices in found.items():
        print(f"{kind}: {len(devices)}")
        for each in devices:
            print(f"  {each['source']:<10} {each['device']:<14} {each['name']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
