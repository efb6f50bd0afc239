"""Runs a test module of AWS's device SDK for Python with another certificate authority.

The tests trust whom the system trusts, and have no setting for it. Everything else is theirs.
"""

from __future__ import annotations

import os
import unittest
from typing import Any

from awscrt import io  # type: ignore[import-untyped]

_make = io.TlsContextOptions.create_client_with_mtls_from_path


def trusting(*arguments: Any) -> Any:
    """Make options that trust the authority in the file `AUTHORITY`."""
    options = _make(*arguments)
    options.override_default_trust_store_from_path(None, os.environ["AUTHORITY"])
    return options


if __name__ == "__main__":
    io.TlsContextOptions.create_client_with_mtls_from_path = staticmethod(trusting)
    unittest.main(module=None)
