"""The admin: open connections, groups, tickets, queued sends, streams of kept events,
and pages that publish gateways."""

from wsrouter.admin.connection_admin import OpenConnectionAdmin
from wsrouter.admin.event_admin import KeptEventAdmin
from wsrouter.admin.group_admin import MembershipAdmin
from wsrouter.admin.send_admin import QueuedSendAdmin
from wsrouter.admin.stream_admin import StreamAdmin
from wsrouter.admin.ticket_admin import TicketAdmin

__all__ = [
    "KeptEventAdmin",
    "MembershipAdmin",
    "OpenConnectionAdmin",
    "QueuedSendAdmin",
    "StreamAdmin",
    "TicketAdmin",
]
