"""Sealed HDF5 files: what goes in comes out, whole or not at all, under one digest."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import h5py
import numpy as np
import pytest

from ensemble_lab.exceptions import DamagedError, StoreError
from ensemble_lab.store import files, hdf5
from ensemble_lab.store.hdf5 import content_sha256, open_sealed, write_sealed

ARRAYS = {
    "votes": np.arange(5, dtype=np.uint8),
    "deep/er/values": np.linspace(0, 1, 6).reshape(2, 3),
    "scalar": np.array(7, np.int64),
    "half": np.ones((2, 0, 3), np.float16),
    "right": np.array([True, False]),
    "big": np.arange(3, dtype=">i4"),
}
PINNED = "14b28aa0f0674afb8bc9b6424d8d7e94a31e083e353028fbd50a074da1f3a9f3"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "thing.h5"


def run_python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=Path(__file__).parents[2],
    )


def test_arrays_and_header_come_back(path):
    written = write_sealed(path, "thing", {"name": "Ωß\n", "n": 3}, ARRAYS, notes={"host": "h"})
    with open_sealed(path, "thing") as file:
        assert file.header == {"name": "Ωß\n", "n": 3, "kind": "thing", "version": 1}
        assert file.notes == {"host": "h"}
        assert file.digest == written
        for name, array in ARRAYS.items():
            assert name in file
            assert file.shape(name) == array.shape
            np.testing.assert_array_equal(file.read(name), array)
            assert file.read(name).dtype == array.dtype
        rows = file.read("deep/er/values", slice(1, 2))
        np.testing.assert_array_equal(rows, ARRAYS["deep/er/values"][1:])
        assert file.names("deep") == ("er",)
        assert file.names("nothing") == file.names("votes") == ()


def test_absent_dataset_is_refused(path):
    write_sealed(path, "thing", {}, ARRAYS)
    for name in ("nothing", "deep", "deep/er/values/x"):
        with pytest.raises(DamagedError, match="must be there"), open_sealed(path, "thing") as file:
            file.read(name)


def test_header_longer_than_an_attribute_is_kept(path):
    text = "x" * 200_000
    write_sealed(path, "thing", {"text": text}, {})
    with open_sealed(path, "thing") as file:
        assert file.header["text"] == text


def test_digest_does_not_depend_on_notes_order_or_bytes(tmp_path):
    one = write_sealed(tmp_path / "1", "thing", {"a": 1, "b": 2}, ARRAYS, notes={"seconds": 1.0})
    swapped = dict(reversed(ARRAYS.items()))
    two = write_sealed(tmp_path / "2", "thing", {"b": 2, "a": 1}, swapped, notes={"host": "x"})
    assert one == two
    assert (tmp_path / "1").read_bytes() != (tmp_path / "2").read_bytes()


def test_digest_does_not_depend_on_how_hdf5_lays_values_out(tmp_path):
    values = np.arange(6, dtype="<i4")

    def contiguous(path):
        with h5py.File(path, "w") as file:
            file["a"] = values

    def chunked(path):
        with h5py.File(path, "w", track_order=True) as file:
            file.create_dataset("a", data=values.astype(">i4"), chunks=(2,))

    digests = {
        write_sealed(tmp_path / "x.h5", "thing", {}, {}, write_first=write)
        for write in (contiguous, chunked)
    }
    assert len(digests) == 1
    assert digests == {write_sealed(tmp_path / "y.h5", "thing", {}, {"a": values})}


@pytest.mark.parametrize("name", [name for name in ARRAYS if ARRAYS[name].size])
def test_digest_depends_on_every_value_type_shape_and_name(path, name):
    digests = [write_sealed(path, "thing", {}, ARRAYS)]
    array = ARRAYS[name]
    for place in range(array.size):
        altered = array.copy()
        altered.flat[place] = 0 if altered.flat[place] else 1
        digests.append(write_sealed(path, "thing", {}, ARRAYS | {name: altered}))
    digests.append(write_sealed(path, "thing", {}, ARRAYS | {name: array[None]}))
    digests.append(write_sealed(path, "thing", {}, ARRAYS | {name: array.astype("c8").real}))
    renamed = {k: v for k, v in ARRAYS.items() if k != name} | {f"{name}x": array}
    digests.append(write_sealed(path, "thing", {}, renamed))
    digests.append(write_sealed(path, "thing", {"n": 1}, ARRAYS))
    digests.append(write_sealed(path, "other", {}, ARRAYS))
    assert len(set(digests)) == len(digests)


def test_digest_is_pinned(path):
    assert write_sealed(path, "thing", {"n": 1}, {"a/b": np.arange(6, dtype="f4")}) == PINNED


def test_digest_of_blocks_is_that_of_the_whole(path, monkeypatch):
    whole = write_sealed(path, "thing", {}, ARRAYS)
    monkeypatch.setattr(hdf5, "_BLOCK_BYTES", 8)
    assert content_sha256(path) == whole


def test_writer_that_fails_leaves_the_old_file(path):
    write_sealed(path, "thing", {"n": 1}, {})
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError):
        write_sealed(path, "thing", {"n": 2}, {}, write_first=lambda partial: 1 / 0)
    assert path.read_bytes() == before
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_writer_that_is_killed_leaves_the_old_file(path):
    write_sealed(path, "thing", {"n": 1}, {})
    before = path.read_bytes()
    done = run_python(
        """
        import os, pathlib, sys
        from ensemble_lab.store.hdf5 import write_sealed
        def die(partial):
            partial.write_bytes(b"half of it")
            os._exit(7)
        write_sealed(pathlib.Path(sys.argv[1]), "thing", {"n": 2}, {}, write_first=die)
        """,
        path,
    )
    assert done.returncode == 7
    assert path.read_bytes() == before
    left = [item.name for item in path.parent.iterdir() if item != path]
    assert len(left) == 1
    assert left[0].startswith(".partial-")
    assert left[0].endswith(path.name)
    files.remove_partials(path.parent)
    assert [item.name for item in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_header_that_is_no_json_is_refused_before_anything_is_replaced(path, value):
    write_sealed(path, "thing", {"n": 1}, {})
    before = path.read_bytes()
    with pytest.raises(StoreError, match="finite"):
        write_sealed(path, "thing", {"n": value}, {})
    assert path.read_bytes() == before


def test_full_disk_is_one_line_and_keeps_the_old_file(path, monkeypatch, refusal):
    write_sealed(path, "thing", {"n": 1}, {})
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    error = refusal(lambda: write_sealed(path, "thing", {"n": 2}, {}))
    assert "No space left on device" in str(error)
    assert str(path) in str(error)
    assert path.read_bytes() == before
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_disk_that_ends_at_any_byte_never_kills_the_interpreter(path):
    """A limit on file size fails real writes as a full disk does, at each stage of a file.

    HDF5 on a file of its own crashed here: its close fails, and then the interpreter.
    """
    done = run_python(
        """
        import os, pathlib, resource, signal, sys
        import h5py, numpy as np
        from ensemble_lab.exceptions import StoreError
        from ensemble_lab.store.hdf5 import write_sealed
        os.fsync = lambda descriptor: None
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        path = pathlib.Path(sys.argv[1])
        write_sealed(path, "thing", {"n": 1}, {})
        before = path.read_bytes()
        def write(partial):
            with h5py.File(partial, "w") as file:
                file["layers/dense/vars/0"] = np.zeros(700)
        refused = 0
        for first in (None, write):
            for limit in range(0, 16_000, 173):
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
                try:
                    write_sealed(path, "thing", {}, {"a": np.zeros(500)}, write_first=first,
                                 first_bytes=9000)
                except StoreError as error:
                    refused += 1
                    assert "File too large" in str(error) and "\\n" not in str(error), error
                    assert path.read_bytes() == before
                resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
                assert os.listdir(path.parent) == [path.name]
                path.write_bytes(before)
        print(refused)
        """,
        path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert int(done.stdout) > 80


def test_folder_that_cannot_be_made_is_one_line(tmp_path, refusal):
    (tmp_path / "file").write_text("in the way")
    error = refusal(lambda: write_sealed(tmp_path / "file" / "thing.h5", "thing", {}, {}))
    assert "could not be written" in str(error)


@pytest.mark.keras
def test_plain_keras_loads_a_sealed_member(tmp_path):
    done = run_python(
        """
        import os, pathlib, sys
        import importlib.util as util
        os.environ.setdefault("KERAS_BACKEND", "jax" if util.find_spec("jax") else "tensorflow")
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        import keras
        from ensemble_lab.store.hdf5 import open_sealed, write_sealed
        from ensemble_lab.store.seal import check_seal
        def build(seed):
            keras.utils.set_random_seed(seed)
            layers = keras.layers
            return keras.Sequential([layers.Input((6, 6, 1)), layers.Conv2D(2, 3),
                layers.BatchNormalization(), layers.Dropout(0.1), layers.Flatten(),
                layers.Dense(3)])
        path = pathlib.Path(sys.argv[1])
        written, other = build(0), build(1)
        write_sealed(path, "member", {"spec": "x" * 100_000}, {"aside": written.get_weights()[0]},
                     write_first=written.save_weights, first_bytes=100_000)
        with open_sealed(path, "member"):
            pass
        sealed = check_seal(path)
        other.load_weights(path)
        assert all((a == b).all() for a, b in zip(written.get_weights(), other.get_weights()))
        assert check_seal(path) == sealed
        """,
        tmp_path / "member.weights.h5",
    )
    assert done.returncode == 0, done.stderr
