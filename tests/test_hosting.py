"""The Space's folder: what is in it, what it asks for, and that none of it is out of date."""

import re
from pathlib import Path

import pytest
import yaml
from tiny_world import add_model

from busdemo.cli import main
from busdemo.ui.health import PATH as HEALTH
from busdemo.workflows.hosting import CHECKOUT, PARTS, build_space, render_space
from busdemo.workflows.requirements import INDEX, CannotBuild, list_requirements, read_pins
from busdemo.zoo.cards import read_card, read_facts, write_card

FRONT_MATTER = {
    *("title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version"),
    *("app_file", "license", "tags", "short_description"),
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As little of a checkout as a Space can be built from."""
    place = tmp_path / "checkout"
    add_model(place / "weights", "near")
    add_model(place / "weights", "far", seed=1)
    for name in ("busdemo", "examples", "spaces"):
        (place / name).mkdir()
    for name in ("app.py", "LICENSE", "busdemo/page.py", "busdemo/page.pyc", "examples/a.png"):
        (place / name).write_text(name)
    for source in (CHECKOUT / "spaces").iterdir():
        (place / "spaces" / source.name).write_bytes(source.read_bytes())
    return place


def read_front_matter(readme: Path) -> dict[str, object]:
    front: dict[str, object] = yaml.safe_load(readme.read_text("utf-8").split("---\n")[1])
    return front


def pin_to_hub(folder: Path) -> None:
    header, text = read_facts(folder / "README.md")
    header["busdemo"] |= {"repo_id": "org/busdemo-far", "revision": "a" * 40}
    write_card(folder / "README.md", header, text)


def test_what_is_generated_in_the_folder_is_up_to_date() -> None:
    for path, content in render_space().items():
        assert path.read_text("utf-8") == content, f"{path.name}: run `busdemo readme`"


def test_the_requirements_are_the_pins_of_the_tests_without_cuda() -> None:
    first, *lines = list_requirements(CHECKOUT)
    assert first == INDEX
    pins = read_pins(CHECKOUT / "constraints.txt")
    names = [line.split("==")[0] for line in lines]
    assert lines == [f"{name}=={pins[name]}" for name in names]  # type: ignore[index]
    assert {"torch", "torchvision", "gradio", "spaces", "pydicom"} <= set(names)
    assert not [name for name in names if re.match("nvidia|cuda|triton|pytest|ruff", name)]


def test_pins_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    # What broke Spaces in 2026: they install gradio[mcp], which needs an older pydantic.
    pins = (CHECKOUT / "constraints.txt").read_text()
    (tmp_path / "constraints.txt").write_text(re.sub("pydantic==.*", "pydantic==2.14.3", pins))
    (tmp_path / "pyproject.toml").write_bytes((CHECKOUT / "pyproject.toml").read_bytes())
    with pytest.raises(CannotBuild, match=r"pins pydantic to 2\.14\.3; needed is pydantic.*<="):
        list_requirements(tmp_path)
    (tmp_path / "constraints.txt").write_text(re.sub("scipy==.*", "", pins))
    with pytest.raises(CannotBuild, match=r"does not pin scipy\."):
        list_requirements(tmp_path)


def test_a_space_has_its_parts_and_never_a_folder_of_that_name(
    checkout: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    files = {str(path.relative_to(out)) for path in build_space(out, checkout)}
    assert {"app.py", "README.md", "requirements.txt", "Dockerfile", "busdemo/page.py"} <= files
    assert "weights/near/model.safetensors" in files
    assert {name.split("/")[0] for name in files} == {
        *PARTS,
        *(path.name for path in (CHECKOUT / "spaces").iterdir()),
    }
    assert not [name for name in files if name.endswith(".pyc")]
    front = read_front_matter(out / "README.md")
    assert set(front) >= FRONT_MATTER
    assert len(str(front["short_description"])) <= 60, "Spaces refuse a longer one"
    assert front["sdk_version"] == read_pins(CHECKOUT / "constraints.txt")["gradio"]  # type: ignore[index]


def test_published_models_come_from_the_hub_while_the_space_is_built(
    checkout: Path, tmp_path: Path
) -> None:
    pin_to_hub(checkout / "weights" / "far")
    out = tmp_path / "out"
    build_space(out, checkout)
    front = read_front_matter(out / "README.md")
    assert front["models"] == ["org/busdemo-far"]
    assert front["preload_from_hub"] == [f"org/busdemo-far model.safetensors {'a' * 40}"]
    assert not (out / "weights" / "far" / "model.safetensors").exists()
    assert read_card(out / "weights" / "far").problem is None
    assert (out / "weights" / "near" / "model.safetensors").is_file()


def test_what_is_in_the_way_or_missing_is_said(
    checkout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CannotBuild, match=r"checkout is not empty\."):
        build_space(checkout, checkout)
    (checkout / "app.py").unlink()
    with pytest.raises(CannotBuild, match=r"has no app\.py: a Space is built from a checkout\."):
        build_space(tmp_path / "out", checkout)
    assert main(["space", "build", str(checkout)]) == 1
    assert capsys.readouterr().err.strip().endswith("checkout is not empty.")


def test_the_docker_image_runs_without_root_writes_only_to_tmp_and_is_asked_for_its_health() -> (
    None
):
    lines = (CHECKOUT / "spaces" / "Dockerfile").read_text().splitlines()
    written = " ".join(lines)
    assert "USER visitor" in lines
    for name in ("GRADIO_TEMP_DIR", "HF_HOME", "XDG_CACHE_HOME"):
        assert re.search(rf"{name}=/tmp/", written)
    (check,) = (i for i, line in enumerate(lines) if line.startswith("HEALTHCHECK"))
    assert f"127.0.0.1:7860{HEALTH}'" in lines[check + 1]
    assert "STOPSIGNAL SIGINT" in lines  # as process 1, Python does not hear SIGTERM
