"""Error frames are told from everything else that a client may be sent."""

import pytest

from wsrouter.wire.error_code import error_code


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ('{"type":"error","action":"a","error":{"code":"not_found"}}', "not_found"),
        ('{"error": {"code": "x"}, "type": "error"}', "x"),
        ('{"type":"reply","payload":{"type":"error","error":{"code":"x"}}}', None),
        ('{"type":"error","payload":1}', None),
        ('{"type":"error","error":"x"}', None),
        ('{"type":"error","error":{"code":1}}', None),
        ('["error"]', None),
        ('"error', None),
        ("", None),
    ],
)
def test_only_an_error_frame_has_a_code(frame: str, code: str | None) -> None:
    assert error_code(frame) == code
