"""Every KPI a second time, deliberately plain, in pandas: no SQL, no declaration, nothing of the code under test.

A figure here is worked out from the rows of one scope and window by the words of the catalogue. Rows are the dicts
the tests make; a number written as an estimate is ``None`` with a note in ``approx``.
"""

import calendar
import datetime as dt
import json

import pandas as pd

DATE = {"event": "start_date", "job_fair": "fair_date", "training": "start_date", "rectification": "found_date"}
LEDGER = {
    "E": "event",
    "P": "event",
    "C": "event",
    "D": "event",
    "J": "job_fair",
    "T": "training",
    "R": "rectification",
}
SPANS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
PARTY = ["理论学习", "业务讲堂", "主题党日", "三会一课", "组织生活会", "民主生活会", "民主评议"]
DONE = ["已完成", "已销号"]


def ledger_of(kpi):
    return LEDGER[kpi[0]]


def last_possible_day(row, ledger):
    """The last day on which a record may have happened."""
    day = row[DATE[ledger]]
    span = json.loads(row["precision"]).get(DATE[ledger]) if row.get("precision") else None
    if span is None:
        return day
    if span == "dekad":
        return (
            day + dt.timedelta(days=9) if day.day < 21 else day.replace(day=calendar.monthrange(day.year, day.month)[1])
        )
    index = day.year * 12 + day.month - 1 + SPANS[span] - 1
    year, month = index // 12, index % 12 + 1
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def in_window(rows, ledger, start, end, limit):
    """The records that lie wholly in a window; ``start`` is None for a state."""
    kept = [
        row
        for row in rows
        if (start is None or row[DATE[ledger]] >= start)
        and row[DATE[ledger]] <= end
        and last_possible_day(row, ledger) <= limit
    ]
    frame = pd.DataFrame(kept, dtype=object)
    return frame.where(frame.notna(), None)


def blank(value):
    return value is None or value != value


def guessed(row, columns):
    notes = json.loads(row["approx"]) if not blank(row.get("approx")) else {}
    return any(name in notes and blank(row.get(name)) for name in columns)


def total(scope, rows, value, columns):
    """A sum: absent without records in scope, or where records fall under it but none has the number; else a number."""
    if scope.empty:
        return None
    if rows.empty:
        return 0
    found = [value(row) for _, row in rows.iterrows() if not guessed(row, columns)]
    found = [number for number in found if not blank(number)]
    return sum(found) if found else None


def quotient(rows, upper, lower, columns, factor=1):
    """A ratio of sums over the rows that have both sides."""
    pairs = [(upper(row), lower(row)) for _, row in rows.iterrows() if not guessed(row, columns)]
    pairs = [(a, b) for a, b in pairs if not blank(a) and not blank(b)]
    below = sum(b for _, b in pairs)
    return None if not pairs or below == 0 else factor * float(sum(a for a, _ in pairs)) / float(below)


def where(frame, test):
    return frame if frame.empty else frame[[bool(test(row)) for _, row in frame.iterrows()]]


def col(name):
    return lambda row: None if blank(row.get(name)) else row[name]


def two_groups(row):
    both = [row.get("migrant_visits"), row.get("new_form_visits")]
    if all(blank(part) for part in both):
        return None
    overlap = row.get("both_visits")
    return sum(part for part in both if not blank(part)) - (0 if blank(overlap) else overlap)


def online(total_name, all_online):
    def share(row):
        if not blank(row.get("online_visits")):
            return row["online_visits"]
        if not blank(row.get("onsite_visits")):
            return None if blank(row.get(total_name)) else row[total_name] - row["onsite_visits"]
        if row.get("mode") == "线下":
            return 0
        if row.get("mode") in all_online:
            return row.get(total_name)
        return None

    return share


def times(first, second):
    return lambda row: None if blank(row.get(first)) or blank(row.get(second)) else row[first] * row[second]


SUMS = {
    # id: (which rows, what is summed, number columns)
    "E01": (lambda r: r["status"] == "已完成" and r["event_type"] == "宣讲", "sessions"),
    "E02": (lambda r: r["status"] == "已完成" and r["event_type"] == "文化惠工", "sessions"),
    "E03": (lambda r: r["status"] == "已完成", "sessions"),
    "E04": (lambda r: r["status"] == "已完成", "participants"),
    "E06": (lambda r: r["status"] == "已完成", "sessions"),
    "P06": (lambda r: r["status"] == "已完成" and r["event_type"] == "谈心谈话", "sessions"),
    "C04": (lambda r: r["status"] == "已完成" and r["event_type"] == "抢险救灾", "sessions"),
    "D05": (
        lambda r: r["status"] == "已完成" and r["event_type"] in ("警示教育", "廉政文化", "党规党纪测试"),
        "sessions",
    ),
    "J01": (None, "sessions"),
    "J02": (None, "jobs_n"),
    "J11": (None, "visits_total"),
    "J_employers": (None, "employers_n"),
    "J_intention": (None, "intention_n"),
    "J_signed": (None, "signed_n"),
    "J_employed": (None, "employed_n"),
    "J09_migrant": (None, "migrant_visits"),
    "J09_new_form": (None, "new_form_visits"),
    "J09_hardship": (None, "hardship_visits"),
    "J09_graduate": (None, "graduate_visits"),
    "T02": (None, "trained_visits"),
    "T_exam": (None, "exam_n"),
    "T_pass": (None, "pass_n"),
    "T_cert": (None, "cert_n"),
    "T_employed": (None, "employed_n"),
}
GROUPS = ("migrant_visits", "new_form_visits", "both_visits")
RATIOS = {
    # id: (which rows, upper, lower, number columns, times)
    "E05": (SUMS["E03"][0], col("participants"), col("sessions"), ("participants", "sessions"), 1),
    "P03": (
        lambda r: r["status"] == "已完成" and r["event_type"] in PARTY,
        col("attended_n"), col("expected_n"), ("attended_n", "expected_n"), 100,
    ),
    "J04": (None, col("jobs_n"), col("sessions"), ("jobs_n", "sessions"), 1),
    "J05": (None, col("visits_total"), col("sessions"), ("visits_total", "sessions"), 1),
    "J06": (None, col("intention_n"), col("visits_total"), ("intention_n", "visits_total"), 100),
    "J07": (None, col("signed_n"), col("visits_total"), ("signed_n", "visits_total"), 100),
    "J08": (
        None, online("visits_total", ("线上", "直播带岗")), col("visits_total"),
        ("online_visits", "onsite_visits", "visits_total"), 100,
    ),
    "J09": (None, two_groups, col("visits_total"), (*GROUPS, "visits_total"), 100),
    "J_employed_rate": (None, col("employed_n"), col("visits_total"), ("employed_n", "visits_total"), 100),
    "J10": (None, col("jobs_n"), col("employers_n"), ("jobs_n", "employers_n"), 1),
    "T_exam_rate": (None, col("exam_n"), col("trained_visits"), ("exam_n", "trained_visits"), 100),
    "T_pass_rate": (None, col("pass_n"), col("trained_visits"), ("pass_n", "trained_visits"), 100),
    "T04": (None, col("pass_n"), col("exam_n"), ("pass_n", "exam_n"), 100),
    "T05": (None, col("cert_n"), col("trained_visits"), ("cert_n", "trained_visits"), 100),
    "T06": (None, times("satisfaction", "respondents"), col("respondents"), ("satisfaction", "respondents"), 1),
    "T07": (None, times("hours", "trained_visits"), col("trained_visits"), ("hours", "trained_visits"), 1),
    "T08": (
        None, online("trained_visits", ("线上",)), col("trained_visits"),
        ("online_visits", "onsite_visits", "trained_visits"), 100,
    ),
    "T09": (None, col("trained_visits"), col("planned_n"), ("trained_visits", "planned_n"), 100),
    "T10": (None, col("employed_n"), col("trained_visits"), ("employed_n", "trained_visits"), 100),
}  # fmt: skip
DISTINCT = {
    "T01": (None, lambda r: r["category"].replace(" ", "").lower()),
    "P08": (
        lambda r: r["status"] == "已完成" and r["event_type"] == "业务讲堂",
        lambda r: r["start_date"].replace(day=1),
    ),
    "P09": (lambda r: r["status"] == "已完成" and r["event_type"] == "业务讲堂", col("branch")),
}
BANDS = {
    # id: days overdue, from and to (None: without end)
    "R_age_later": (None, -21), "R06": (-20, 0), "R04": (1, None), "R04_30": (1, 30), "R04_90": (31, 90),
    "R04_more": (91, None),
}  # fmt: skip
STATES = (*BANDS, "R_open", "R_age_none")
ALL = {
    *SUMS, *RATIOS, *DISTINCT, *STATES, "J03", "P01", "T03", "R01", "R02", "R03", "R05", "R07", "R08", "R_all",
}  # fmt: skip


def done_by(row, day):
    if row["status"] not in DONE:
        return False
    when = row["found_date"] if blank(row.get("done_date")) else row["done_date"]
    return when <= day


def closed_by(row, day):
    if row["status"] != "已销号":
        return False
    dates = [row.get("closed_date"), row.get("done_date"), row["found_date"]]
    return next(when for when in dates if not blank(when)) <= day


def figure(kpi, frame, as_of, latest, months):
    """The KPI over the rows of one scope and window."""
    if kpi in SUMS:
        test, name = SUMS[kpi]
        return total(frame, where(frame, test) if test else frame, col(name), (name,))
    if kpi == "J03":
        return total(frame, frame, two_groups, GROUPS)
    if kpi in RATIOS:
        test, upper, lower, columns, factor = RATIOS[kpi]
        return quotient(where(frame, test) if test else frame, upper, lower, columns, factor)
    if frame.empty:
        return None
    if kpi in DISTINCT:
        test, value = DISTINCT[kpi]
        rows = where(frame, test) if test else frame
        return len({found for _, row in rows.iterrows() if not blank(found := value(row))})
    if kpi == "P01":
        rows = where(frame, lambda r: r["status"] == "已完成" and r["event_type"] in ("理论学习", "业务讲堂"))
        held = {row["start_date"].replace(day=1) for _, row in rows.iterrows()}
        return None if months == 0 else 100 * len(held) / months
    if kpi in ("T03", "R_all"):
        return len(frame)
    return rectified(kpi, frame, as_of, latest)


def rectified(kpi, frame, as_of, latest):
    rows = [row for _, row in frame.iterrows()]
    if kpi == "R01":
        return 100 * sum(done_by(row, latest) for row in rows) / len(rows)
    if kpi == "R02":
        return 100 * sum(closed_by(row, latest) for row in rows) / len(rows)
    if kpi == "R03":
        due = [r for r in rows if not blank(r.get("deadline")) and r["deadline"] <= as_of and not r.get("long_term")]
        due = [r for r in due if not (r["status"] in DONE and blank(r.get("done_date")))]
        kept = [r for r in due if r["status"] in DONE and r["done_date"] <= min(as_of, r["deadline"])]
        return 100 * len(kept) / len(due) if due else None
    if kpi in STATES:
        left = [r for r in rows if not done_by(r, as_of)]
        if kpi == "R_open":
            return len(left)
        if kpi == "R_age_none":
            return sum(blank(r.get("deadline")) for r in left)
        least, most = BANDS[kpi]
        over = [(as_of - r["deadline"]).days for r in left if not blank(r.get("deadline"))]
        return sum((least is None or days >= least) and (most is None or days <= most) for days in over)
    if kpi == "R05":
        spent = [
            (r["done_date"] - r["found_date"]).days
            for r in rows
            if done_by(r, latest) and not blank(r.get("done_date"))
        ]
        return sum(spent) / len(spent) if spent else None
    if kpi == "R07":
        return 100 * sum(r["status"] == "重启" or (r.get("reopen_count") or 0) > 0 for r in rows) / len(rows)
    return sum(bool(r.get("long_term")) for r in rows)


def approx_rows(kpi, frame):
    """How many rows of the KPI are left outside because a number is an estimate."""
    if kpi in SUMS:
        test, columns = SUMS[kpi][0], (SUMS[kpi][1],)
    elif kpi == "J03":
        test, columns = None, GROUPS
    elif kpi in RATIOS:
        test, columns = RATIOS[kpi][0], RATIOS[kpi][3]
    else:
        return 0
    rows = where(frame, test) if test else frame
    return sum(guessed(row, columns) for _, row in rows.iterrows())
