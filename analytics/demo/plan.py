"""What happened in the made-up city in a year: every row of every ledger, before anybody writes it down.

The figures come from ``city.yaml``. Totals are shared out exactly, so that the rows add up to what the year is
known for. This module must not know how an office writes its workbook.
"""

from __future__ import annotations

import calendar
import datetime as dt
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from analytics.demo.forms import read_data
from analytics.demo.layouts import Planned
from analytics.demo.rows import Maker, Values, shares
from analytics.ledgers.model import County, geography, ledgers

Which = Literal["current", "before"]


@dataclass(frozen=True, slots=True)
class Office:
    """One office that sends workbooks: a county's federation or a department of the city's."""

    id: str
    name: str
    county: str
    local_name: str


def offices() -> dict[str, Office]:
    """Return every office by id: counties by code, departments by their key."""
    places = geography()
    found = {
        county.code: Office(county.code, f"{county.name}总工会", county.name, county.name)
        for county in places.counties
        if county.ranked
    }
    own = next(county.name for county in places.counties if not county.ranked)
    for key, name in read_data("city.yaml")["departments"].items():
        found[key] = Office(key, f"{places.federation}{name}", own, name)
    return found


@dataclass(slots=True)
class Year:
    """All rows of one year, by office and ledger, and loose rows for mistakes to be made with."""

    year: int
    rows: dict[tuple[str, str], list[Planned]] = field(default_factory=dict)

    def of(self, office: str, ledger: str) -> list[Planned]:
        """Return the rows one office reports in one ledger, by day."""
        return self.rows.setdefault((office, ledger), [])


class Planner:
    """Fills one year, the same way for the same seed."""

    def __init__(self, year: int, which: Which, seed: int, scale: int) -> None:
        self.rng = random.Random(f"{seed}/{year}")
        self.maker = Maker(self.rng)
        self.scale = scale
        self.data = read_data("city.yaml")
        self.offices = offices()
        self.year = Year(year)
        self.which = which
        self.figures: dict[str, dict[str, int | str]] = self.data["years"][which]
        self.taken: dict[tuple[str, int, str], set[int]] = {}
        self.places: list[County] = [county for county in geography().counties if county.ranked]

    def fill(self) -> Year:
        """Plan the whole year."""
        for kind, figures in self.figures.items():
            if kind not in ("job_fair", "training", "rectification"):
                self.events(kind, figures)
        self.party()
        self.fairs()
        self.classes()
        self.items()
        self.targets()
        for (_, ledger), rows in self.year.rows.items():
            date = ledgers()[ledger].date_field
            if date is not None:
                rows.sort(key=lambda row, date=date: str(row.values[date]))  # type: ignore[misc]
        return self.year

    def weights(self) -> list[float]:
        """Return how much of the counties' work each really did."""
        known = self.data["counties"]
        share = "reached" if self.which == "current" else "before"
        return [known[place.code]["size"] * known[place.code][share] for place in self.places]

    def months(self, season: str, count: int, county: str = "", ledger: str = "") -> list[int]:
        """Spread ``count`` happenings over the months the season favours."""
        weights = [float(weight) for weight in self.data["seasons"][season]]
        odd = self.data["outlier"]
        if (county, ledger, self.which) == (odd["county"], odd["ledger"], "current"):
            weights[odd["month"] - 1] += odd["weight"]
        parts = shares(count, weights) if count >= 12 else None
        if parts is None:
            return sorted(self.rng.choices(range(1, 13), weights, k=count))
        return [month for month, part in enumerate(parts, 1) for _ in range(part)]

    def split(self, figures: dict[str, Any], name: str) -> list[tuple[str, int]]:
        """Return (office id, share of a figure) for the counties and the department that also does such work."""
        known = self.weights()
        parts = shares(int(figures[name]) * self.scale, known)
        split = [(place.code, part) for place, part in zip(self.places, parts, strict=True)]
        if "department" in figures and f"department_{name}" in figures:
            split.append((figures["department"], int(figures[f"department_{name}"]) * self.scale))
        return split

    def host(self, office: Office) -> str:
        """Return where an office holds something: a county at home, a department at home or in any county."""
        if len(office.id) == 6 or office.id == "GX":
            return office.county
        if self.rng.random() < self.data["at_home"]:
            return office.county
        return self.rng.choice(self.places).name

    def apart(self, county: str, month: int, ledger: str, value: int, change: Callable[[], int]) -> int:
        """Return a count no other row of that place and month has.

        Rows that merely look alike would be taken for one happening reported twice.
        """
        seen = self.taken.setdefault((county, month, ledger), set())
        for _ in range(60):
            if value not in seen:
                break
            value = change()
        seen.add(value)
        return value

    def events(self, kind: str, figures: dict[str, Any]) -> None:
        """Plan the events of one kind, of the counties and of the department that holds such events too."""
        season = kind if kind in self.data["seasons"] else "event"
        sessions = dict(self.split(figures, "sessions")) if "sessions" in figures else {}
        for office_id, count in self.split(figures, "rows"):
            if not count:
                continue
            office = self.offices[office_id]
            total = sessions.get(office_id, count)
            extra = shares(max(total - count, 0), [self.rng.random() for _ in range(count)])
            for number, month in enumerate(self.months(season, count), 1):
                county = self.host(office)
                day = self.maker.day(self.year.year, month, last=27)
                values = self.maker.event(kind, day, county, office.name, number, sessions=1 + extra[number - 1])
                people = values["participants"]
                assert isinstance(people, int)  # noqa: S101 - an event that is no party meeting always has visitors
                values["participants"] = self.apart(county, month, "event", people, self.maker.visitors)
                self.year.of(office_id, "event").append(Planned(values))

    def party(self) -> None:
        """Plan the meetings of the federation's own branches."""
        office = self.offices["party"]
        branches: list[str] = self.maker.words["branches"]
        number = 0
        for kind, how in self.data["party"].items():
            times = next(iter(how.values())) * self.scale
            for turn in range(times):
                month = 1 + (turn * 12 // times) % 12
                meeting = branches if "branch" in how else [branches[turn % len(branches)]]
                days = self.rng.sample(range(1, 28), len(meeting))
                for branch, day in zip(meeting, days, strict=True):
                    number += 1
                    date = dt.date(self.year.year, month, day)
                    values = self.maker.event(kind, date, office.county, office.name, number, branch=branch)
                    self.year.of("party", "event").append(Planned(values, exact=True))
        if self.which == "current":
            self.rescue(number)

    def rescue(self, number: int) -> None:
        """After the July rain, members cleared mud in a community of the city."""
        office = self.offices["party"]
        venue = self.maker.words["venues"]["社区"][3]
        for turn, day in enumerate((17, 18, 20), 1):
            values = self.maker.event(
                "抢险救灾", dt.date(self.year.year, 7, day), self.places[0].name, office.name, number + turn
            )
            values |= {"venue": venue, "venue_type": "社区", "mode": "线下", "end_date": None}
            values["participants"] = 31 + 4 * turn
            self.year.of("party", "event").append(Planned(values, exact=True))

    def fairs(self) -> None:
        """Plan the job fairs; jobs and visits are shared out exactly."""
        figures = self.figures["job_fair"]
        sessions, jobs, groups = (dict(self.split(figures, name)) for name in ("sessions", "jobs", "groups"))
        for office_id, count in self.split(figures, "rows"):
            if not count:
                continue
            office = self.offices[office_id]
            extra = shares(max(sessions[office_id] - count, 0), [self.rng.random() for _ in range(count)])
            sizes = [0.6 + self.rng.random() for _ in range(count)]
            offered = shares(jobs[office_id], sizes)
            served = shares(groups[office_id], sizes)
            months = self.months("job_fair", count, office_id, "job_fair")
            days = _spread_days(self.year.year, months)
            for number, day in enumerate(days, 1):
                place = number - 1
                values = self.maker.job_fair(
                    day, self.host(office), office.name, number,
                    jobs=offered[place], groups=served[place], sessions=1 + extra[place],
                )  # fmt: skip
                self.year.of(office_id, "job_fair").append(Planned(values, exact=True))

    def classes(self) -> None:
        """Plan the training classes, over as many categories as the year had."""
        figures = self.figures["training"]
        known = [(major, name) for major, names in self.maker.words["categories"].items() for name in names]
        known = known[: int(figures["categories"])]
        visits = dict(self.split(figures, "visits"))
        place = 0
        for office_id, count in self.split(figures, "rows"):
            if not count:
                continue
            office = self.offices[office_id]
            trained = shares(visits[office_id], [0.7 + self.rng.random() for _ in range(count)])
            months = self.months("training", count)
            for number, month in enumerate(months, 1):
                category = known[place % len(known)]
                place += 7 if len(known) % 7 else 1
                day = self.maker.day(self.year.year, month, last=18)
                values = self.maker.training(
                    category, day, self.host(office), office.name, number, visits=trained[number - 1]
                )
                self.year.of(office_id, "training").append(Planned(values, exact=True))

    def items(self) -> None:
        """Plan what had to be put right: the counties' items, and what the style campaign found at home."""
        figures = self.figures["rectification"]
        words = self.maker.words["rectification"]
        for office_id, count in self.split(figures, "rows"):
            office = self.offices[office_id]
            for number, month in enumerate(self.months("rectification", count), 1):
                self.item(office, number, month, words["problems"][(number * 5 + month) % len(words["problems"])])
        party = self.offices["party"]
        for number, problem in enumerate(words["style"], 1):
            found = dt.date(self.year.year, 3, 4 + number)
            values = self.maker.rectification(
                f"{party.local_name}{number:02d}", "作风建设查摆", found, party.name, problem,
                state="已销号" if number == 1 or self.which == "before" else "已完成",
            )  # fmt: skip
            self.year.of("party", "rectification").append(Planned(values, exact=True))

    def item(self, office: Office, number: int, month: int, problem: str) -> None:
        """Plan one item of a county."""
        found = self.maker.day(self.year.year, month, last=28)
        source = self.rng.choice(("督查", "督查", "巡察", "审计", "民主生活会", "主题教育", "其他"))
        state = None
        if self.which == "before":
            state = self.rng.choice(("已完成", "已完成", "已销号"))
        values = self.maker.rectification(
            f"{office.local_name}{number:02d}", source, found, office.name, problem, state=state
        )
        self.year.of(office.id, "rectification").append(Planned(values))

    def targets(self) -> None:
        """Plan what leadership asked for: the whole city's figure, and each county's share of it."""
        names = self.maker.words["kpi_names"]
        own = next(place for place in geography().counties if not place.ranked)
        sizes = [self.data["counties"][place.code]["size"] for place in self.places]
        for kpi, target in self.data["targets"][self.which].items():
            city = int(target["city"])
            parts = [(geography().whole_city.name, city)]
            if "own" in target:
                mine = round(city * target["own"])
                parts.append((own.name, mine))
                split = shares(city - mine, sizes)
                parts += [(place.name, part) for place, part in zip(self.places, split, strict=True)]
            for county, amount in parts:
                self.year.of("office", "target").append(Planned(self.target(kpi, names[kpi], county, amount, target)))

    def target(self, kpi: str, name: str, county: str, amount: int, target: dict[str, Any]) -> Values:
        """Make one target row."""
        scaled = amount * (1 if target.get("level") else self.scale)
        pace = [Decimal(share) if target.get("level") else Decimal(scaled * share) / 100 for share in target["pace"]]
        return {
            "year": self.year.year,
            "kpi": kpi,
            "kpi_name": name,
            "county": county,
            "annual_target": Decimal(scaled),
            "q1": pace[0],
            "q2": pace[1],
            "q3": pace[2],
            "q4": pace[3],
            "remark": None,
        }


def _spread_days(year: int, months: Sequence[int]) -> list[dt.date]:
    """Give each happening of an office a day of its own as long as the month has days."""
    days = []
    for month in sorted(set(months)):
        count = sum(1 for other in months if other == month)
        length = calendar.monthrange(year, month)[1] - 2
        days += [dt.date(year, month, 1 + (2 + place * length // count) % length) for place in range(count)]
    return days


def plan_year(year: int, which: Which, *, seed: int, scale: int = 1) -> Year:
    """Return everything that happened in ``year``.

    Args:
        year: The calendar year.
        which: Whether it is the year shown or the one before, which was smaller.
        seed: Decides everything the figures leave open.
        scale: How many times as much happened.
    """
    return Planner(year, which, seed, scale).fill()
