"""`python -m gateway.sale`: take a deal from lead to cash through the public API, and see it in timeline and figures.

What `helm test` runs against a release. It makes its tenant at the first time, and says each step that it has seen.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from gateway.identity.tenants.__main__ import create
from services.kit.database import Database
from services.kit.secrets import required

PATIENCE_S = 60
AMOUNT = {"amount": "12000.00", "currency": "CNY"}
STEPS = {"LEAD_CAPTURED", "LEAD_QUALIFIED", "LEAD_CONVERTED", "DEAL_WON", "CONTRACT_SIGNED", "RECEIPT_RECORDED"}
"""What the timeline must show in the end, among others."""


class Failed(Exception):
    """Not what a sale looks like; the text says where."""


class Seller:
    """The boss of the tenant, who sells in person."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def sign_in(self, tenant: str, password: str) -> None:
        """Sign in, as soon as the gateway answers."""
        given = {"tenant": tenant, "username": "boss", "password": password}
        found = self._until("the gateway answers", lambda: self._reached("/v1/sessions", given))
        self._client.headers["authorization"] = f"Bearer {found['accessToken']}"

    def sell(self) -> str:
        """From the lead to the money in the bank; the account's id."""
        asked = {"company": f"试销科技 {uuid4().hex[:8]}", "contactName": "张三", "channel": "展会"}
        lead = self.post("/v1/leads", asked)
        self.post(f"/v1/leads/{lead['id']}:qualify", {"score": 80})
        lead = self.post(f"/v1/leads/{lead['id']}:convert", {})
        say(f"lead {lead['id']} became deal {lead['dealId']}")
        self.post(f"/v1/deals/{lead['dealId']}:win", {"amount": AMOUNT})
        plan = [{"label": "全款", "trigger": "SIGN", "amount": AMOUNT}]
        contract = self.post("/v1/contracts", {"dealId": lead["dealId"], "instalments": plan})
        self.post(f"/v1/contracts/{contract['id']}:sign", {})
        say(f"contract {contract['id']} is signed")
        today = datetime.now(UTC).date().isoformat()
        told = {"contractId": contract["id"], "amount": AMOUNT, "receivedDate": today}
        receipt = self.post("/v1/receipts", told)
        if receipt["unapplied"]["amount"] != "0.00":
            raise Failed(f"receipt {receipt['id']} did not pay the instalment: {receipt}")
        say(f"receipt {receipt['id']} pays it")
        account: str = lead["accountId"]
        return account

    def won(self) -> int:
        """Deals won, as analytics counts them."""
        count: int = self.get("/v1/analytics/growth")["current"]["won"]
        return count

    def see(self, account: str, won: int) -> None:
        """Wait until the timeline tells the whole sale and the figures count it."""

        def told() -> bool:
            page = self.get(f"/v1/accounts/{account}/timeline?pageSize=200")
            return {entry["kind"] for entry in page["entries"]} >= STEPS

        self._until("the timeline tells the sale", told)
        say("the timeline tells the sale")
        self._until("the figures count the sale", lambda: self.won() > won)
        say("the figures count the sale")

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Do it once, however often it is sent: a release that is being rolled out may ask for a second time."""
        headers = {"idempotency-key": str(uuid4())}
        return self._until(path, lambda: self._reached(path, body, headers))

    def get(self, path: str) -> Any:
        """Read it."""
        return _good(self._client.get(path)).json()

    def _reached(self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
        answer = self._client.post(path, json=body, headers=headers)
        return None if answer.status_code in (502, 503, 504) else _good(answer).json()

    @staticmethod
    def _until(what: str, question: Callable[[], Any]) -> Any:
        end = time.monotonic() + PATIENCE_S
        why = "no answer"
        while time.monotonic() < end:
            try:
                if found := question():
                    return found
            except httpx.TransportError as error:
                why = repr(error)
            time.sleep(0.2)
        raise Failed(f"{what}: not within {PATIENCE_S} s ({why})")


def say(what: str) -> None:
    """One line for whoever reads the pod's log."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def _good(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise Failed(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:500]}")
    return answer


async def _tenant(name: str, password: str) -> None:
    database = await Database.connect(required("DEALTRAIL_DATABASE_URL"), 1)
    try:
        await create(database, name, name, "boss", password)
    finally:
        await database.close()


def main() -> None:
    """DEALTRAIL_SALE_ADDRESS is the gateway, _TENANT and _PASSWORD who sells, DEALTRAIL_DATABASE_URL the gateway's."""
    tenant, password = required("DEALTRAIL_SALE_TENANT"), required("DEALTRAIL_SALE_PASSWORD")
    asyncio.run(_tenant(tenant, password))
    with httpx.Client(base_url=required("DEALTRAIL_SALE_ADDRESS"), timeout=10, trust_env=False) as client:
        seller = Seller(client)
        try:
            seller.sign_in(tenant, password)
            won = seller.won()
            seller.see(seller.sell(), won)
        except Failed as failed:
            sys.exit(str(failed))
    say("sold: from lead to cash")


if __name__ == "__main__":
    main()
