// The messages that were sent, kept by the browser.

const MOST = 50;

export function history({ make, breakable }, { name, list, empty, onPick }) {
  function load() {
    try {
      return JSON.parse(localStorage.getItem(name)) ?? [];
    } catch {
      return [];
    }
  }

  function save(entries) {
    try {
      localStorage.setItem(name, JSON.stringify(entries));
    } catch {
      // A browser that keeps nothing, or has no room: the page works without.
    }
  }

  function show() {
    const entries = load();
    empty.hidden = entries.length > 0;
    list.replaceChildren(...entries.map((entry) => make("li", {}, make(
      "button", { type: "button", class: "plain", onclick: () => onPick(entry) },
      make("b", {}, ...breakable(entry.key)),
      make("code", {}, entry.payload === undefined ? "" : JSON.stringify(entry.payload)),
    ))));
  }

  function add(key, payload) {
    const entry = { key, payload };
    const text = JSON.stringify(entry);
    const others = load().filter((each) => JSON.stringify(each) !== text);
    save([entry, ...others].slice(0, MOST));
    show();
  }

  show();
  return { add, clear: () => { save([]); show(); } };
}
