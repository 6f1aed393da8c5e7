"""One believable row of a ledger: the words, days and figures of one event, class, fair or item to be put right.

The figures that totals rest on come from outside; the rest is made here so that no declared rule is broken.
This module must not know offices or how a row will be written.
"""

from __future__ import annotations

import calendar
import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from analytics.demo.forms import read_data
from analytics.demo.truth import Plain

Values = dict[str, Plain]


@dataclass(slots=True)
class Maker:
    """Makes rows with one source of chance."""

    rng: random.Random
    words: dict[str, Any] = field(default_factory=lambda: read_data("words.yaml"))

    def pick(self, name: str) -> str:
        """Return one of a list of words."""
        return str(self.rng.choice(self.words[name]))

    def place(self) -> tuple[str, str]:
        """Return a kind of venue and a venue."""
        kind = self.rng.choice(tuple(self.words["venues"]))
        return kind, self.rng.choice(self.words["venues"][kind])

    def day(self, year: int, month: int, *, last: int = 31) -> dt.date:
        """Return a day of the month, not after ``last``."""
        return dt.date(year, month, self.rng.randint(1, min(last, calendar.monthrange(year, month)[1])))

    def event(
        self,
        kind: str,
        day: dt.date,
        county: str,
        organizer: str,
        number: int,
        *,
        sessions: int = 1,
        branch: str | None = None,
    ) -> Values:
        """Make one event. ``number`` keeps names apart within an office's year."""
        venue_type, venue = self.place()
        pattern = self.rng.choice(self.words["event_names"].get(kind, [f"{kind}（@）"]))
        party = branch is not None
        expected = self.rng.randint(10, 22) if party else None
        attended = expected - self.rng.choice((0, 0, 0, 1, 2)) if expected else None
        length = self.rng.choice((0, 0, 0, 1, 2)) if not party else 0
        end = day + dt.timedelta(days=length)
        talks = kind in ("宣讲", "业务讲堂")
        funded = not party and kind not in ("宣讲", "业务讲堂")
        return {
            "event_name": f"{pattern.replace('@', venue)}第{number}场",
            "event_type": kind,
            "start_date": day,
            "end_date": end if length and end.month == day.month else None,
            "county": county,
            "venue": venue,
            "venue_type": venue_type,
            "organizer": organizer,
            "branch": branch,
            "speaker": self.pick("persons") if talks else None,
            "speaker_type": self.rng.choice(("专家学者", "劳模工匠", "先进人物", "干部")) if talks else None,
            "mode": self.rng.choices(("线下", "线上", "线上线下"), (8, 1, 1))[0],
            "expected_n": expected,
            "attended_n": attended,
            "participants": attended if party else self.visitors(),
            "sessions": sessions,
            "funds_yuan": self.money(500, 30000) if funded else None,
            "status": "已完成",
            "remark": None,
        }

    def visitors(self) -> int:
        """Return how many came to something: mostly dozens, sometimes a round number of hundreds or thousands."""
        return self.rng.choice((self.rng.randint(24, 320), self.rng.randint(24, 180), 100 * self.rng.randint(2, 28)))

    def money(self, least: int, most: int) -> Decimal:
        """Return an amount in yuan, sometimes with cents."""
        whole = Decimal(self.rng.randint(least // 100, most // 100) * 100)
        return whole + Decimal(self.rng.choice(("0", "0", "0", "50", "12.50", "8.80"))).quantize(Decimal("0.01"))

    def training(
        self, category: tuple[str, str], day: dt.date, county: str, organizer: str, number: int, *, visits: int
    ) -> Values:
        """Make one class that ``visits`` people were trained in."""
        major, name = category
        rng = self.rng
        end = day + dt.timedelta(days=rng.randint(2, 9))
        mode = rng.choices(("线下", "线上", "线上线下"), (8, 1, 1))[0]
        online = 0 if mode == "线下" else visits if mode == "线上" else visits // 3
        migrant = visits * rng.randint(25, 55) // 100
        exam = visits * rng.randint(70, 100) // 100
        passed = exam * rng.randint(84, 100) // 100
        certified = passed * rng.randint(60, 100) // 100
        return {
            "course_name": f"{name}第{number}期培训班",
            "category": name,
            "category_major": major,
            "batch_no": f"第{number}期",
            "start_date": day,
            "end_date": end,
            "county": county,
            "organizer": organizer,
            "provider": self.pick("providers"),
            "mode": mode,
            "target_group": self.pick("target_groups"),
            "planned_n": visits + rng.randint(-3, 6),
            "trained_visits": visits,
            "onsite_visits": visits - online,
            "online_visits": online,
            "migrant_visits": migrant,
            "new_form_visits": visits * rng.randint(10, 30) // 100,
            "hours": Decimal(rng.choice((8, 12, 16, 24, 40, 56))) + Decimal(rng.choice(("0", "0", "0.5"))),
            "exam_n": exam,
            "pass_n": passed,
            "cert_n": certified,
            "employed_n": certified * rng.randint(30, 80) // 100,
            "satisfaction": Decimal(rng.randint(880, 998)) / 10,
            "respondents": max(1, visits * rng.randint(60, 95) // 100),
            "fee_yuan": self.money(2000, 40000),
            "is_public_benefit": rng.random() < 0.9,
            "remark": None,
        }

    def job_fair(
        self, day: dt.date, county: str, organizer: str, number: int, *, jobs: int, groups: int, sessions: int = 1
    ) -> Values:
        """Make one fair that offered ``jobs`` and served ``groups`` migrant and new-form workers."""
        rng = self.rng
        _, venue = self.place()
        mode = rng.choices(("线下", "线上线下", "直播带岗", "线上"), (10, 4, 2, 2))[0]
        both = groups * rng.randint(2, 12) // 100
        migrant = (groups + both) * rng.randint(60, 80) // 100
        visits = groups * rng.randint(112, 145) // 100 + rng.randint(3, 30)
        online = 0 if mode == "线下" else visits * 2 // 5 if mode == "线上线下" else visits
        length = rng.choice((0, 0, 1, 2)) if day.day < 27 else 0
        intention = visits * rng.randint(12, 34) // 100
        return {
            "fair_name": f"{day.year}年{self.pick('fair_names').replace('@', venue)}第{number}场",
            "fair_date": day,
            "end_date": day + dt.timedelta(days=length) if length else None,
            "county": county,
            "venue": venue,
            "organizer": organizer,
            "mode": mode,
            "sessions": sessions,
            "theme_type": rng.choice(("综合", "综合", "农民工", "新就业形态", "女职工", "高校毕业生")),
            "employers_n": max(2, jobs // rng.randint(9, 19)),
            "jobs_n": jobs,
            "visits_total": visits,
            "onsite_visits": visits - online,
            "online_visits": online,
            "live_views": self.views() if mode == "直播带岗" else None,
            "migrant_visits": migrant,
            "new_form_visits": groups + both - migrant,
            "both_visits": both,
            "intention_n": intention,
            "signed_n": intention * rng.randint(20, 60) // 100,
            "remark": None,
        }

    def views(self) -> int:
        """Return how often a live broadcast was watched; now and then it was a great success."""
        return 10_000_000 * self.rng.randint(1, 3) if self.rng.random() < 0.5 else 100 * self.rng.randint(20, 460)

    def rectification(
        self, item_no: str, source: str, found: dt.date, unit: str, problem: str, *, state: str | None = None
    ) -> Values:
        """Make one item to be put right. ``state`` is its status; without one, most are done."""
        rng = self.rng
        words = self.words["rectification"]
        status = state or rng.choices(("已完成", "已销号", "整改中", "未启动", "待验收"), (56, 22, 13, 4, 5))[0]
        done = found + dt.timedelta(days=rng.randint(5, 70)) if status in ("已完成", "已销号", "待验收") else None
        closed = done + dt.timedelta(days=rng.randint(1, 20)) if done and status == "已销号" else None
        return {
            "item_no": item_no,
            "source": source,
            "found_date": found,
            "category": rng.choice(("庸", "懒", "散", "慢", "虚", "形式主义", "制度", "其他")),
            "description": problem,
            "cause": rng.choice(words["causes"]),
            "measures": rng.choice(words["measures"]),
            "resp_unit": unit,
            "resp_leader": self.pick("persons"),
            "resp_person": self.pick("persons"),
            "deadline": found + dt.timedelta(days=rng.choice((30, 45, 60, 90))),
            "progress": "已按要求整改" if done else "正在制定措施",
            "status": status,
            "done_date": done,
            "closed_date": closed,
            "result": rng.choice(words["results"]) if done else None,
            "remark": None,
        }


def shares(total: int, weights: Sequence[float]) -> list[int]:
    """Split ``total`` into whole parts in proportion to ``weights``; the parts add up exactly.

    Raises:
        ValueError: There is nothing to share it among.
    """
    whole = sum(weights)
    if whole <= 0:
        raise ValueError("没有可分配的对象")
    exact = [total * weight / whole for weight in weights]
    parts = [int(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: total - sum(parts)]:
        parts[place] += 1
    return parts
