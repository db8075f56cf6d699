// Hooks of React for a connection of client.js:
// `export const { useConnection, useEvent, useCall, useSubscription, usePresence } = hooks(connection)`.

import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";

import { presence } from "./presence.js";

/** @typedef {import("./client.d.ts").Connection} Connection */

const NOTHING = { reply: undefined, error: undefined, isPending: false };

/** @type {typeof import("./react.d.ts").hooks} */
export const hooks = (/** @type {any} */ connection) => /** @type {any} */ (made(connection));

/** @param {Connection} connection */
function made(connection) {
  /** @param {() => void} changed */
  const listen = (changed) => connection.onState(changed);
  const state = () => connection.state;

  function useConnection() {
    return { connection, state: useSyncExternalStore(listen, state, state) };
  }

  /** @param {string} type @param {(...values: any[]) => void} listener */
  function useEvent(type, listener) {
    const latest = useRef(listener);
    useEffect(() => void (latest.current = listener));
    useEffect(() => connection.on(type, (...values) => latest.current(...values)), [type]);
  }

  // The outcome is that of the latest call, and none after the component has gone.
  /** @param {string} action @param {object} [options] */
  function useCall(action, options) {
    const [outcome, setOutcome] = useState(NOTHING);
    const current = useRef(/** @type {AbortController | null} */ (null));
    const latest = useRef(options);
    useEffect(() => void (latest.current = options));
    useEffect(() => () => current.current?.abort(), [action]);
    const call = useCallback((/** @type {any} */ payload) => {
      const mine = new AbortController();
      current.current?.abort();
      current.current = mine;
      setOutcome({ ...NOTHING, isPending: true });
      const settle = (/** @type {object} */ found) => {
        if (!mine.signal.aborted) setOutcome({ ...NOTHING, ...found });
      };
      const { signal } = mine;
      const answer = connection.call(action, payload, { ...latest.current, signal });
      answer.then((reply) => settle({ reply }), (error) => settle({ error }));
      return answer;
    }, [action]);
    return { call, ...outcome };
  }

  // Payloads are compared as JSON: an equal one makes no new call.
  /** @param {string} action @param {any} [payload] */
  function useSubscription(action, payload) {
    const [outcome, setOutcome] = useState({ ...NOTHING, isPending: true });
    const text = JSON.stringify(payload);
    useEffect(() => {
      setOutcome({ ...NOTHING, isPending: true });
      return connection.subscribe(action, text && JSON.parse(text), {
        onReply: (reply) => setOutcome({ ...NOTHING, reply }),
        onError: (error) => setOutcome({ ...NOTHING, error }),
      });
    }, [action, text]);
    return outcome;
  }

  // Options are those of the first rendering, unless the group or the event changes.
  /** @param {string} group @param {any} options */
  function usePresence(group, options) {
    const nobody = { members: /** @type {any[] | null} */ (null), count: 0 };
    const [shown, setShown] = useState(nobody);
    useEffect(() => {
      setShown(nobody);
      const onChange = (/** @type {any[] | null} */ members, /** @type {any} */ { count }) => setShown({ members, count });
      const view = /** @type {any} */ (presence)(connection, group, { ...options, onChange });
      return () => view.stop();
    }, [group, options.event]);
    return shown;
  }

  return { useConnection, useEvent, useCall, useSubscription, usePresence };
}
