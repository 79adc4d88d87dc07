"""The agent as a process of its own, as an operator starts it; its events as they come."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from edge import clock
from tests.conftest import PROJECT
from tests.dock_agent.tree import Tree

PATIENCE_S = 30.0


class Process:
    """`python -m dock_agent run --events`, started, killed and started again."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.events: list[dict] = []
        self.log = tree.root / "agent.log"
        self._child: subprocess.Popen[str] | None = None

    def start(self) -> None:
        words = [sys.executable, "-m", "dock_agent", "run", "--events", "--verbose"]
        with self.log.open("a") as log:
            self._child = subprocess.Popen(
                [*words, "--config", str(self.tree.config)],
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=PROJECT,
                text=True,
            )
        threading.Thread(target=self._listen, args=[self._child], daemon=True).start()

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    def terminate(self, timeout: float) -> int:
        child, self._child = self._child, None
        assert child is not None
        child.terminate()
        return child.wait(timeout)

    def ask(self, *words: str) -> tuple[int, dict]:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "dock_agent",
                *words,
                "--config",
                str(self.tree.config),
                "--json",
            ],
            capture_output=True,
            cwd=PROJECT,
            text=True,
            check=False,
        )
        assert done.stdout or done.stderr.startswith("LEDGER_MISSING"), done.stderr
        return done.returncode, json.loads(done.stdout or "{}")

    def named(self, name: str) -> list[dict]:
        return [each for each in list(self.events) if each["event"] == name]

    def until(self, what: str, reached: Callable[[], bool], patience: float = PATIENCE_S) -> None:
        deadline = clock.monotonic() + patience
        while not reached():
            if clock.monotonic() > deadline:
                tail = self.log.read_text()[-3000:]
                events = "\n".join(map(str, self.events[-10:]))
                raise AssertionError(f"not reached: {what}\n{events}\n{tail}")
            if self._child is not None and self._child.poll() is not None:
                raise AssertionError(f"the agent ended:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    def _listen(self, child: subprocess.Popen[str]) -> None:
        assert child.stdout is not None
        for line in child.stdout:
            self.events.append(json.loads(line))
