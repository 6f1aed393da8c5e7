"""The KPIs of the further ledgers a second time, in plain pandas and loops: nothing of the code under test.

Rows are the dicts the tests make; ``start`` and ``end`` are the days of the window (``start`` is None for a state).
"""

import datetime as dt

import pandas as pd

LEDGER = {
    "P04": "political_birthday", "P05": "political_birthday", "P_birthdays": "political_birthday",
    "P07": "honour", "P_orgs": "party_org", "P_members": "party_org",
    "D04": "policy_doc", "D_docs": "policy_doc", "P06_docs": "policy_doc",
    "S01": "season_service", "S02": "season_service", "S03": "season_service", "S03_funds": "season_service",
    "S04": "season_service", "S04_funds": "season_service",
    "C01": "community_link", "C02": "community_link", "C03": "community_link", "C_posts": "community_link",
    "C_visits": "community_link",
    "D01": "integrity_pledge", "D02": "integrity_opinion", "D03": "integrity_exam", "D06": "four_forms",
}  # fmt: skip
STATES = ("P_orgs", "P_members")
DISCIPLINE = ("D01", "D02", "D03", "D06")
SEASONS = {
    "S01": ("春送岗位", "jobs_n"), "S02": ("夏送清凉", "visits"), "S03": ("金秋助学", "students_n"),
    "S03_funds": ("金秋助学", "funds_paid"), "S04": ("冬送温暖", "visits"), "S04_funds": ("冬送温暖", "funds_paid"),
}  # fmt: skip
SUMS = {
    "P04": "persons_n", "C_posts": "posts_claimed", "D02": "persons_n", "D03": "exam_visits", "D06": "visits",
}  # fmt: skip


def filed(day, year):
    """The day a record counts on whose year has the last word."""
    if day is None:
        return dt.date(year, 1, 1)
    return min(max(day, dt.date(year, 1, 1)), dt.date(year, 12, 31))


def counts_on(kpi, row):
    ledger = LEDGER[kpi]
    if ledger == "season_service":
        return filed(row["date"], row["campaign_year"])
    if ledger == "community_link":
        return (
            dt.date(row["valid_year"], 1, 1) if kpi in ("C01", "C02") else filed(row["service_date"], row["valid_year"])
        )
    if ledger == "integrity_pledge":
        return dt.date(row["year"], 1, 1)
    name = {"honour": "named_on", "party_org": "founded_on", "policy_doc": "effective_on", "four_forms": "period"}
    return row[name.get(ledger, "date")]


def in_window(kpi, rows, start, end):
    kept = []
    for row in rows:
        day = counts_on(kpi, row)
        if day is None:
            if kpi in STATES:
                kept.append(row)
        elif day <= end and (start is None or day >= start):
            kept.append(row)
    return kept


def total(scope, rows, name):
    if not scope:
        return None
    if not rows:
        return 0
    found = pd.Series([row[name] for row in rows], dtype=object).dropna()
    return None if found.empty else found.sum()


def figure(kpi, rows):
    """The KPI over the rows of one scope and window."""
    if kpi in SEASONS:
        season, name = SEASONS[kpi]
        return total(rows, [row for row in rows if row["season"] == season], name)
    if kpi in SUMS:
        return total(rows, rows, SUMS[kpi])
    if kpi == "P_members":
        return total(rows, [row for row in rows if row["type"] == "党支部"], "members_n")
    if kpi in ("C03", "C_visits"):
        name = "hours" if kpi == "C03" else "residents_visits"
        return total(rows, [row for row in rows if row["service_date"] is not None], name)
    if not rows:
        return None
    frame = pd.DataFrame(rows, dtype=object)
    if kpi in ("P_orgs", "P_birthdays"):
        return len(frame)
    if kpi == "P05":
        return len({(day.year, (day.month + 2) // 3) for day in frame["date"]})
    if kpi == "P07":
        return int((frame["status"] == "命名").sum())
    if kpi == "D01":
        both = frame.dropna(subset=["signed_n", "due_n"])
        due = both["due_n"].sum()
        return 100 * both["signed_n"].sum() / due if due else None
    if kpi in ("D04", "D_docs", "P06_docs"):
        made = frame[frame["action"] != "废止"]
        if kpi == "D04":
            return len(set(made["category"]) - {"其他"})
        return len(made) if kpi == "D_docs" else sum("责任制" in title for title in made["title"])
    if kpi == "C01":
        every = set(zip(frame["community"], frame["valid_year"], strict=True))
        signed = frame[frame["agreement_date"].notna()]
        return 100 * len(set(zip(signed["community"], signed["valid_year"], strict=True))) / len(every)
    known = frame[frame["member_code"].notna()]
    every = set(zip(known["member_code"], known["valid_year"], strict=True))
    came = known[known["service_date"].notna()]
    return 100 * len(set(zip(came["member_code"], came["valid_year"], strict=True))) / len(every) if every else None


MONTHLY, HALF, YEARLY = tuple(range(1, 13)), (6, 12), (12,)
DUE = {"三会一课": MONTHLY, "主题党日": MONTHLY, "组织生活会": HALF, "民主评议": YEARLY}


def held_of_due(events, branches, start, end):
    """P02: what was held of what was due, month by month counted on fingers; ``branches`` is {name: founded on}."""
    inside = [row for row in events if start <= row["start_date"] <= end]
    if not inside:
        return None
    months = sorted({(start + dt.timedelta(days=n)).replace(day=1) for n in range((end - start).days + 1)})
    done = asked = 0
    for kind, when in DUE.items():
        for branch, since in branches.items():
            due = sum(
                m.month in when and (since is None or (m.year, m.month) >= (since.year, since.month)) for m in months
            )
            held = sum(
                row["sessions"] or 0
                for row in inside
                if row["status"] == "已完成" and row["event_type"] == kind and row["branch"] == branch
            )
            done, asked = done + min(due, held), asked + due
    if branches:
        due = sum(m.month == 12 for m in months)
        held = sum(
            row["sessions"] or 0 for row in inside if row["status"] == "已完成" and row["event_type"] == "民主生活会"
        )
        done, asked = done + min(due, held), asked + due
    return 100 * done / asked if asked else None
