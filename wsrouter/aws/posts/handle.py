"""One of libcurl's easy handles: a request that is used again."""

from io import BytesIO

from wsrouter.aws import clients
from wsrouter.aws.posts import answers, keepalive
from wsrouter.aws.posts.keepalive import ANSWER_SECONDS, CONNECT_SECONDS
from wsrouter.aws.posts.pycurl_extra import pycurl
from wsrouter.aws.posts.signer import Signer
from wsrouter.aws.posts.targets import PostTarget
from wsrouter.delivery.ports import PostResult, PostStatus

_NO_DEFAULT_HEADERS = ["Content-Type:", "Accept:", "Expect:"]
"""Keeps libcurl from adding these headers."""
_SMALLEST_UPLOAD_BUFFER = 16384
"""Bytes: libcurl allows no smaller buffer."""
_READ_BUFFER = 2048
"""Bytes: answers are short."""
_REASONS = {
    pycurl.E_COULDNT_CONNECT: "ConnectionRefusedError",
    pycurl.E_GOT_NOTHING: "RemoteDisconnected",
    pycurl.E_OPERATION_TIMEDOUT: "TimeoutError",
    pycurl.E_RECV_ERROR: "ConnectionResetError",
    pycurl.E_SEND_ERROR: "ConnectionResetError",
}


class EasyHandle:
    """Posts: `prepare` sets what all posts of a broadcast share, `sign` what is
    different for each connection."""

    def __init__(self) -> None:
        self.curl = pycurl.Curl()
        self._response_head = BytesIO()
        self._signer: Signer | None = None
        self._target: PostTarget | None = None
        self._limit = 0.0
        set_option = self.curl.setopt
        set_option(pycurl.HEADERFUNCTION, self._response_head.write)
        set_option(pycurl.WRITEFUNCTION, len)
        set_option(pycurl.NOSIGNAL, 1)
        set_option(pycurl.BUFFERSIZE, _READ_BUFFER)
        set_option(pycurl.UPLOAD_BUFFERSIZE, _SMALLEST_UPLOAD_BUFFER)
        set_option(pycurl.PATH_AS_IS, 1)
        set_option(pycurl.POST, 1)
        set_option(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        set_option(pycurl.CONNECTTIMEOUT_MS, int(CONNECT_SECONDS * 1000))

    def prepare(self, target: PostTarget, signer: Signer, data: bytes) -> None:
        """Set the server, the headers and the body, unless they are still the same."""
        if self._target is not target:
            self._target = target
            if target.scheme == "https":
                self.curl.setopt(pycurl.CAINFO, clients.certificates())
            self.curl.setopt(pycurl.PROXY, keepalive.proxy(target))
        if self._signer is not signer:
            self._signer = signer
            self._url = target.url
            listed = [
                f"{name}: {value}"
                for name, value in signer.headers.items()
                if name != "host"
            ]
            self._headers = [*_NO_DEFAULT_HEADERS, *listed]
            self.curl.setopt(pycurl.POSTFIELDS, data)

    def sign(self, signer: Signer, connection_id: str, seconds: float) -> None:
        """Set the connection, its signature and the time limit of the next post."""
        signed = f"authorization: {signer.authorization(connection_id)}"
        limit = min(CONNECT_SECONDS + ANSWER_SECONDS, max(seconds, 0.05))
        self._response_head.seek(0)
        self.curl.setopt(pycurl.URL, self._url + signer.path(connection_id))
        self.curl.setopt(pycurl.HTTPHEADER, [*self._headers, signed])
        if limit != self._limit:
            self._limit = limit
            self.curl.setopt(pycurl.TIMEOUT_MS, int(limit * 1000))

    def result(self) -> PostResult:
        status = self.curl.getinfo(pycurl.RESPONSE_CODE)
        if status == 200:
            return answers.DELIVERED
        return answers.result_of(status, answers.error_code(self._error_type()))

    def unanswered(self, error_number: int) -> PostResult:
        reason = _REASONS.get(error_number, f"curl_{error_number}")
        return PostResult(PostStatus.FAILED, reason, retryable=True)

    def _error_type(self) -> str:
        head = self._response_head
        text = head.getvalue()[: head.tell()].decode("latin-1")
        for line in text.split("\r\n"):
            name, _, value = line.partition(":")
            if name.lower() == "x-amzn-errortype":
                return value.strip()
        return ""
