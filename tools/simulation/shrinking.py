"""A story that breaks a rule, made as short as it can be while it still breaks the same one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from tools.simulation.rules import Rule
from tools.simulation.story import Paper, Start, Story
from tools.simulation.world import play

_MOST_TRIES = 1500
_USUAL = Start(papers=())
_KEPT = frozenset({"papers", "pause_s", "faults", "timeout_s"})


def shrink(story: Story, rule: Rule) -> Story:
    """Drop what is not needed."""
    tries = 0
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for smaller in _smaller(story):
            tries += 1
            if tries > _MOST_TRIES:
                return story
            violation = play(smaller).violation
            if violation is not None and violation.rule is rule:
                story, is_smaller = smaller, True
                break
    return story


def _smaller(story: Story) -> Iterator[Story]:
    for number in range(len(story.starts)):
        yield _without_start(story, number)
    for number in range(len(story.deeds)):
        yield replace(story, deeds=story.deeds[:number] + story.deeds[number + 1 :])
    for number, start in enumerate(story.starts):
        for smaller in _smaller_starts(start):
            yield _with_start(story, number, smaller)
    yield from _with_smaller_papers(story)
    yield from _with_plainer_shops(story)


def _with_smaller_papers(story: Story) -> Iterator[Story]:
    used = {number for start in story.starts for number in start.papers}
    for number, paper in enumerate(story.papers):
        if number not in used and paper.lines:
            yield _with_paper(story, number, replace(paper, lines=()))
        for line in range(len(paper.lines)):
            kept = paper.lines[:line] + paper.lines[line + 1 :]
            yield _with_paper(story, number, replace(paper, lines=kept))


def _with_plainer_shops(story: Story) -> Iterator[Story]:
    for plainer in (
        replace(story, books_each=True),
        replace(story, is_strict=False),
        replace(story, refunds=False),
        replace(story, shows_time=True),
        replace(story, missing=frozenset()),
    ):
        if plainer != story:
            yield plainer


def _smaller_starts(start: Start) -> Iterator[Start]:
    for number in range(len(start.papers) if len(start.papers) > 1 else 0):
        yield replace(start, papers=start.papers[:number] + start.papers[number + 1 :])
    if start.faults:
        yield replace(start, faults={})
    for number in start.faults:
        kept = {one: fault for one, fault in start.faults.items() if one != number}
        yield replace(start, faults=kept)
    for field in fields(Start):
        if field.name not in _KEPT:
            said: dict[str, Any] = {field.name: getattr(_USUAL, field.name)}
            if getattr(start, field.name) != said[field.name]:
                yield replace(start, **said)


def _without_start(story: Story, number: int) -> Story:
    """Leave a start out; what came after it comes as late as before."""
    left, later = story.starts[number], list(story.starts[number + 1 :])
    if later:
        later[0] = replace(later[0], pause_s=round(later[0].pause_s + left.pause_s, 2))
    deeds = [
        replace(deed, start=deed.start - (deed.start > number))
        for deed in story.deeds
        if deed.start != number or later
    ]
    return replace(story, starts=(*story.starts[:number], *later), deeds=tuple(deeds))


def _with_start(story: Story, number: int, start: Start) -> Story:
    return replace(story, starts=(*story.starts[:number], start, *story.starts[number + 1 :]))


def _with_paper(story: Story, number: int, paper: Paper) -> Story:
    return replace(story, papers=(*story.papers[:number], paper, *story.papers[number + 1 :]))
