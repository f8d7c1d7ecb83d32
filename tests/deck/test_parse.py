"""Markdown into slides: columns, names, notes, and mistakes told with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from workshop.deck import parse
from workshop.deck.parse import columns_of
from workshop.errors import WorkshopError

TWO = """<!-- .slide: id="one" class="part" -->
# The *first*

Text.
Note: said aloud
and more.
!SUB
## Second

```diagram
!SUB
Note:
<!-- .slide: id="no" -->
# no title
```
!SLIDE

<!-- .slide: id='three' -->
## Third ##
"""


def test_slides_are_parted_down_and_across():
    columns = columns_of(TWO, "20_routes.md")
    assert [[slide.id for slide in column] for column in columns] == [["one", "routes-2"], ["three"]]
    assert [slide.title for column in columns for slide in column] == ["The *first*", "Second", "Third"]
    assert [slide.line for column in columns for slide in column] == [1, 8, 17]


def test_notes_are_apart_from_what_is_shown():
    first, second = columns_of(TWO, "a.md")[0]
    assert first.notes == "said aloud\nand more." and first.looks == "part"
    assert "aloud" not in first.text and ".slide" not in first.text
    assert second.notes == ""


def test_nothing_is_parted_or_named_inside_of_a_block():
    second = columns_of(TWO, "a.md")[0][1]
    assert "!SUB\nNote:\n<!-- .slide" in second.text


def test_files_are_read_in_order_and_the_readme_is_none_of_them(tmp_path: Path):
    (tmp_path / "20_b.md").write_text("# B")
    (tmp_path / "10_a.md").write_text("# A\n!SUB\n# A2\n")
    (tmp_path / "README.md").write_text("# no")
    assert [[slide.title for slide in column] for column in parse.deck(tmp_path)] == [["A", "A2"], ["B"]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('# A\n!SUB\n<!-- .slide: id="Öl" -->\n# B', "a.md line 3: 'Öl' is no id of a slide."),
        ('<!-- .slide: di="x" -->\n# A', "a.md line 1: a slide has no 'di'."),
        ("<!-- .slide: join -->\n# A", "a.md line 1: a slide has no 'join'."),
        (
            '<!-- .slide: id="x" -->\n# A\n!SUB\n<!-- .slide: id="x" -->\n# B',
            "a.md line 4: the id 'x' is taken by a.md",
        ),
    ],
)
def test_a_mistake_is_told_with_file_and_line(tmp_path: Path, text: str, said: str):
    (tmp_path / "a.md").write_text(text)
    with pytest.raises(WorkshopError) as error:
        parse.deck(tmp_path)
    assert str(error.value).startswith(said)
