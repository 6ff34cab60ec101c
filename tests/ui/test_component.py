"""What the page's own components share."""

from collections.abc import Iterator

import gradio as gr
from gradio_client import Client

from busdemo.ui.component import PageComponent
from busdemo.ui.findings.component import Findings, FindingsData


def build_page(component: PageComponent) -> gr.Blocks:
    def answer() -> Iterator[object]:
        for turn in ("first", "second", "third"):
            yield gr.skip()
            yield FindingsData(turn=turn)

    with gr.Blocks() as page:
        component.render()
        gr.Button().click(answer, None, component, api_name="answer")
    return page


def test_a_session_does_not_grow_with_what_is_skipped() -> None:
    """Gradio files a component anew, under a new id, for every value after a `gr.skip()`."""
    page = build_page(Findings(FindingsData(), render=False))
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True)
    client = Client(address, verbose=False)
    try:
        for _ in range(2):
            client.predict(api_name="/answer")
        session = page.state_holder[client.session_hash]
        assert set(session.blocks_config.blocks) == set(page.blocks)
        (shown,) = (b for b in session.blocks_config.blocks.values() if isinstance(b, Findings))
        assert session.config_values[shown._id]["props"]["value"]["turn"] == "third"
    finally:
        client.close()
        page.close()


def test_a_component_tells_the_schema_of_its_data_and_an_empty_example() -> None:
    findings = Findings(FindingsData(turn="mine"), render=False)
    assert "sections" in findings.api_info()["properties"]
    assert findings.example_payload() == findings.example_value() == FindingsData().model_dump()
