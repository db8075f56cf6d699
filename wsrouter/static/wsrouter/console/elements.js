// Makes elements. Text is always text: nothing here reads markup.

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

// A long name wraps after its separators, not inside a word.
export function breakable(name) {
  return name.split(/(?<=[./:_-])/).flatMap((part) => [part, document.createElement("wbr")]);
}

// Text between backticks is code, as in Markdown; the rest of Markdown stays as it is.
export function prose(text, attributes = { class: "description" }) {
  return make("p", attributes, ...text.split(/`([^`]+)`/).map((part, index) => (index % 2 ? make("code", {}, part) : part)));
}

let lastId = 0;

export function uniqueId(word) {
  lastId += 1;
  return `${word}-${lastId}`;
}
