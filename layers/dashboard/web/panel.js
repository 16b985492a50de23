import { h } from "./dom.js";
import { count, duration, number, signs } from "./format.js";

const SHOWN = 60; // of a list

// Panel tells about the selected node, or lists what a search has found.
export class Panel {
  #node = null;
  #found = null;

  constructor(store, on) {
    this.store = store;
    this.on = on;
    this.element = h("aside", { class: "panel", "aria-label": "Details", "aria-live": "polite", tabindex: "-1" });
  }

  show(node) {
    this.#node = node;
    this.refresh();
  }

  list(found) {
    this.#found = found;
    this.refresh();
  }

  focus() { this.element.focus(); }

  refresh() {
    if (!this.model) return;
    const parts = [...this.#results(), ...(this.#node ? this.#details(this.#node) : this.#overview())];
    const next = h("div", {}, ...parts);
    const open = new Set([...this.element.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent));
    for (const details of next.querySelectorAll("details")) details.open = open.has(details.firstChild.textContent);
    if (this.element.firstElementChild?.isEqualNode(next)) return; // keeps the focus
    this.element.replaceChildren(next);
  }

  #results() {
    if (!this.#found) return [];
    return [h("h3", {}, this.#found.length ? `${number(this.#found.length)} found` : "Nothing found"), this.#nodes(this.#found), h("hr")];
  }

  #overview() {
    const { model } = this;
    const slow = [...model.nodes.values()].filter((n) => n.duration).sort((a, b) => b.duration - a.duration).slice(0, 8);
    const unused = [...model.nodes.values()].filter((n) => n.used === false);
    return [
      h("p", { class: "quiet" }, `${count(model.layers.size, "layer")}, ${count(model.nodes.size, "node")}, ${count(this.store.total, "task")}. Select a node to see what it needs and who needs it.`),
      ...(slow.length ? [h("h3", {}, "Slowest constructors"), this.#nodes(slow)] : []),
      ...(unused.length ? [h("h3", {}, "Unused"), this.#nodes(unused)] : []),
    ];
  }

  #details(node) {
    const { model } = this;
    if (node.type === "layer") {
      return [title("layer", node.name), ...this.#tasks(node.tasks), h("h3", {}, "Has"), this.#nodes(node.nodes)];
    }
    const of = (direction) => model.direct(node.id, direction).map((id) => model.get(id));
    const resource = node.type === "resource";
    return [
      title(resource ? (node.group ? "group" : "resource") : node.type, node.name), facts(node), ...this.#tasks(node.tasks),
      ...this.#section(resource ? "Provided by" : "Needs", "needs", of("needs")),
      ...this.#section(resource ? "Needed by" : "Provides", "users", of("users")),
      ...this.#all("All that it needs", node.id, "needs"),
      ...this.#all("All who need it", node.id, "users"),
    ];
  }

  #section(name, direction, nodes) {
    return nodes.length ? [h("h3", { class: direction }, name), this.#nodes(nodes)] : [];
  }

  // all lists the constructors that a node leads to, however far away.
  #all(name, id, direction) {
    const found = [...this.model.reach(id, direction)].map((id) => this.model.get(id)).filter((n) => n.type !== "resource");
    return found.length > 1 ? [h("details", {}, h("summary", {}, `${name}: ${count(found.length, "constructor")}`), this.#nodes(found))] : [];
  }

  #nodes(nodes) {
    const items = nodes.slice(0, SHOWN).map((n) => h("li", {},
      h("button", { class: "name", "data-id": n.id, click: () => this.on.select(n.id) }, label(n)),
      h("span", { class: "quiet" }, [n.layer, n.duration ? duration(n.duration / 1e6) : ""].filter(Boolean).join(" · "))));
    if (nodes.length > SHOWN) items.push(h("li", { class: "quiet" }, `and ${number(nodes.length - SHOWN)} more`));
    return h("ul", {}, ...items);
  }

  #tasks(tasks) {
    if (tasks.length === 0) return [];
    const items = tasks.slice(0, SHOWN).map(({ id, kind }) => {
      const state = this.store.tasks.get(id)?.state ?? "";
      return h("li", { "data-state": state }, h("span", { class: "sign", "aria-hidden": "true" }, signs[state] ?? ""),
        h("button", { class: "name", click: () => this.on.showTask(id) }, id ?? "task"), h("span", { class: "quiet" }, `${kind ?? ""} · ${state}`));
    });
    if (tasks.length > SHOWN) items.push(h("li", { class: "quiet" }, `and ${number(tasks.length - SHOWN)} more`));
    return [h("h3", {}, "Tasks"), h("ul", {}, ...items)];
  }
}

function label(node) {
  if (node.type === "value" && node.provides.length) return node.provides.map((r) => r.name).join(", ");
  return node.tasks.length ? node.tasks.slice(0, 2).map((t) => t.id ?? "task").join(", ") : node.name;
}

function title(kind, name) {
  return h("h2", {}, h("span", { class: "quiet" }, kind), h("span", { class: "mono" }, name));
}

function facts(node) {
  const marks = [node.error ? "failed" : node.state, node.used === false ? "unused" : "", node.default ? "default" : "", node.missing ? "nobody provides it" : ""];
  const rows = [
    ["Layer", node.layer], ["State", marks.filter(Boolean).join(", ")], ["Time", node.duration ? duration(node.duration / 1e6) : ""],
    ["At", node.location], ["Package", node.package], ["Error", node.error],
  ].filter(([, value]) => value);
  return h("dl", {}, ...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", { class: name.toLowerCase() }, value)]));
}
