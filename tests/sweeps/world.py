"""What somebody owns: one thing of every kind that the API knows, made when asked for."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from tests.people import Person, until
from tests.sweeps.operations import Own

MONEY = {"amount": "1000000.00", "currency": "CNY"}
LITTLE = {"amount": "1.00", "currency": "CNY"}
TODAY = datetime.now(UTC).date().isoformat()
LATER = (datetime.now(UTC).date() + timedelta(days=60)).isoformat()
"""So late that nobody is reminded of it while the sweep goes on: nothing may change then."""
QUESTION = {"code": "ONLY", "label": "only", "weight": 1, "answers": [{"code": c, "label": c} for c in ("YES", "NO")]}
USED_UP = frozenset(
    {
        *("accountPlan", "duplicate", "enrolment", "issue", "lead", "merge", "nurtureStep", "planAction", "prospect"),
        *("approval", "approver", "contactMerge", "duplicate contact", "duplicateDismissal", "pain"),
        *("leadMerge", "duplicate lead"),
        *("won deal", "receipt"),
        *("team", "touchpoint"),
    }
)
"""Kinds of which each try needs a new one: a lead has one deal at most, a won deal one contract."""


NUMBERS = count()


def a_slot() -> str:
    """A time at which nobody has anything to do: nobody is in two places at once."""
    return (datetime(2031, 1, 1, tzinfo=UTC) + timedelta(hours=5 * next(NUMBERS))).isoformat()


FRESH: Mapping[str, Callable[[], str]] = {
    "new id": lambda: str(uuid4()),
    "new code": lambda: f"C{uuid4().hex[:12].upper()}",
    "new slot": a_slot,
    "new word": lambda: f"w{uuid4().hex[:12]}",
}
"""What nobody has used yet."""


def a_phone() -> str:
    """A number that nobody else has: two who have the same collide."""
    return f"139{next(NUMBERS):08}"


class World:
    """Things of `person`, with `mark` in all their texts; and what `boss` makes for all who work there, without."""

    def __init__(self, person: Person, boss: Person, mark: str) -> None:
        self.person = person
        self.mark = mark
        self._boss = boss
        self._known: dict[str, str] = {}

    async def own(self, kind: str) -> str:
        """The id of a thing of that kind."""
        if kind in FRESH:
            return FRESH[kind]()
        if kind in self._known and kind not in USED_UP:
            return self._known[kind]
        made = await getattr(self, "_" + kind.replace(" ", "_"))()
        self._known[kind] = made
        return made

    @property
    def ids(self) -> Mapping[str, str]:
        """The newest thing of each kind that was asked for."""
        return self._known

    async def filled(self, template: Any) -> Any:
        """The template with ids of this person's own things."""
        match template:
            case Own(kind=kind):
                return await self.own(kind)
            case dict():
                return {name: await self.filled(value) for name, value in template.items()}
            case list():
                return [await self.filled(value) for value in template]
        return template

    async def _made(self, path: str, body: Any, person: Person | None = None) -> str:
        made = await (person or self.person).post(path, body)
        return made.get("id") or made["code"]

    async def _lead(self) -> str:
        told = {"company": f"{self.mark} {uuid4().hex[:12]}", "contactName": self.mark, "phone": a_phone()}
        return await self._made("/v1/leads", told)

    async def _prospect(self) -> str:
        return await self._made("/v1/prospects", {"company": f"{self.mark} {uuid4().hex[:12]}", "industry": self.mark})

    async def _discard(self) -> str:
        reason = {"code": "LOOK_TWICE", "label": "look twice", "active": True, "secondLook": True}
        await self._boss.post("/v1/discardReasons", reason)
        lead = await self._lead()
        await self.person.post(f"/v1/leads/{lead}:discard", {"reason": "LOOK_TWICE"})
        found = await self.person.get("/v1/discards", leadId=lead)
        return str(found["discards"][0]["id"])

    async def _collision(self) -> str:
        """Somebody else records what is this one's customer already."""
        company = f"{self.mark} {uuid4().hex}"
        await self._made("/v1/leads", {"company": company})
        held = await self._boss.post("/v1/leads", {"company": company})
        return str(held["collisionId"] or uuid4())

    async def _notice(self) -> str:
        """That somebody was handed a lead."""
        lead = await self._made("/v1/leads", {"company": f"{self.mark} {uuid4().hex[:12]}"}, self._boss)
        await self._boss.post(f"/v1/leads/{lead}:assign", {"ownerId": self.person.id})
        found = (await self.person.get("/v1/notices", pageSize=1))["notices"]
        return str(found[0]["id"]) if found else str(uuid4())

    async def _enrolment(self) -> str:
        told = {"leadId": await self._lead(), "plan": await self._nurturePlan()}
        return await self._made("/v1/enrolments", told)

    async def _nurtureStep(self) -> str:
        enrolment = await self.person.get(f"/v1/enrolments/{await self._enrolment()}")
        found = await self.person.get("/v1/nurtureSteps", leadId=enrolment["leadId"])
        return str(found["steps"][0]["id"])

    async def _nurturePlan(self) -> str:
        # Of what is due now people are told within a minute, where and when this is working time.
        cadences = [{"temperature": one, "touches": [{"day": 100, "kind": "PHONE"}]} for one in ("HOT", "WARM", "COLD")]
        told = {"code": "KEPT_WARM", "active": True, "cadences": cadences}
        return await self._made("/v1/nurturePlans", told, self._boss)

    async def _checklist(self) -> str:
        made = await self._boss.post("/v1/checklists", {"leadType": "SWEPT", "questions": [QUESTION]})
        return str(made["leadType"])

    async def _callScript(self) -> str:
        told = {"code": "SWEPT", "sections": [{"title": "open", "text": "hello"}]}
        return await self._made("/v1/callScripts", told, self._boss)

    async def _callSession(self) -> str:
        told = {"beginTime": a_slot(), "minutes": 30, "place": self.mark, "leadIds": [await self._lead()]}
        return await self._made("/v1/callSessions", told)

    async def _phoneCall(self) -> str:
        found = await self.person.get("/v1/phoneCalls", callSessionId=await self._callSession())
        return str(found["calls"][0]["id"])

    async def _raciChart(self) -> str:
        return await self._made("/v1/raciCharts", {}, self._boss)

    async def _leadReport(self) -> str:
        """None: what time brings is tried in test_managers_are_reported_to.py."""
        return str(uuid4())

    async def _reviewBoard(self) -> str:
        """The boss reviews what is this one's."""
        await self._lead()
        called = {"title": "review", "filter": {"ownerId": self.person.id}}
        opened = await self._boss.ask("POST", "/v1/reviewBoards", called)
        return str(opened.json()["id"]) if opened.status_code == 200 else str(uuid4())

    async def _review(self) -> str:
        board = await self._reviewBoard()
        found = (await self._boss.get("/v1/reviews", boardId=board, pageSize=1))["reviews"]
        return str(found[0]["id"]) if found else str(uuid4())

    async def _account(self) -> str:
        return await self._made("/v1/accounts", {"name": f"{self.mark} account", "industry": self.mark})

    async def _duplicate(self) -> str:
        return await self._made("/v1/accounts", {"name": f"{self.mark} duplicate {uuid4().hex[:12]}"})

    async def _merge(self) -> str:
        told = {"duplicateId": await self._duplicate(), "purpose": self.mark}
        return await self._made(f"/v1/accounts/{await self.own('account')}:merge", told)

    async def _contact(self) -> str:
        account = await self.own("account")
        return await self._made(f"/v1/accounts/{account}/contacts", {"name": self.mark, "phone": a_phone()})

    async def _pain(self) -> str:
        return await self._made(f"/v1/contacts/{await self.own('contact')}/pains", {"pain": f"{self.mark} suffers"})

    async def _approver(self) -> str:
        """Another contact of the account."""
        told = {"name": self.mark, "phone": a_phone()}
        return await self._made(f"/v1/accounts/{await self.own('account')}/contacts", told)

    async def _approval(self) -> str:
        """That a contact decides finally: of each there is one such."""
        return await self._made(f"/v1/contacts/{await self._approver()}/approvals", {})

    async def _marketSize(self) -> str:
        told = {"region": "somewhere", "period": "2026", "addressable": 9, "source": "a list", "sourceDate": TODAY}
        return await self._made("/v1/marketSizes", told, self._boss)

    async def _duplicateDismissal(self) -> str:
        account = await self.own("account")
        dismissed = f"/v1/accounts/{account}/duplicates/{await self._duplicate()}:dismiss"
        return await self._made(dismissed, {"purpose": self.mark}, self._boss)

    async def _duplicate_contact(self) -> str:
        return await self._contact()

    async def _contactMerge(self) -> str:
        told = {"duplicateId": await self._contact(), "purpose": self.mark}
        return await self._made(f"/v1/contacts/{await self.own('contact')}:merge", told)

    async def _duplicate_lead(self) -> str:
        return await self._lead()

    async def _leadMerge(self) -> str:
        told = {"duplicateId": await self._lead(), "purpose": self.mark}
        return await self._made(f"/v1/leads/{await self._lead()}:merge", told)

    async def _cycle(self) -> str:
        account = await self._made("/v1/accounts", {"name": f"{uuid4().hex[:12]} account"}, self._boss)
        told = {"code": f"C{uuid4().hex[:12].upper()}", "startDate": TODAY, "endDate": TODAY, "indicator": "GIVEN"}
        return await self._made("/v1/cycles", told | {"values": [{"accountId": account, "value": "1"}]}, self._boss)

    async def _issue(self) -> str:
        told = {"title": f"{self.mark} issue", "core": True}
        return await self._made(f"/v1/accounts/{await self.own('account')}/issues", told)

    async def _accountPlan(self) -> str:
        """The one of the account that is not closed."""
        account = await self.own("account")
        for one in (await self.person.get("/v1/accountPlans", accountId=account)).get("accountPlans", []):
            if one["status"] != "CLOSED":
                return str(one["id"])
        told = {"firstYear": 2026, "years": 3, "strategyFit": f"{self.mark} fits", "jointGoals": self.mark}
        return await self._made(f"/v1/accounts/{account}/plans", told)

    async def _planAction(self) -> str:
        told = {"side": "OURS", "title": f"{self.mark} meets", "dueDate": LATER}
        return await self._made(f"/v1/accountPlans/{await self.own('accountPlan')}/actions", told)

    async def _category(self) -> str:
        code = f"C{uuid4().hex[:12].upper()}"
        return await self._made("/v1/spendCategories", {"code": code, "label": "category", "active": True}, self._boss)

    async def _deal(self) -> str:
        told = {"name": f"{self.mark} deal", "accountId": await self.own("account"), "amount": MONEY}
        return await self._made("/v1/deals", told)

    async def _won_deal(self) -> str:
        told = {"name": f"{self.mark} won deal", "accountId": await self.own("account"), "amount": MONEY}
        deal = await self._made("/v1/deals", told)
        await self.person.post(f"/v1/deals/{deal}:win")
        return deal

    async def _contract(self) -> str:
        told = {"title": f"{self.mark} contract", "accountId": await self.own("account"), "amount": MONEY}
        contract = await self._made("/v1/contracts", told)
        await self.person.post(f"/v1/contracts/{contract}:sign")
        return contract

    async def _instalment(self) -> str:
        found = await self.person.get(f"/v1/contracts/{await self.own('contract')}/instalments")
        return str(found["instalments"][0]["id"])

    async def _receipt(self) -> str:
        told = {"accountId": await self.own("account"), "amount": LITTLE, "receivedDate": TODAY, "allocate": "NONE"}
        return await self._made("/v1/receipts", told | {"note": self.mark})

    async def _touchpoint(self) -> str:
        now = datetime.now(UTC).isoformat()
        told = {"accountId": await self.own("account"), "kind": "PHONE", "occurredTime": now, "note": self.mark}
        return await self._made("/v1/touchpoints", told)

    async def _operation(self) -> str:
        """An import with a row that is refused, finished."""
        form = {"kind": "leads", "mapping": json.dumps({"columns": {"company": "company", "email": "email"}})}
        rows = f"company,email\n{self.mark} imported,\n{self.mark} refused,no mail address\n"
        files = {"file": (f"{self.mark}.csv", rows.encode(), "text/csv")}
        answer = await self.person.send("/v1/imports", form, files)
        assert answer.status_code == 202, answer.text
        path = f"/v1/operations/{answer.json()['id']}"

        async def ended() -> bool:
            return (await self.person.get(path))["state"] not in ("PENDING", "RUNNING")

        await until(ended)
        return str(answer.json()["id"])

    async def _person(self) -> str:
        """Somebody who is known as a lead."""
        return await self.own("lead")

    async def _erasure(self) -> str:
        told = {"personIds": [await self.own("lead")], "channel": self.mark}
        return await self._made("/v1/erasures", told, self._boss)

    async def _participant(self) -> str:
        return await self.own("contact")

    async def _campaign(self) -> str:
        told = {"name": f"campaign {uuid4().hex[:12]}", "channel": "展会", "startDate": TODAY, "endDate": TODAY}
        return await self._made("/v1/campaigns", told | {"cost": LITTLE}, self._boss)

    async def _form(self) -> str:
        phone = {"name": "phone", "kind": "PHONE", "label": "phone", "required": True}
        told = {"title": "form", "campaignId": await self.own("campaign"), "fields": [phone], "consentText": "I agree"}
        form = await self._made("/v1/forms", told, self._boss)
        await self._boss.post(f"/v1/forms/{form}:publish")
        return form

    async def _link(self) -> str:
        return await self._made(f"/v1/forms/{await self.own('form')}/links", {})

    async def _task(self) -> str:
        told = {"title": f"{self.mark} task", "leadId": await self.own("lead"), "dueDate": TODAY}
        return await self._made("/v1/tasks", told)

    async def _intakeKey(self) -> str:
        told = {"name": "source", "ownerId": self.person.id, "channel": "官网"}
        return await self._made("/v1/intakeKeys", told, self._boss)

    async def _exportRequest(self) -> str:
        told = {"list": f"/v1/leads?channel={self.mark}", "purpose": self.mark}
        return await self._made("/v1/exportRequests", told)

    async def _export(self) -> str:
        """A list that this one exported."""
        await self.person.ask("GET", "/v1/tasks?format=csv")
        return str((await self.person.get("/v1/exports", pageSize=1))["exports"][0]["id"])

    async def _legalHold(self) -> str:
        """Of an account that is this one's, held by the boss."""
        account = await self.own("account")
        return await self._made("/v1/legalHolds", {"accountId": account, "purpose": "a case"}, self._boss)

    async def _leadHold(self) -> str:
        """Of a lead that is this one's, held by the boss."""
        lead = await self.own("lead")
        return await self._made("/v1/leadHolds", {"leadId": lead, "purpose": "a case"}, self._boss)

    async def _user(self) -> str:
        return self.person.id

    async def _team(self) -> str:
        return await self._made("/v1/teams", {"name": f"team {uuid4().hex[:12]}"}, self._boss)

    async def _product(self) -> str:
        return await self._made("/v1/products", {"code": f"P{uuid4().hex[:12]}", "name": "product"}, self._boss)

    async def _process(self) -> str:
        stages = [{"code": "ONLY", "label": "the only stage"}]
        told = {"code": f"P{uuid4().hex[:12].upper()}", "name": "process", "stages": stages}
        return await self._made("/v1/processes", told, self._boss)


async def seen(person: Person, paths: list[str]) -> dict[str, bytes]:
    """What somebody reads at each path, to the byte; of a refusal only that it is one."""
    found = {}
    for path in paths:
        answer = await person.ask("GET", path)
        found[path] = answer.content if answer.status_code == 200 else b"%d" % answer.status_code
    return found
