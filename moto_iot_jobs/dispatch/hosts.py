"""Host names: the region in one of AWS, the name of a server."""

from __future__ import annotations

import re
from functools import lru_cache

# The host names that boto3 and other SDKs use: FIPS, dual-stack, China and account-prefixed ones
# included.
_REGION_IN_HOST = re.compile(r"^(?:.*\.)?(?:iot|iot-fips|iot-jobs-data)\.([^./:]+)\.[a-z]")
_REGION_IN_USER_AGENT = re.compile(r"region/([a-z]{2}(?:-[a-z]+)+-\d)")
# For servers alone: compiled when one is asked.
_LABELS = r"^(?:[a-z0-9-]+\.)?(?:jobs\.)?iot(?:-fips|-jobs-data)?\.[a-z]{2}(?:-[a-z]+)+-\d\."
_OF_AWS = r"\.amazonaws\.(?:com(?:\.cn)?|eu)(?::\d+)?$"


@lru_cache(maxsize=100)
def region_in_host(host: str) -> str | None:
    """Return the region in a host, None without one."""
    found = _REGION_IN_HOST.match(host)
    return found[1] if found is not None else None


@lru_cache(maxsize=100)
def region_in_user_agent(user_agent: str) -> str | None:
    """Return the region in a user agent, None without one."""
    found = _REGION_IN_USER_AGENT.search(user_agent)
    return found[1] if found is not None else None


@lru_cache(maxsize=100)
def server_name(host: str) -> str | None:
    """Return the name of the server that took a request, None for a name of AWS.

    Labels of an endpoint are left out, as in `a1b2c3-ats.iot.eu-west-1.localhost:5000`: S3 does not
    answer under them.

    Args:
        host: that the request named, with its port.
    """
    return None if re.search(_OF_AWS, host) is not None else re.sub(_LABELS, "", host)
