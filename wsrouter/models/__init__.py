"""Rows: connections, groups, presence, tickets, ended sessions, queued sends, kept
events. Nothing here calls AWS."""

from wsrouter.models.connection_rows import Membership as Membership
from wsrouter.models.connection_rows import OpenConnection as OpenConnection
from wsrouter.models.exact_char_field import ExactCharField as ExactCharField
from wsrouter.models.identity_rows import EndedSession as EndedSession
from wsrouter.models.identity_rows import Ticket as Ticket
from wsrouter.models.presence_rows import PresenceChange as PresenceChange
from wsrouter.models.presence_rows import PresenceGroup as PresenceGroup
from wsrouter.models.presence_rows import PresentUser as PresentUser
from wsrouter.models.send_rows import QueuedSend as QueuedSend
from wsrouter.models.send_rows import QueuedSlice as QueuedSlice
from wsrouter.models.stream_rows import KeptEvent as KeptEvent
from wsrouter.models.stream_rows import ReaperRun as ReaperRun
from wsrouter.models.stream_rows import Stream as Stream
