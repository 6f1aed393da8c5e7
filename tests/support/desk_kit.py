"""People and files at the desk, and the desk emptied in the test's own process."""

from __future__ import annotations

import io
from typing import Any

from analytics.desk import counter, tasks
from analytics.desk.tasks import Task
from analytics.desk.worker import Worker
from analytics.etl.sandbox import Reader
from analytics.operations.people import Person
from analytics.settings import Settings

HEADER = "招聘会名称,举办日期,县区,主办单位,举办方式,参会企业数,提供岗位数,服务人次"
CLERK = Person(
    id="1", login="zhang", name="张晓兰", roles=frozenset({"reporter"}), counties=frozenset({"太白县"}),
    ledgers=frozenset({"job_fair", "event"}),
)  # fmt: skip
OTHER = Person(id="2", login="li", name="李文", roles=frozenset({"reporter"}), counties=frozenset({"太白县"}))
STEWARD = Person(id="3", login="wang", name="王建国", roles=frozenset({"steward"}))
LEADER = Person(id="4", login="zhao", name="赵宏", roles=frozenset({"leader"}))


def sheet(*rows: str, header: str = HEADER) -> bytes:
    """A ledger as delimited text."""
    return "\n".join((header, *rows)).encode()


def row(name: str = "春风行动", county: str = "太白县", *, day: str = "2024-03-01", firms: str = "35") -> str:
    """One fair."""
    return f"{name},{day},{county},县总工会,线下,{firms},300,500"


class Desk:
    """A desk whose one worker is this process."""

    def __init__(self, settings: Settings, reader: Reader) -> None:
        self.settings, self.reader = settings, reader
        self.worker = Worker(settings, gather=0)

    def empty(self) -> None:
        """Let the worker do all there is to do."""
        while self.worker.step(self.reader):
            pass

    def drop(self, content: bytes, name: str = "招聘会.csv", person: Person = CLERK, **options: Any) -> Task:
        """Hand a file in and have it read."""
        task, _ = counter.hand_in(self.settings, person, name, io.BytesIO(content), options)
        self.empty()
        return self.find(task.id)

    def find(self, task_id: str) -> Task:
        found = tasks.find(self.settings, task_id)
        assert found is not None
        return found

    def report(self, task: Task) -> dict[str, Any]:
        return counter.report_of(self.settings, task)

    def confirm(self, task: Task, person: Person = CLERK) -> Task:
        counter.confirm(self.settings, person, task.id, task.revision)
        self.empty()
        return self.find(task.id)
