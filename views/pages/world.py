"""Where events came from: dots on a graticule, and countries by number.

The globe is drawn by the Equal Earth projection (Šavrič, Patterson and Jenny,
2018), whose few lines need no map data: a dot lies where its latitude and
longitude are, and the list beside it says what is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import asin, cos, radians, sin, sqrt

from trailkeeper.models.histories import PlaceCount
from trailkeeper.producer.counted import counted

from .words import plain

A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796
UNIT = 70.0
WIDE, HIGH = 2.7066 * UNIT, 1.3173 * UNIT
MARGIN = 2.0
BOX = f"{-WIDE - MARGIN:.1f} {-HIGH - MARGIN:.1f} {2 * (WIDE + MARGIN):.1f} {2 * (HIGH + MARGIN):.1f}"
SMALLEST, LARGEST = 2.2, 9.0
MOST_BARS = 5
MOST_DOTS = 200

Point = tuple[float, float]


@dataclass(frozen=True)
class Dot:
    """A place on the map."""

    x: float
    y: float
    r: float
    text: str


@dataclass(frozen=True)
class CountryBar:
    """A country in the list; `share` is its length in percent of the longest."""

    name: str
    count: int
    share: float
    href: str | None


@dataclass(frozen=True)
class Atlas:
    """Everything the template draws."""

    dots: list[Dot]
    bars: list[CountryBar]
    summary: str
    box: str = BOX

    @property
    def outline(self) -> str:
        """The edge of the world as a path."""
        return _outline()

    @property
    def graticule(self) -> str:
        """Meridians and parallels each 30 degrees, as a path."""
        return _graticule()

    @property
    def equator(self) -> str:
        """The equator as a path."""
        return _path([(longitude, 0.0) for longitude in (-180.0, 180.0)])


def atlas(places: Sequence[PlaceCount], link: Callable[[str], str]) -> Atlas | None:
    """The picture of some places; None where none is known.

    Args:
        places: most frequent first.
        link: from a country's code to the address of its events.
    """
    if not places:
        return None
    countries: Counter[tuple[str, str | None]] = Counter()
    for place in places:
        countries[_country(place), place.country_code] += place.events
    return Atlas(_dots(places), _bars(countries, link), _summary(len(places), len(countries)))


def spot(latitude: float | None, longitude: float | None, text: str) -> Atlas | None:
    """The picture of one place."""
    if latitude is None or longitude is None:
        return None
    x, y = project(longitude, latitude)
    return Atlas([Dot(x, y, 5.0, plain(text))], [], "")


def project(longitude: float, latitude: float) -> Point:
    """Degrees to units of the view box, y downwards."""
    theta = asin(sqrt(3) / 2 * sin(radians(latitude)))
    squared = theta * theta
    sixth = squared**3
    slope = A1 + 3 * A2 * squared + sixth * (7 * A3 + 9 * A4 * squared)
    x = 2 * sqrt(3) * radians(longitude) * cos(theta) / (3 * slope)
    y = theta * (A1 + A2 * squared + sixth * (A3 + A4 * squared))
    return round(x * UNIT, 2), round(-y * UNIT, 2)


def _dots(places: Sequence[PlaceCount]) -> list[Dot]:
    known = [place for place in places if place.latitude is not None and place.longitude is not None]
    most = max((place.events for place in known), default=1)
    return [_dot(place, most) for place in known[:MOST_DOTS]]


def _dot(place: PlaceCount, most: int) -> Dot:
    x, y = project(place.longitude or 0.0, place.latitude or 0.0)
    radius = SMALLEST + (LARGEST - SMALLEST) * sqrt(place.events / most)
    return Dot(x, y, round(radius, 2), f"{plain(place.display)}: {counted(place.events, 'event')}")


def _bars(countries: Counter[tuple[str, str | None]], link: Callable[[str], str]) -> list[CountryBar]:
    largest = countries.most_common(MOST_BARS)
    longest = largest[0][1]
    bars = [
        CountryBar(name, number, round(100 * number / longest, 2), link(code) if code else None)
        for (name, code), number in largest
    ]
    if rest := countries.total() - sum(bar.count for bar in bars):
        bars.append(CountryBar("Elsewhere", rest, round(min(100.0, 100 * rest / longest), 2), None))
    return bars


def _country(place: PlaceCount) -> str:
    return plain(place.country or place.display or "Unknown")


def _summary(places: int, countries: int) -> str:
    return f"{counted(places, 'place')} in {counted(countries, 'country', 'countries')}"


@cache
def _outline() -> str:
    up = [(180.0, float(latitude)) for latitude in range(-90, 91, 5)]
    down = [(-180.0, float(latitude)) for latitude in range(90, -91, -5)]
    return _path([*up, *down]) + "Z"


@cache
def _graticule() -> str:
    meridians = [
        [(float(longitude), float(latitude)) for latitude in range(-90, 91, 10)]
        for longitude in range(-150, 180, 30)
    ]
    parallels = [[(-180.0, float(latitude)), (180.0, float(latitude))] for latitude in (-60, -30, 30, 60)]
    return "".join(map(_path, meridians + parallels))


def _path(points: Sequence[Point]) -> str:
    path = (project(longitude, latitude) for longitude, latitude in points)
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in path)
