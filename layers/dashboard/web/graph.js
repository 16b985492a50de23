import { getJSON } from "./api.js";
import { debounce, h, setText } from "./dom.js";
import { count, number } from "./format.js";
import { LIMIT, Model } from "./graphmodel.js";
import { Panel } from "./panel.js";
import { Picture } from "./picture.js";

// GraphView is the wiring: the picture, the search, and a panel with what is selected.
export class GraphView {
  #mode = ""; // whole, folded or around
  #selected = "";
  #stale = true;

  constructor(root, store, showTask) {
    this.store = store;
    this.search = h("input", { type: "search", placeholder: "Find a task, resource, constructor or layer  ( / )", "aria-label": "Find in the graph", input: () => this.#find(), keydown: (e) => this.#enter(e) });
    this.modes = Object.entries({ whole: "Everything", folded: "Layers", around: "Around selection" }).map(([mode, name]) =>
      h("button", { class: "chip", "data-mode": mode, click: () => this.#draw(mode) }, name));
    this.picture = new Picture({ select: (id) => this.select(id), enter: (id) => this.#open(id), reach: (id, direction) => this.#reach(id, direction) });
    this.panel = new Panel(store, { select: (id) => this.#reveal(id), showTask });
    const zoom = (name, label, factor) => h("button", { "aria-label": label, title: label, click: () => (factor ? this.picture.zoom(factor) : this.picture.fit()) }, name);
    this.message = h("p", { class: "empty", role: "status" });
    root.append(
      h("div", { class: "toolbar" }, this.search, h("span", { class: "chips", role: "group", "aria-label": "What is drawn" }, ...this.modes)),
      h("div", { class: "stage" },
        h("div", { class: "canvas" }, this.picture.element, this.message,
          h("div", { class: "zoom", role: "group", "aria-label": "Zoom" }, zoom("−", "Zoom out", 1 / 1.3), zoom("Fit", "Fit the picture", 0), zoom("+", "Zoom in", 1.3))),
        this.panel.element));
    store.addEventListener("instance", () => { this.#stale = true; this.show(); });
    const mark = debounce(() => this.#mark());
    store.addEventListener("change", mark);
  }

  show() {
    if (!this.active || !this.store.instance) return;
    if (!this.#stale) return this.#mark();
    this.#stale = false;
    this.#load();
  }

  async #load() {
    try {
      this.model = new Model(await getJSON("graph.json"));
    } catch (error) {
      this.#stale = true;
      setText(this.message, `The graph could not be fetched: ${error.message}`);
      return;
    }
    if (!this.model.get(this.#selected)) this.#selected = "";
    this.panel.model = this.model;
    await this.#draw(this.#mode && (this.#mode !== "around" || this.#selected) ? this.#mode : this.#start());
  }

  // start is the picture to begin with, for a graph and a window of this size.
  #start() {
    const small = this.picture.element.clientWidth < 600 && this.model.boxes > 12;
    return this.model.boxes <= LIMIT && !small ? "whole" : "folded";
  }

  async #draw(mode) {
    const { model } = this;
    if (mode === "around" && (!this.#selected || model.get(this.#selected).type === "layer")) return;
    this.#mode = mode;
    const part = mode === "around" ? model.around(this.#selected) : model[mode]();
    this.#buttons();
    if (part.nodes.length > LIMIT) {
      this.picture.clear();
      setText(this.message, `${count(part.nodes.length, mode === "folded" ? "layer" : "box")} are too many to draw. Find one above, and look around it.`);
    } else {
      setText(this.message, part.nodes.length > 60 ? "Drawing…" : "");
      try {
        if (!(await this.picture.draw(part, model.slowest))) return; // another one has been asked for
        setText(this.message, "");
      } catch (error) {
        setText(this.message, `The graph could not be drawn: ${error.message}`);
      }
    }
    this.#mark();
    this.select(this.#selected);
  }

  #buttons() {
    for (const button of this.modes) {
      const { mode } = button.dataset;
      button.ariaPressed = String(mode === this.#mode);
      button.disabled = (mode === "around" && (!this.#selected || this.model.get(this.#selected)?.type === "layer")) || (mode === "whole" && this.model.boxes > LIMIT);
      if (mode === "whole") button.title = button.disabled ? `${number(this.model.boxes)} boxes are too many to draw at once` : "";
    }
  }

  // select highlights a node, with what it needs and who needs it; "" ends that.
  select(id) {
    if (!this.model) return;
    this.#selected = id;
    const node = id ? this.model.get(id) : null;
    this.picture.highlight(id, this.model.boxOf(id));
    this.panel.show(node);
    this.#buttons();
  }

  // reveal selects a node and moves the picture to it.
  #reveal(id) {
    this.select(id);
    if (this.model) this.picture.reveal(this.model.boxOf(id));
  }

  // reach returns all that a node leads to in a direction, or the neighbours of a layer.
  #reach(id, direction) {
    if (this.model.get(id).type !== "layer") return this.model.reach(id, direction);
    const [near, far] = direction === "needs" ? ["from", "to"] : ["to", "from"];
    return new Set(this.picture.links.filter((link) => link[near] === id).map((link) => link[far]));
  }

  // open looks closer at what is selected.
  #open(id) {
    this.select(id);
    this.panel.focus();
  }

  #find() {
    if (!this.model) return;
    const found = this.model.find(this.search.value);
    this.picture.match(this.search.value.trim() ? this.#shown(found) : null);
    this.panel.list(this.search.value.trim() ? found : null);
  }

  // shown returns the IDs of nodes as they are in the picture, which may have layers.
  #shown(nodes) {
    return new Set(nodes.map((n) => (this.#mode === "folded" ? `layer ${n.layer}` : this.model.boxOf(n.id))));
  }

  #enter(event) {
    if (event.key === "Escape") {
      this.search.value = "";
      this.#find();
      this.select("");
    }
    if (event.key !== "Enter") return;
    const [first] = this.model?.find(this.search.value) ?? [];
    if (first) this.#reveal(first.id);
    if (first && this.#mode !== "whole") this.#draw("around");
  }

  // mark shows the states that tasks have now.
  #mark() {
    if (!this.active || !this.model) return;
    this.picture.mark((id) => this.store.tasks.get(id)?.state);
    this.panel.refresh();
  }
}
