// The list of routes and events, in groups, with a search.

export function outline({ make, breakable }, { lists, search, empty, count }, entries, onPick) {
  const rows = new Map();

  function group(key) {
    return key.includes(".") ? key.slice(0, key.indexOf(".")) : "";
  }

  function row(entry) {
    const button = make("button", { type: "button", onclick: () => onPick(entry) }, ...breakable(entry.key));
    const mark = entry.more.keep && make("span", { title: "For clients that come back" }, "kept");
    const item = mark ? make("li", { class: "kept" }, button, mark) : make("li", {}, button);
    item.dataset.text = `${entry.key} ${entry.summary} ${entry.tags.join(" ")} ${mark ? "kept" : ""}`.toLowerCase();
    rows.set(`${entry.kind} ${entry.key}`, { button, item });
    return item;
  }

  // A heading for each group of two or more: `orders` for `orders.place`, `orders.watch`.
  function grouped(found) {
    const groups = Map.groupBy ? Map.groupBy(found, ({ key }) => group(key)) : new Map([["", found]]);
    return [...groups].flatMap(([name, members]) => {
      const items = members.map(row);
      return name && groups.size > 1 && members.length > 1
        ? [make("li", { class: "group" }, make("h3", {}, name), make("ul", {}, ...items))]
        : items;
    });
  }

  for (const [kind, list] of Object.entries(lists)) {
    list.append(...grouped(entries.filter((entry) => entry.kind === kind)));
  }

  function apply() {
    const wanted = search.value.trim().toLowerCase();
    let seen = 0;
    for (const { item } of rows.values()) {
      item.hidden = !item.dataset.text.includes(wanted);
      seen += item.hidden ? 0 : 1;
    }
    for (const list of Object.values(lists)) {
      for (const one of list.querySelectorAll(".group")) one.hidden = !one.querySelector("ul > li:not([hidden])");
    }
    empty.hidden = seen > 0;
    count.textContent = wanted ? `${seen} of ${rows.size}` : `${rows.size}`;
  }

  search.addEventListener("input", apply);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    [...rows.values()].find(({ item }) => !item.hidden)?.button.click();
  });
  apply();

  return {
    select({ kind, key }) {
      for (const { button } of rows.values()) button.removeAttribute("aria-current");
      const { button } = rows.get(`${kind} ${key}`);
      button.setAttribute("aria-current", "true");
      button.scrollIntoView({ block: "nearest" });
    },
  };
}
