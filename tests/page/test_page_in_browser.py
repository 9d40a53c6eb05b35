"""The shipped verify.html, opened from disk in Chromium, gives every vector's exit code, and asks for nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "verifier" / "page" / "verify.html"
VECTORS = HERE.parent / "vectors"


def entries() -> list[dict[str, Any]]:
    index = json.loads((VECTORS / "index.json").read_text(encoding="utf-8"))
    return [entry for entry in index if entry["profile"] == "pinned-key"]


@pytest.fixture(scope="module")
def driven(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the page said of every vector, and what it did that it should not."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert chromium, "these tests need Chromium: install it, or name it in CHROMIUM"
    cases = [
        {
            "bundle": str(VECTORS / entry["path"]),
            "trust": str(VECTORS / entry["trust"]),
            "contract": str(VECTORS / entry["contract"]) if entry["contract"] else None,
            "now": entry["now"],
        }
        for entry in entries()
    ]
    asked = {"page": PAGE.as_uri(), "chromium": chromium, "cases": cases}
    told = tmp_path_factory.mktemp("driven") / "asked.json"
    told.write_text(json.dumps(asked), encoding="utf-8")
    run = subprocess.run(["node", "drive.mjs", told], cwd=HERE, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_every_vector_gives_its_exit_code(driven: dict[str, Any]):
    asked = {(str(VECTORS / entry["path"]), str(VECTORS / entry["trust"])): entry["exit_code"] for entry in entries()}
    assert {(said["bundle"], said["trust"]): said["exitCode"] for said in driven["said"]} == asked


def test_nothing_is_fetched_complained_of_or_forbidden(driven: dict[str, Any]):
    assert driven["complaints"] == []


def test_the_page_could_not_send_anything(driven: dict[str, Any]):
    assert driven["forbidden"] == ["connect-src"]


def test_a_refused_bundle_shows_no_figures(driven: dict[str, Any]):
    refused = [said["text"] for said in driven["said"] if said["exitCode"] > 10]
    assert len(refused) >= 100
    assert [text for text in refused if "Tallene\n" in text or "Bekræftet" in text] == []


def test_what_a_reader_must_not_overlook_is_said(driven: dict[str, Any]):
    texts = {Path(said["bundle"]).name: said["text"] for said in driven["said"]}
    assert "DEMONSTRATION" in texts["demo.bundle.json"].upper()
    assert "Listen er udløbet siden" in texts["expired-staple.bundle.json"]
    assert "EN REVISOR HAR FUNDET AFVIGELSER" in texts["deviations.bundle.json"].upper()
    assert "Ægte, med afvigelser" in texts["two-auditors.bundle.json"]
    assert "afvigelser" not in texts["countersigned.bundle.json"].lower()
    assert "Ingen revisor har påtegnet beviset" in texts["full.bundle.json"]
    assert all("Tiltrådt af" in said["text"] for said in driven["said"] if said["exitCode"] == 0)
    assert "Afløst" in texts["superseded.bundle.json"]
    assert all("Ikke kontrolleret" in said["text"] for said in driven["said"] if said["exitCode"] == 0)
