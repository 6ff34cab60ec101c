"""The same run on a real Ray cluster of two nodes on this machine."""

import importlib.util
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from tiny_world import write_world

from busdemo.evaluation.cluster import _quiet, compute_on_ray, connect
from busdemo.evaluation.evaluating import compute_here, evaluate_dataset
from busdemo.evaluation.readers.finding import read_dataset
from busdemo.evaluation.run_files import read_run
from busdemo.evaluation.setup import choose_setup, write_receipt

COUNT = 60
needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray comes with the extra `cluster`"
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [(f"case{n:02d}", "A", "test", ("benign", "normal")[n % 2]) for n in range(COUNT)]
    folder = write_world(tmp_path_factory.mktemp("world"), rows)
    (folder / "data/images/case07.webp").write_bytes(b"no picture")
    run(folder, "here")
    return folder


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A head with one core and a second node with another."""
    import ray
    from ray.cluster_utils import Cluster

    started = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 1, "object_store_memory": 80 * 2**20},
    )
    started.add_node(num_cpus=1, object_store_memory=80 * 2**20)
    started.wait_for_nodes()
    yield started
    ray.shutdown()
    started.shutdown()


def run(world: Path, out: str, cluster: Any = None, kill_after: int | None = None) -> None:
    """A run here, or on a cluster of which a node is killed after some images."""
    dataset = read_dataset(world / "data", "test")
    setup, examiner, _ = choose_setup(["all"], weights=world / "weights")
    receipt = write_receipt(dataset, examiner, command="", place="", workers=2)
    if cluster is None:
        evaluate_dataset(dataset, world / out, receipt, compute_here(examiner, 2))
        return
    assert connect(cluster.address) == 2
    compute = compute_on_ray(setup, 2)

    def compute_and_kill(cases: Any) -> Any:
        for count, one in enumerate(compute(cases), 1):
            yield one
            if count == kill_after:
                node = next(iter(cluster.worker_nodes))
                threading.Thread(target=cluster.remove_node, args=(node, False)).start()

    evaluate_dataset(dataset, world / out, receipt, compute_and_kill)


def rows_of(folder: Path) -> pd.DataFrame:
    return read_run(folder).rows.drop(columns="ms")


@needs_ray
@pytest.mark.parametrize("kill_after", [None, 3])
def test_two_nodes_give_the_same_rows_also_when_one_of_them_is_killed(
    world: Path, cluster: Any, kill_after: int | None
) -> None:
    out = f"ray{kill_after}"
    run(world, out, cluster, kill_after)
    pd.testing.assert_frame_equal(rows_of(world / out), rows_of(world / "here"), check_exact=True)
    skipped = read_run(world / out).receipt["data"]["skipped"]
    assert skipped == [{"id": "case07", "why": "case07.webp cannot be read as a picture."}]
    if kill_after:
        assert len(cluster.list_all_nodes()) == 1


def test_without_ray_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("busdemo.evaluation.cluster.importlib.util.find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"^Running on Ray needs Ray: .* 'busdemo\[cluster\]'\.$"):
        connect()


@needs_ray
def test_an_address_where_nobody_listens_is_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"^There is no Ray cluster at 127\.0\.0\.1:1\.$"):
        connect("127.0.0.1:1")


def test_ray_is_as_loud_afterwards_as_before() -> None:
    context, logger = SimpleNamespace(enable_progress_bars=True), logging.getLogger("as.ray")
    logger.setLevel(logging.INFO)
    with _quiet(context, logger):
        assert not context.enable_progress_bars
        assert logger.level == logging.CRITICAL
    assert context.enable_progress_bars
    assert logger.level == logging.INFO
