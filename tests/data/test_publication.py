"""Published files: where they may lie, what is compared, what is said when they are absent."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from ensemble_lab.data.sources import publication as module
from ensemble_lab.data.sources.publication import (
    Publication,
    check_file,
    find_anywhere,
    find_file,
    find_folder,
)
from ensemble_lab.exceptions import DataError
from tests.data.conftest import Served
from tests.data.idx_files import publish

FILES = {"one.gz": gzip.compress(b"one"), "two.gz": gzip.compress(b"two")}
OWN = Publication(
    title="Toys",
    address="http://127.0.0.1:9/",
    files=publish(FILES, "sha256"),
    folders=("toys", "Toys/raw"),
    has_own_names=True,
    instead=("toys.npz",),
)
BORROWED = replace(OWN, has_own_names=False, instead=())


def lay(folder: Path, *, unpacked: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in FILES.items():
        if unpacked:
            (folder / name.removesuffix(".gz")).write_bytes(gzip.decompress(content))
        else:
            (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("inside", ["toys", "Toys/raw"])
@pytest.mark.parametrize("publication", [OWN, BORROWED])
def test_folder_of_its_name_is_found_inside_and_again(tmp_path, publication, inside):
    place = lay(tmp_path / inside)
    assert find_folder(publication, tmp_path) == place
    # A worker is handed what was found.
    assert find_folder(publication, place) == place


def test_files_beside_others_count_only_under_names_of_their_own(tmp_path):
    lay(tmp_path)
    assert find_folder(OWN, tmp_path) == tmp_path
    with pytest.raises(DataError, match=r"2 files of Toys in a folder toys inside it; got"):
        find_folder(BORROWED, tmp_path)


def test_folder_named_relatively_is_recognised(tmp_path, monkeypatch):
    monkeypatch.chdir(lay(tmp_path / "toys"))
    assert find_folder(BORROWED, Path()) == Path()


def test_sub_folder_comes_before_the_folder(tmp_path):
    lay(tmp_path)
    place = lay(tmp_path / "toys")
    assert find_folder(OWN, tmp_path) == place


def test_files_that_do_instead_are_enough(tmp_path):
    (tmp_path / "toys.npz").touch()
    assert find_folder(OWN, tmp_path) == tmp_path


def test_what_lacks_is_named_where_most_of_it_lies(tmp_path):
    (lay(tmp_path / "toys") / "two.gz").unlink()
    with pytest.raises(DataError, match=r"got .* without toys\.npz and two\.gz\.$"):
        find_folder(OWN, tmp_path)
    with pytest.raises(DataError, match=r"got .* without two\.gz\.$"):
        find_folder(BORROWED, tmp_path)


def test_given_folder_alone_counts_unless_files_may_lie_anywhere(home, tmp_path, monkeypatch):
    place = lay(tmp_path / "named" / "toys")
    monkeypatch.setenv("ENSEMBLE_LAB_DATA", str(tmp_path / "named"))
    given = tmp_path / "given"
    given.mkdir()
    with pytest.raises(DataError, match="without"):
        find_folder(OWN, given)
    assert find_anywhere(OWN, given) == place
    beside = lay(given)
    assert find_anywhere(OWN, given) == beside
    assert find_anywhere(OWN) == place


def test_packed_file_is_compared_with_its_checksum(tmp_path):
    lay(tmp_path)
    for kind, title in (("sha256", "SHA-256"), ("md5", "MD5")):
        file = publish(FILES, kind)[0]
        assert check_file(tmp_path, file) == tmp_path / "one.gz"
        with pytest.raises(
            DataError, match=rf"two\.gz must have {title} .* as published; got .*two\.gz"
        ):
            check_file(tmp_path, replace(file, name="two.gz"))


def test_unpacked_file_is_found_without_a_checksum(tmp_path):
    lay(tmp_path, unpacked=True)
    assert check_file(tmp_path, OWN.files[0]) == tmp_path / "one"
    lay(tmp_path)
    assert find_file(tmp_path, "one.gz") == tmp_path / "one.gz"


def test_absent_and_unreadable_files_are_refused(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"must hold one\.gz; got .* without it"):
        check_file(tmp_path, OWN.files[0])
    lay(tmp_path)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(module.hashlib, "file_digest", refuse)
    with pytest.raises(DataError, match=r"one\.gz must be readable; got Permission denied"):
        check_file(tmp_path, OWN.files[0])


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_download_is_checked_by_either_checksum(served: Served, kind: str) -> None:
    lay(served.folder)
    publication = replace(BORROWED, address=served.address, files=publish(FILES, kind))
    folder = find_folder(publication)
    assert folder.name == "toys"
    assert find_folder(publication, folder) == folder
    other = replace(publication, files=publish(FILES | {"two.gz": b"other"}, kind))
    with pytest.raises(DataError, match=r"two\.gz.*does not match") as caught:
        find_folder(other)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("home", "served")
def test_failed_download_says_what_to_lay_where() -> None:
    with pytest.raises(DataError, match=r"Lay one\.gz, two\.gz \(or toys\.npz\) into a folder and"):
        find_folder(OWN)
    with pytest.raises(DataError, match=r"Lay one\.gz, two\.gz into DIR/toys and name DIR with"):
        find_folder(BORROWED)
