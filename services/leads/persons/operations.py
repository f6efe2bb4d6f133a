"""What is done with persons: find them, say where they stand, tell all that is held, erase."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from dealtrail.leads.v1 import events_pb2 as events
from dealtrail.leads.v1 import persons_pb2 as pb
from dealtrail.type.v1 import personal_data_pb2 as data

from services.kit import aliases
from services.kit.answers import forget
from services.kit.codec import Codec, to_timestamp
from services.kit.database import Tx
from services.kit.errors import NotFound
from services.kit.ids import new_id
from services.kit.masking import redacted
from services.kit.sealing import destroy
from services.leads.account_chains import operations as account_chains
from services.leads.accounts.store import contact_sealing, contact_terms
from services.leads.consents.store import OF_PERSON
from services.leads.contact_merges.operations import persons
from services.leads.leads.store import sealing as lead_sealing
from services.leads.leads.store import terms as lead_terms
from services.leads.matching import operations as matching
from services.leads.persons.domain import Person, words_of
from services.leads.persons.store import (
    ALONGSIDE,
    BESIDE,
    BY_CONTACT,
    BY_EMAIL,
    BY_PHONE,
    CONTACTS,
    CONTACTS_HELD,
    DROP_RETAINED,
    EMPTY_CONTACTS,
    EMPTY_LEADS,
    LEADS,
    LEADS_HELD,
    RETAIN,
    RETAINED,
    WRITTEN,
    retention_sealing,
)
from services.leads.relation_walls import operations as relation_walls
from services.leads.submissions.store import FORGET
from services.leads.words import plain_email, plain_phone

Row = dict[str, Any]
codec = Codec(Person, pb.Person)
ALWAYS = ("id", "create_time")
UNTOLD = {"tenant_id", "sealed", "name_marks", "phone_mark", "email_mark", "version", "collaborators", "exclusive"}


async def find(tx: Tx, request: pb.FindPersonsRequest) -> list[Person]:
    """The persons that the request tells of, erased ones too if their id is known.

    Refused: NOT_FOUND if the lead or contact that it names is not there.
    """
    if request.lead_id:
        ids = [UUID(request.lead_id)]
    elif request.contact_id:
        ids = [row["id"] for row in await tx.fetch(BY_CONTACT, contact_id=UUID(request.contact_id))]
    else:
        tenant = await tx.vault.tenant(tx)
        phone, email = "phone " + plain_phone(request.phone), "email " + plain_email(request.email)
        query, mark = (BY_PHONE, phone) if request.phone else (BY_EMAIL, email)
        ids = [row["id"] for row in await tx.fetch(query, mark=tenant.mark(mark))]
    found = _persons(*await _rows(tx, await persons(tx, ids)))
    if not found and not (request.phone or request.email):
        raise NotFound(kind="person", kind_zh="个人")
    return found


def _persons(leads: list[Row], contacts: list[Row]) -> list[Person]:
    found = {row["id"]: Person(row["id"], row["id"], erase_time=row["erase_time"]) for row in leads}
    for row in contacts:
        person = found.setdefault(row["person_id"], Person(row["person_id"], erase_time=row["erase_time"]))
        person.contact_ids.append(row["id"])
    return sorted(found.values(), key=lambda one: one.id)


async def trace(tx: Tx, person_ids: list[UUID]) -> data.PersonTraces:
    """Where these persons stand. The words are those of what is not erased yet."""
    person_ids = await persons(tx, person_ids)
    leads, contacts = await _rows(tx, person_ids)
    both = [*leads, *contacts]
    names = [row["contact_name"] for row in leads] + [row["name"] for row in contacts]
    phones = [form for row in both if row["phone"] for form in (row["phone"], plain_phone(row["phone"]))]
    phones += [form.removeprefix("+86") for form in phones]
    accounts = await aliases.kin(tx, (row["account_id"] for row in both if row["account_id"]))
    return data.PersonTraces(
        person_ids=map(str, person_ids),
        lead_ids=[str(row["id"]) for row in leads],
        contact_ids=[str(row["id"]) for row in contacts],
        account_ids=sorted(map(str, accounts)),
        words=words_of(names, phones, [row["email"] for row in both] + [row["wechat_id"] for row in leads]),
    )


async def records(tx: Tx, traces: data.PersonTraces) -> list[data.PersonalRecord]:
    """All that is held here about them."""
    ids = await persons(tx, map(UUID, traces.person_ids))
    leads, contacts = await _rows(tx, ids)
    consents = [dict(row) for row in await tx.fetch(OF_PERSON, person_ids=ids)]
    told = [("lead", row) for row in leads] + [("contact", row) for row in contacts]
    told += [("consent", row) for row in consents]
    for kind, sealing, query in BESIDE:
        written = await sealing.open(tx, await tx.fetch(query, ids=ids))
        told += [(kind, {name: row[name] for name in (*ALWAYS, *sealing.fields)}) for row in written]
    whose = {"lead_ids": [row["id"] for row in leads], "contact_ids": [row["id"] for row in contacts]}
    for kind, of, query in ALONGSIDE:
        told += [(kind, dict(row)) for row in await tx.fetch(query, ids=whose[of])]
    told += await _named(tx, traces)
    return [_record(kind, row) for kind, row in told]


async def _named(tx: Tx, traces: data.PersonTraces) -> list[tuple[str, Row]]:
    """What was written of their accounts, where it names them."""
    accounts, found = [UUID(one) for one in traces.account_ids], []
    for kind, names, written, _ in WRITTEN:
        for row in await tx.fetch(written, ids=accounts):
            told = {name: row[name] for name in names if redacted(row[name], traces.words) != row[name]}
            if told:
                found.append((kind, {name: row[name] for name in ALWAYS} | told))
    return found


def _record(kind: str, row: Row) -> data.PersonalRecord:
    fields: dict[str, str] = {}
    for name, value in row.items():
        if name in UNTOLD or value in (None, "", {}, []):
            continue
        if isinstance(value, dict):
            fields |= {f"{name}.{key}": str(one) for key, one in value.items()}
        else:
            fields[name] = _said(value)
    created = to_timestamp(row["create_time"])
    return data.PersonalRecord(kind=kind, id=str(row["id"]), fields=fields, create_time=created)


def _said(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return orjson.dumps(value).decode() if isinstance(value, list) else str(value)


async def erase(
    tx: Tx, traces: data.PersonTraces, held: list[UUID], hold_until: datetime | None
) -> list[data.ErasureEffect]:
    """Destroy their keys and empty their rows; contacts of `held` are kept apart until then, sealed."""
    ids = await persons(tx, map(UUID, traces.person_ids))
    # Our own, whatever was sent: the gateway sends no words, which a repetition could not know any more.
    traced = await trace(tx, ids)
    words = traced.words
    leads = await lead_sealing.open(tx, await tx.fetch(LEADS_HELD, ids=ids))
    contacts = await contact_sealing.open(tx, await tx.fetch(CONTACTS_HELD, ids=ids))
    kept = [row for row in contacts if row["id"] in held and row["erase_time"] is None]
    if hold_until is not None:
        for row in kept:
            await _retain(tx, row, hold_until)
    emptied = {
        "leads.match_marks": await _forget_marks(tx, traced, leads, contacts),
        "leads.leads": await tx.execute(EMPTY_LEADS, ids=ids),
        "leads.contacts": await tx.execute(EMPTY_CONTACTS, ids=ids),
        "leads.submissions": await tx.execute(FORGET, ids=ids),
        "leads.keys": await destroy(tx, ids),
        "leads.terms": await _unfind(tx, ids),
        "leads.wall_scores": await relation_walls.forget(tx, [row["id"] for row in contacts]),
        "leads.account_chains": await account_chains.forget(tx, [row["id"] for row in contacts]),
        "leads.texts": await _blank(tx, traced),
        "leads.answers": await forget(tx, [*words, *traces.lead_ids, *traces.contact_ids]),
    }
    for person in _persons(leads, contacts):
        person.erase_time = person.erase_time or tx.now
        tx.emit(events.PersonErased(person=codec.to_message(person)), person)
    effects = [_erased(kind, count) for kind, count in emptied.items() if count]
    if kept and hold_until is not None:
        effects.append(
            data.ErasureEffect(
                kind="leads.contacts",
                outcome=data.ErasureEffect.RETAINED,
                count=len(kept),
                reason="SIGNED_CONTRACT",
                until=to_timestamp(hold_until),
                ids=[str(row["id"]) for row in kept],
            )
        )
    return effects


async def _blank(tx: Tx, traces: data.PersonTraces) -> int:
    """Blank the words that name them in what was written of their accounts; how many texts had some."""
    count = 0
    accounts = [UUID(one) for one in traces.account_ids]
    for _, names, written, rewritten in WRITTEN:
        for row in await tx.fetch(written, ids=accounts):
            texts = {name: redacted(row[name], traces.words) for name in names}
            if any(texts[name] != row[name] for name in names):
                count += await tx.execute(rewritten, row=row["id"], **texts)
    return count


async def _unfind(tx: Tx, ids: list[UUID]) -> int:
    """Let go of the terms by which they were found; a lead is still found by its company."""
    leads, contacts = await _rows(tx, ids)
    await lead_terms.keep(tx, leads)
    await contact_terms.keep(tx, contacts)
    return len(leads) + len(contacts)


async def _forget_marks(tx: Tx, traced: data.PersonTraces, leads: list[Row], contacts: list[Row]) -> int:
    """Let nothing be found by these persons any more."""
    rows = map(UUID, (*traced.lead_ids, *traced.account_ids))
    signs = {(row["phone"], row["email"], row.get("wechat_id", "")) for row in (*leads, *contacts)}
    return await matching.forget(tx, rows, signs)


async def _retain(tx: Tx, row: Row, hold_until: datetime) -> None:
    content = orjson.dumps({name: row[name] for name in contact_sealing.fields}).decode()
    retained = {
        "id": new_id(),
        "person_id": row["person_id"],
        "contact_id": row["id"],
        "reason": "SIGNED_CONTRACT",
        "content": content,
        "hold_until": hold_until,
        "create_time": tx.now,
    }
    await tx.insert(RETAIN, **await retention_sealing.seal(tx, retained))


async def end_holds(tx: Tx, person_ids: list[UUID]) -> list[data.ErasureEffect]:
    """Destroy what was held of them."""
    person_ids = await persons(tx, person_ids)
    ids = [row["id"] for row in await tx.fetch(RETAINED, ids=person_ids)]
    await destroy(tx, ids)
    count = await tx.execute(DROP_RETAINED, ids=person_ids)
    return [_erased("leads.retentions", count)] if count else []


def _erased(kind: str, count: int) -> data.ErasureEffect:
    return data.ErasureEffect(kind=kind, outcome=data.ErasureEffect.ERASED, count=count)


async def _rows(tx: Tx, ids: list[UUID]) -> tuple[list[Row], list[Row]]:
    leads = await lead_sealing.open(tx, await tx.fetch(LEADS, ids=ids))
    return leads, await contact_sealing.open(tx, await tx.fetch(CONTACTS, ids=ids))
