"""Several processes that prepare one run at once, as shards of one experiment do."""

import subprocess
import sys
from pathlib import Path

from ensemble_lab.spec.member import parse_member
from ensemble_lab.store.run import open_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.workflows.planning import plan_experiment
from ensemble_lab.workflows.train import prepare_run
from tests.processes import wait_until

ROOT = Path(__file__).parents[2]
PREPARE = """
import sys, time
from pathlib import Path
from ensemble_lab.workflows.planning import plan_experiment
from ensemble_lab.workflows.train import prepare_run
run, number, *files = sys.argv[1:]
plans = [(plan_experiment(file, shard=f"{number}/3"), file) for file in files]
Path(f"{run}.{number}").touch()
while not Path(f"{run}.go").exists():
    time.sleep(0.001)
for plan, file in plans:
    prepare_run(plan, Path(run), file)
"""


def test_run_that_several_shards_grow_at_once_loses_nothing(make_run, tmp_path):
    """Three processes, each of which adds a seed eight times."""
    pattern, path = make_run(), tmp_path / "shared" / "toy"
    path.parent.mkdir()
    text = (pattern.path / "experiment.toml").read_text(encoding="utf-8")
    assert "seeds = [0, 1, 2]" in text
    files = {seed: pattern.path.parent / f"{seed}.toml" for seed in range(3, 27)}
    for seed, file in files.items():
        file.write_text(text.replace("seeds = [0, 1, 2]", f"seeds = [0, 1, 2, {seed}]"))
    shares = [list(files.values())[first::3] for first in range(3)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PREPARE, path, str(number), *shares[number - 1]],
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for number in (1, 2, 3)
    ]
    wait_until(lambda: len(list(path.parent.iterdir())) == 3 or any(p.poll() for p in processes))
    Path(f"{path}.go").touch()
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], errors
    run = open_run(path)
    assert sorted(run.keys) == [f"a-{seed:04}" for seed in range(27)]
    assert run.splits == pattern.splits
    for split in run.splits:
        assert load_record(run, split).images_sha256 == load_record(pattern, split).images_sha256
    assert {each.name for each in path.iterdir()} == {
        ".lock", "run.json", "experiment.toml", "splits",
    }  # fmt: skip
    assert not list((path / "splits").glob(".*"))


def test_members_of_another_shard_keep_the_backend_that_it_asked_for(make_run, tmp_path):
    """A shard that is told ``--backend`` trains its own members with it before they are started."""
    pattern, path = make_run(), tmp_path / "run"
    file = pattern.path / "experiment.toml"
    for number in (1, 2):
        plan = plan_experiment(file, shard=f"{number}/2", backend="jax")
        run = prepare_run(plan, path, file)
        backends = [run.member(key).spec["backend"] for key in plan.chosen]
        assert set(backends) == {"jax"}
    assert [entry.spec["backend"] for entry in run.members] == ["jax"] * 3


def test_recipe_of_members_that_are_not_chosen_waits_until_they_are(make_run, tmp_path):
    pattern, path = make_run(), tmp_path / "run"
    file, changed = pattern.path / "experiment.toml", tmp_path / "changed.toml"
    text = file.read_text(encoding="utf-8")
    changed.write_text(text.replace("epochs = 2", "epochs = 3"), encoding="utf-8")
    prepare_run(plan_experiment(file), path, file)
    run = prepare_run(plan_experiment(changed, members=["a-0000"]), path, changed)
    assert [parse_member(entry.spec).epochs for entry in run.members] == [3, 2, 2]
    run = prepare_run(plan_experiment(changed), path, changed)
    assert [parse_member(entry.spec).epochs for entry in run.members] == [3, 3, 3]
