"""`python -m batch_update`."""

from __future__ import annotations

import sys

from batch_update.cli import main

sys.exit(main())
