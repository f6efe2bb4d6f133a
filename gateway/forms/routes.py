"""/f/{tenant}/{token}: a form as anybody opens it on a phone, without signing in and without scripts."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Request, Response
from grpc.aio import AioRpcError
from wire.dealtrail.leads.v1.forms_pb import Form, FormField

from gateway.forms.bounds import Bounds
from gateway.forms.look import HEADERS
from gateway.forms.page import TRAP, UTM, Filled, form_page, notice_page, share_page, thanks_page
from gateway.forms.service import Forms, Opened
from gateway.limits import read
from gateway.problems import fault_of
from gateway.refusals import MediaTypeUnsupported, RateExceeded
from services.kit.errors import Denied, Invalid, Problem
from services.kit.status import json_path

BODY_BYTES = 16 << 10
BODY_SECONDS = 8.0
MOST_FIELDS = 64
LEAST_SECONDS = 0.25
"""How long any answer to a submission takes at least: what the service has to do for it is not to be told by it."""
TYPE = "application/x-www-form-urlencoded"
BUSY = "提交的人太多了，请 {seconds} 秒后再试。"
OVER = ("活动已结束", "感谢关注，该页面已不再接受提交。")
UNKNOWN = ("页面不存在", "请检查链接是否完整。")


class PublicPages:
    """Answers the public."""

    def __init__(self, forms: Forms, bounds: Bounds) -> None:
        self._forms = forms
        self._bounds = bounds

    async def show(self, request: Request) -> Response:
        """The page of a form."""
        request.app.state.strangers.admit(request.scope)
        opened = await self._open(request)
        if not isinstance(opened, Opened):
            return opened
        if request.method == "GET":
            self._forms.view(request.path_params["tenant"], opened)
        return _html(form_page(_path(request), opened.form, Filled(utm=_utm(dict(request.query_params)))))

    async def picture(self, request: Request) -> Response:
        """One picture of a form."""
        request.app.state.strangers.admit(request.scope)
        opened = await self._open(request)
        number = request.path_params["number"]
        if not isinstance(opened, Opened) or not 1 <= number <= opened.form.pictures:
            return _html(notice_page(*UNKNOWN), 404)
        found = await self._forms.picture(opened, number)
        return Response(found.content, media_type=found.media_type, headers={"cache-control": "public, max-age=300"})

    async def share(self, request: Request) -> Response:
        """Make a link below the one that was opened, for somebody who passes the page on."""
        opened = await self._open(request)
        if not isinstance(opened, Opened):
            return opened
        try:
            self._bounds.admit_network(request.app.state.strangers.admit(request.scope))
        except RateExceeded as busy:
            return _busy(request, opened, Filled(), busy)
        token = await self._forms.pass_on(opened)
        address = f"{request.url.scheme}://{request.url.netloc}/f/{request.path_params['tenant']}/{token}"
        return _html(share_page(address, opened.form))

    async def submit(self, request: Request) -> Response:
        """Take what somebody left: the same answer, and at the same pace, whoever they are."""
        began = time.monotonic()
        opened = await self._open(request)
        if not isinstance(opened, Opened):
            return opened
        try:
            self._bounds.admit(opened.form.id, request.app.state.strangers.address(request.scope))
        except RateExceeded as busy:
            return _busy(request, opened, await _arrived(request), busy)
        given = await _given(request)
        filled = Filled(answers=given, utm=_utm(given))
        try:
            self._bounds.admit_phone(request.path_params["tenant"], given.get(_phone_field(opened.form), ""))
            async with self._bounds.place():
                answer = await self._taken(request, opened, filled)
        except RateExceeded as busy:
            return _busy(request, opened, filled, busy)
        await asyncio.sleep(LEAST_SECONDS - (time.monotonic() - began))
        return answer

    async def _taken(self, request: Request, opened: Opened, filled: Filled) -> Response:
        given = filled.answers
        names = {one.name for one in opened.form.fields}
        answers = {name: value for name, value in given.items() if name in names}
        version = given.get("consent_version", "")
        consent = (int(version) if version.isdecimal() and len(version) < 6 else 0) if "consent" in given else None
        try:
            if not given.get(TRAP):
                await self._forms.submit(opened, answers, consent, filled.utm)
        except AioRpcError as error:
            told = fault_of(error, "zh")
            if told.reason in ("FORM_CLOSED", "FORM_NOT_PUBLISHED"):
                return _html(notice_page(*OVER), 410)
            if told.reason != "INVALID" or not told.violations:
                raise
            faults = _faults(opened.form, told.violations)
            return _html(form_page(_path(request), opened.form, Filled(answers, faults, filled.utm)), 422)
        return _html(thanks_page(_path(request), opened.form))

    async def _open(self, request: Request) -> Opened | Response:
        opened = await self._forms.open(request.path_params["tenant"], request.path_params["token"])
        if opened is None:
            return _html(notice_page(*UNKNOWN), 404)
        if opened.rep is None or opened.form.state != Form.State.PUBLISHED:
            return _html(notice_page(*OVER), 410)
        return opened


def routes(forms: Forms) -> APIRouter:
    """The router. Pages are for people and stand in no OpenAPI document."""
    router, pages = APIRouter(include_in_schema=False), PublicPages(forms, Bounds())
    page = "/f/{tenant}/{token}"
    router.add_route(page, pages.show, methods=["GET"])
    router.add_route(page, pages.submit, methods=["POST"])
    router.add_route(page + "/share", pages.share, methods=["POST"])
    router.add_route(page + "/pictures/{number:int}", pages.picture, methods=["GET"])
    return router


class SentFromElsewhere(Denied):
    """The form was sent by a page that is not ours."""

    en = "send the form from its own page"
    zh = "请在原页面提交"


async def _given(request: Request, seconds: float = BODY_SECONDS) -> dict[str, str]:
    """The fields of the body. Refused: SENT_FROM_ELSEWHERE, MEDIA_TYPE_UNSUPPORTED, INVALID, and as by `read`."""
    origin = request.headers.get("origin", "")
    if origin and origin != "null" and urlsplit(origin).netloc != request.headers.get("host"):
        raise SentFromElsewhere
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != TYPE:
        raise MediaTypeUnsupported(expected=TYPE)
    body = await read(request.receive, dict(request.headers.raw), BODY_BYTES, seconds)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Invalid from None
    return {name: value.replace("\0", "") for name, value in pairs}


async def _arrived(request: Request) -> Filled:
    """What has come of a submission that is not taken now, so that nobody types it twice. Nothing is waited for."""
    try:
        given = await _given(request, seconds=0)
    except Problem:
        return Filled()
    return Filled(answers=given, utm=_utm(given))


def _utm(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value[:100] for name in UTM if (value := given.get(f"utm_{name}", "").strip())}


def _phone_field(form: Form) -> str:
    return next(one.name for one in form.fields if one.kind == FormField.Kind.PHONE)


def _faults(form: Form, violations: Sequence[tuple[str, str]]) -> dict[str, str]:
    """What is wrong, by the name of the field, out of the paths by which the service names them."""
    names = {json_path(f"answers.{one.name}"): one.name for one in form.fields}
    return {names.get(where, where): text for where, text in violations}


def _path(request: Request) -> str:
    return f"/f/{request.path_params['tenant']}/{request.path_params['token']}"


def _busy(request: Request, opened: Opened, filled: Filled, busy: RateExceeded) -> Response:
    """The form as it was filled, to be sent again later."""
    seconds = busy.facts["retry_after"]
    again = replace(filled, notice=BUSY.format(seconds=seconds))
    return _html(form_page(_path(request), opened.form, again), 429, {"retry-after": seconds})


def _html(page: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(page, status, {**HEADERS, **(headers or {})}, "text/html; charset=utf-8")
