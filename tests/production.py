"""The portal as docs/betrieb.md puts it online, for tests: its environment, and the settings that follow from it."""

import os
import re
import runpy
import secrets
from functools import cache
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).parent.parent
HOST = "integration.landkreis-musterland.de"
# What tells a portal online from one at home, and needs no server of its own.
OURS = re.compile(r"(SECURE|SESSION|CSRF|X_FRAME|CONTENT_SECURITY|TRUST|ALLOWED|PORTAL|MESSAGE_STORAGE|LARGEST|UNSAFE)")


def environment() -> dict[str, str]:
    """What the first step of the document says, with keys for its dots."""
    text = (ROOT / "docs" / "betrieb.md").read_text()
    block = re.search(r"`\.env` legen[^\n]*:\s*```\n(.*?)```", text, re.S)[1]
    found = dict(re.findall(r"^\s*(\w+)=(\S+)", block, re.M))
    return {name: secrets.token_urlsafe(50) if value == "…" else value for name, value in found.items()}


@cache
def settings() -> dict:
    clean = {name: value for name, value in os.environ.items() if name not in {"DEBUG", "DATABASE_URL"}}
    with mock.patch.dict(os.environ, {**clean, **environment()}, clear=True):
        found = runpy.run_path(str(ROOT / "portal" / "settings.py"))
    return {name: value for name, value in found.items() if name.isupper() and OURS.match(name)}
