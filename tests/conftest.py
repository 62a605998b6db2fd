"""Its place puts this folder on the path, so that tests can share builders and fakes."""

from __future__ import annotations

import os

from hypothesis import settings

# A busy machine is no mistake of ours: no test asserts how long it took.
settings.register_profile("deskroute", deadline=None)
# For the inner loop; `make test` looks at ten times as many.
settings.register_profile("quick", deadline=None, max_examples=10)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "deskroute"))
