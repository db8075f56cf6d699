// Made by `manage.py ws_export typescript`: change the handlers instead of this file.

/** What is wrong with a payload: where, a sentence, and a word for programs. */
export interface Problem {
  loc: (string | number)[];
  msg: string;
  type: string;
}

/** An error that a route answers. `retry`: the same message may succeed later. */
export interface RouteError<Code extends string, Detail = undefined> {
  code: Code;
  message: string;
  retry: boolean;
  detail: Detail;
}

export type Before = {
  room: string;
  before?: number | null;
};

/** Names of groups that clients join and leave by themselves. */
export type GroupNames = {
  groups: `room:${string}`[];
};

/** The groups that were joined. */
export type JoinedGroups = {
  groups: string[];
  /** Who is in those of the groups that have presence. */
  presence?: { [key: string]: PresenceListPerson };
};

/** The groups that were left. */
export type LeftGroups = {
  groups: string[];
};

export type LineOut = {
  id: number;
  author: string;
  text: string;
  written_at: string;
};

export type Lines = {
  lines: LineOut[];
  more: boolean;
};

export type Person = {
  id: number;
  name: string;
};

export type PresenceChangePerson = {
  group: string;
  joined: Person[] | null;
  left: Person[] | null;
  count: number;
  version: number;
};

export type PresenceListPerson = {
  members: Person[] | null;
  count: number;
  version: number;
};

/** The group that a refusal is about. */
export type RefusedGroup = {
  group: string;
};

export type Say = {
  room: string;
  text: string;
};

/** A kept event in the answer to `since`. */
export type WsrouterKeptFrame = {
  type: "chat.line";
  /** The same for every recipient and when it arrives twice. */
  id: string;
  payload: LineOut;
  stream: WsrouterPosition;
} | WsrouterSkippedFrame;

/** The place of an event among those of a group or of a user: the same when the event arrives twice. */
export type WsrouterPosition = {
  /** Of a group's stream, or a user's. */
  id: string;
  /** Numbers of another epoch mean nothing. */
  epoch: string;
  seq: number;
};

/** How far the client has streams, by their ids. The reply has what it has missed of the groups that the message joins. */
export type WsrouterSince = { [key: string]: {
  epoch: string;
  seq: number;
} };

/** Takes the place of an event that is not for this client. */
export type WsrouterSkippedFrame = {
  type: "wsrouter.skipped";
  stream: WsrouterPosition;
};

/** What a reply tells of a stream. Without `id`: none could be read. */
export type WsrouterStreamEntry = {
  /** Of a group's stream, or a user's. */
  id: string;
  /** Numbers of another epoch mean nothing. */
  epoch: string;
  /** Of a client that has applied the events. */
  seq: number;
  /** False: events are missing. Reload the state that they change. */
  recovered: boolean;
  /** The events did not fit: ask for them with a ping. */
  again?: true;
  /** All that was missed, in order. */
  events: WsrouterKeptFrame[];
} | {
  recovered: false;
};

/** What clients call: they send `payload`, and get `reply` or an error. */
export interface Routes {
  /** The newest lines of a room, or those before a line. */
  "chat.history": {
    payload: Before;
    reply: Lines;
    errors:
      | RouteError<"invalid_payload", Problem[] | undefined>
      | RouteError<"malformed_frame" | "not_authenticated" | "connection_unknown">
      | RouteError<"reply_too_large" | "internal_error">
      | RouteError<string, unknown>;
  };
  /** Say something in a room; everybody there is told, the author too. */
  "chat.say": {
    payload: Say;
    reply: null;
    errors:
      | RouteError<"invalid_payload", Problem[] | undefined>
      | RouteError<"malformed_frame" | "not_authenticated" | "connection_unknown">
      | RouteError<"internal_error">
      | RouteError<string, unknown>;
  };
  /**
   * Join groups, all of them or none.
   *
   * `permission_denied` and `not_found` name the group that was refused.
   */
  "wsrouter.join": {
    payload: GroupNames;
    reply: JoinedGroups;
    errors:
      | RouteError<"invalid_payload", Problem[] | undefined>
      | RouteError<"malformed_frame" | "not_authenticated" | "connection_unknown">
      | RouteError<"reply_too_large" | "internal_error">
      | RouteError<string, unknown>;
  };
  /** Leave groups. Leaving a group that was not joined is no error. */
  "wsrouter.leave": {
    payload: GroupNames;
    reply: LeftGroups;
    errors:
      | RouteError<"permission_denied", RefusedGroup>
      | RouteError<"invalid_payload", Problem[] | undefined>
      | RouteError<"malformed_frame" | "not_authenticated" | "connection_unknown">
      | RouteError<"reply_too_large" | "internal_error">;
  };
  /**
   * Answer `{}`, so that a client knows that the connection is alive.
   *
   * Where events are kept, `since` asks for all streams of the connection and of its
   * user; `{}` will do. Without it, no database is used.
   */
  "wsrouter.ping": {
    payload: undefined;
    reply: { [key: string]: unknown };
    errors:
      | RouteError<"throttled", { retry_after: number } | undefined>
      | RouteError<"malformed_frame" | "reply_too_large" | "internal_error">
      | RouteError<"not_authenticated" | "connection_unknown">;
  };
}

/** What clients get at any time. */
export interface Events {
  "chat.here": PresenceChangePerson;
  /** Kept for clients that come back: the last 50 of a group or of a user, for 1 hour. */
  "chat.line": LineOut;
}

/** The names of those that are kept for clients that come back. */
export type KeptEvents = "chat.line";

/**
 * The frame of an event. One that arrives twice has the same `id`. `stream` is the
 * place of a kept event among those of its group, or of its user.
 */
export type EventFrame<Name extends keyof Events = keyof Events> = {
  [K in Name]: {
    type: K;
    id: string;
    payload: Events[K];
    stream?: K extends KeptEvents ? WsrouterPosition : undefined;
  };
}[Name];

/** The frame of a reply. `streams`: those of the groups that the message has joined. */
export type ReplyFrame<Key extends keyof Routes = keyof Routes> = {
  [K in Key]: {
    type: "reply";
    action: K;
    id?: string | number;
    payload: Routes[K]["reply"];
    streams?: WsrouterStreamEntry[];
  };
}[Key];
