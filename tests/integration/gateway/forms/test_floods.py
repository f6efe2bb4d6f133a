"""A form that more people send than it takes: asked about once, refused unread, and nothing of it lost."""

import asyncio
from urllib.parse import urlsplit

from gateway.forms import bounds
from gateway.forms.routes import BODY_SECONDS

OFFERED = 200
"""Submissions within one second."""


async def test_a_flood_is_answered_without_loss(page):
    """The same at 1,000 a second for some seconds: python -m tests.bench.forms."""

    async def one(n):
        await asyncio.sleep(n / OFFERED)
        return await page.leave(address=f"10.{n % 200}.{n % 7}.1", phone=f"15{n:09d}", person=f"人{n}")

    answers = await asyncio.gather(*(one(n) for n in range(OFFERED)))
    statuses = {one.status_code for one in answers}
    taken = sum(one.status_code == 200 for one in answers)
    assert statuses <= {200, 429}
    assert all("retry-after" in one.headers for one in answers if one.status_code == 429)
    link = (await page.office.client.get(f"/v1/links/{page.link['id']}", headers=page.rep)).json()
    assert int(link["leads"]) == taken > 20


async def test_those_who_come_at_once_have_the_service_asked_once(page, monkeypatch):
    forms, asked = page.office.house.forms, []
    call = forms._call

    async def counted(who, method, *rest):
        asked.append(method)
        return await call(who, method, *rest)

    monkeypatch.setattr(forms, "_call", counted)
    forms._opened.clear()
    answers = await asyncio.gather(*(page.public.get(page.path) for _ in range(30)))
    assert {one.status_code for one in answers} == {200}
    assert asked.count("OpenForm") == 1


async def test_what_there_is_no_room_for_is_refused_before_it_is_read_and_what_was_typed_stays(page, monkeypatch):
    monkeypatch.setattr(bounds, "MOST_WAITING", 0)
    refused = await page.leave()
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
    assert 'value="王芳"' in refused.text
    at = urlsplit(page.office.house.url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    head = f"POST {page.path} HTTP/1.1\r\nhost: {at.netloc}\r\ncontent-type: application/x-www-form-urlencoded\r\n"
    writer.write(f"{head}content-length: 9\r\n\r\n".encode())
    async with asyncio.timeout(BODY_SECONDS / 2):
        assert (await reader.readline()).split()[1] == b"429"
    writer.close()
    assert await page.leads() == []
