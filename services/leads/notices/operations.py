"""Telling users, and what they do with notices."""

from collections.abc import Iterable
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events
from dealtrail.leads.v1 import notices_pb2 as pb

from services.kit.database import Tx
from services.kit.ids import new_id
from services.leads.notices.domain import Ear, News, Notice
from services.leads.notices.store import COUNT_UNREAD, READ_ALL, codec, notices


async def tell(tx: Tx, user_ids: Iterable[UUID], news: News) -> None:
    """Tell each of these users once. Whoever does the deed in this transaction knows already, and is not told."""
    for user_id in dict.fromkeys(user_ids):
        if user_id == tx.principal.user_id:
            continue
        notice = Notice(
            id=new_id(),
            user_id=user_id,
            kind=news.kind,
            subject=news.subject,
            subject_id=news.subject_id,
            facts=news.facts,
            actor_id=tx.principal.user_id,
            create_time=tx.now,
            update_time=tx.now,
        )
        await notices.add(tx, notice)
        ear = Ear(notice.id, user_id, notice.version)
        tx.emit(events.NoticeTold(notice=message(notice)), notice, seen_as=ear)


async def read(tx: Tx, notice_id: UUID) -> Notice:
    """Note that the caller has read it. Reading it again changes nothing."""
    notice = await notices.locked(tx, notice_id)
    if notice.read(tx.now):
        await notices.save(tx, notice)
    return notice


async def read_all(tx: Tx) -> int:
    """Note that the caller has read all; how many were unread."""
    return await tx.execute(READ_ALL)


async def unread(tx: Tx) -> int:
    """How many the caller has not read, counted up to store.COUNTED."""
    return int(await tx.fetch_value(COUNT_UNREAD))


def message(notice: Notice) -> pb.Notice:
    """The notice with its sentences."""
    told = codec.to_message(notice)
    told.message, told.message_zh = notice.message, notice.message_zh
    return told
