"""The HTTP protocol of both planes, rest-json, read from the botocore model.

Routes, members, constraints and errors.
"""

from .exceptions import BadRequest, WireError
from .routing import Call
from .service_api import SERVICES, ServiceApi
from .values import members, typed

__all__ = ["SERVICES", "BadRequest", "Call", "ServiceApi", "WireError", "members", "typed"]
