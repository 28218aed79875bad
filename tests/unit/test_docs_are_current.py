"""The pages say what the code says."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from docs import generate
from trailkeeper.producer.catalogue import load
from trailkeeper.producer.event import MAX_BYTES, MAX_USER_AGENT, Actor, Credential, Event
from trailkeeper.producer.settings import ProducerSettings, variable
from trailkeeper.producer.wire import REASONS, decode, encode

WIRE_FORMAT = (generate.FOLDER / "wire-format.md").read_text(encoding="utf-8")


def test_the_generated_pages_are_current() -> None:
    assert [path.name for path in generate.stale()] == [], "run `make docs`"


def test_a_stale_page_is_named_with_the_command_that_writes_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    (tmp_path / "events.md").write_text("old", encoding="utf-8")
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().err == "docs/events.md is not what the code says; run `make docs`\n"
    assert (tmp_path / "events.md").read_text(encoding="utf-8") == "old"


def test_an_unknown_argument_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--chekc"]) == 2
    assert "--chekc; expected --check or nothing" in capsys.readouterr().err


def test_every_shipped_event_type_and_alias_stands_in_the_events_reference() -> None:
    page = generate.pages()[generate.FOLDER / "events.md"]
    for kind in load():
        assert page.count(f"### `{kind.tag}`\n") == 1
        assert all(f"`{alias}`" in page for alias in kind.aliases)


def test_no_table_of_the_events_reference_has_a_cell_too_many() -> None:
    page = generate.pages()[generate.FOLDER / "events.md"]
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {3}


def test_every_setting_stands_in_the_settings_reference() -> None:
    page = generate.pages()[generate.FOLDER / "settings.md"]
    for field in msgspec.structs.fields(ProducerSettings):
        assert page.count(f"| `{variable(field.name)}` |") == 1


def test_the_wire_format_page_gives_every_reason_its_meaning() -> None:
    section = WIRE_FORMAT.partition("## Reasons")[2]
    assert dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.MULTILINE)) == REASONS


def test_the_wire_format_page_names_every_field_and_limit() -> None:
    for struct in (Event, Actor, Credential):
        for name in struct.__struct_fields__:
            assert f"`{name}`" in WIRE_FORMAT
    assert f"{MAX_BYTES:,} bytes" in WIRE_FORMAT
    assert f"{MAX_USER_AGENT:,} characters" in WIRE_FORMAT


def test_the_example_of_the_wire_format_page_is_an_event_we_take() -> None:
    example = re.findall(r"```json\n(\{\n.*?)```", WIRE_FORMAT, re.DOTALL)[0]
    event, unknown = decode(example.encode(), now=datetime(2026, 11, 24, 13, tzinfo=UTC))
    assert unknown is None
    assert msgspec.json.decode(encode(event)) == msgspec.json.decode(example)


def test_the_catalogue_file_of_the_events_reference_can_be_loaded(tmp_path: Path) -> None:
    page = generate.pages()[generate.FOLDER / "events.md"]
    file = tmp_path / "mine.toml"
    file.write_text(re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0], encoding="utf-8")
    kind = load([str(file)]).get("invoice:refund")
    assert kind is not None
    assert (kind.tag, kind.delivery, kind.by) == ("invoice:payment:refund", "required", "member")
