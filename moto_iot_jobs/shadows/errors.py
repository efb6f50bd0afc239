"""The errors of the Device Shadow service, with the texts of the developer guide.

Source: AWS IoT developer guide, device-shadow-error-messages; spelling theirs.
"""

from __future__ import annotations

INVALID_JSON = "Invalid JSON"
MISSING_STATE = "Missing required node: state"
STATE_NOT_AN_OBJECT = "State node must be an object"
DESIRED_NOT_AN_OBJECT = "Desired node must be an object"
REPORTED_NOT_AN_OBJECT = "Reported node must be an object"
INVALID_NODE = "State contains an invalid node"
INVALID_VERSION = "Invalid version"
INVALID_CLIENT_TOKEN = "Invalid clientToken"
# The quotas page has 8 levels by now; the page of errors still says 6.
TOO_DEEP = "JSON contains too many levels of nesting; maximum is 6"
VERSION_CONFLICT = "Version conflict"
TOO_LARGE = "The payload exceeds the maximum size allowed"
NOT_UTF_8 = "Unsupported documented encoding; supported encoding is UTF-8"


class ShadowError(Exception):
    """A request that the service rejects.

    Attributes:
        code: HTTP status, which rejections over MQTT carry too.
        message: AWS's text.
        client_token: of the request, as far as it could be read and is valid.
    """

    def __init__(self, code: int, message: str, client_token: str | None = None) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.client_token = client_token


def no_such_shadow(thing: str, name: str | None, client_token: str | None = None) -> ShadowError:
    """Return the error about a shadow that does not exist.

    It names the thing for the classic shadow and the shadow for a named one (captured by
    Octogonapus/AWSCRT.jl, and in AWS's tutorial using-device-shadows).
    """
    message = f"No shadow exists with name: '{thing if name is None else name}'"
    return ShadowError(404, message, client_token)
