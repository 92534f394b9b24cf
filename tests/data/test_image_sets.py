"""Sets in MNIST's format: found under their name, read, checked and downloaded."""

import gzip
import hashlib
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ensemble_lab.data.loading import load_dataset, load_split
from ensemble_lab.data.sources import SOURCES, Source, load_class_names, locate
from ensemble_lab.data.sources.image_set import ImageSet
from ensemble_lab.data.sources.publication import PublishedFile
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.data import parse_data
from tests.data.conftest import Served
from tests.data.idx_files import idx_bytes
from tests.data.small_sets import FILES, FOUR, IMAGES, LABELS, MEMBERS, SETS, lay, shrink, zip_up


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ImageSet]:
    """Put a small set into the registry."""

    def use(name: str, files: dict[str, bytes] | None = None, **wishes: Any) -> ImageSet:
        small = shrink(name, files, **wishes)
        monkeypatch.setitem(SOURCES, name, Source.of_set(small))
        return small

    return use


@pytest.mark.parametrize("name", SETS)
def test_both_splits_are_read_as_they_are_meant(tmp_path, use, name):
    use(name)
    data = load_dataset(parse_data({"name": name}), lay(tmp_path / name, FILES[name]))
    assert [(s.name, s.role, s.n_examples) for s in data.splits] == [
        ("train", "none", 27), ("validation", "choose", 3), ("test", "report", 20),
    ]  # fmt: skip
    assert np.array_equal(data.split("test").images[..., 0], IMAGES["test"])
    assert np.array_equal(data.split("test").labels, LABELS["test"])
    assert data.name == name


def test_class_names_are_those_that_the_authors_give():
    fashion, kana, digits = (load_class_names(parse_data({"name": name})) for name in SETS)
    assert fashion == (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    )  # fmt: skip
    assert kana == tuple(["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"])
    assert digits == tuple("0123456789")


def test_true_sizes_are_those_published():
    sizes = {name: [part.n_examples for part in each.parts] for name, each in SETS.items()}
    assert sizes == {
        "fashion_mnist": [60_000, 10_000],
        "kmnist": [60_000, 10_000],
        "emnist_digits": [240_000, 40_000],
    }


@pytest.mark.parametrize("name", FOUR)
def test_files_with_mnists_names_count_only_in_a_folder_of_theirs(tmp_path, use, name):
    use(name)
    lay(tmp_path, FILES[name])
    with pytest.raises(DataError, match=f"in a folder {name} inside it"):
        locate(parse_data({"name": name}), tmp_path)


def test_keras_cache_of_fashion_is_found(home, use, monkeypatch):
    use("fashion_mnist")
    place = lay(home / ".keras" / "datasets" / "fashion-mnist", FILES["fashion_mnist"])
    fashion = parse_data({"name": "fashion_mnist"})
    assert locate(fashion) == place
    assert load_split(fashion, "test", locate(fashion)).n_examples == 20


@pytest.mark.parametrize("name", SETS)
@pytest.mark.usefixtures("home")
def test_download_is_kept_and_found_again(served: Served, use, name):
    use(name, address=served.address)
    lay(served.folder, FILES[name])
    data = parse_data({"name": name})
    folder = locate(data)
    for path in served.folder.iterdir():
        path.unlink()
    assert locate(data) == folder
    assert load_split(data, "train", folder).n_examples == 30


@pytest.mark.parametrize("name", SETS)
def test_other_content_is_refused_before_it_is_unpacked(tmp_path, use, name):
    use(name)
    first = next(iter(FILES[name]))
    lay(tmp_path / name, FILES[name] | {first: FILES[name][first] + b"\0"})
    with pytest.raises(DataError, match=rf"{first} must have (MD5|SHA-256) .*Download it again"):
        load_split(parse_data({"name": name}), "train", tmp_path)


@pytest.mark.parametrize("name", FOUR)
def test_unpacked_files_are_held_to_sizes_and_classes(tmp_path, use, name):
    use(name)
    folder, data = tmp_path / name, parse_data({"name": name})
    plain = {file.removesuffix(".gz"): gzip.decompress(c) for file, c in FILES[name].items()}
    lay(folder, plain)
    assert load_split(data, "test", tmp_path).n_examples == 20
    lay(folder, {"t10k-images-idx3-ubyte": idx_bytes(IMAGES["train"])})
    with pytest.raises(DataError, match="must hold 20 examples; got 30"):
        load_split(data, "test", tmp_path)
    lay(folder, plain | {"t10k-labels-idx1-ubyte": idx_bytes(LABELS["test"] + np.uint8(1))})
    with pytest.raises(DataError, match="test must be below 10; got 10"):
        load_split(data, "test", tmp_path)


@pytest.mark.parametrize("packed", [True, False])
def test_unpacked_members_of_emnist_do_instead_of_the_archive(tmp_path, use, packed):
    use("emnist_digits")
    for name, content in MEMBERS.items():
        shown = name if packed else name.removesuffix(".gz")
        lay(tmp_path, {shown: content if packed else gzip.decompress(content)})
    split = load_split(parse_data({"name": "emnist_digits"}), "train", tmp_path)
    assert np.array_equal(split.images[..., 0], IMAGES["train"])


TRAIN_IMAGES = "emnist-digits-train-images-idx3-ubyte.gz"


def lie(size: int) -> bytes:
    """An archive whose directory and local header promise another size of the train images."""
    files = {"gzip/" + name: content for name, content in MEMBERS.items()}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in files.items():
            archive.writestr(name, member)
        archive.getinfo(f"gzip/{TRAIN_IMAGES}").file_size = size
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        (zip_up(MEMBERS)[:-40], "whole zip file; got .*gzip\\.zip:gzip/emnist-digits-train"),
        (zip_up({}), f"archive must hold gzip/{TRAIN_IMAGES}; got none"),
        (zip_up(MEMBERS | {TRAIN_IMAGES: b"no IDX"}), "two zero bytes.*got 6e 6f 20 49"),
        (zip_up(MEMBERS | {TRAIN_IMAGES: MEMBERS[TRAIN_IMAGES][:-9]}), "whole gzip file"),
        (zip_up(MEMBERS | {TRAIN_IMAGES: MEMBERS[TRAIN_IMAGES.replace("train", "test")]}),
         "must hold 30 examples; got 20"),
        (lie(2**40), "header says 1,099,511,627,776"),
        (lie(2**33), "header says 8,589,934,592"),
    ],
    ids=["cut", "absent", "foreign", "cut member", "sizes", "bomb", "smaller bomb"],
)  # fmt: skip
def test_archive_that_is_wrong_is_named_with_its_member(tmp_path, use, content, facts):
    use("emnist_digits", {"gzip.zip": content})
    lay(tmp_path, {"gzip.zip": content})
    with pytest.raises(DataError, match=facts) as caught:
        load_split(parse_data({"name": "emnist_digits"}), "train", tmp_path)
    assert "\n" not in str(caught.value)


def test_no_damage_to_an_archive_escapes(tmp_path, use, monkeypatch):
    """Even where its checksum were right: nothing but DataError, and no other images."""
    whole = FILES["emnist_digits"]["gzip.zip"]
    data, rng = parse_data({"name": "emnist_digits"}), np.random.default_rng(4)
    small, n_refused = use("emnist_digits"), 0
    for _ in range(200):
        content = bytearray(whole[: int(rng.integers(1, len(whole) + 1))])
        if rng.random() < 0.7:
            content = bytearray(whole)
            for at in rng.integers(0, len(content), int(rng.integers(1, 4))):
                content[at] ^= int(rng.integers(1, 256))
        digest = hashlib.md5(content).hexdigest()
        published = replace(small.publication, files=(PublishedFile("gzip.zip", f"md5:{digest}"),))
        monkeypatch.setitem(
            SOURCES, "emnist_digits", Source.of_set(replace(small, publication=published))
        )
        lay(tmp_path, {"gzip.zip": bytes(content)})
        try:
            split = load_split(data, "train", tmp_path)
        except DataError:
            n_refused += 1
        else:
            assert np.array_equal(split.images[..., 0], IMAGES["train"])
    assert n_refused > 50
