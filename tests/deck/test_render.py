"""Slides as HTML: what stands in them is text, and a block that cannot be shown is an error with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workshop.deck.blocks import commands
from workshop.deck.html import compact, json_block
from workshop.deck.render import Show
from workshop.errors import WorkshopError

BAD = '<img src=x onerror=alert(1)>"&'


def rendered(folder: Path, text: str) -> str:
    (folder / "a.md").write_text(text)
    return Show(folder, folder).slides()[0].html


def test_markup_in_a_slide_is_text(tmp_path: Path):
    html = rendered(tmp_path, f"# A\n\n<b>bold</b> {BAD}\n\n```diagram\n<script>x</script>\n```\n")
    assert "<b>" not in html and "<img" not in html and "<script" not in html
    assert "&lt;b&gt;" in html and "&lt;script&gt;" in html


def test_what_a_recording_holds_is_text(tmp_path: Path):
    row = {"from": "r", "engine": BAD, "command": BAD, "route": "NetworkDriver.Leave", "request": {BAD: BAD}}
    (tmp_path / "calls.json").write_text(json.dumps([row | {"answer": {"Err": BAD}}]))
    html = rendered(tmp_path, "# A\n\n```call NetworkDriver.Leave from=r\n```\n")
    assert "<img" not in html and html.count("&lt;img") == 5


def test_links_lead_to_the_web_or_are_words(tmp_path: Path):
    html = rendered(tmp_path, "[a](https://example.org) [b](../docs/x.md) [c](javascript:x) ![d](e.png)")
    assert html.count("<a ") == 1 and 'rel="noopener noreferrer"' in html
    assert "b" in html and "<img" not in html


def test_a_list_with_plus_comes_step_by_step(tmp_path: Path):
    (tmp_path / "a.md").write_text("# A\n\n+ one\n+ two\n\ntext\n\n- three\n")
    slide = Show(tmp_path, tmp_path).slides()[0]
    assert slide.steps == 2 and slide.html.count('class="fragment"') == 2


def test_in_two_columns_text_is_left_and_blocks_are_right(tmp_path: Path):
    html = rendered(tmp_path, '<!-- .slide: class="two" -->\n## A\n\nleft\n\n```diagram\nright\n```\n\nleft too\n')
    title, left, right = html.partition('<div class="column">')
    assert "A</h2>" in title and left
    words, _, block = right.partition('</div><div class="column">')
    assert "left" in words and "left too" in words and "right" in block


def test_json_is_short_where_it_fits_and_ids_are_cut():
    assert compact({"a": {"b": [1, 2]}}, 40) == '{"a": {"b": [1, 2]}}'
    assert compact({"first": [{"x": 1}, {"y": 2}], "second": "text"}, 20).splitlines() == [
        "{",
        '  "first": [',
        '    {"x": 1},',
        '    {"y": 2}',
        "  ],",
        '  "second": "text"',
        "}",
    ]
    for width in (10, 40, 80):
        value = {"a": {f"key {number}": number for number in range(12)}, "b": [[], {}, None, "ü"]}
        assert json.loads(compact(value, width)) == value
    assert "5" * 12 + "…" in json_block({"id": "5" * 64}, 40) and "5" * 13 not in json_block({"id": "5" * 64}, 40)


def test_what_is_typed_is_parted_from_what_is_printed():
    body = "$ docker  ps \\\n  -a\none\ntwo\n\n$ docker network ls\n"
    assert commands(body) == [("docker ps -a", "one\ntwo"), ("docker network ls", "")]


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("```\nx\n```", "there is no kind of block ''"),
        ("```bash\nls\n```", "there is no kind of block 'bash'"),
        ("    indented", "there is no kind of block ''"),
        ("```call NetworkDriver.Jion\n```", "a block `call` needs a route"),
        ("```call NetworkDriver.Join from=nowhere\n```", "there is no recording nowhere"),
        ("```call NetworkDriver.Join colour=red\n```", "a block `call` knows no 'colour'"),
        ("```json\n{}\n```", "a block `json` says what it is"),
        ("```json NetworkDriver.Join answer\n{\n```", "this is no JSON"),
        ("```console\nls\n```", "nothing is typed in this block"),
        ("```console\n$ rm -rf /\n```", "the lab does not run 'rm -rf /'"),
        ("```python\ndef f(:\n```", "this is no Python"),
        ("```picture nowhere\n```", "there is no picture 'nowhere'"),
        ("```live clock\n```", "a block `live` says of what"),
        ("```exercise 99\n```", "there is no exercise 99"),
    ],
)
def test_a_block_that_cannot_be_shown_is_told_with_its_line(tmp_path: Path, block: str, said: str):
    with pytest.raises(WorkshopError) as error:
        rendered(tmp_path, f"# A\n\nText.\n\n{block}\n")
    assert str(error.value).startswith(f"a.md line 5: {said}")


def test_a_changed_file_is_read_again(tmp_path: Path):
    import os

    (tmp_path / "a.md").write_text("# A\n")
    show = Show(tmp_path, tmp_path)
    assert show.slides() is not show.slides() and show.columns() is show.columns()
    (tmp_path / "a.md").write_text("# A\n!SUB\n# B\n")
    os.utime(tmp_path / "a.md", ns=(1, 1))
    assert [each.slide.title for each in show.slides()] == ["A", "B"]
