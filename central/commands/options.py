"""Options that several commands have, spelt the same everywhere."""

import argparse
from pathlib import Path


def add_config(parser: argparse.ArgumentParser) -> None:
    """--config FILE, by default central.toml in the current folder."""
    parser.add_argument(
        "--config",
        type=Path,
        default=Path("central.toml"),
        help="central.toml (default: in the current folder)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """--json, for programs."""
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
