"""Refusals on the wire: google.rpc.Status with reason, fields and both languages, written and read in one place."""

import re
from typing import Any

import protovalidate
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2

from services.kit.errors import Problem, Violated

DOMAIN = "dealtrail"
DETAILS = "grpc-status-details-bin"

SMALL_BYTES = 16 << 10
"""Of a larger request only the first fault is named."""
AT_MOST = 50
"""Faults of one request that are named."""
FAULT_BYTES = 4 << 10
"""Of faults that travel: a client of gRPC takes 8 KiB of metadata, and refuses the whole answer if there is more."""
PATH_CHARACTERS = 100
"""Of the name of a field at fault; a key of a map, which stands in it, may be as long as the caller likes."""

# Chinese for the rules of protovalidate; `{}` is the rule's own value.
RULES_ZH = {
    "message.oneof": "必须且只能填写其中一项",
    "required": "必填",
    "string.min_len": "至少 {} 个字符",
    "string.max_len": "最多 {} 个字符",
    "string.pattern": "格式不正确",
    "string.uuid": "必须是 UUID",
    "string.uuid_empty": "必须是 UUID",
    "string.email": "必须是有效的邮箱地址",
    "string.email_empty": "必须是有效的邮箱地址",
    "int32.gte": "不能小于 {}",
    "int32.lte": "不能大于 {}",
    "int32.gte_lte": "超出允许范围",
    "timestamp.lt_now": "不能是将来的时间",
    "enum.defined_only": "不是允许的取值",
    "repeated.min_items": "至少 {} 项",
    "repeated.max_items": "最多 {} 项",
    "repeated.unique": "不能有重复项",
    "map.max_pairs": "最多 {} 项",
}


# What people read in place of a regular expression.
PATTERNS = {
    "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$": (
        "must be a date, YYYY-MM-DD",
        "必须是 YYYY-MM-DD 格式的日期",
    ),
    "^-?[0-9]{1,13}([.][0-9]{1,2})?$": (
        "must be a plain decimal with at most two places, such as 12000.00",
        "必须是最多两位小数的数字，例如 12000.00",
    ),
    "^[A-Z]{3}$": ("must be an ISO 4217 code, such as CNY", "必须是 ISO 4217 货币代码，例如 CNY"),
    "\\S": ("must not be blank", "不能为空"),
    "^\\S(.*\\S)?$": ("must not be blank or begin or end with a space", "不能为空，首尾不能有空格"),
    "^[0-9+() .x转-]*$": ("must be a phone number", "必须是电话号码"),
}


def check(request: Any) -> None:
    """Refuse a request that breaks the rules of its proto, naming the fields. Refused: INVALID."""
    if violations := protovalidate.collect_violations(request, fail_fast=True):
        # A list far beyond its bound could break a rule with each item: seconds of work for one request.
        if request.ByteSize() <= SMALL_BYTES:
            violations = protovalidate.collect_violations(request)
        raise Violated(*(_fault(violation) for violation in violations[:AT_MOST]))


def _fault(violation: Any) -> tuple[str, str, str]:
    path = ""
    # A rule on a whole message has no field.
    for element in violation.proto.field.elements if violation.proto.field else ():
        path += ("." if path else "") + json_path(element.field_name)
        if element.subscript is not None:
            path += f"[{element.subscript.value}]"
    path = path[:PATH_CHARACTERS]
    if violation.proto.rule_id == "string.pattern" and violation.rule_value in PATTERNS:
        return path, *PATTERNS[violation.rule_value]
    zh = RULES_ZH.get(violation.proto.rule_id, "不符合规则").format(violation.rule_value)
    return path, violation.proto.message, zh


def json_path(path: str) -> str:
    """The path of a field in the names of the JSON request: `leads[3].owner_id` is `leads[3].ownerId`."""
    return re.sub(r"(\[[^]]*])|_([a-z0-9])", lambda found: found[1] or found[2].upper(), path)


def to_details(problem: Problem) -> bytes:
    """The refusal as a serialised google.rpc.Status."""
    status = status_pb2.Status(code=problem.code.value[0], message=problem.message())
    info = error_details_pb2.ErrorInfo(reason=problem.reason, domain=DOMAIN, metadata=problem.facts)
    chinese = error_details_pb2.LocalizedMessage(locale="zh-CN", message=problem.message("zh"))
    fields = error_details_pb2.BadRequest()
    for (field, en), (_, zh) in zip(problem.violations(), problem.violations("zh"), strict=True):
        if fields.ByteSize() > FAULT_BYTES:
            break
        fault = fields.field_violations.add(field=json_path(field), description=en)
        fault.localized_message.locale, fault.localized_message.message = "zh-CN", zh
    for detail in (info, chinese, fields):
        if detail is not fields or fields.field_violations:
            packed: AnyMessage = status.details.add()
            packed.Pack(detail)
    return status.SerializeToString()


def reason_of(details: bytes) -> str:
    """The machine-readable reason in a serialised google.rpc.Status; "" if it holds none."""
    info = error_details_pb2.ErrorInfo()
    for detail in status_pb2.Status.FromString(details).details:
        if detail.Unpack(info):
            return info.reason
    return ""
