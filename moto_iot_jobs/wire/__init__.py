"""The HTTP protocol of both planes, rest-json: routes, members, constraints and errors, from the botocore model."""

from .planes import SERVICES, Plane
from .refusals import BadRequest, WireError
from .routing import Call
from .values import members, typed

__all__ = ["SERVICES", "BadRequest", "Call", "Plane", "WireError", "members", "typed"]
