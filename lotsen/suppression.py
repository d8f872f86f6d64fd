"""Which counts of a table may be shown, so that nobody can be told from it."""

from collections.abc import Sequence

from django.utils.formats import number_format

SMALLEST = 3
HIDDEN = "verdeckt"


def suppress(counts: Sequence[int]) -> list[int | None]:
    """The counts of persons who are each in one row of a table, with None for what must not be shown.

    A count below three is hidden; and with it the next larger ones, until those hidden are more than two on average:
    not even who knows this rule and the total can work out a hidden one (the test tries all tables). Zero stays zero,
    unless all who are there are hidden: where each row holds one person, a zero would tell that the others hold one.
    """
    if not any(0 < count < SMALLEST for count in counts):
        return list(counts)
    if sum(counts) < SMALLEST or sum(counts) == len(counts) or max(counts) == 1:
        return [None] * len(counts)
    edge = SMALLEST - 1
    for count in sorted(counts):
        hidden = [other for other in counts if 0 < other <= edge]
        if count > edge and len(hidden) > 1 and sum(hidden) > 2 * len(hidden):
            break
        edge = max(edge, count)
    return [None if 0 < count <= edge else count for count in counts]


def shown(count: int) -> int | None:
    """A count that is part of no total."""
    return None if 0 < count < SMALLEST else count


def say(count: int | None, grouped: bool = True) -> str:
    return HIDDEN if count is None else number_format(count, use_l10n=True, force_grouping=grouped)
