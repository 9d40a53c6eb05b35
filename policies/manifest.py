"""`python -m policies.manifest`: write POLICYSET.json for the Cedar files and the index of cases as they are now.

Run it after a reviewed change, and after `python -m tests.policies.cases` where a case is new. The engine refuses
files that differ from the manifest, so that an edited rule never comes into force by itself.
"""

from __future__ import annotations

from policies.engine import CEDAR_DIRECTORY
from policies.ruleset import MANIFEST, manifest_of


def main() -> None:
    (CEDAR_DIRECTORY / MANIFEST).write_bytes(manifest_of(CEDAR_DIRECTORY))


if __name__ == "__main__":
    main()
