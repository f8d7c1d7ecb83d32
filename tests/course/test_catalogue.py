"""The catalogue reads exercises from their folders; one that is broken is told with its file and its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from workshop.course import exercise
from workshop.errors import UsageError, WorkshopError

FACTS = """
title = "A network"
goal = "A network of Docker's becomes a bridge."
routes = ["create_network"]
slide = "create-network"
next = "Then take it away again."
"""


def make(folder: Path, label: str = "03_create_network", facts: str = FACTS) -> Path:
    place = folder / label
    place.mkdir(parents=True)
    (place / "exercise.toml").write_text(facts, encoding="utf-8")
    (place / "README.md").write_text("# A network\n", encoding="utf-8")
    return place


def test_an_exercise_is_read_from_its_folder(tmp_path: Path):
    place = make(tmp_path, facts=FACTS + 'driver = "null"\nhosts = 2\nengine = "20.10"\ntry = ["docker ps"]\n')
    (found,) = exercise.catalogue(tmp_path)
    assert (found.number, found.name, found.label) == (3, "create_network", "03_create_network")
    assert (found.title, found.routes, found.driver) == ("A network", ("create_network",), "null")
    assert (found.hosts, found.engine, found.commands) == (2, "20.10", ("docker ps",))
    assert found.files == ("handler.py",)
    assert found.stub("handler.py") == place / "handler.py"
    assert found.solution("handler.py") == place / "solution.py"
    assert found.task() == "# A network\n"


def test_what_is_not_said_has_a_usual_value(tmp_path: Path):
    make(tmp_path)
    (found,) = exercise.catalogue(tmp_path)
    assert (found.driver, found.hosts, found.engine, found.commands) == ("bridge", 1, "28.5", ())


def test_an_exercise_of_several_parts_has_a_file_for_each(tmp_path: Path):
    place = make(tmp_path, facts=FACTS + 'parts = ["bug_1", "bug_2"]\n')
    (found,) = exercise.catalogue(tmp_path)
    assert found.files == ("bug_1.py", "bug_2.py")
    assert found.solution("bug_2.py") == place / "solution" / "bug_2.py"
    assert [found.part_of(name) for name in found.files] == ["bug_1", "bug_2"]


def test_each_part_may_say_what_it_is_about(tmp_path: Path):
    more = 'try = ["docker ps"]\nparts = ["bug_1", "bug_2"]\n[part.bug_2]\ntitle = "Dead"\ntry = ["docker info"]\n'
    make(tmp_path, facts=FACTS + more)
    (found,) = exercise.catalogue(tmp_path)
    assert (found.part("bug_1.py").title, found.part("bug_1.py").commands) == ("", ("docker ps",))
    assert (found.part("bug_2.py").title, found.part("bug_2.py").commands) == ("Dead", ("docker info",))


def test_without_parts_the_file_is_the_exercise(tmp_path: Path):
    make(tmp_path, facts=FACTS + 'try = ["docker ps"]\n')
    (found,) = exercise.catalogue(tmp_path)
    assert found.part_of("handler.py") is None
    assert found.part("handler.py").commands == ("docker ps",)


def test_exercises_come_by_number_and_other_folders_are_none(tmp_path: Path):
    for label in ("10_publish", "02_capabilities", "notes", "3_join", "03_Join"):
        make(tmp_path, label)
    (tmp_path / "README.md").write_text("")
    assert [each.label for each in exercise.catalogue(tmp_path)] == ["02_capabilities", "10_publish"]


@pytest.mark.parametrize("which", [3, "3", "03", "create_network", "create-network", "03_create_network"])
def test_an_exercise_is_found_by_number_and_by_name(tmp_path: Path, which: str | int):
    make(tmp_path)
    make(tmp_path, "04_delete_network")
    assert exercise.find(which, tmp_path).name == "create_network"


@pytest.mark.parametrize("which", [99, "99", "foo", "", "-3", "create", "³"])
def test_an_exercise_that_there_is_not_is_told_in_a_sentence(tmp_path: Path, which: str | int):
    make(tmp_path)
    make(tmp_path, "04_delete_network")
    with pytest.raises(UsageError, match=r"There is no exercise '.*'\. There are 3 to 4: see"):
        exercise.find(which, tmp_path)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (FACTS.replace("title =", "titel ="), "there is no key `titel`. There are title, goal,"),
        (FACTS.replace('slide = "create-network"', ""), "the key `slide` is missing."),
        (FACTS.replace('"A network"', "7"), "`title` must be a text."),
        (FACTS.replace('"A network"', '" "'), "`title` must be a text."),
        (FACTS.replace('["create_network"]', '"create_network"'), "`routes` must be a list of routes"),
        (FACTS.replace('["create_network"]', "[]"), "`routes` must be a list of routes"),
        (FACTS.replace('["create_network"]', '["CreateNetwork"]'), "`routes` names 'CreateNetwork', which is no"),
        (FACTS + "hosts = 3\n", "`hosts` must be 1 or 2."),
        (FACTS + "hosts = true\n", "`hosts` must be 1 or 2."),
        (FACTS + 'engine = "19.03"\n', "`engine` must be one of 20.10, 26.1, 28.5."),
        (FACTS + 'parts = ["../x"]\n', "`parts` must be a list of names of files"),
        (FACTS + "part = 1\n", "`part` must have tables such as `[part.bug_1]`, with `title` and `try`."),
        (FACTS + 'parts = ["a"]\n[part.a]\nname = "x"\n', "`part` must have tables such as `[part.a]`, with"),
        (FACTS + 'parts = ["a"]\n[part.a]\ntitle = 3\n', "`part` has `a.title`, which must be a text."),
        (FACTS + 'parts = ["a"]\n[part.b]\ntitle = "x"\n', "`part.b` is about none of the `parts`."),
        (FACTS + "try = [1]\n", "`try` must be a list of texts."),
        ("title = \n", "cannot be read: Invalid value"),
    ],
)
def test_a_broken_exercise_is_told_with_file_and_key(tmp_path: Path, facts: str, said: str):
    place = make(tmp_path, facts=facts)
    with pytest.raises(WorkshopError) as error:
        exercise.catalogue(tmp_path)
    assert str(error.value).startswith(str(place / "exercise.toml"))
    assert said in str(error.value)


def test_a_broken_exercise_does_not_keep_one_from_the_others(tmp_path: Path):
    make(tmp_path, "01_activate", "title = 1")
    make(tmp_path)
    make(tmp_path, "03_join")
    broken: list[WorkshopError] = []
    assert [each.name for each in exercise.catalogue(tmp_path, broken)] == ["create_network"]
    assert len(broken) == 2
    assert exercise.find(3, tmp_path).name == "create_network"


@pytest.mark.parametrize(("other", "what"), [("03_join", "number"), ("04_create_network", "name")])
def test_two_exercises_with_the_same_number_or_name_are_told(tmp_path: Path, other: str, what: str):
    make(tmp_path)
    make(tmp_path, other)
    with pytest.raises(WorkshopError, match=f"has the same {what} as"):
        exercise.catalogue(tmp_path)


def test_a_folder_without_its_facts_is_told(tmp_path: Path):
    (tmp_path / "03_join").mkdir()
    with pytest.raises(WorkshopError, match=r"exercise.toml cannot be read: No such file"):
        exercise.catalogue(tmp_path)


def test_hints_are_parted_at_their_headings(tmp_path: Path):
    place = make(tmp_path)
    text = "# Hints\n\n## Hint 1: Look\n\nAt the *kernel*.\n\n## Hint 2\nA bridge.\n\n    ip link\n\n## Hint: last\n"
    (place / "hints.md").write_text(text)
    (found,) = exercise.catalogue(tmp_path)
    assert found.hints() == ("**Look**\n\nAt the *kernel*.", "A bridge.\n\n    ip link", "**last**")


def test_each_part_has_hints_of_its_own(tmp_path: Path):
    place = make(tmp_path, facts=FACTS + 'parts = ["bug_1", "bug_2"]\n')
    text = "# bug_1: dead\n\n## Hint 1: Look\n\nAt `# bug_2`.\n\n# bug_2\n\n## Hint 1\n\nOne.\n\n## Hint 2\n\nTwo.\n"
    (place / "hints.md").write_text(text)
    (found,) = exercise.catalogue(tmp_path)
    assert found.hints("bug_1") == ("**Look**\n\nAt `# bug_2`.",)
    assert found.hints("bug_2") == ("One.", "Two.")
    assert found.hints("bug_3") == ()


def test_missing_texts_are_told(tmp_path: Path):
    (tmp_path / "03_join").mkdir()
    (tmp_path / "03_join" / "exercise.toml").write_text(FACTS)
    (found,) = exercise.catalogue(tmp_path)
    for look in (found.task, found.hints):
        with pytest.raises(WorkshopError, match="cannot be read"):
            look()
