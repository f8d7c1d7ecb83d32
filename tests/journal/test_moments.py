"""A session's moments: after each call, when Docker has done with the answer what it does."""

from __future__ import annotations

from tests.journal.story import Story
from workshop.journal.moments import Moments


def moments_of(story_events: list) -> Moments:
    moments = Moments()
    for event in story_events:
        moments.take(event)
    return moments


def test_a_moment_is_the_last_before_the_next_call_begins(story: Story):
    events = [
        story.tell("notice", None, text="the first"),
        story.start(1),
        story.finish(1),
        story.tell("topology", 1, changes=[], by="docker"),
        story.start(2),
        story.finish(2, error="no"),
        story.tell("notice", None, text="the last"),
    ]
    moments = moments_of(events)
    assert list(moments.ends(events[-1].seq)) == [(None, 1), (1, 4), (2, 7)]
    assert moments.rows() == [
        [1, 2, 3, events[2].at, False],
        [2, 5, 6, events[5].at, True],
    ]


def test_calls_at_the_same_time_have_a_moment_after_their_own_end(story: Story):
    events = [story.start(1), story.start(2), story.finish(2), story.finish(1, status=404), story.start(3)]
    moments = moments_of(events)
    assert list(moments.ends(5)) == [(None, 1), (1, 4), (2, 4), (3, 5)]
    assert [row[2:] for row in moments.rows()][2] == [None, events[4].at, False]


def test_without_calls_there_is_one_moment_and_what_the_journal_forgot_has_none(story: Story):
    event = story.tell("notice", None, text="only this")
    assert list(moments_of([event]).ends(1)) == [(None, 1)]
    events = [call for number in range(1, 6) for call in (story.start(number), story.finish(number))]
    moments = moments_of(events)
    moments.forget(events[5].seq)
    assert [row[0] for row in moments.rows()] == [4, 5]
    assert next(moments.ends(events[-1].seq)) == (None, events[5].seq)
