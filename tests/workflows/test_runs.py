"""The list of the runs in a folder."""

from ensemble_lab.store.members import member_path
from ensemble_lab.workflows.runs import list_runs


def test_list_of_runs_counts_the_trained(make_run):
    run = make_run()
    member_path(run, "a-0001").unlink()
    (row,) = list_runs(run.path.parent)
    assert (row.path, row.name, row.n_trained, row.n_members) == (run.path, "toy", 2, 3)
    assert (row.splits, row.note) == (("train", "validation", "test"), "")
