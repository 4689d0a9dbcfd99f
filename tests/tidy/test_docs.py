"""The words of the project are true: links lead somewhere, named code is there, drawn parts are what the code says."""

from __future__ import annotations

import ast
import io
import os
import re
import tokenize
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import typer.main
from typer.core import TyperGroup

from autopay.cli.main import app
from autopay.conf import Settings
from tests.tidy.drawn import ROOT, redrawn, said_below

DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"(!?)\[((?:`[^`]*`|[^\]`])*)\]\(([^)\s]+)\)")
CODE = re.compile(r"^\s*(?:`{3}|~{3})\w*\n(.*?)^\s*(?:`{3}|~{3})", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"^(?:[A-Z_]+=\S+ )*(?:\S*/)?autopay ((?:[a-z-]+\b ?)+.*)$")
HOSTS = {
    "localhost",
    "127.0.0.1",
    "docs.stripe.com",
    "api.stripe.com",
    "keepachangelog.com",
    "semver.org",
    "billing.example.com",
    "www.google.com",
}
TARGETS = {"demo", "demo-reset", "test", "prove"}

each_document = pytest.mark.parametrize("document", DOCS, ids=lambda path: str(path.relative_to(ROOT)))


@each_document
def test_every_link_leads_somewhere(document: Path) -> None:
    for _, _, target in LINK.findall(document.read_text()):
        path, _, anchor = target.partition("#")
        if urlsplit(target).scheme:
            assert urlsplit(target).hostname in HOSTS, target
            continue
        found = (document.parent / path).resolve() if path else document
        assert found.exists(), target
        assert found.is_relative_to(ROOT), target
        assert not anchor or anchor in _anchors(found), target


@each_document
def test_code_that_is_named_beside_its_file_is_there(document: Path) -> None:
    """A link to a Python file with a name in code as its text: that function, class, constant, constraint or test is defined there."""
    for _, text, target in LINK.findall(document.read_text()):
        if target.endswith(".py") and text.startswith("`") and not text.strip("`").endswith(".py"):
            assert text.strip("`") in _names((document.parent / target).resolve()), f"{text} in {target}"


@each_document
def test_parts_drawn_from_the_code_are_what_it_says(document: Path) -> None:
    """REDRAW=1 writes them anew."""
    text = document.read_text()
    if os.environ.get("REDRAW"):
        document.write_text(redrawn(text))
    assert redrawn(text) == document.read_text(), "draw it anew: REDRAW=1 .venv/bin/pytest tests/tidy/test_docs.py"


def test_every_setting_is_documented_and_no_other() -> None:
    real = {f"AUTOPAY_{name.upper()}" for name in Settings.model_fields} | {"AUTOPAY_SECRET"}
    assert [name for name, said in said_below("Settings", ROOT / "src/autopay/conf.py").items() if not said] == []
    operate = (ROOT / "docs/operate-it.md").read_text()
    assert {name for name in real if f"`{name}`" not in operate} == set()
    named = {name for document in DOCS for name in re.findall(r"AUTOPAY_[A-Z_]+[A-Z]", document.read_text())}
    assert named - real == set()


@each_document
def test_every_command_in_a_document_exists_with_its_options(document: Path) -> None:
    for line in _commands(document.read_text()):
        found = COMMAND.match(line)
        if found:
            assert _unknown(found[1].split("#")[0].split()) == [], line


def test_every_command_is_documented() -> None:
    text = "".join(document.read_text() for document in DOCS)
    assert [name for name in sorted(_all_commands()) if f"autopay {name}" not in text] == []


@each_document
def test_make_is_told_only_what_it_knows(document: Path) -> None:
    told = re.findall(r"(?:make|dev\.py) ([a-z-]+)", "\n".join(_commands(document.read_text())))
    assert set(told) <= TARGETS
    assert set((ROOT / "Makefile").read_text().partition(".PHONY: ")[2].splitlines()[0].split()) == TARGETS


@each_document
def test_no_document_names_the_place_where_it_was_written(document: Path) -> None:
    text = document.read_text()
    assert str(ROOT) not in text
    assert {urlsplit(url).hostname for url in re.findall(r"https?://[^\s)`>\"]+", text)} <= HOSTS


def test_the_tree_in_the_architecture_is_the_tree() -> None:
    tree = (ROOT / "ARCHITECTURE.md").read_text().partition("```text\nsrc/autopay/\n")[2].partition("```")[0]
    named = {name.rstrip("/") for line in tree.splitlines() if line.startswith("  ") for name in line[2:24].split()}
    there = {path.name for path in (ROOT / "src/autopay").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert named == there - {"__init__.py"}


def test_every_decision_says_context_decision_and_consequences() -> None:
    decisions = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    listed = (ROOT / "docs/decisions/README.md").read_text()
    for path in decisions:
        headings = re.findall(r"^## (.+)$", path.read_text(), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], path.name
        assert f"]({path.name})" in listed, path.name


def test_every_dependency_is_decided_with_its_reason() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    table = re.findall(
        r"^\| ([a-z][\w\-, ]+?) (?:[\d.]+ )?\|", (ROOT / "docs/decisions/0009-dependencies.md").read_text(), re.MULTILINE
    )
    decided = {name for row in table[1:] for name in row.split(", ")}
    assert decided == {re.split(r"[^\w-]", dependency)[0] for dependency in wanted}


def test_a_thing_has_one_name() -> None:
    """The glossary's list of words that are not said: none is part of a name in the code, but where the list allows it."""
    rows = re.findall(r"^\| `([a-z]+)` \| [^|]+ \| (nowhere|`[^|]+) \|$", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    assert len(rows) >= 12
    found = []
    for path in (ROOT / "src/autopay").rglob("*.py"):
        where, parts = path.relative_to(ROOT / "src/autopay").as_posix(), _parts_of_names(path)
        found += [(word, where) for word, allowed in rows if word in parts and not where.startswith(tuple(SPAN.findall(allowed)))]
    assert found == []


def _anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@cache
def _names(file: Path) -> frozenset[str]:
    """What a file defines, as `name` and `Class.name`, and the names its statements and constraints carry in text."""
    tree = ast.parse(file.read_text())
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [
        n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in docstrings
    ]
    return frozenset([*_defined(tree.body), *(word for text in texts for word in re.findall(r"\w+_\w+", text))])


def _defined(body: list[ast.stmt], owner: str = "") -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield owner + node.name
            yield from _defined(node.body if isinstance(node, ast.ClassDef) else [], f"{owner}{node.name}.")
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (owner + target.id for target in targets if isinstance(target, ast.Name))


def _commands(text: str) -> list[str]:
    """Lines of code blocks and code in the text."""
    return [line.strip().removeprefix("$ ") for block in CODE.findall(text) for line in block.splitlines()] + SPAN.findall(
        CODE.sub("", text)
    )


def _unknown(words: list[str]) -> list[str]:
    command = typer.main.get_command(app)
    while isinstance(command, TyperGroup) and words and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    if isinstance(command, TyperGroup):
        return [word for word in words[:1] if re.fullmatch(r"[a-z-]+", word)]
    options = {name for parameter in command.params for name in parameter.opts}
    return [word for word in words if word.startswith("--") and word.split("=")[0] not in options | {"--help"}]


def _all_commands() -> Iterator[str]:
    waiting = [("", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        if isinstance(command, TyperGroup):
            waiting += [(f"{name} {each}".strip(), sub) for each, sub in command.commands.items()]
        else:
            yield name


def _parts_of_names(path: Path) -> set[str]:
    names = {
        token.string for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline) if token.type == tokenize.NAME
    }
    return {part for name in names for part in re.findall(r"[a-z]+", re.sub(r"([A-Z])", r"_\1", name).lower())}
