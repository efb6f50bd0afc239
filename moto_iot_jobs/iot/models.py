"""moto's iot backend, with jobs.

`IoTJobsMixin` stands in front of whatever iot backend class is there and calls on to it, so that a
later moto or another plugin can stack with it. All jobs are in `iot_jobs`; `membership` tells it of
things and groups, and CloudFormation's job templates are kept there too. moto finds the hosts and
handlers of a backend in the module `urls` beside the one of its class: this one.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from moto.iot.models import iot_backends
from moto.moto_api import state_manager

from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.service.deletion import AfterDescriptions, AfterTime, DeletionPace, Immediate
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.targets import Location
from moto_iot_jobs.wire import WireError

from .documents import MotoSources
from .moto_tags import tagged_resources
from .registry import MotoThingRegistry
from .thing_groups import MembershipMixin

# Settable like every other of moto's: state_manager.set_transition("iot::job_deletion", {...}).
DELETION_MODEL = "iot::job_deletion"


_LONGEST_SECONDS = 100 * 365 * 86_400


class TransitionError(WireError, ValueError):
    """The transition of deletions is none of moto's, or one without its number."""

    def __init__(self, transition: object) -> None:
        super().__init__(
            "InternalFailureException",
            f"The transition of {DELETION_MODEL} is {transition!r}. Set one of"
            ' {"progression": "immediate"}, {"progression": "manual", "times": 2},'
            ' {"progression": "time", "seconds": 60}.',
        )


def deletion_pace() -> DeletionPace:
    """Return the pace of deletions that moto's state manager has now.

    Raises:
        TransitionError: as `pace_of`.
    """
    return pace_of(state_manager.get_transition(DELETION_MODEL))


def pace_of(transition: Any) -> DeletionPace:
    """Return the pace of deletions that a transition of moto's state manager stands for.

    Raises:
        TransitionError: it is none of moto's transitions, or one without its number.
    """
    with suppress(AttributeError, TypeError, ValueError, OverflowError):
        match transition.get("progression"):
            case "immediate":
                return Immediate()
            case "manual" if int(transition.get("times")) >= 0:
                return AfterDescriptions(int(transition["times"]))
            case "time" if 0 <= float(transition.get("seconds")) <= _LONGEST_SECONDS:
                return AfterTime(int(float(transition["seconds"]) * 1000))
    raise TransitionError(transition)


class IoTJobsMixin(MembershipMixin):
    """Jobs for a backend of moto's iot.

    Attributes:
        iot_jobs: the jobs of the backend's account and region.
    """

    region_name: str
    account_id: str
    partition: str

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)  # type: ignore[call-arg]
        self.begin_iot_jobs()

    def begin_iot_jobs(self) -> None:
        """Start without jobs, with the things and groups that the backend has."""
        location = Location(self.partition, self.region_name, self.account_id)
        self._registry = MotoThingRegistry(self, location)
        self.iot_jobs = JobsService(
            location,
            self._registry,
            MotoSources(location),
            deletion_pace=deletion_pace,
        )
        for kind, resources in tagged_resources(self).items():
            self.iot_jobs.tags.add_kind(kind, resources)
        self.iot_jobs.store.event_log.listening = runtime.delivery.is_wanted
        runtime.jobs_began.send(self.iot_jobs)
        self.begin_membership()

    def reset(self) -> None:
        """Forget everything, and what tests bent with it."""
        runtime.reset(super().reset)  # type: ignore[misc]

    # Topic rules, of which moto keeps the definitions

    def create_topic_rule(self, rule_name: str, sql: str, **settings: Any) -> None:
        """Keep a rule as moto does, and warn of one on topics that are published on here."""
        from .topic_rules import warn_of_rule

        warn_of_rule(rule_name, sql)
        super().create_topic_rule(rule_name=rule_name, sql=sql, **settings)  # type: ignore[misc]

    def replace_topic_rule(self, rule_name: str, sql: str, **settings: Any) -> None:
        """Replace a rule as moto does, which deletes the old one and creates the new one."""
        from .topic_rules import replacing, warn_of_rule

        # Where the warning is an error, nothing has been deleted.
        warn_of_rule(rule_name, sql)
        with replacing(rule_name):
            super().replace_topic_rule(  # type: ignore[misc]
                rule_name=rule_name, sql=sql, **settings
            )


def has_jobs() -> bool:
    """Return whether moto makes backends with IoT Jobs now."""
    return issubclass(iot_backends.backend, IoTJobsMixin)
