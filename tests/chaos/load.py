"""People who sell while things break: they repeat each command until the answer is definite, and keep a log."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

import httpx

from tests.people import Person

INSIST_S = 120
PLAN = (("SIGN", "300.00"), ("DATE", "700.00"))
SPARES = 40
TOLD = 1000
"""Characters of an answer that is kept: its trace stands near the end."""


class Refused(Exception):
    """An answer that neither did it nor may be asked for again: none is expected."""


@dataclass
class Log:
    """What was acknowledged."""

    leads: dict[str, str] = field(default_factory=dict)
    """The status that each was acknowledged with last."""
    deals: dict[str, str] = field(default_factory=dict)
    contracts: dict[str, str] = field(default_factory=dict)
    receipts: dict[str, tuple[str, Decimal, bool]] = field(default_factory=dict)
    """Contract, amount, and whether it was voided."""
    touchpoints: set[str] = field(default_factory=set)
    acknowledged: int = 0
    retried: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    last: float = 0.0
    longest_gap_s: float = 0.0
    kept: list[tuple[Person, str, Any, str, bytes]] = field(default_factory=list)
    """Some commands with their keys and answers, to be asked once more."""

    def acknowledge(self) -> None:
        now = time.monotonic()
        if self.last:
            self.longest_gap_s = max(self.longest_gap_s, now - self.last)
        self.last = now
        self.acknowledged += 1

    def paid(self) -> dict[str, Decimal]:
        """What was acknowledged as paid, by contract."""
        sums = dict.fromkeys(self.contracts, Decimal(0))
        for contract, amount, voided in self.receipts.values():
            sums[contract] += 0 if voided else amount
        return sums


class Writer:
    """One seller."""

    numbers = count()

    def __init__(self, person: Person, manager: Person, log: Log, rng: random.Random) -> None:
        self._person = person
        self._manager = manager
        self._log = log
        self._rng = rng

    async def work(self, stop: asyncio.Event) -> None:
        """From lead to money, again and again, until told to stop; what was begun is finished."""
        while not stop.is_set():
            try:
                await self._story()
            except Refused as refused:
                self._log.refused.append(str(refused))
            await asyncio.sleep(0.02)

    async def _story(self) -> None:
        log, number = self._log, next(self.numbers)
        lead = await self.insist(
            "/v1/leads", {"company": f"磐石科技 {uuid4().hex[:6]}-{number}", "contactName": "张伟"}
        )
        path = f"/v1/leads/{lead['id']}"
        log.leads[lead["id"]] = "NEW"
        a_while_ago = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
        call = {"leadId": lead["id"], "kind": "PHONE", "occurredTime": a_while_ago}
        log.touchpoints.add((await self.insist("/v1/touchpoints", call))["id"])
        await self.insist(f"{path}:qualify", {"score": 50})
        log.leads[lead["id"]] = "QUALIFIED"
        converted = await self.insist(f"{path}:convert", {"dealName": f"磐石项目 {number}"})
        log.leads[lead["id"]] = "CONVERTED"
        log.deals[converted["dealId"]] = "OPEN"
        deal = f"/v1/deals/{converted['dealId']}"
        await self.insist(f"{deal}:advance", {})
        if self._rng.random() < 0.2:
            return
        await self.insist(f"{deal}:win", {"amount": _cny("1000.00")})
        log.deals[converted["dealId"]] = "WON"
        await self._cash(converted["dealId"])

    async def _cash(self, deal_id: str) -> None:
        log = self._log
        day = "2030-01-31"
        plan = [
            {"label": trigger, "trigger": trigger, "amount": _cny(amount)}
            | ({"dueDate": day} if trigger == "DATE" else {})
            for trigger, amount in PLAN
        ]
        contract = (await self.insist("/v1/contracts", {"dealId": deal_id, "instalments": plan}))["id"]
        log.contracts[contract] = "DRAFT"
        signed = await self.insist(f"/v1/contracts/{contract}:sign", {})
        log.contracts[contract] = "SIGNED"
        amounts = [str(self._rng.randint(1, 499)) + ".00" for _ in range(2)]
        given = [
            {"contractId": contract, "amount": _cny(amount), "receivedDate": signed["signDate"]} for amount in amounts
        ]
        receipts = await asyncio.gather(*(self.insist("/v1/receipts", one) for one in given))
        for receipt, amount in zip(receipts, amounts, strict=True):
            log.receipts[receipt["id"]] = (contract, Decimal(amount), False)
        if self._rng.random() < 0.3:
            first = receipts[0]["id"]
            await self.insist(f"/v1/receipts/{first}:void", {"reason": "录入错误"}, self._manager)
            log.receipts[first] = (contract, Decimal(amounts[0]), True)

    async def insist(self, path: str, body: Any, by: Person | None = None) -> Any:
        """Send it with one key until the answer is definite. Refused if that is not what was asked for."""
        key, end = str(uuid4()), time.monotonic() + INSIST_S
        person = by or self._person
        while True:
            try:
                answer = await person.ask("POST", path, body, idempotency_key=key)
            except httpx.HTTPError as error:
                outcome = type(error).__name__
            else:
                if answer.status_code == 200:
                    break
                outcome = f"{answer.status_code} {_reason(answer)}"
                if not _ambiguous(answer):
                    raise Refused(f"{path.rpartition(':')[2]}: {outcome}: {answer.text[:TOLD]}")
            self._log.retried[outcome] += 1
            if time.monotonic() > end:
                raise Refused(f"{path}: no definite answer after {INSIST_S} s, last {outcome}")
            await asyncio.sleep(0.1 + self._rng.random() * 0.2)
        self._log.acknowledge()
        if len(self._log.kept) < SPARES or self._rng.random() < 0.01:
            self._log.kept = [*self._log.kept[-SPARES + 1 :], (person, path, body, key, answer.content)]
        return answer.json()


async def repeated(log: Log) -> list[str]:
    """Commands whose repetition is not answered as they were."""
    wrong = []
    for person, path, body, key, answer in log.kept:
        again = await person.ask("POST", path, body, idempotency_key=key)
        if again.content != answer:
            wrong.append(f"I2: {path} answered {again.status_code} {again.text[:200]} to its repetition")
    return wrong


def _cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json().get("reason", ""))
    except ValueError:
        return ""


def _ambiguous(answer: httpx.Response) -> bool:
    """Whether the same command may be sent again: it was not done, or nobody knows."""
    return answer.status_code in (429, 502, 503, 504) or _reason(answer) in ("COMMAND_IN_FLIGHT", "CONFLICT")
