"""Roles for presigned URLs, assumed through moto's STS."""

from __future__ import annotations

from typing import Any

from botocore.credentials import Credentials
from moto import settings
from moto.core.responses import ActionAuthenticatorMixin  # type: ignore[attr-defined]

from moto_iot_jobs.service.targets import Location

# Ours: AWS does not say what it calls the session, nor how long it lasts. It outlives every URL
# signed in its first hour.
_SESSION_NAME = "iot-jobs"
_LIFETIME = 2 * 3600


class RoleSessions:
    """Sessions of roles in one account and region.

    Each is used until it would end before the URL that it signs.

    Args:
        location: partition, region and account of the jobs.
    """

    def __init__(self, location: Location) -> None:
        self._location = location
        self._sessions: dict[str, tuple[Credentials, int]] = {}

    def credentials(self, role_arn: str, lasting: int, now: int) -> Credentials:
        """Return credentials of a session of the role, known to moto's STS.

        The role need not exist there.

        Args:
            lasting: for how many seconds they have to be valid.
            now: milliseconds since the epoch.
        """
        known = self._sessions.get(role_arn)
        if known is None or known[1] < now + lasting * 1000:
            known = self._assume(role_arn), now + _LIFETIME * 1000
            self._sessions[role_arn] = known
        return known[0]

    def can_be_assumed(self, role_arn: str) -> bool:
        """Return whether AWS could assume the role.

        Unless moto was told to judge permissions, every role will do.
        """
        if ActionAuthenticatorMixin.request_count < settings.INITIAL_NO_AUTH_ACTION_COUNT:
            return True
        # Imported late, as moto's STS below: few tests of jobs touch them, and they are slow to
        # import.
        from moto.iam.models import iam_backends

        account = role_arn.split(":")[4]
        roles = iam_backends[account][self._location.partition].roles.values()
        return any(role.arn == role_arn for role in roles)

    def _assume(self, role_arn: str) -> Credentials:
        from moto.sts.models import sts_backends

        # moto declares texts for what may be left out of the request, and passes on None.
        sts: Any = sts_backends[self._location.account][self._location.partition]
        session = sts.assume_role(
            region_name=self._location.region,
            role_session_name=_SESSION_NAME,
            role_arn=role_arn,
            policy=None,
            duration=_LIFETIME,
            external_id=None,
        )
        return Credentials(session.access_key_id, session.secret_access_key, session.session_token)
