"""The course's texts as HTML: nothing in them becomes more than text, links and code."""

from __future__ import annotations

import pytest

from workshop.dashboard.markdown import html


def test_what_looks_like_markup_is_text() -> None:
    assert html("a <script>x</script> <b onclick='x'>") == (
        "<p>a &lt;script&gt;x&lt;/script&gt; &lt;b onclick='x'&gt;</p>\n"
    )
    assert html("<div>\n\nx\n</div>").count("&lt;div&gt;") == 1


def test_headings_stand_under_the_pages_own_and_the_first_title_is_left_out() -> None:
    assert html("# Title\n\ntext\n\n## Part\n\n### Deeper") == "<p>text</p>\n<h4>Part</h4>\n<h5>Deeper</h5>\n"
    assert html("text\n\n# Later") == "<p>text</p>\n<h3>Later</h3>\n"
    assert html("# Only a title") == ""
    assert html("") == ""


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "data:text/html,x", "../../docs/course.md", "#part", "file:///etc"]
)
def test_a_link_that_leads_nowhere_from_the_page_is_its_words(target: str) -> None:
    assert "href" not in html(f"see [there]({target}).")
    assert "there" in html(f"see [there]({target}).")


def test_a_link_to_the_web_opens_beside_the_page() -> None:
    told = html("[docs](https://example.org/x) **bold**")
    assert '<a href="https://example.org/x" target="_blank" rel="noopener noreferrer">docs</a>' in told
    assert "<strong>bold</strong>" in told


def test_an_image_is_its_words() -> None:
    assert html("![a bridge](bridge.png)") == "<p>a bridge</p>\n"


def test_columns_are_aligned_without_styles() -> None:
    told = html("| a | b |\n|---|--:|\n| 1 | 2 |")
    assert "style" not in told
    assert '<td class="right">2</td>' in told


def test_code_is_code() -> None:
    assert html("```python\nx < 1\n```") == '<pre><code class="language-python">x &lt; 1\n</code></pre>\n'
    assert html("    indented\n") == "<pre><code>indented\n</code></pre>\n"


def test_the_same_text_can_be_asked_for_again() -> None:
    text = "[docs](https://example.org/x)\n\n| a |\n|:-:|\n| 1 |\n\n# End"
    assert html(text) == html(text)
    html.cache_clear()
    assert html(text).count("<h3>End</h3>") == 1
