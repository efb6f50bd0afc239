"""How much is measured: a smoke run of seconds, a quick one of about two minutes, and the full
one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """The sizes of one run.

    Attributes:
        rounds: how often everything is measured, all rivals in turn within each round.
        calls: calls of one operation in a round.
        stored: executions in the store, for growth; the first is what the others are compared with.
        groups: things in a group, for CreateJob and DeleteJob.
        ministack_groups: the same for ministack, which takes minutes where others take
            milliseconds.
        remembered: executions in one job, for memory.
        year: jobs with daily windows, and executions that time out, while the clock is moved.
        imports: how many fresh processes import everything.
        clients: numbers of HTTP connections.
        seconds: how long each number of connections is kept busy in a round.
        devices: how many connect by MQTT.
        rivals: whether other programs' servers are started too.
    """

    rounds: int
    calls: int
    stored: tuple[int, ...]
    groups: tuple[int, ...]
    ministack_groups: tuple[int, ...]
    remembered: int
    year: tuple[int, int]
    imports: int
    clients: tuple[int, ...]
    seconds: float
    devices: int
    rivals: bool = True


SMOKE = Effort(
    rounds=1,
    calls=2,
    stored=(100, 1_000),
    groups=(10, 100),
    ministack_groups=(),
    remembered=2_000,
    year=(5, 20),
    imports=1,
    clients=(1, 4),
    seconds=0.1,
    devices=20,
    rivals=False,
)
QUICK = Effort(
    rounds=5,
    calls=30,
    stored=(100, 10_000, 100_000),
    groups=(1_000, 10_000),
    ministack_groups=(500, 1_000),
    remembered=100_000,
    year=(100, 1_000),
    imports=5,
    clients=(1, 8, 32),
    seconds=0.5,
    devices=1_000,
)
FULL = Effort(
    rounds=11,
    calls=60,
    stored=(100, 1_000, 10_000, 100_000, 1_000_000),
    groups=(1_000, 10_000, 100_000),
    ministack_groups=(1_000, 2_000, 4_000),
    remembered=100_000,
    year=(1_000, 10_000),
    imports=15,
    clients=(1, 8, 32),
    seconds=1.0,
    devices=1_000,
)
