"""Items decided one beside the other without a store: link, prioritise, put to incidents."""

from collections import Counter
from collections.abc import Iterator

from console.commands.common import earlier_texts
from triage.desk import SceneReader
from triage.flow import Linker, markers_of
from triage.gathering import Told, put_together
from triage.model import Case, History, Item, State, Verdict
from triage.ports import People
from triage.priority import prioritise
from triage.scenes import Scene, as_read, scene_of


class Deciding:
    """Takes items one by one and has them all decided in the end."""

    def __init__(self, linker: Linker, people: People, read_scene: SceneReader = scene_of) -> None:
        self._linker = linker
        self._people = people
        self._scene_of = read_scene
        self._cases: list[Case] = []
        self._seen: Counter[str] = Counter()

    def take(self, item: Item, verdict: Verdict) -> None:
        """Decide an item by itself."""
        thread = earlier_texts(item)
        link = self._linker(item, thread, self._people)
        history = History(markers=markers_of(link, self._people))
        decision = prioritise(item, verdict, history, thread=thread)
        self._cases.append(
            Case(
                ref=self._ref(item),
                item=item,
                received_at=item.sent_at,
                state=State.OPEN,
                verdict=verdict,
                link=link,
                history=history,
                decision=decision,
                priority=decision.priority,
                lane=decision.owner,
            )
        )

    def decided(self) -> Iterator[Case]:
        """All items in the order they were taken, with what their incidents make of them."""
        told = [Told(case=case, scene=self._scene(case)) for case in self._cases]
        joined = {each.case.ref: each.case for each in put_together(told, ()).joined}
        return (joined[case.ref] for case in self._cases)

    def _scene(self, case: Case) -> Scene:
        scene = self._scene_of(case.item)
        if case.verdict is None or case.priority is None:
            return scene
        return as_read(scene, case.verdict, case.priority)

    def _ref(self, item: Item) -> str:
        """The item's id, and a number where another item has it too."""
        self._seen[item.id] += 1
        count = self._seen[item.id]
        return item.id if count == 1 else f"{item.id}.{count}"
