"""Every code block of the README and of the manual is run.

What an author needs to know:

- A fence says its language; one without fails here. `python`, `sh` and `console` are run, `json` is
  parsed, and `text`, `ini`, `toml`, `yaml` and `mermaid` are only shown.
- The python blocks of a page that hold tests (`def test_...`) are run by pytest, a file each. A
  block that begins with the comment `# conftest.py` (any file name will do) is saved under that
  name beside them. The other python blocks of a page are one script, run from the top of the page
  to its end.
- A `sh` block is one bash script, and so are the commands of a `console` block: the lines after `$
  `, continued after `> `. The lines between are the output to expect, where `...` stands for
  anything; without any, only the exit status counts. What a block leaves running is stopped at its
  end.
- `<!-- not run: reason -->` on the line before a fence exempts its block. It is for what needs the
  network or AWS. The README's two commands that make virtual environments carry it, since `.ci/run`
  pastes them into a fresh clone.

Everything runs in an empty folder, with the programs of this interpreter's environment first in the
path, and as a reader would run it: without credentials and without a region, unless a block sets
them. The programs run in forks of an interpreter that has imported what they need.
"""

from __future__ import annotations

import doctest
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from docs.prose import PAGES as PAGES_OF_PROSE
from docs.prose import one_sentence_a_line
from tests.waiting import has_ended, wait_until
from tests.warm_python import warm_programs, warm_python

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
RUN = {"python", "sh", "console"}
PARSED = {"json"}
SHOWN = {"text", "ini", "toml", "yaml", "mermaid"}
FENCE = re.compile(r"^ *```", re.MULTILINE)
BLOCK = re.compile(r"^ *```(?P<language>.*)\n(?P<code>(?:.*\n)*?) *```$", re.MULTILINE)
OURS = re.compile(
    r"\]\(https://(?:github\.com/moto-iot-jobs/moto-iot-jobs/blob"
    r"|raw\.githubusercontent\.com/moto-iot-jobs/moto-iot-jobs)/main/"
)
NOT_RUN = re.compile(r"<!-- not run: \S.* -->")
LIMIT_SECONDS = 300

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the line of its first line of code, and whether it
    is exempt.
    """

    language: str
    text: str
    line: int
    exempt: bool

    @property
    def padded(self) -> str:
        """The text with as many empty lines before it as in the page, so that a traceback gives
        the page's lines.
        """
        return "\n" * (self.line - 1) + self.text


def blocks_of(text: str) -> list[Block]:
    """Cut a page into its fenced blocks."""
    assert len(FENCE.findall(text)) % 2 == 0, "a fence is never closed"
    blocks = []
    for found in BLOCK.finditer(text):
        before = text[: found.start()].splitlines()
        exempt = bool(before and NOT_RUN.fullmatch(before[-1].strip()))
        blocks.append(
            Block(found["language"].strip(), dedent(found["code"]), len(before) + 2, exempt)
        )
    return blocks


def to_run(page: Path, language: str) -> list[Block]:
    """List the blocks of a page that are run as one language."""
    blocks = blocks_of(page.read_text(encoding="utf-8"))
    return [block for block in blocks if block.language == language and not block.exempt]


def anchors_of(page: Path) -> set[str]:
    """Return the anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    plain = (re.sub(r"[`*]|\[|\]\([^)]*\)", "", heading).lower() for heading in headings)
    return {re.sub(r"[^\w -]", "", heading).replace(" ", "-") for heading in plain}


def run(command: list[str], folder: Path) -> tuple[int, str]:
    """Run a program in a folder; return its exit status and everything it printed, and leave
    nothing running.
    """
    output = folder / "output.txt"
    with output.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            pytest.fail(
                f"not done after {LIMIT_SECONDS} seconds, having"
                f" printed:\n{output.read_text(encoding='utf-8')}"
            )
        finally:
            stop_group(process)
    return status, output.read_text(encoding="utf-8")


def environment(folder: Path) -> dict[str, str]:
    """Return a reader's environment variables: none of this machine's that speak of AWS."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))
    }
    environments = [str(warm_programs()), str(Path(sys.executable).parent)]
    programs = [*environments, os.environ.get("PATH", os.defpath)]
    return {
        **kept,
        "PATH": os.pathsep.join(programs),
        # No ~/.aws, and no search for the credentials of a machine in EC2, which takes seconds.
        "HOME": str(folder),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        # What a page has a reader save as a file, the reader's next program imports from the
        # folder.
        "PYTHONSAFEPATH": "",
        # A reader need not have the plugin of Hypothesis, which takes two seconds of each run.
        "PYTEST_ADDOPTS": "-p no:hypothesispytest",
    }


def stop_group(process: subprocess.Popen[bytes]) -> None:
    """Stop a program and whatever it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def console(text: str) -> tuple[str, str]:
    """Part a console block into its script and the output it promises."""
    script: list[str] = []
    output: list[str] = []
    for line in text.splitlines():
        if line.startswith("$ ") or (line.startswith("> ") and not output):
            script.append(line[2:])
        else:
            output.append(line)
    return "\n".join(script), "\n".join(output).strip()


def run_shell(script: str, folder: Path) -> str:
    """Run a script by bash, which stops at the first command that fails; return what was printed."""
    status, printed = run(["bash", "-euo", "pipefail", "-c", script], folder)
    assert status == 0, printed
    return printed


def run_python(blocks: list[Block], folder: Path) -> None:
    """Run the python blocks of one page: tests by pytest, the rest as one script."""
    script, tests = "", False
    for block in blocks:
        name = re.match(r"# (\w+\.py)$", block.text.splitlines()[0])
        is_test = re.search(r"^ *(async )?def test_", block.text, re.MULTILINE)
        if name or is_test:
            (folder / (name[1] if name else f"test_line_{block.line}.py")).write_text(
                block.padded, encoding="utf-8"
            )
            tests = tests or bool(is_test)
        else:
            script += "\n" * (block.line - 1 - script.count("\n")) + block.text
    if tests:
        options = [
            "-q",
            "-p",
            "no:cacheprovider",
            "-c",
            str(ROOT / "pyproject.toml"),
            "--rootdir",
            str(folder),
        ]
        status, printed = run([*warm_python(), "-m", "pytest", *options, str(folder)], folder)
        assert status == 0, printed
    if script:
        (folder / "script.py").write_text(script, encoding="utf-8")
        status, printed = run([*warm_python(), "script.py"], folder)
        assert status == 0, printed


@each_page
def test_every_block_is_of_a_known_kind(page: Path) -> None:
    unknown = [
        b
        for b in blocks_of(page.read_text(encoding="utf-8"))
        if b.language not in RUN | PARSED | SHOWN
    ]
    assert [(block.line, block.language) for block in unknown if not block.exempt] == []


@each_page
def test_the_python_blocks_work(page: Path, tmp_path: Path) -> None:
    run_python(to_run(page, "python"), tmp_path)


@each_page
def test_the_shell_blocks_work(page: Path, tmp_path: Path) -> None:
    for block in to_run(page, "sh"):
        run_shell(block.text, tmp_path)


@each_page
def test_the_console_blocks_print_what_they_show(page: Path, tmp_path: Path) -> None:
    for block in to_run(page, "console"):
        script, promised = console(block.text)
        printed = run_shell(script, tmp_path)
        if promised:
            same = doctest.OutputChecker().check_output(
                f"{promised}\n", printed, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
            )
            assert same, f"line {block.line} promises\n{promised}\nand prints\n{printed}"


@each_page
def test_the_json_blocks_can_be_parsed(page: Path) -> None:
    for block in to_run(page, "json"):
        json.loads(block.text)


@each_page
def test_the_links_lead_somewhere(page: Path) -> None:
    # Those into the repository are whole URLs where a page is shown elsewhere, too.
    text = OURS.sub(f"]({ROOT}/", page.read_text(encoding="utf-8"))
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)(#[^)\s]+)?", text)
    assert [link for link, _ in links if not (page.parent / link).exists()] == []
    targets = [(page.parent / link if link else page, anchor[1:]) for link, anchor in links]
    pages = [(target, anchor) for target, anchor in targets if anchor and target.suffix == ".md"]
    assert [anchor for target, anchor in pages if anchor not in anchors_of(target)] == []


@each_page
def test_links_out_of_the_manual_are_whole(page: Path) -> None:
    # The site is made of docs/ alone, and its build fails at links to what it has not.
    docs = ROOT / "docs"
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    leading_out = [
        link for link in links if not (page.parent / link).resolve().is_relative_to(docs)
    ]
    assert page.parent == ROOT or leading_out == []


@each_page
def test_the_references_are_defined_and_the_definitions_used(page: Path) -> None:
    text = re.sub(BLOCK, "", page.read_text(encoding="utf-8"))
    defined = set(re.findall(r"^\[([^\]]+)\]: ", text, re.MULTILINE))
    used = set(re.findall(r"\]\[([^\]]+)\]", text))
    assert used - defined == set()
    assert defined - used == set()


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    site = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    navigation = set(re.findall(r"- ([\w/-]+\.md)$", site, re.MULTILINE))
    docs = ROOT / "docs"
    assert navigation == {page.relative_to(docs).as_posix() for page in docs.rglob("*.md")}


def test_the_readme_can_be_shown_by_the_package_index() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((?!https?:)([^)]*)\)", text) == []


@pytest.mark.parametrize("page", PAGES_OF_PROSE, ids=lambda page: page.name)
def test_each_sentence_of_a_page_has_a_line_of_its_own(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert one_sentence_a_line(text) == text, "run `python docs/prose.py`"


def test_the_readme_stays_short_and_has_its_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = [block for block in blocks_of(text) if block.text.startswith("python3 -m venv ")]
    assert len(text.splitlines()) < 125
    assert [block.text.count("\n") for block in commands] == [1, 1], "each is one line to paste"
    assert [block.exempt for block in commands] == [True, True], "they are run by .ci/run"
    assert [block.text.split(" && ")[-1].split("/")[-1].strip() for block in commands] == [
        "moto-iot-jobs demo",
        "python -m pytest -n 3",
    ]


def test_a_broken_python_block_is_noticed_with_the_line_of_the_page(tmp_path: Path) -> None:
    blocks = blocks_of("# Page\n\n```python\none = 1\n```\n\n```python\nassert one == 2\n```\n")
    with pytest.raises(AssertionError, match=r"script\.py.*, line 8"):
        run_python(blocks, tmp_path)


def test_a_failing_test_block_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="1 failed"):
        run_python(blocks_of("```python\ndef test_it():\n    assert 1 == 2\n```\n"), tmp_path)


def test_a_command_that_fails_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        run_shell("false | cat\ntrue", tmp_path)


def test_a_console_block_is_parted_into_script_and_output() -> None:
    assert console("$ echo one \\\n>   two\none two\n$ echo three\nthree\n") == (
        "echo one \\\n  two\necho three",
        "one two\nthree",
    )


def test_an_exemption_needs_a_reason() -> None:
    fence = "```sh\nfalse\n```\n"
    assert [
        blocks_of(f"{comment}\n{fence}")[0].exempt
        for comment in ("<!-- not run: needs AWS -->", "<!-- not run: -->")
    ] == [
        True,
        False,
    ]


def test_what_a_block_leaves_running_is_stopped(tmp_path: Path) -> None:
    run_shell("sleep 3600 &\necho $! > left", tmp_path)
    left = int((tmp_path / "left").read_text())
    wait_until(lambda: has_ended(left))
