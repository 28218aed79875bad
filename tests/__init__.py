"""Tests and benchmarks. What they make lies in a folder that goes with them, even when they are killed."""

import atexit
import os
import shutil
import tempfile

from tests.support.guard import make_folder

atexit.register(make_folder())
STATE = tempfile.mkdtemp(prefix="tk-state-")  # for spools, which are not to be the user's
atexit.register(shutil.rmtree, STATE, ignore_errors=True)
os.environ["XDG_STATE_HOME"] = STATE
