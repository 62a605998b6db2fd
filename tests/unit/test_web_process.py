"""What a web process loads: little, so that many fit on a machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHILD = """
import sys
from pathlib import Path
from plugin.app import build_app
from plugin.settings import Settings
from plugin.wiring import Deskroute

url = f"sqlite:///{sys.argv[1]}/empty.sqlite"
settings = Settings(data=Path(sys.argv[1]), database_url=url, keys=("k" * 32,))
build_app(Deskroute(settings, lambda: None))
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""

HEAVY = {"numpy", "scipy", "sklearn", "polars", "py3langid", "stripe", "hubspot"} | {
    "altair",
    "vl_convert",
}


def test_the_web_loads_nothing_that_only_workers_and_commands_need(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert {"flask", "sqlalchemy", "routing"} <= loaded
    assert not loaded & HEAVY
