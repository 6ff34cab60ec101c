"""Weights from a Hub that works, is slow, breaks off or says no, through the Hub's own client."""

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_client import add_remote, ask, change_facts, start
from hub_server import Fault, HubServer
from tiny_world import add_model
from waiting import wait_until

from busdemo.zoo.cards import read_card, read_facts, write_card


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    folder = tmp_path / "weights"
    folder.mkdir()
    return folder


def kept_files(zoo: Path) -> list[Path]:
    """Every finished file in the client's cache."""
    found = (zoo.parent / "cache").rglob("*")
    return [p for p in found if p.is_file() and p.stat().st_size and ".locks" not in p.parts]


def test_weights_come_from_the_folder_then_the_cache_then_the_hub(
    zoo: Path, hub: HubServer
) -> None:
    content = add_remote(zoo, hub, "far", padding=12_000_000)
    add_model(zoo, "near")
    first = ask(zoo, hub)
    assert Path(first["far"][0]).read_bytes() == content
    # The client takes 10 MB at a time.
    assert first["far"][2] == [pytest.approx(10_485_760 / len(content)), 1.0]
    assert first["near"][0] == str(zoo / "near" / "model.safetensors")
    hub.requests.clear()
    again = ask(zoo, hub, HF_HUB_OFFLINE="1")
    assert again["far"][:2] == [first["far"][0], True]
    assert hub.requests == []


def test_a_download_says_once_how_large_it_is_and_where_it_goes(zoo: Path, hub: HubServer) -> None:
    content = add_remote(zoo, hub, "far", padding=12_000_000)
    change_facts(zoo / "far", bytes=len(content))
    said = [start(zoo, hub).communicate("{}")[1] for _ in range(2)]
    place = zoo.parent / "cache" / "hub"
    sentence = f"Downloading the weights of far, 12.0 MB, from org/far to {place}."
    assert [errors.count(sentence) for errors in said] == [1, 0]


def test_the_owner_of_the_environment_completes_a_card_that_names_none(
    zoo: Path, hub: HubServer
) -> None:
    content = add_remote(zoo, hub, "far")
    folder = zoo / "far"
    header, text = read_facts(folder / "README.md")
    del header["busdemo"]["repo_id"]
    write_card(folder / "README.md", header, text)
    assert read_card(folder).problem == "There are no weights in its folder."
    files = {"model.safetensors": content}
    change_facts(folder, revision=hub.commit("elsewhere/busdemo-far", files, "main"))
    assert Path(ask(zoo, hub, BUSDEMO_HUB="elsewhere")["far"][0]).read_bytes() == content


def test_a_card_that_pins_no_commit_is_not_fetched(zoo: Path, hub: HubServer) -> None:
    add_remote(zoo, hub, "far")
    change_facts(zoo / "far", revision="main")
    assert read_card(zoo / "far").problem == "There are no weights in its folder."


def test_a_hub_that_stumbles_still_gives_the_right_file(zoo: Path, hub: HubServer) -> None:
    wanted = {
        name: add_remote(zoo, hub, name, padding=length)
        for name, length in (("busy", 1), ("ill", 2), ("gone", 3), ("cut", 12_000_000))
    }
    store = {name: hashlib.sha256(content).hexdigest() for name, content in wanted.items()}
    hub.faults += [
        Fault("/org/busy/resolve", status=429, headers={"Retry-After": "1"}),
        Fault(f"/lfs/{store['ill']}", status=500),
        Fault("/org/gone/resolve", status=503),
        Fault(f"/lfs/{store['cut']}", cut=11_000_000),
    ]
    answers = ask(zoo, hub)
    assert {
        name: Path(answers[name][0]).read_bytes() == wanted[name] for name in wanted
    } == dict.fromkeys(wanted, True)
    # The client writes 10 MB at a time, so it goes on after the last whole piece.
    assert hub.ranges == ["bytes=10485760-"]
    assert not [fault for fault in hub.faults if fault.times]


def test_a_hub_that_stays_ill_is_said(zoo: Path, hub: HubServer) -> None:
    for number, name in enumerate(("store", "forbidden", "unknown", "busy")):
        add_remote(zoo, hub, name, padding=number)
    add_remote(zoo, hub, "well", padding=9)
    content = next(iter(hub.repositories["org/store"].commits.values()))["model.safetensors"]
    hub.faults += [
        Fault(f"/lfs/{hashlib.sha256(content).hexdigest()}", times=99, status=500),
        Fault("/org/forbidden/resolve", times=99, status=403),
        Fault("/org/unknown/resolve", times=99, status=401),
        Fault("/org/busy/resolve", times=99, status=429, headers={"Retry-After": "0"}),
    ]
    answers = {name: answer[0] for name, answer in ask(zoo, hub).items()}
    assert Path(answers.pop("well")).is_file(), "the others still come"
    start = "refused: The Hub did not give org/"
    assert answers == {
        "store": f"{start}store: it is in trouble itself (status 500); try again later.",
        "forbidden": f"{start}forbidden: HF_TOKEN may not read it (status 403).",
        "unknown": f"{start}unknown: it does not accept HF_TOKEN (status 401).",
        "busy": f"{start}busy: it was asked too often (status 429); try again later.",
    }


def test_a_file_damaged_in_the_cache_is_fetched_again(zoo: Path, hub: HubServer) -> None:
    content = add_remote(zoo, hub, "far")
    path = Path(ask(zoo, hub)["far"][0])
    path.write_bytes(content[:-1] + b"?")
    refused = ask(zoo, hub, HF_HUB_OFFLINE="1")["far"]
    assert "not the ones the card names" in refused[0]
    assert refused[1] is False
    assert Path(ask(zoo, hub)["far"][0]).read_bytes() == content


def test_what_the_hub_refuses_is_a_sentence_and_nothing_is_kept(zoo: Path, hub: HubServer) -> None:
    for name in ("gated", "gone", "secret", "empty", "moved"):
        add_remote(zoo, hub, name)
    hub.repositories["org/gated"].gated = True
    del hub.repositories["org/gone"]
    hub.repositories["org/secret"].token = "hf_" + "a" * 34
    empty = hub.repositories["org/empty"]
    empty.commits = {name: {} for name in empty.commits}
    hub.repositories["org/moved"].commits.clear()
    revisions = {card.name: read_card(card).origin for card in zoo.iterdir()}
    answers = {name: answer[0] for name, answer in ask(zoo, hub).items()}
    no_model = "refused: There is no model org/{} on the Hub, or HF_TOKEN may not read it."
    assert answers == {
        "gated": "refused: org/gated is gated: ask for access on its page, then set HF_TOKEN.",
        "gone": no_model.format("gone"),
        "secret": no_model.format("secret"),
        "empty": "refused: org/empty has no model.safetensors at revision "
        f"{revisions['empty'].revision!r}.",  # type: ignore[union-attr]
        "moved": f"refused: org/moved has no revision {revisions['moved'].revision!r}.",  # type: ignore[union-attr]
    }
    assert kept_files(zoo) == []
    allowed = ask(zoo, hub, HF_TOKEN="hf_" + "a" * 34)["secret"]
    assert Path(allowed[0]).is_file()


def test_other_weights_under_the_same_commit_are_refused(zoo: Path, hub: HubServer) -> None:
    add_remote(zoo, hub, "forged")
    change_facts(zoo / "forged", sha256="0" * 64)
    for _ in range(2):  # the second time they come from the cache
        assert "not the ones the card names" in ask(zoo, hub)["forged"][0]


def test_a_full_disk_is_said_and_leaves_no_half_file(zoo: Path, hub: HubServer) -> None:
    content = add_remote(zoo, hub, "far", padding=3_000_000)
    refused = ask(zoo, hub, largest_file=1_000_000)["far"]
    assert refused[:2] == ["refused: There is no space on the disk for org/far.", False]
    assert Path(ask(zoo, hub)["far"][0]).read_bytes() == content, "with space again, it is fetched"


def test_a_server_that_says_nothing_is_given_up(zoo: Path, hub: HubServer) -> None:
    add_remote(zoo, hub, "far", padding=200_000)
    hub.faults.append(Fault("/lfs/", times=1000, pause_s=1.5))
    answer = ask(zoo, hub, HF_HUB_DOWNLOAD_TIMEOUT="1")["far"]
    sentence = "The Hub did not give org/far: it does not answer; try again later."
    assert answer[0] == f"refused: {sentence}"
    assert answer[1] is False


def test_a_program_that_is_killed_leaves_nothing_that_is_taken_for_weights(
    zoo: Path, hub: HubServer
) -> None:
    content = add_remote(zoo, hub, "far", padding=12_000_000)
    hub.faults += [Fault("/lfs/", cut=11_000_000), Fault("/lfs/", until=threading.Event())]
    with start(zoo, hub) as process:
        assert process.stdin
        process.stdin.write("{}")
        process.stdin.close()
        # It has 10 MB and asks for more.
        wait_until(lambda: hub.ranges or process.poll() is not None)
        assert process.poll() is None
        process.kill()
    large = [path.suffix for path in kept_files(zoo) if path.stat().st_size > 10_000_000]
    assert large == [".incomplete"]
    assert Path(ask(zoo, hub)["far"][0]).read_bytes() == content


def test_two_processes_may_fetch_the_same_model_at_once(zoo: Path, hub: HubServer) -> None:
    content = add_remote(zoo, hub, "far", padding=2_000_000)
    hub.faults.append(Fault("/lfs/", times=2, pause_s=0.02))
    with start(zoo, hub) as one, start(zoo, hub) as other:
        for process in (one, other):
            assert process.stdin
            process.stdin.write("{}")
            process.stdin.close()
        for process in (one, other):
            assert process.stdout
            path = json.loads(process.stdout.read())["far"][0]
            assert process.wait() == 0
            assert Path(path).read_bytes() == content
    shutil.rmtree(zoo.parent / "cache")
