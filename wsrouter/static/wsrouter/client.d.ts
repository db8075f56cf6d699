/**
 * Types of `client.js`. `manage.py ws_export typescript` makes the two maps:
 *
 *     import type { Events, Routes } from "./socket";
 *     const connection = connect<Routes, Events>(url, { ticket: "/ws/ticket/" });
 */

/** What a route takes and answers. */
export interface Route {
  payload: any;
  reply: any;
  errors?: any;
}
export type AnyRoutes = Record<string, Route>;
export type AnyEvents = Record<string, any>;

type Name<Map> = keyof Map & string;

/** The payload may be left out where the route has none, or a default. */
type Arguments<Payload, Options> = undefined extends Payload
  ? [payload?: Payload, options?: Options]
  : [payload: Payload, options?: Options];

/** How far a page has got in a stream of kept events. */
export interface Position {
  epoch: string;
  seq: number;
}

/** By the id of the stream: what `wsrouter.streams.positions()` returns. */
export type Positions = Record<string, Position>;

/** An event as it arrived; `type` tells the payload's type. A kept one has its `stream`. */
export type EventFrame<Events, Type extends Name<Events> = Name<Events>> = {
  [K in Type]: { type: K; id?: string; payload: Events[K]; stream?: Position & { id: string } };
}[Type];

interface GapOf<Action, Payload> {
  /** The stream's, unless the server could not tell. */
  id: string | undefined;
  /** Those of the subscription that has the stream, if there is one. */
  action: Action;
  payload: Payload;
}

/** Events of a stream are missing: load the state that they change anew. */
export type Gap<Routes extends { [K in keyof Routes]: Route } = AnyRoutes> =
  | { [K in Name<Routes>]: GapOf<K, Routes[K]["payload"]> }[Name<Routes>]
  | GapOf<undefined, undefined>;

/** What a call of this route may reject with, if it was answered. */
export type ErrorOf<Routes, K extends keyof Routes> = Routes[K] extends { errors: infer Errors }
  ? Omit<MessageError, "code" | "retry" | "detail"> & Errors
  : MessageError;

/**
 * `connecting`: a handshake is under way. `waiting`: for the next one. `open`: connected,
 * also while a new socket replaces the former one. `closed`: by `close()`, for good.
 * `refused`: the server knows no such user (401 or 403), for good.
 */
export type State = "connecting" | "open" | "waiting" | "closed" | "refused";

export interface StateDetail {
  /** Milliseconds until the next attempt. */
  wait?: number;
  /** What ended the attempt or the connection: an error, or the close event. */
  cause?: unknown;
}

export interface CallOptions {
  /** Wait in the outbox while there is no connection. Default: false. */
  queue?: boolean;
  /** Send it again if the connection is lost before the answer; implies `queue`. */
  retry?: boolean;
  /** Milliseconds for all of it, waiting included. Default: the option `timeout`. */
  timeout?: number;
  signal?: AbortSignal;
}

export interface SubscribeOptions<Reply, Action = string, Payload = any> {
  /** Called for the reply on every new socket. */
  onReply?: (reply: Reply) => void;
  /** Called for each failure. Default: the option `onError`. */
  onError?: (error: any) => void;
  /** Called when events of its streams are missing; after `onReply`, if a reply says so. */
  onGap?: (gap: GapOf<Action, Payload>) => void;
  /** Positions that came with the page's state, of streams that the call joins. */
  since?: Positions;
  /** Milliseconds for each call. Default: the option `timeout`. */
  timeout?: number;
}

export interface Connection<
  Routes extends { [K in keyof Routes]: Route } = AnyRoutes,
  Events = AnyEvents,
> {
  readonly state: State;

  /**
   * Send a message and wait for its answer. Rejects with MessageError (the answer says
   * no), ConnectionLost, CallTimeout, OutboxFull, RangeError (above `messageBytes`), or
   * the reason of the signal.
   */
  call<K extends Name<Routes>>(
    action: K,
    ...rest: Arguments<Routes[K]["payload"], CallOptions>
  ): Promise<Routes[K]["reply"]>;

  /** Send a message without an id. Throws ConnectionLost, OutboxFull or RangeError. */
  send<K extends Name<Routes>>(
    action: K,
    ...rest: Arguments<Routes[K]["payload"], Pick<CallOptions, "queue">>
  ): void;

  /**
   * Send a text as it is, for an API whose messages are no JSON: a `$default` route takes
   * them. Nothing is matched to it. Throws as `send` does.
   */
  sendText(text: string, options?: Pick<CallOptions, "queue">): void;

  /** Listen to an event, or with "*" to all. Returns a function that ends it. */
  on<K extends Name<Events>>(
    type: K,
    listener: (payload: Events[K], frame: EventFrame<Events, K>) => void,
  ): () => void;
  on(type: "*", listener: (frame: EventFrame<Events>) => void): () => void;

  /** Listen to changes of `state`. Returns a function that ends it. */
  onState(listener: (state: State, detail: StateDetail) => void): () => void;

  /**
   * Make a call now and again on every new socket, so that the groups it joins outlive
   * any socket. Returns a function that ends the repetition.
   */
  subscribe<K extends Name<Routes>>(
    action: K,
    ...rest: Arguments<
      Routes[K]["payload"],
      SubscribeOptions<Routes[K]["reply"], K, Routes[K]["payload"]>
    >
  ): () => void;

  /** Listen to gaps of all streams. Returns a function that ends it. */
  onGap(listener: (gap: Gap<Routes>) => void): () => void;

  /** Look whether the connection still lives, or try at once to connect. */
  wake(): void;

  /** End the connection for good; calls under way reject with ConnectionLost. */
  close(): void;
}

/** What is needed of a WebSocket. */
export interface Socket {
  readonly readyState: number;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

export interface Clock {
  /** Milliseconds since any moment. */
  now(): number;
  setTimeout(run: () => void, ms: number): any;
  clearTimeout(timer: any): void;
}

/** All times are in milliseconds. */
export interface Options {
  /**
   * A function that draws a ticket for each handshake (null: without one), or the URL that
   * issues them. A function may throw a TicketError to say why there is none.
   */
  ticket?:
    | string
    | URL
    | ((signal: AbortSignal) => string | null | undefined | Promise<string | null | undefined>);
  /** Without tickets: the URL to ask, by GET, when a handshake was refused. */
  session?: string | URL;
  /** The subprotocols to offer. */
  protocols?: string | string[];
  /** The gateway's ENVELOPE. Default: "nested". */
  envelope?: "nested" | "flat";
  /** The member that holds the route key. Default: "action". */
  actionName?: string;
  /** Django's CSRF_COOKIE_NAME. Default: "csrftoken". */
  csrfCookie?: string;
  /** The first span of the back-off. Default: 500. */
  backoffBase?: number;
  /** Its longest span. Default: 30,000. */
  backoffCap?: number;
  /** A connection of this age ends the back-off. Default: 10,000. */
  stableAfter?: number;
  /** For a ticket and a handshake together. Default: 30,000. */
  connectTimeout?: number;
  /** For a call. Default: 30,000. */
  timeout?: number;
  /** Silence until a ping is sent. Default: 240,000. */
  keepAlive?: number;
  /** Silence after a ping until the socket counts as lost. Default: 15,000. */
  pingTimeout?: number;
  /** The age at which a socket is replaced. Default: 6,600,000 (110 minutes). */
  handOver?: number;
  /** How far that age is spread, either way. Default: 300,000. */
  handOverSpread?: number;
  /** How long a replaced socket still listens. Default: 10,000. */
  overlap?: number;
  /** How long after that it waits for answers. Default: 29,000. */
  drain?: number;
  /** Calls in the outbox. Default: 100. */
  outboxCalls?: number;
  /** Bytes in the outbox. Default: 262,144. */
  outboxBytes?: number;
  /** Bytes of a message that API Gateway accepts in one frame. Default: 32,768. */
  messageBytes?: number;
  /** How many ids of events are remembered. Default: 1,000. */
  remembered?: number;
  /** How long an event waits for those before it, until they are asked for. Default: 2,000. */
  hold?: number;
  /** How often streams are asked for events that got lost. Default: 300,000. */
  checkStreams?: number;
  /** Positions that came with the page; `{}` to have the user's own stream from the start. */
  since?: Positions;
  /** Errors that belong to no call, and those of listeners. Default: console.error. */
  onError?: (error: any) => void;
  /** Sees the text of every frame. */
  onFrame?: (direction: "in" | "out", text: string) => void;
  /** Where `online`, `visibilitychange` and the like are heard; null: nowhere. */
  events?: EventTarget | null;
  WebSocket?: new (url: string, protocols?: string | string[]) => Socket;
  fetch?: typeof fetch;
  clock?: Clock;
  /** A number from 0 to 1. Default: Math.random. */
  random?: () => number;
}

/** Connect, and stay connected until `close()`. */
export function connect<
  Routes extends { [K in keyof Routes]: Route } = AnyRoutes,
  Events = AnyEvents,
>(url: string | URL, options?: Options): Connection<Routes, Events>;

/** An error frame. API Gateway's own have the code `gateway_error`. */
export class MessageError extends Error {
  constructor(
    error: { code: string; message?: string; retry?: boolean; detail?: any },
    action?: string,
  );
  readonly code: string;
  /** Whether the same message may succeed later. */
  readonly retry: boolean;
  readonly detail: any;
  readonly action: string | undefined;
}

/** There is no connection, or it was lost before the answer. */
export class ConnectionLost extends Error {
  constructor(message: string, sent?: boolean);
  /** Whether the message had left: the server may have handled it. */
  readonly sent: boolean;
}

/** No answer came in time: the server may have handled the message. */
export class CallTimeout extends Error {
  constructor(action: string);
}

/** The outbox holds as much as it may. */
export class OutboxFull extends Error {
  constructor();
}

/** Why there is no ticket: 401 and 403 end the connection, others count as a failure. */
export class TicketError extends Error {
  constructor(status: number, retryAfter?: number);
  readonly status: number;
  /** Milliseconds to wait at least. */
  readonly retryAfter: number;
}
