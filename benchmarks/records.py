"""What was measured, kept: a record for each claim and run in ``results.json``."""

import datetime
import json
import os
import platform
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from timing import Ratio, Unmeasured, render_quantity, render_ratios

from ensemble_lab.store.files import replacing
from ensemble_lab.training.environment import name_processor

__all__ = [
    "RESULTS",
    "Record",
    "append_records",
    "choose_newest",
    "finish",
    "load_records",
    "render_markdown",
]

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results.json"
MOST_OF_A_CLAIM = 5
"""Records of one claim that are kept; older ones give way."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """A claim as it was measured once, or could not be.

    Attributes
    ----------
    script, name, peer : str
        Which claim it is.
    goal : str
    unit : str
    value, peer_value, figure : float or None
        As of a `Ratio`; None where it was not measured.
    met : bool or None
        None without a goal, or where it was not measured.
    why : str
        What was missing; empty where it was measured.
    date : str
        UTC.
    commit : str
        Of the checkout, with ``+changes`` where files differed from it.
    hardware : dict
        ``cpu``, ``cores`` and ``gpus``.
    versions : dict
        Of Python and of the packages that the figure depends on.
    """

    script: str
    name: str
    peer: str
    goal: str
    unit: str = ""
    value: float | None = None
    peer_value: float | None = None
    figure: float | None = None
    met: bool | None = None
    why: str = ""
    date: str
    commit: str
    hardware: dict[str, Any]
    versions: dict[str, str]

    @property
    def claim(self) -> tuple[str, str, str]:
        """What makes two records ones of the same claim."""
        return self.script, self.name, self.peer


def finish(ratios: Sequence[Ratio | Unmeasured], *packages: str) -> None:
    """Print the table of a script and append its ratios to the results: how every script ends.

    Parameters
    ----------
    ratios : sequence of Ratio or Unmeasured
    *packages : str
        Distributions that the figures depend on, beside NumPy and h5py.
    """
    print(render_ratios(ratios))
    script = Path(sys.argv[0]).stem
    shared = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": _describe_commit(),
        "hardware": _describe_hardware(),
        "versions": _find_versions(("numpy", "h5py", *packages)),
    }
    append_records(RESULTS, [_record(script, each, shared) for each in ratios])


def _record(script: str, each: Ratio | Unmeasured, shared: dict[str, Any]) -> Record:
    claim = {"script": script, "name": each.name, "peer": each.peer, "goal": each.goal}
    if isinstance(each, Unmeasured):
        return Record(**claim, why=each.why, **shared)
    return Record(
        **claim,
        unit=each.unit,
        value=float(f"{each.value:.4g}"),
        peer_value=float(f"{each.peer_value:.4g}"),
        figure=float(f"{each.figure:.4g}"),
        met=each.is_met,
        **shared,
    )


def load_records(path: Path) -> list[Record]:
    """Return the records in the order in which they were appended; none without a file."""
    if not path.exists():
        return []
    return [Record(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def append_records(path: Path, news: Iterable[Record]) -> None:
    """Append records, whole or not at all; of each claim the newest are kept.

    What was measured and what could not be are counted apart: a GPU's figure outlives any number
    of runs on machines without one.
    """
    kept: list[Record] = []
    counts: Counter[tuple[tuple[str, str, str], bool]] = Counter()
    for record in reversed([*load_records(path), *news]):
        kind = record.claim, record.figure is None
        counts[kind] += 1
        if counts[kind] <= MOST_OF_A_CLAIM:
            kept.append(record)
    rows = [json.dumps(asdict(record), ensure_ascii=False) for record in reversed(kept)]
    with replacing(path) as partial:
        partial.write_text("[\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")


def choose_newest(records: Iterable[Record]) -> list[Record]:
    """Return one record for each claim, in order of script: the newest that was measured.

    Where none was, the newest that says why.
    """
    chosen: dict[tuple[str, str, str], Record] = {}
    for record in records:
        known = chosen.get(record.claim)
        if known is None or record.figure is not None or known.figure is None:
            chosen[record.claim] = record
    return sorted(chosen.values(), key=lambda record: record.script)


def render_markdown(records: Sequence[Record]) -> str:
    """Return the page of the newest figures, each beside those that came before it."""
    lines = [
        "# What was measured",
        "",
        "Written by `make bench` from `results.json`, which keeps the last figures of each claim.",
        "Ours and the peer's are measured in one run, short ones in turns and training one after",
        "the other, and are checked to have done the same work. A ratio that misses its goal says",
        "**no**. Machines are shared with others, and the code grew: the ratios before tell how",
        "far one alone can be trusted.",
        "",
        "| script | what | ours | peer | theirs | ratio | before | goal | met | measured |",
        "|---|---|--:|---|--:|--:|---|---|---|---|",
    ]
    for each in choose_newest(records):
        commit, _, changes = each.commit.partition("+")
        changed = f"+{changes}" if changes else ""
        where = f"{each.date[:10]}, {commit[:8]}{changed}, {_name_hardware(each.hardware)}"
        before = ", ".join(_list_earlier(each, records))
        cells = [f"`{each.script}`", each.name, *_render_cells(each, before), where]
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _list_earlier(newest: Record, records: Sequence[Record]) -> list[str]:
    """Return the kept figures of a claim before its newest, the oldest first."""
    return [
        f"{each.figure:.2f}"
        for each in records
        if each.claim == newest.claim and each is not newest and each.figure is not None
    ]


def _render_cells(record: Record, before: str) -> tuple[str, ...]:
    if record.value is None or record.peer_value is None or record.figure is None:
        return "–", record.peer, "–", "–", before, record.goal, f"not measured: {record.why}"
    values = (render_quantity(v, record.unit) for v in (record.value, record.peer_value))
    ours, theirs = values
    met = {True: "yes", False: "**no**", None: ""}[record.met]
    return ours, record.peer, theirs, f"{record.figure:.2f}", before, record.goal, met


def _name_hardware(hardware: dict[str, Any]) -> str:
    return ", ".join([f"{hardware['cpu']}, {hardware['cores']} cores", *hardware["gpus"]])


def _describe_hardware() -> dict[str, Any]:
    gpus = _ask("nvidia-smi", "--query-gpu=name", "--format=csv,noheader").splitlines()
    return {"cpu": name_processor(), "cores": os.cpu_count() or 0, "gpus": gpus}


def _describe_commit() -> str:
    commit = _ask("git", "-C", str(FOLDER), "rev-parse", "HEAD")
    # The results themselves change with every script.
    other = _ask("git", "-C", str(FOLDER.parent), "status", "--porcelain", "--", ":!benchmarks/*.*")
    return f"{commit}+changes" if other else commit


def _ask(*command: str) -> str:
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def _find_versions(packages: Iterable[str]) -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found
