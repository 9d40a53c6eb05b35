"""`make bench`: every measurement in turn. `python -m bench blind_index` runs one."""

from __future__ import annotations

import importlib
import os
import platform
import sys

MEASUREMENTS = (
    "blind_index",
    "extract_scan",
    "comparison",
    "rate_card",
    "calendar_audit",
    "cold_start",
    "log_proofs",
    "source_pulls",
    "road",
)


def main() -> None:
    """Run the named measurements, or all, and print their lines as they come."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; trust the ratios")
    for name in sys.argv[1:] or MEASUREMENTS:
        print(f"\n{name}", flush=True)
        for line in importlib.import_module(f"bench.{name}").run():
            print(f"  {line}", flush=True)


if __name__ == "__main__":
    main()
