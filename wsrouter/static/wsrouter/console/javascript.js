// A message as a program that sends it, for the console of a browser or for Node.js.

export function program(url, message) {
  const text = JSON.stringify(message, null, 2).replaceAll("\n", "\n  ");
  return `const socket = new WebSocket(${JSON.stringify(url)});
socket.addEventListener("message", ({ data }) => console.log(JSON.parse(data)));
socket.addEventListener("open", () => {
  socket.send(JSON.stringify(${text}));
});
`;
}
