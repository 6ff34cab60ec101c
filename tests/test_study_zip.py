"""A study in a ZIP: what is unpacked, and what is refused in one sentence and leaves nothing."""

import stat
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from study_world import write_readers

from busdemo.workflows.study import compute_zip
from busdemo.workflows.study_report import write_report
from busdemo.workflows.study_zip import MOST_FILES, find_readers, unpack


def pack(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def pack_folder(path: Path, folder: Path, below: str = "") -> Path:
    found = [one for one in sorted(folder.rglob("*")) if one.is_file()]
    return pack(path, {f"{below}{p.relative_to(folder)}": p.read_bytes() for p in found})


def test_a_zip_of_images_and_readers_is_a_study(tmp_path: Path) -> None:
    root = write_readers(tmp_path / "world", {"ana": 0, "ben": 1}, 6)
    (root / "patients.csv").write_text("image,patient\ncase00,a\ncase01,a\n", "utf-8")
    archive = pack_folder(tmp_path / "mine.zip", root, "mine/")
    result = compute_zip(archive, tmp_path / "here")
    assert result.name == "mine"
    assert list(result.roles)[:2] == ["ana", "ben"]
    assert result.pairs["group"].nunique() == 5
    assert "Study: mine" in write_report(result)


def test_what_a_mac_adds_is_not_read(tmp_path: Path) -> None:
    archive = pack(tmp_path / "mac.zip", {"ana/a.png": b"1", "__MACOSX/ana/._a.png": b"2"})
    folder = unpack(archive, tmp_path / "here")
    assert [one.name for one in folder.rglob("*") if one.is_file()] == ["a.png"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("../out.png", "leads out of it"),
        ("/etc/out.png", "leads out of it"),
        ("ana\\..\\..\\out.png", "leads out of it"),
        ("C:/out.png", "leads out of it"),
        ("ana/more.zip", "holds another ZIP"),
    ],
)
def test_paths_that_climb_and_zips_in_zips_are_refused(
    tmp_path: Path, name: str, sentence: str
) -> None:
    archive = pack(tmp_path / "bad.zip", {name: b"x"})
    with pytest.raises(ValueError, match=sentence):
        unpack(archive, tmp_path / "here")
    assert not [one for one in tmp_path.rglob("*") if one.is_file() and one != archive]


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("ana/link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ValueError, match="holds a link"):
        unpack(tmp_path / "link.zip", tmp_path / "here")


def test_a_bomb_is_refused_whatever_it_says_of_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("busdemo.workflows.study_zip.MOST_BYTES", 1000)
    honest = pack(tmp_path / "bomb.zip", {"ana/a.png": bytes(5000)})
    with pytest.raises(ValueError, match="unpacks to more than"):
        unpack(honest, tmp_path / "here")
    data = bytearray(honest.read_bytes())
    central = data.rindex(b"PK\x01\x02")
    data[central + 24 : central + 28] = (10).to_bytes(4, "little")  # says it holds ten bytes
    (tmp_path / "liar.zip").write_bytes(data)
    with suppress(ValueError):
        unpack(tmp_path / "liar.zip", tmp_path / "there")
    written = [one.stat().st_size for one in (tmp_path / "there").rglob("*.png")]
    assert sum(written) <= 1000


def test_ten_thousand_files_are_refused(tmp_path: Path) -> None:
    archive = pack(tmp_path / "many.zip", {f"ana/{n}.png": b"" for n in range(MOST_FILES + 1)})
    with pytest.raises(ValueError, match="at most 5,000 are read"):
        unpack(archive, tmp_path / "here")


def test_what_is_no_zip_or_holds_no_readers_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ValueError, match="no ZIP that can be read"):
        unpack(tmp_path / "no.zip", tmp_path / "here")
    with pytest.raises(ValueError, match="is empty"):
        unpack(pack(tmp_path / "empty.zip", {}), tmp_path / "here")
    folder = unpack(pack(tmp_path / "text.zip", {"readme.md": b"x"}), tmp_path / "there")
    with pytest.raises(ValueError, match="holds no readers"):
        find_readers(folder)
