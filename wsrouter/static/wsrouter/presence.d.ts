/** Types of `presence.js`: who is in a group. */

import type { Clock, Connection, Route } from "./client.js";

type Name<Map> = keyof Map & string;
type IsAny<T> = 0 extends 1 & T ? true : false;

/** Who is in a group; `members` is null above the size limit. Newer lists have a higher `version`. */
export interface PresenceList<Member> {
  members: Member[] | null;
  count: number;
  version: number;
}

/** The payload of a presence event; `joined` and `left` are null above the size limit. */
export interface PresenceChange<Member> {
  group: string;
  joined: Member[] | null;
  left: Member[] | null;
  count: number;
  version: number;
}

/** The member that a presence event tells of. */
export type MemberOf<Payload> =
  IsAny<Payload> extends true ? any : Payload extends PresenceChange<infer Member> ? Member : never;

/** The names of the events that are presence events. */
export type PresenceEvent<Events> = {
  [K in Name<Events>]: Events[K] extends PresenceChange<any> ? K : never;
}[Name<Events>];

/** How long a member that left is still shown, and what tells members apart. */
export interface ViewOptions<Member> {
  /** What tells members apart. Default: `member.id`. */
  key?(member: Member): string | number;
  /** Milliseconds until a leave is shown, unless there is a join. Default: 5,000. */
  leaveDelay?: number;
  /** A list that came with the page. */
  list?: PresenceList<Member>;
  /** Called for each failure of the subscription. Default: the connection's `onError`. */
  onError?(error: any): void;
  clock?: Pick<Clock, "setTimeout" | "clearTimeout">;
}

/** Where the list comes from. By default the view joins and leaves by `wsrouter.join`. */
export type ListSource<Routes extends { [K in keyof Routes]: Route }, Action extends Name<Routes>, Member> =
  | { subscribe?: undefined; read?: undefined }
  | { subscribe: null; read?: undefined }
  | {
      /** The call that joins the group, to be made on each socket. */
      subscribe: [action: Action, payload?: Routes[Action]["payload"]];
      /** The list in its reply. Default: `reply.presence[group]`. */
      read?(reply: Routes[Action]["reply"]): PresenceList<Member> | null | undefined;
    };

export interface PresenceView<Member> {
  /** Null until the first list, and above the size limit. */
  readonly members: Member[] | null;
  readonly count: number;
  /** Take a list that came another way. */
  update(list: PresenceList<Member>): void;
  /** End the view; one that has joined by itself leaves the group. */
  stop(): void;
}

/** Watch who is in a group. */
export function presence<
  Routes extends { [K in keyof Routes]: Route },
  Events,
  Type extends PresenceEvent<Events>,
  Action extends Name<Routes> = Name<Routes>,
>(
  connection: Connection<Routes, Events>,
  group: string,
  options: ViewOptions<MemberOf<Events[Type]>> &
    ListSource<Routes, Action, MemberOf<Events[Type]>> & {
      /** The name of the presence event. */
      event: Type;
      onChange?(members: MemberOf<Events[Type]>[] | null, details: { count: number }): void;
    },
): PresenceView<MemberOf<Events[Type]>>;
