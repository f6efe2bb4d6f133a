"""What the gateway itself refuses, before or instead of asking a service."""

from services.kit.errors import Exhausted, Expired, Invalid, NotFound, Problem, Unavailable


class RouteUnknown(NotFound):
    """No route has this path."""

    en = "there is no such route; see /docs"
    zh = "没有这个接口，请参见 /docs"


class MethodNotAllowed(Problem):
    """The path exists, but not with this method."""

    en = "this route answers to {allowed}"
    zh = "该接口只支持 {allowed}"


class MediaTypeUnsupported(Problem):
    """The body is of a type that the route does not read."""

    en = "send the body as {expected}"
    zh = "请求体类型应为 {expected}"


class BodyTooLarge(Problem):
    """The body is larger than the route takes."""

    en = "the body is larger than {limit} bytes"
    zh = "请求体超过 {limit} 字节"


class HeadersTooLarge(Problem):
    """The headers are larger than anybody needs."""

    en = "the request line and headers are larger than {limit} bytes"
    zh = "请求头超过 {limit} 字节"


class BodyTooSlow(Problem):
    """The body did not arrive in time."""

    en = "the body did not arrive within {seconds} s"
    zh = "请求体未在 {seconds} 秒内到达"


class HttpMalformed(Invalid):
    """What arrived is no HTTP request."""

    en = "this is not a valid HTTP request"
    zh = "不是有效的 HTTP 请求"


class HeaderRepeated(Invalid):
    """A header that decides something stands twice, so that parties could disagree on which counts."""

    en = "the header {name} stands more than once"
    zh = "请求头 {name} 重复"


class JsonMalformed(Invalid):
    """The body is not JSON."""

    en = "the body is not valid JSON: line {line}, column {column}: {fault}"
    zh = "请求体不是有效的 JSON：第 {line} 行第 {column} 列：{fault}"


class JsonTooDeep(Invalid):
    """The body is nested deeper than any message is."""

    en = "the JSON is nested deeper than {limit} levels"
    zh = "JSON 嵌套超过 {limit} 层"


class QueryMalformed(Invalid):
    """The query string cannot be read."""

    en = "the query string is not percent-encoded UTF-8"
    zh = "查询字符串不是有效的百分号编码 UTF-8"


class IdempotencyKeyInvalid(Invalid):
    """The key cannot be kept."""

    en = "an Idempotency-Key has 1 to 255 printable ASCII characters"
    zh = "Idempotency-Key 应为 1 到 255 个可打印的 ASCII 字符"


class IfMatchMissing(Invalid):
    """A change came without the version that it changes."""

    en = "send the ETag that you read as If-Match, so that nobody's change is lost"
    zh = "请在 If-Match 中带上读取时的 ETag，以免覆盖他人的修改"


class IfMatchInvalid(Invalid):
    """If-Match is no ETag of ours."""

    en = 'If-Match is the ETag that was read, such as "3"'
    zh = 'If-Match 应为读取时的 ETag，例如 "3"'


class RateExceeded(Exhausted):
    """One caller asks faster than is fair to the others."""

    en = "too many requests; go on in {retry_after} s"
    zh = "请求过于频繁，请在 {retry_after} 秒后重试"


class Overloaded(Unavailable):
    """The gateway holds as many requests as it can serve in time."""

    en = "the gateway is busy; try again in {retry_after} s"
    zh = "网关繁忙，请在 {retry_after} 秒后重试"


class NotReady(Unavailable):
    """A part that the gateway needs does not serve yet."""

    en = "not ready: {missing}"
    zh = "尚未就绪：{missing}"


class PeerUnreachable(Unavailable):
    """The service behind the route did not answer."""

    en = "a part of the system is out of reach; try again"
    zh = "系统的一部分暂时不可用，请稍后重试"


class DeadlineExceeded(Expired):
    """The service behind the route did not answer in time."""

    en = "no answer in time; reading again tells whether a command took effect"
    zh = "未在时限内得到答复，请重新读取以确认操作是否生效"


class NotImplementedThere(Problem):
    """The service behind the route is older than the gateway and does not know the method yet."""

    en = "this is not available yet"
    zh = "该功能尚不可用"


class Internal(Problem):
    """A mistake of ours. Nothing of it is told but the trace id."""

    en = "something went wrong on our side; quote the traceId when you report it"
    zh = "服务器内部错误，反馈时请提供 traceId"
