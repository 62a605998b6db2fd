"""The README and the playbook's reference say what the code does, or these tests fail.

`python tests/unit/test_readme.py` writes the tables anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from plugin.app import build_app
from plugin.settings import PREFIX, Settings
from plugin.wiring import Deskroute
from routing.conditions.fields import RULE_FIELDS
from routing.conditions.operators import OPERATORS

ROOT = Path(__file__).parents[2]


def settings_table() -> str:
    rows = []
    for one in fields(Settings):
        default = ",".join(one.default) if isinstance(one.default, tuple) else str(one.default)
        shown = f"`{default}`" if default else "empty"
        rows.append(f"| `{PREFIX}{one.name.upper()}` | {shown} | {one.metadata['says']} |")
    return "\n".join(rows)


def operators_table() -> str:
    rows = ["| operator | works on | takes |", "|---|---|---|"]
    for operator in OPERATORS.values():
        kinds = ", ".join(sorted(kind.value for kind in operator.kinds))
        rows.append(f"| `{operator.name}` | {kinds} | {operator.takes.value} |")
    return "\n".join(rows)


def fields_table() -> str:
    rows = ["| about | field | holds | in a sentence |", "|---|---|---|---|"]
    rows += [
        f"| {f.group.lower()} | `{f.name}` | {f.kind.value} | {f.says} |"
        for f in RULE_FIELDS.values()
    ]
    return "\n".join(rows)


TABLES = [
    ("README.md", "settings", settings_table),
    ("docs/playbook.md", "operators", operators_table),
    ("docs/playbook.md", "fields", fields_table),
]


def between(text: str, name: str) -> tuple[int, int]:
    start = re.search(rf"<!-- {name}: .*? -->\n", text)
    assert start is not None
    return start.end(), text.index(f"<!-- /{name} -->")


@pytest.mark.parametrize(("file", "name", "table"), TABLES, ids=[row[1] for row in TABLES])
def test_the_documented_table_is_what_the_code_says(
    file: str, name: str, table: Callable[[], str]
) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    start, end = between(text, name)
    assert text[start:end].strip() == table().strip()


def test_every_file_the_readme_names_is_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:plugin|routing|templates|tests|docs|benchmarks)/[\w./]+)`", text)
    assert len(named) > 10
    missing = [name for name in named if not (ROOT / name).exists()]
    assert missing == []


def test_every_folder_and_module_is_on_the_map() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    house = text[text.index("## The map of the house") : text.index("Arrows point down")]
    for package in ("routing", "plugin"):
        for entry in sorted((ROOT / package).iterdir()):
            if entry.name.startswith("_") or entry.name == "py.typed":
                continue
            name = f"{entry.name}/" if entry.is_dir() else entry.name
            assert name in house, f"{package}/{name} is not on the map in the README"


def test_the_manifest_points_at_pages_that_exist() -> None:
    manifest = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
    settings = Settings(keys=("k" * 40,), database_url="sqlite://")
    app = build_app(Deskroute(settings, ring=lambda: None))
    urls = app.url_map.bind("desk.example")
    for places in manifest["location"].values():
        for place in places.values():
            path = re.sub(r"https://[^/]+", "", place["url"])
            endpoint, _ = urls.match(path)
            assert endpoint


if __name__ == "__main__":
    for file, name, table in TABLES:
        path = ROOT / file
        text = path.read_text(encoding="utf-8")
        start, end = between(text, name)
        path.write_text(text[:start] + table() + "\n" + text[end:], encoding="utf-8")
