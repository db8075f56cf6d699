// The browser sends Django's session cookie with the handshake, so there is no ticket. It
// does not tell why a handshake was refused, so the client asks the URL `session`.
import { connect } from "../wsrouter/client.js";

const { socket, session } = document.querySelector("#me").dataset;
const output = document.querySelector("output");
const connection = connect(socket, { session });

connection.subscribe("me", undefined, { onReply: ({ name }) => (output.textContent = name) });
connection.onState((state) => {
  if (state !== "open") output.textContent = state;
});
