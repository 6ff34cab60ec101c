"""What the page's own components share."""

from busdemo.ui.findings.component import Findings, FindingsData


def test_a_component_tells_the_schema_of_its_data_and_an_empty_example() -> None:
    findings = Findings(FindingsData(turn="mine"), render=False)
    assert "sections" in findings.api_info()["properties"]
    assert findings.example_payload() == findings.example_value() == FindingsData().model_dump()
