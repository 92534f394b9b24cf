"""All claims, measured one script after another, and one table of what came out.

Run as ``python benchmarks/run.py``, or as ``make bench``: about a quarter of an hour. Names of
scripts (``python benchmarks/run.py vote startup``) run those alone. A figure that misses its goal
says NO and fails nothing; a script that stops, because two sides did not do the same work, does.
"""

import datetime
import subprocess
import sys
import time
from pathlib import Path

from records import RESULTS, Record, load_records, render_markdown
from timing import Ratio, Unmeasured, render_ratios

FOLDER = Path(__file__).parent
SCRIPTS: dict[str, tuple[str, ...]] = {
    "vote": (),
    "startup": (),
    "layout": (),
    "memory": (),
    "pages": (),
    "stacked": (),
    "training": (),
}
"""The scripts in their order, with what each is given."""


def main() -> None:
    """Run the scripts and print the table."""
    names = sys.argv[1:] or list(SCRIPTS)
    began, failed = time.monotonic(), []
    today = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    for name in names:
        start = time.monotonic()
        print(f"== {name}", flush=True)
        path = FOLDER / f"{name}.py"
        done = subprocess.run([sys.executable, str(path), *SCRIPTS.get(name, ())], check=False)
        print(f"== {name}: {time.monotonic() - start:.0f} s\n", flush=True)
        if done.returncode:
            failed.append(name)
    records = load_records(RESULTS)
    RESULTS.with_name("RESULTS.md").write_text(render_markdown(records), encoding="utf-8")
    # Of this run: what could not be measured now says so, also where it once was.
    print(render_ratios([_tell(record) for record in records if record.date >= today]))
    print(f"\n{(time.monotonic() - began) / 60:.1f} minutes")
    if failed:
        sys.exit(f"stopped: {', '.join(failed)}")


def _tell(record: Record) -> Ratio | Unmeasured:
    if record.value is None or record.peer_value is None:
        return Unmeasured(record.name, record.peer, record.goal, record.why)
    values = record.value, record.peer_value
    return Ratio(record.name, record.peer, *values, record.goal, record.unit)


if __name__ == "__main__":
    main()
