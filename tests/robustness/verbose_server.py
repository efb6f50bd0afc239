"""Run as a program: the server with every logger of the process at DEBUG, its own, moto's and the
libraries'.
"""

from __future__ import annotations

import logging
import sys

from moto_iot_jobs.cli import main

if __name__ == "__main__":
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    sys.exit(main(["server", *sys.argv[1:]]))
