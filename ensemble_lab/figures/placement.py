"""Where the names of points go: near their point, on no other thing, inside the frame.

Greedy, after J. Christensen, J. Marks and S. Shieber, "An empirical study of algorithms for
point-feature label placement", ACM Transactions on Graphics 14 (1995), 203-232, with rings of
places a little further off for crowds: a name without room there is better listed than led to from
afar. All lengths are in points; y goes up.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

__all__ = ["Box", "Place", "crosses", "overlaps", "place_labels"]


class Box(NamedTuple):
    """A rectangle."""

    left: float
    bottom: float
    right: float
    top: float

    def holds(self, other: "Box") -> bool:
        """Whether the other lies inside, or on the edge."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.bottom <= other.bottom
            and other.top <= self.top
        )


class Place(NamedTuple):
    """Where a label stands, and the point of its edge nearest to what it names.

    Attributes
    ----------
    box : Box
    end : (float, float)
    is_far : bool
        Whether a line should lead to it.
    """

    box: Box
    end: tuple[float, float]
    is_far: bool


_NEAREST = 7.0
_RINGS = (_NEAREST, 12.0, 18.0, 25.0, 33.0)
_TURN = 32
# Beside first, then above and below, then between, in parts of a turn.
_DIRECTIONS = tuple(dict.fromkeys((*(0, 16, 8, 24, 4, 28, 12, 20), *range(_TURN))))
_AIR = 1.5
_CROWD = 40.0
_CLEARLY = 2.0


def overlaps(one: Box, other: Box) -> bool:
    """Return whether two rectangles share more than an edge.

    Examples
    --------
    >>> overlaps(Box(0, 0, 2, 2), Box(1, 1, 3, 3)), overlaps(Box(0, 0, 2, 2), Box(2, 0, 4, 2))
    (True, False)
    """
    return (
        one.left < other.right
        and other.left < one.right
        and one.bottom < other.top
        and other.bottom < one.top
    )


def crosses(start: tuple[float, float], end: tuple[float, float], box: Box) -> bool:
    """Return whether a line from `start` to `end` passes through the inside of a rectangle.

    Examples
    --------
    >>> crosses((0, 0), (4, 4), Box(1, 1, 2, 2)), crosses((0, 0), (4, 0), Box(1, 1, 2, 2))
    (True, False)
    """
    first, last = 0.0, 1.0
    for here, there, low, high in (
        (start[0], end[0], box.left, box.right),
        (start[1], end[1], box.bottom, box.top),
    ):
        way = there - here
        if way == 0:
            if not low < here < high:
                return False
            continue
        near, far = sorted(((low - here) / way, (high - here) / way))
        first, last = max(first, near), min(last, far)
    return first < last


def place_labels(
    points: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    obstacles: Sequence[Box],
    frame: Box,
) -> list[Place | None]:
    """Return a place for each label; None where there is no room for it.

    Labels come one after another, each at the first place from near to far that lies in the
    frame, on no obstacle and no label before it, and whose line crosses no label; where it can
    be, no obstacle either, and every other point is at least twice as far as its own; a line leads
    to one that cannot. Of several orders the one that places most labels is taken, and of
    those the one that places them nearest.

    Parameters
    ----------
    points : sequence of (float, float)
    sizes : sequence of (float, float)
        Width and height of each label.
    obstacles : sequence of Box
        Markers and bars; a label may be near its own marker, not on it.
    frame : Box
    """
    tries = (_place_in(order, points, sizes, obstacles, frame) for order in _orders(points))
    return min(tries, key=lambda places: (places.count(None), _count_way(points, places)))


def _count_way(points: Sequence[tuple[float, float]], places: Sequence[Place | None]) -> float:
    return sum(
        math.dist(point, place.end)
        for point, place in zip(points, places, strict=True)
        if place is not None
    )


def _orders(points: Sequence[tuple[float, float]]) -> Iterator[list[int]]:
    """Yield orders of the points: crowds first, from left to right, from right to left."""
    near = [sum(math.dist(point, other) < _CROWD for other in points) for point in points]
    yield sorted(range(len(points)), key=lambda number: -near[number])
    yield sorted(range(len(points)), key=lambda number: points[number])
    yield sorted(range(len(points)), key=lambda number: points[number], reverse=True)


def _place_in(
    order: Sequence[int],
    points: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    obstacles: Sequence[Box],
    frame: Box,
) -> list[Place | None]:
    places: list[Place | None] = [None] * len(points)
    for number in order:
        others = [(points[other], place) for other, place in enumerate(places) if place is not None]
        rivals = [each for each in points if each != points[number]]
        place = _find_place(points[number], sizes[number], obstacles, others, rivals, frame)
        places[number] = place
    return places


def _find_place(
    point: tuple[float, float],
    size: tuple[float, float],
    obstacles: Sequence[Box],
    others: Sequence[tuple[tuple[float, float], Place]],
    rivals: Sequence[tuple[float, float]],
    frame: Box,
) -> Place | None:
    foreign = [box for box in obstacles if _way(point, box) > 0]
    worse: list[tuple[bool, bool, Place]] = []
    for place in _free_places(point, size, obstacles, others, frame):
        is_blocked = any(crosses(point, place.end, box) for box in foreign)
        own = _way(point, place.box)
        is_astray = any(_way(rival, place.box) < _CLEARLY * own for rival in rivals)
        if not is_blocked and not is_astray:
            return place
        worse.append((is_blocked, is_astray, place._replace(is_far=place.is_far or is_astray)))
    return min(worse, key=lambda each: each[:2])[2] if worse else None


def _free_places(
    point: tuple[float, float],
    size: tuple[float, float],
    obstacles: Sequence[Box],
    others: Sequence[tuple[tuple[float, float], Place]],
    frame: Box,
) -> Iterator[Place]:
    labels = [place.box for _, place in others]
    taken = [*obstacles, *map(_grow, labels)]
    lines = [(start, place.end) for start, place in others if place.is_far]
    for place in _candidates(point, size):
        if (
            frame.holds(place.box)
            and not any(overlaps(place.box, box) for box in taken)
            and not any(crosses(start, end, place.box) for start, end in lines)
            and not any(crosses(point, place.end, box) for box in labels)
        ):
            yield place


def _way(point: tuple[float, float], box: Box) -> float:
    """Return how far a point is from a rectangle."""
    x, y = point
    return math.hypot(max(box.left - x, 0, x - box.right), max(box.bottom - y, 0, y - box.top))


def _grow(box: Box) -> Box:
    return Box(box.left - _AIR, box.bottom - _AIR, box.right + _AIR, box.top + _AIR)


def _candidates(point: tuple[float, float], size: tuple[float, float]) -> Iterator[Place]:
    """Yield places around a point: the label's nearest edge touches the ring."""
    width, height = size
    for ring in _RINGS:
        for direction in _DIRECTIONS:
            angle = direction * math.tau / _TURN
            cosine, sine = math.cos(angle), math.sin(angle)
            x = point[0] + ring * cosine
            y = point[1] + ring * sine
            # 0 where the label starts at (x, y), 1 where it ends there.
            across, up = (1 - _step(cosine)) / 2, (1 - _step(sine)) / 2
            left, bottom = x - across * width, y - up * height
            box = Box(left, bottom, left + width, bottom + height)
            end = (
                min(max(point[0], box.left), box.right),
                min(max(point[1], box.bottom), box.top),
            )
            yield Place(box, end, ring > _NEAREST)


def _step(share: float) -> int:
    """Return −1, 0 or 1: on which side a label lies; near the axis it is centred."""
    return 0 if abs(share) < 0.2 else (1 if share > 0 else -1)
