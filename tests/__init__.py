"""Tests and benchmarks. What they spool goes to a folder of their own, not to the user's."""

import atexit
import os
import shutil
import tempfile

STATE = tempfile.mkdtemp(prefix="tk-state-")
atexit.register(shutil.rmtree, STATE, ignore_errors=True)
os.environ["XDG_STATE_HOME"] = STATE
