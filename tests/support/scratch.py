"""A copy of the product that a test may change: its modules and its configuration, without tests and caches."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.architecture.imports import ROOTS

ROOT = Path(__file__).parents[2]


def copy_product(folder: Path) -> Path:
    """The copy, as a tree with the same places of files."""
    without = shutil.ignore_patterns("__pycache__")
    for root in ROOTS:
        shutil.copytree(ROOT / root, folder / root, ignore=without)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder
