"""The HTTP protocol of both planes, rest-json: routes, members, constraints and errors, from the
botocore model.
"""

from .exceptions import BadRequest, WireError
from .planes import SERVICES, Plane
from .routing import Call
from .values import members, typed

__all__ = ["SERVICES", "BadRequest", "Call", "Plane", "WireError", "members", "typed"]
