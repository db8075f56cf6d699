/** Hooks of React, of the types that the connection has. */

import type { CallOptions, Connection, EventFrame, Route, State } from "./client.js";
import type { ListSource, MemberOf, PresenceEvent, ViewOptions } from "./presence.js";

type Name<Map> = keyof Map & string;
type Payload<Value> = undefined extends Value ? [payload?: Value] : [payload: Value];

export interface Outcome<Reply> {
  reply: Reply | undefined;
  /** A MessageError, ConnectionLost, CallTimeout, OutboxFull or RangeError. */
  error: any;
  isPending: boolean;
}

export interface Hooks<Routes extends { [K in keyof Routes]: Route }, Events> {
  /** The connection and its state. */
  useConnection(): { connection: Connection<Routes, Events>; state: State };

  /** Listen to an event, or with "*" to all, while the component is mounted. */
  useEvent<K extends Name<Events>>(
    type: K,
    listener: (payload: Events[K], frame: EventFrame<Events, K>) => void,
  ): void;
  useEvent(type: "*", listener: (frame: EventFrame<Events>) => void): void;

  /**
   * A function that makes the call, and what became of the latest one. Another call, and
   * the end of the component, abort the one under way.
   */
  useCall<K extends Name<Routes>>(
    action: K,
    options?: Omit<CallOptions, "signal">,
  ): Outcome<Routes[K]["reply"]> & {
    call: (...payload: Payload<Routes[K]["payload"]>) => Promise<Routes[K]["reply"]>;
  };

  /** Subscribe while the component is mounted; the latest reply, or why there is none. */
  useSubscription<K extends Name<Routes>>(
    action: K,
    ...payload: Payload<Routes[K]["payload"]>
  ): Outcome<Routes[K]["reply"]>;

  /** Who is in a group, while the component is mounted. Null: not known, or too many. */
  usePresence<Type extends PresenceEvent<Events>, Action extends Name<Routes> = Name<Routes>>(
    group: string,
    options: ViewOptions<MemberOf<Events[Type]>> &
      ListSource<Routes, Action, MemberOf<Events[Type]>> & { event: Type },
  ): { members: MemberOf<Events[Type]>[] | null; count: number };
}

export function hooks<Routes extends { [K in keyof Routes]: Route }, Events>(
  connection: Connection<Routes, Events>,
): Hooks<Routes, Events>;
