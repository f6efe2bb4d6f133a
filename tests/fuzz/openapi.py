"""The API tried by schemathesis from its own OpenAPI document, and its complaints judged."""

import asyncio
import base64
import json
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from tests.fuzz.findings import Outcome, leaks
from tests.fuzz.target import Target

ENDS_SESSIONS = ("changePassword", "setPassword", "deactivateUser", "updateUser", "rotateSigningKey", "revokeSession")
"""Tried last: they would sign out the user as whom the others are tried."""
OFF = {
    "positive_data_acceptance": "what exists, who sees it and in which state it is decide too; no schema can say that",
}
"""Checks that are switched off, and why."""
MISSING_HEADER = "a missing If-Match is 428, as RFC 6585 has it; the check knows 400 to 422 only"
NO_OPERATION = "an id that is empty makes another path, and the document says nothing of that"
ITEM_REFUSED = "items at fault are refused in the results of their batch; the rest of the request fits its schema"
LEFT_OUT = "null and empty text are a field left out, as ProtoJSON has it; the rest of the request fits its schema"
MINUTE = 60
LONG = {"coverage": 0.3, "examples,fuzzing": 0.3, "stateful": 0.3}
"""The phases, and the part of the time for each."""
SHORT = {"fuzzing": 1.0}


async def run(target: Target, random: Random, seconds: int) -> Outcome:
    """All phases within so many seconds, a tenth of them for what ends sessions; in less than a minute only one."""
    outcome = Outcome("The API by its OpenAPI document")
    outcome.excused.update({f"{check} is off: {why}": 0 for check, why in OFF.items()})
    document = httpx.get(f"{target.stack.url}/openapi.json", trust_env=False).json()
    without = [word for name in ENDS_SESSIONS for word in ("--exclude-operation-id", name)]
    only = [word for name in ENDS_SESSIONS for word in ("--include-operation-id", name)]
    seed = random.getrandbits(32)
    for phases, share in (LONG if seconds >= MINUTE else SHORT).items():
        chosen = ["--seed", str(seed), "--phases", phases, "--max-time", str(round(share * seconds))]
        await asyncio.to_thread(_phase, target, outcome, document, [*chosen, *without])
    if seconds >= MINUTE:
        chosen = ["--seed", str(seed), "--phases", "examples,fuzzing", "--max-time", str(seconds // 10)]
        await asyncio.to_thread(_phase, target, outcome, document, [*chosen, *only])
    outcome.findings += [f"harm: {text}" for text in target.harmed()]
    return outcome


def _phase(target: Target, outcome: Outcome, document: Any, chosen: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "run.ndjson"
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{target.stack.url}/openapi.json"),
            *("--header", f"Authorization: Bearer {target.company.boss.token}"),
            *("--exclude-checks", ",".join(OFF), "--continue-on-failure", "--no-shrink"),
            *("--request-timeout", "20"),
            *("--report", "ndjson", "--report-ndjson-path", str(log)),
            *("--generation-database", "none", "--exclude-path", "/v1/live", "--no-color"),
            *("--output-sanitize", "false"),  # what it takes for a secret, as a session's id, it would not show us
            *chosen,
        ]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if not log.exists():
            outcome.findings.append(f"schemathesis did not run: {done.stdout[-600:]}{done.stderr[-600:]}")
            return
        for recorder in _recorded(log):
            _judge(recorder, outcome, document)


def _recorded(log: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What was sent and answered, scenario by scenario, with the name of the phase."""
    with log.open() as lines:
        for line in lines:
            if scenario := json.loads(line).get("ScenarioFinished"):
                yield scenario["phase"], scenario["recorder"]


def _judge(recorded: tuple[str, Mapping[str, Any]], outcome: Outcome, document: Any) -> None:
    phase, recorder = recorded
    for identity, exchange in recorder.get("interactions", {}).items():
        status, text = _answer(exchange)
        wrong = ""
        if status >= 400 and (leak := leaks(_said(text))):
            wrong = f"{_named(exchange)} tells {leak!r}: {text[:300]}"
        for check in recorder["checks"].get(identity, ()):
            if check["status"] != "success":
                if excuse := _excuse(check["name"], exchange, document):
                    outcome.excused[excuse] += 1
                else:
                    wrong = f"{check['name']}: {_named(exchange)} -> {status} {text[:300]}: {_complaint(check)}"
        outcome.tried(phase, str(status), wrong)


def _excuse(check: str, exchange: Mapping[str, Any], document: Any) -> str:
    """Why a check is not right about an exchange; "" if it is."""
    status, _ = _answer(exchange)
    if check == "missing_required_header" and status == 428:
        return MISSING_HEADER
    if check == "status_code_conformance" and status in {404, 405} and not _operation(exchange["request"], document):
        return NO_OPERATION
    if check == "negative_data_rejection" and _fits(exchange, document):
        return LEFT_OUT
    if check == "negative_data_rejection" and _fits(exchange, document, _refused(exchange)):
        return ITEM_REFUSED
    return ""


def _refused(exchange: Mapping[str, Any]) -> frozenset[int]:
    """Which items of a batch its answer refuses."""
    try:
        results = json.loads(_answer(exchange)[1])["results"]
        return frozenset(number for number, one in enumerate(results) if one["outcome"] == "REFUSED")
    except (ValueError, KeyError, TypeError):
        return frozenset()


def _fits(exchange: Mapping[str, Any], document: Any, but: Collection[int] = ()) -> bool:
    """Whether a request fits its schema, once what ProtoJSON takes for left out has been left out.

    `but` are items of a batch at which nothing is looked.
    """
    request = exchange["request"]
    operation = _operation(request, document)
    if operation is None:
        return False
    query = dict(parse_qsl(urlsplit(request["uri"]).query))
    shared = document["components"]["parameters"]
    parameters = [shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in operation["parameters"]]
    schemas = {one["name"]: one["schema"] for one in parameters if one["in"] == "query"}
    if not all(name in schemas and _valid(schemas[name], _plain(value), document) for name, value in query.items()):
        return False
    if "requestBody" not in operation:
        return True
    schema = operation["requestBody"]["content"].get("application/json", {}).get("schema")
    try:
        body = json.loads(_text(request.get("body")) or "{}")
    except ValueError:
        return False
    if schema is None:
        return False
    places = [list(fault.absolute_path) for fault in _validator(schema, document).iter_errors(_bare(body))]
    return all(len(place) > 1 and place[1] in but for place in places)


def _operation(request: Mapping[str, Any], document: Any) -> Any:
    """What the document says of the operation that a request was for."""
    path = urlsplit(request["uri"]).path
    for template, verbs in document["paths"].items():
        if (found := verbs.get(request["method"].lower())) and _matches(template, path):
            return found
    return None


def _matches(template: str, path: str) -> bool:
    parts, given = template.split("/"), path.split("/")
    if len(parts) != len(given):
        return False
    for part, value in zip(parts, given, strict=True):
        before, brace, rest = part.partition("{")
        after = rest.partition("}")[2]
        fits = value.startswith(before) and value.endswith(after) if brace else part == value
        if not fits or (brace and not after and ":" in value):
            return False
    return True


def _valid(schema: Any, value: Any, document: Any) -> bool:
    return bool(_validator(schema, document).is_valid(value))


def _validator(schema: Any, document: Any) -> Any:
    whole = {**schema, "components": document["components"]}
    return OAS31Validator(whole, format_checker=oas31_format_checker)


def _plain(text: str) -> Any:
    return int(text) if text.lstrip("-").isdecimal() else {"true": True, "false": False}.get(text, text)


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _bare(one) for name, one in value.items() if one is not None and one != ""}
    return [_bare(one) for one in value] if isinstance(value, list) else value


def _answer(exchange: Mapping[str, Any]) -> tuple[int, str]:
    answer = exchange.get("response") or {}
    return answer.get("status_code", 0), _text(answer.get("content"))


def _text(content: Any) -> str:
    return base64.b64decode(content["$base64"]).decode(errors="replace") if content else ""


def _said(text: str) -> str:
    """What a problem document says of itself, without what it repeats of the request."""
    try:
        document = json.loads(text)
        return " ".join([document["detail"], *(one["message"] for one in document.get("violations", ()))])
    except (ValueError, KeyError, TypeError):
        return text


def _named(exchange: Mapping[str, Any]) -> str:
    request = exchange["request"]
    at = urlsplit(request["uri"])._replace(scheme="", netloc="").geturl()
    return f"{request['method']} {at} {_text(request.get('body'))[:200]}"


def _complaint(check: Mapping[str, Any]) -> str:
    failure = (check.get("failure_info") or {}).get("failure", {})
    return f"{failure.get('title', '')} {failure.get('message', '')}"[:300]
