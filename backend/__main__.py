"""Lets `python -m backend` be the same program as `uitwerk`."""

import sys

from backend.cli import main

sys.exit(main())
