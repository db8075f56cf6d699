"""One of libcurl's requests, used again and again."""

from io import BytesIO

from wsrouter.aws import clients
from wsrouter.aws.posts import answers, keepalive
from wsrouter.aws.posts.keepalive import ANSWER_SECONDS, CONNECT_SECONDS
from wsrouter.aws.posts.pycurl_extra import pycurl
from wsrouter.aws.posts.signer import Signer
from wsrouter.aws.posts.targets import Target
from wsrouter.delivery.ports import Fate, Posted

_NOT_CURLS = ["Content-Type:", "Accept:", "Expect:"]
"""Headers that libcurl would add."""
_SMALLEST = 16384
_REASONS = {
    pycurl.E_COULDNT_CONNECT: "ConnectionRefusedError",
    pycurl.E_GOT_NOTHING: "RemoteDisconnected",
    pycurl.E_OPERATION_TIMEDOUT: "TimeoutError",
    pycurl.E_RECV_ERROR: "ConnectionResetError",
    pycurl.E_SEND_ERROR: "ConnectionResetError",
}


class Handle:
    """Posts `load`ed data where it is `aim`ed."""

    def __init__(self) -> None:
        self.curl = pycurl.Curl()
        self._head = BytesIO()
        self._signer: Signer | None = None
        self._target: Target | None = None
        self._limit = 0.0
        set_option = self.curl.setopt
        set_option(pycurl.HEADERFUNCTION, self._head.write)
        set_option(pycurl.WRITEFUNCTION, len)
        set_option(pycurl.NOSIGNAL, 1)
        set_option(pycurl.BUFFERSIZE, 2048)
        set_option(pycurl.UPLOAD_BUFFERSIZE, _SMALLEST)
        set_option(pycurl.PATH_AS_IS, 1)
        set_option(pycurl.POST, 1)
        set_option(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        set_option(pycurl.CONNECTTIMEOUT_MS, int(CONNECT_SECONDS * 1000))

    def load(self, target: Target, signer: Signer, data: bytes) -> None:
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
            self._headers = [*_NOT_CURLS, *listed]
            self.curl.setopt(pycurl.POSTFIELDS, data)

    def aim(self, signer: Signer, connection_id: str, seconds: float) -> None:
        signed = f"authorization: {signer.authorization(connection_id)}"
        limit = min(CONNECT_SECONDS + ANSWER_SECONDS, max(seconds, 0.05))
        self._head.seek(0)
        self.curl.setopt(pycurl.URL, self._url + signer.path(connection_id))
        self.curl.setopt(pycurl.HTTPHEADER, [*self._headers, signed])
        if limit != self._limit:
            self._limit = limit
            self.curl.setopt(pycurl.TIMEOUT_MS, int(limit * 1000))

    def posted(self) -> Posted:
        status = self.curl.getinfo(pycurl.RESPONSE_CODE)
        if status == 200:
            return answers.DELIVERED
        return answers.posted(status, answers.code_of(self._error_type()))

    def unanswered(self, number: int) -> Posted:
        reason = _REASONS.get(number, f"curl_{number}")
        return Posted(Fate.FAILED, reason, again=True)

    def _error_type(self) -> str:
        head = self._head.getvalue()[: self._head.tell()].decode("latin-1")
        for line in head.split("\r\n"):
            name, _, value = line.partition(":")
            if name.lower() == "x-amzn-errortype":
                return value.strip()
        return ""
