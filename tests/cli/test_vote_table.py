"""The table of a vote, letter by letter."""

import numpy as np
import pytest

LABELS = np.array([0, 0, 0, 0, 1, 1, 1, 1])
CHOSEN = np.array(
    [
        [0, 0, 0, 0, 1, 1, 1, 0],  # 1 error
        [0, 0, 0, 1, 1, 1, 0, 0],  # 3 errors
        [0, 0, 0, 0, 1, 1, 2, 2],  # 2 errors
    ]
)

TABLE = """\
member  errors  errors, 95 %  accuracy  accuracy, 95 %      ties
a-0000       1  0.2 to 3.8    87.50 %   52.91 % to 97.76 %
a-0001       3  1.1 to 5.6    62.50 %   30.57 % to 86.32 %
a-0002       2  0.6 to 4.7    75.00 %   40.93 % to 92.85 %
vote         2  0.6 to 4.7    75.00 %   40.93 % to 92.85 %  1
8 examples of test; 3 members, majority, ties by lowest
"""


@pytest.fixture
def run(make_run):
    """Eight examples: the vote is wrong on the last two, one of which is a tie."""
    probabilities = np.full((*CHOSEN.shape, 3), 0.1, np.float32)
    np.put_along_axis(probabilities, CHOSEN[..., None], 0.8, axis=-1)
    return make_run(probabilities=probabilities, labels=LABELS).path


def test_table_as_it_is_printed(call, run):
    assert call("vote", run, "--ties", "lowest").out == TABLE
