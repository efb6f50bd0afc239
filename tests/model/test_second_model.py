"""The package against a second model of IoT Jobs: the same requests in random order, and the same
answers and messages.

Every run of the suite takes the same few thousand steps. `MODEL_STEPS=200000` takes as many, other
ones each time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from tests.model.state_machine import Jobs

STEPS = int(os.environ.get("MODEL_STEPS", "1500"))
STEPS_OF_AN_EXAMPLE = 100

TestAgainstASecondModel = Jobs.TestCase
TestAgainstASecondModel.settings = settings(
    max_examples=max(1, STEPS // STEPS_OF_AN_EXAMPLE),
    stateful_step_count=STEPS_OF_AN_EXAMPLE,
    derandomize="MODEL_STEPS" not in os.environ,
    database=None,
    deadline=None,
    print_blob=True,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
