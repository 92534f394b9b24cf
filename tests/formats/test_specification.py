"""`checkpoints/README.md` is enough to check a run: here with h5py, hashlib and json alone."""

import hashlib
import json
from pathlib import Path

import h5py
import numpy as np
import pytest

RUN = Path(__file__).parent / "v1"
SEALED = sorted(RUN.parent.rglob("*.h5"))


def canonical(value):
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def array_hash(array):
    return sha256(canonical({"dtype": array.dtype.str, "shape": array.shape}) + array.tobytes())


def read(path):
    """Header, and arrays by path, of a sealed file."""
    arrays = {}
    with h5py.File(path) as file:
        header = json.loads(file["ensemble_lab/header"][()].tobytes())
        file.visititems(
            lambda name, item: (
                arrays.update({name: item[()]})
                if isinstance(item, h5py.Dataset) and not name.startswith("ensemble_lab/")
                else None
            )
        )
    return header, arrays


@pytest.mark.parametrize("path", SEALED, ids=[str(path.relative_to(RUN.parent)) for path in SEALED])
def test_seal_and_content_digest(path):
    content = path.read_bytes()
    assert content[-80:-64] == b"\x89ENSEMBLE-LAB\r\n\x1a"
    assert content[-32:] == hashlib.sha256(content[:-32]).digest()
    header, arrays = read(path)
    text = canonical(header)
    for name in sorted(arrays):
        array = np.asarray(arrays[name])
        text += canonical([name, array.dtype.str, array.shape])
        text += hashlib.sha256(array.tobytes()).digest()
    assert content[-64:-32].hex() == sha256(text)


def test_members_digest():
    manifest = json.loads((RUN / "run.json").read_text())
    examples = {}
    for split in ("train", "validation"):
        header, _ = read(RUN / "splits" / f"{split}.h5")
        examples[split] = sha256(canonical([header["images_sha256"], header["labels_sha256"]]))
    for member in manifest["members"]:
        spec = {k: v for k, v in member["spec"].items() if k not in ("key", "group")}
        assert member["digest"] == sha256(canonical(spec | {"examples": examples}))


@pytest.mark.parametrize("split", ["validation", "test"])
def test_predictions_name_their_parent_and_examples(split):
    record, arrays = read(RUN / "splits" / f"{split}.h5")
    assert array_hash(arrays["labels"]) == record["labels_sha256"]
    for folder in sorted((RUN / "members").iterdir()):
        header, predicted = read(folder / f"predictions-{split}.h5")
        weights = (folder / "member.weights.h5").read_bytes()
        assert header["parent"] == weights[-64:-32].hex()
        assert header["index_sha256"] == array_hash(arrays["index"])
        assert (predicted["votes"] == predicted["probabilities"].argmax(axis=1)).all()
