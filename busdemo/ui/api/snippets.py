"""What "Use via API" shows of an endpoint: programs that run as they stand, with a sample of ours.

They give the required arguments alone, all of which are files; Gradio's own would send one PDF for
all of them. The program downloads its sample from the page first, where a user has a file.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from busdemo.ui.examples import EXAMPLES, read_examples

SAMPLES = {
    "image": ("image.png", "scan.png"),
    "masks": ("mask.png", "mask.png"),
    "references": ("readers/1.png", "reference.png"),
    "archive": ("study.zip", "study.zip"),
}
"""By argument: a file of an example, and its name where a program has downloaded it."""


@dataclass(frozen=True)
class FileArgument:
    """A required argument of an endpoint: a file, or a list of files."""

    name: str
    is_list: bool

    @property
    def file(self) -> str:
        """The sample's name on the user's disk."""
        return SAMPLES[self.name][1]

    def address(self, root: str) -> str:
        """Where the page at `root` has it."""
        # Several people's masks have only the simulated ones.
        example = next(one for one in read_examples(EXAMPLES).values() if one.readers)
        return f"{root}/gradio_api/file={Path(example.folder, SAMPLES[self.name][0])}"

    def wrap(self, value: str) -> str:
        """A value as the endpoint takes it, in any of the languages."""
        return f"[{value}]" if self.is_list else value


def write_snippets(
    endpoint: str, required: Sequence[tuple[str, bool]], root: str
) -> dict[str, str]:
    """A program in each language for an endpoint ("/segment") of the page at `root`.

    `required` are its arguments without a default: the name, and whether a list is wanted.
    """
    files = [FileArgument(*one) for one in required]
    writers = {"python": _write_python, "javascript": _write_javascript, "bash": _write_bash}
    return {language: write(endpoint, files, root) for language, write in writers.items()}


def write_cli_snippet(endpoint: str, required: Sequence[tuple[str, bool]]) -> str:
    """The same with Gradio's own terminal program; Gradio fills in {command} and {space_id}."""
    files = [FileArgument(*one) for one in required]
    host = os.environ.get("SPACE_HOST")
    root = f"https://{host}" if host else "{space_id}"
    payload = ", ".join(f'"{one.name}": {one.wrap(_describe(one.file))}' for one in files)
    return "\n".join(
        [
            *(_download(one, root) for one in files),
            f"{{command}} predict {{space_id}} {endpoint} '{{{payload}}}'",
        ]
    )


def _write_python(endpoint: str, files: Sequence[FileArgument], root: str) -> str:
    handled = {one: one.wrap(f'handle_file("{one.file}")') for one in files}
    return "\n".join(
        [
            "from urllib.request import urlretrieve",
            "",
            "from gradio_client import Client, handle_file",
            "",
            *(f'urlretrieve("{one.address(root)}", "{one.file}")' for one in files),
            f'client = Client("{root}")',
            "result = client.predict(",
            *(f"    {one.name}={value}," for one, value in handled.items()),
            f'    api_name="{endpoint}",',
            ")",
            "print(result)",
        ]
    )


_UPLOAD = """async function upload(address, name) {
  const form = new FormData();
  form.append("files", await (await fetch(address)).blob(), name);
  const sent = await fetch(`${root}/gradio_api/upload`, { method: "POST", body: form });
  return { path: (await sent.json())[0], meta: { _type: "gradio.FileData" } };
}"""

_ASK = """const asked = await fetch(`${root}/gradio_api/call/v2%s`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(question),
});
const { event_id } = await asked.json();
const answer = await (await fetch(`${root}/gradio_api/call%s/${event_id}`)).text();
console.log(JSON.parse(answer.split("data: ").pop()));"""


def _write_javascript(endpoint: str, files: Sequence[FileArgument], root: str) -> str:
    uploads = {one: f'await upload("{one.address(root)}", "{one.file}")' for one in files}
    return "\n".join(
        [
            f'const root = "{root}";',
            "",
            _UPLOAD,
            "",
            "const question = {",
            *(f"  {one.name}: {one.wrap(upload)}," for one, upload in uploads.items()),
            "};",
            _ASK % (endpoint, endpoint),
        ]
    )


def _write_bash(endpoint: str, files: Sequence[FileArgument], root: str) -> str:
    call = f"{root}/gradio_api/call"
    upload = f"{root}/gradio_api/upload"
    paths = {one: f"'\"${one.name.upper()}\"'" for one in files}
    question = ", ".join(f'"{one.name}": {one.wrap(_describe(paths[one]))}' for one in files)
    return "\n".join(
        [
            *(_download(one, root) for one in files),
            *(
                f"{one.name.upper()}=$(curl -s -F 'files=@{one.file}' {upload} | tr -d '[]\"')"
                for one in files
            ),
            f'EVENT=$(curl -s {call}/v2{endpoint} -H "Content-Type: application/json" \\',
            f"  -d '{{{question}}}' | cut -d '\"' -f 4)",
            f"curl -sN {call}{endpoint}/$EVENT",
        ]
    )


def _download(one: FileArgument, root: str) -> str:
    return f"curl -s '{one.address(root)}' -o {one.file}"


def _describe(path: str) -> str:
    """A file as Gradio wants it in JSON; the path stands as it is, for a shell to fill in."""
    return json.dumps({"path": "PATH", "meta": {"_type": "gradio.FileData"}}).replace("PATH", path)
