"""Measure commands as whole processes: CPU, wall time and memory of the process and all it started."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """One run: CPU and wall seconds, peak memory in MiB summed over the processes alive together."""

    cpu: float
    wall: float
    memory: float


def run(command: Sequence[str], cwd: Path, environment: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end; raises where it fails."""
    before = _cpu()
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process, peak))
    watcher.start()
    _, errors = process.communicate()
    wall = time.perf_counter() - started
    watcher.join()
    if process.returncode:
        raise RuntimeError(f"{command[0]} failed with {process.returncode}: {errors.decode()[-2000:]}")
    return Run(_cpu() - before, wall, peak[0])


def median(
    command: Sequence[str], cwd: Path, times: int, environment: Mapping[str, str] | None = None
) -> Run:
    """The medians of several runs after one that is not counted."""
    runs = [run(command, cwd, environment) for _ in range(times + 1)][1:]
    return Run(
        statistics.median(found.cpu for found in runs),
        statistics.median(found.wall for found in runs),
        max(found.memory for found in runs),
    )


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _watch(process: subprocess.Popen[bytes], peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(_resident(pid) for pid in _tree(process.pid)))
        time.sleep(0.02)


def _tree(pid: int) -> list[int]:
    found = [pid]
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return found
    for child in children:
        found += _tree(int(child))
    return found


def _resident(pid: int) -> float:
    """Proportional set size in MiB: pages that workers share count once."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0
