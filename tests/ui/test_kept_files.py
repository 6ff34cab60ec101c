"""Files that an answer names are whole at every moment, however often they are written."""

import os
from pathlib import Path

from busdemo.ui.gradio_private import keep_file


def test_a_file_that_is_being_sent_is_replaced_not_emptied(tmp_path: Path) -> None:
    data = b"pixels" * 100
    kept = keep_file(data, "../mask.png", str(tmp_path))
    with open(kept, "rb") as sent:
        assert keep_file(data, "mask.png", str(tmp_path)) == kept
        assert os.fstat(sent.fileno()).st_ino != os.stat(kept).st_ino
        assert sent.read() == data == Path(kept).read_bytes()
    assert [path.name for path in Path(kept).parent.iterdir()] == ["mask.png"]
