"""The package against a second model of IoT Jobs: the same requests in random order, and the same answers and messages."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from tests.model.machine import Jobs

STEPS = int(os.environ.get("MODEL_STEPS", "2500"))
STEPS_OF_AN_EXAMPLE = 50

TestAgainstASecondModel = Jobs.TestCase
TestAgainstASecondModel.settings = settings(
    max_examples=max(1, STEPS // STEPS_OF_AN_EXAMPLE),
    stateful_step_count=STEPS_OF_AN_EXAMPLE,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
