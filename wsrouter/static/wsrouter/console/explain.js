// What API Gateway means: its own error frames, and the codes with which it closes.

const FRAMES = {
  Forbidden: "API Gateway found no route for this message, and the stage has no $default. Either the message names no"
    + " route, or the route is not deployed: run ws_sync.",
  "Internal server error": "API Gateway got no answer from Django: it cannot be reached, its certificate is not trusted,"
    + " or it took longer than 29 seconds. The handler may have run all the same. ws_doctor examines the way to it.",
  "Bad request body": "API Gateway refused the message by the route's model (VALIDATE_AT_GATEWAY). Django has not seen it.",
  "Limit exceeded": "The stage or the account allows no more messages at this rate (THROTTLING). Try again in a moment.",
  "Too Many Requests": "The stage or the account allows no more messages at this rate (THROTTLING). Try again in a moment.",
  "Missing Authentication Token": "This URL leads to no stage of the API: examine the path.",
};

const CODES = {
  1000: "The connection was closed normally.",
  1001: "API Gateway ended the connection: 10 minutes without a message, or 2 hours in all. Clients connect again.",
  1003: "API Gateway takes no binary frames.",
  1006: "The network was cut, or the gateway was stopped.",
  1008: "Too many messages from this client.",
  1009: "A frame may have 32 KB, and a message 128 KB.",
  1011: "API Gateway had a problem of its own.",
  1012: "The gateway restarts.",
};

// Null for a frame that is not API Gateway's own.
export function explainFrame(data) {
  if (typeof data !== "object" || data === null || "type" in data || !("connectionId" in data)) return null;
  return FRAMES[data.message] ?? "This frame is API Gateway's own. It says nothing about the message that it answers.";
}

export function explainClose({ code, reason } = {}) {
  const text = CODES[code] ?? "";
  return [code ? `Closed with ${code}${reason ? ` (${reason})` : ""}.` : "Closed.", text].filter(Boolean).join(" ");
}

export const REFUSED = "The handshake was refused, or the gateway does not run (manage.py ws_local runs the local"
  + " one). A browser does not say why: a connect handler may have refused you (are you logged in?), or this page's"
  + " origin is not in ALLOWED_ORIGINS. The log has the reason.";
