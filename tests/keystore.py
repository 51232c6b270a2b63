"""A key store for tests: the real library, with a file behind it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend


class FileKeyring(KeyringBackend):
    """Keeps secrets in the file that KEYSTORE_FILE names."""

    priority = 1

    def _read(self) -> dict[str, str]:
        path = Path(os.environ["KEYSTORE_FILE"])
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}

    def get_password(self, service: str, username: str) -> str | None:
        return self._read().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        kept = {**self._read(), f"{service} {username}": password}
        Path(os.environ["KEYSTORE_FILE"]).write_text(json.dumps(kept), encoding="utf-8")
