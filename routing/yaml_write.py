"""Plain values as YAML text that reads back exactly, in the way a person would write it."""

from __future__ import annotations

import json
import re

from routing.yaml_text import Plain, read_yaml

_BARE = re.compile(r"[A-Za-zÀ-ÿ][\wÀ-ÿ ./&()+%€–’-]*")
"""What may stand without quotes anywhere, if it is not a word such as true."""

_ESCAPED = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff]")
"""What JSON leaves as it is and YAML takes for a line's end, or refuses."""


def flow(value: Plain) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(one) for one in value) + "]"
    return scalar(value) if isinstance(value, str) else json.dumps(value)


def scalar(text: str) -> str:
    """A text: bare where that is safe, else in quotes."""
    if _BARE.fullmatch(text) and text == text.rstrip() and read_yaml(text).value == text:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
