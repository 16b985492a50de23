import { s, setText } from "./dom.js";
import { duration, signs } from "./format.js";
import { layout } from "./layout.js";
import { Viewport } from "./viewport.js";

const LINES = 4; // of each kind that a box shows
const LINE = 15; // height of a line of text
const measure = document.createElement("canvas").getContext("2d");

// Picture draws a part of the graph as SVG, at the places that Graphviz gives.
export class Picture {
  links = [];
  #boxes = new Map(); // by ID
  #ticket = 0;
  #at = ""; // the selected box

  constructor(on) {
    this.on = on;
    this.svg = s("svg", { class: "picture", tabindex: "0", role: "group", "aria-label": "Wiring graph. Arrow keys go from node to node, Enter shows its details, Escape ends the selection." });
    this.element = this.svg;
    this.viewport = new Viewport(this.svg);
    this.svg.addEventListener("keydown", (event) => this.#key(event));
    this.svg.addEventListener("click", (event) => this.on.select(event.target.closest?.("[data-id]")?.dataset.id ?? ""));
    this.svg.addEventListener("dblclick", (event) => this.#enter(event));
    for (const [type, on] of [["pointerover", true], ["pointerout", false]]) this.svg.addEventListener(type, (event) => this.#hover(event, on));
  }

  zoom(factor) { this.viewport.zoom(factor); }
  fit() { this.viewport.fit(); }

  // reveal moves a box into sight, if it is part of the picture.
  reveal(id) {
    const box = this.#boxes.get(id);
    if (box) this.viewport.reveal(box);
  }

  clear() {
    this.#ticket++;
    this.#boxes.clear();
    this.links = [];
    this.svg.replaceChildren();
  }

  // draw resolves to false if another picture has been asked for meanwhile.
  async draw({ nodes, links, clusters }, slowest) {
    const ticket = ++this.#ticket;
    const boxes = nodes.map((node) => new Box(node, slowest));
    const index = new Map(nodes.map((node, i) => [node.id, i]));
    const groups = [...clusters].map(([name, ids]) => ({ name, title: width(name, "600 12px", "--sans"), members: ids.map((id) => index.get(id)) }));
    const placed = await this.#arrange(boxes, links.map(({ from, to }) => ({ from: index.get(from), to: index.get(to) })), groups);
    if (ticket !== this.#ticket) return false;
    this.links = links.map((link, i) => ({ ...link, element: drawLink(link, placed.links[i]) }));
    this.#boxes = new Map(boxes.map((box) => [box.node.id, box]));
    boxes.forEach((box, i) => box.place(placed.nodes[i]));
    this.svg.replaceChildren(arrows(),
      ...groups.map(({ name }, i) => drawCluster(name, placed.clusters[i])),
      ...this.links.map(({ element }) => element),
      ...boxes.map((box) => box.element));
    this.viewport.show(placed.bounds);
    return true;
  }

  // arrange lays out from left to right or from top to bottom, as it fits better.
  async #arrange(boxes, links, groups) {
    const { clientWidth, clientHeight } = this.svg;
    const scale = ({ bounds: [left, top, right, bottom] }) => Math.min(clientWidth / Math.abs(right - left), clientHeight / Math.abs(bottom - top));
    const across = await layout("LR", boxes, links, groups);
    if (scale(across) > 0.8 || boxes.length > 100) return across;
    const down = await layout("TB", boxes, links, groups);
    return scale(down) > scale(across) ? down : across;
  }

  // highlight shows a node, which is in a box: what it needs and who needs it.
  highlight(id, box) {
    this.selected = id;
    this.#at = box;
    this.#light(id, box);
  }

  #light(node, id = node) {
    const here = id !== "" && this.#boxes.has(id);
    const needs = here ? this.on.reach(node, "needs") : new Set();
    const users = here ? this.on.reach(node, "users") : new Set();
    const role = (other) => (other === id ? "self" : needs.has(other) ? "needs" : users.has(other) ? "users" : "");
    this.svg.classList.toggle("focused", here);
    for (const [other, { element }] of this.#boxes) element.dataset.role = role(other);
    for (const { from, to, element } of this.links) {
      const down = (from === id || needs.has(from)) && needs.has(to);
      const up = (to === id || users.has(to)) && users.has(from);
      element.dataset.role = down ? "needs" : up ? "users" : "";
    }
  }

  #hover(event, on) {
    const id = event.target.closest?.("[data-id]")?.dataset.id;
    if (!id || this.selected || this.viewport.moving) return;
    this.#light(on ? id : "");
  }

  // match marks the nodes that a search has found; null ends that.
  match(ids) {
    this.svg.classList.toggle("searched", ids !== null);
    for (const [id, { element }] of this.#boxes) element.classList.toggle("found", Boolean(ids?.has(id)));
  }

  // mark shows the states of tasks.
  mark(stateOf) {
    for (const box of this.#boxes.values()) box.mark(stateOf);
  }

  #enter(event) {
    const id = event.target.closest?.("[data-id]")?.dataset.id;
    if (id) this.on.enter(id);
  }

  #key(event) {
    const at = event.target.closest?.("[data-id]")?.dataset.id;
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (direction) this.#step(at, direction);
    else if (event.key === "Enter" && at) this.on.enter(at);
    else if (event.key === " " && at) this.on.select(at);
    else if (event.key === "Escape") this.on.select("");
    else if (event.key === "+" || event.key === "=") this.zoom(1.3);
    else if (event.key === "-") this.zoom(1 / 1.3);
    else if (event.key === "0") this.fit();
    else return;
    event.preventDefault();
  }

  // step goes to the nearest node in a direction; what is aside counts as farther away.
  #step(id, [dx, dy]) {
    const from = this.#boxes.get(id ?? this.#at);
    const boxes = [...this.#boxes.values()];
    const far = (box) => {
      if (!from) return box.x + box.y;
      const [x, y] = [box.x - from.x, box.y - from.y];
      const ahead = x * dx + y * dy;
      return ahead < 1 ? Infinity : ahead + 2 * Math.abs(x * dy + y * dx);
    };
    const next = boxes.reduce((best, box) => (far(box) < far(best) ? box : best), boxes[0]);
    if (!next || (from && far(next) === Infinity)) return;
    this.on.select(next.node.id);
    next.element.focus({ preventScroll: true });
    this.viewport.reveal(next);
  }
}

// Box is a node of the picture.
class Box {
  constructor(node, slowest) {
    this.node = node;
    this.lines = linesOf(node);
    const time = node.duration ? duration(node.duration / 1e6) : "";
    this.tag = node.state === "failed" || node.state === "blocked" ? node.state : node.used === false ? "unused" : node.missing ? "missing" : time || (node.type === "value" ? "value" : "");
    this.weight = slowest > 0 ? Math.sqrt((node.duration ?? 0) / slowest) : 0;
    const widths = this.lines.map(({ text, kind }) => width(text, ...fonts[kind]));
    widths[0] += this.tag ? width(this.tag, "10px", "--sans") + 14 : 0;
    this.width = Math.round(Math.max(40, ...widths) + 24);
    this.height = this.lines.length * LINE + 12;
  }

  place([x, y]) {
    Object.assign(this, { x, y });
    const { node, width, height } = this;
    const round = node.type === "resource" ? height / 2 : 5;
    const marks = [node.state, node.used === false ? "unused" : "", node.missing ? "missing" : ""].filter(Boolean);
    this.signs = this.lines.map(() => s("tspan", { class: "sign" }));
    this.words = this.lines.map(({ text }) => s("tspan", {}, text));
    this.texts = this.lines.map(({ kind }, i) => s("text", { x: 11, y: 17 + i * LINE, class: kind }, this.signs[i], this.words[i]));
    this.element = s("g", {
      class: ["node", node.type, ...marks].join(" "), "data-id": node.id, tabindex: "-1", role: "button",
      transform: `translate(${x - width / 2} ${y - height / 2})`, "aria-label": [node.type, ...this.lines.map((l) => l.text), this.tag].join(", "),
    },
    s("title", {}, [node.name, node.location ?? node.package, node.error].filter(Boolean).join("\n")),
    s("rect", { class: "frame", width, height, rx: round }), ...this.texts);
    if (this.tag) this.element.append(s("text", { class: "tag", x: width - 9, y: 17, "text-anchor": "end" }, this.tag));
    if (this.weight > 0) this.element.append(s("rect", { class: "weight", x: 4, y: height - 4, width: Math.max(1, (width - 8) * this.weight), height: 2.5, rx: 1 }));
  }

  // mark shows the states of the tasks of the node.
  mark(stateOf) {
    const { tasks, type } = this.node;
    if (!tasks.length) return;
    const states = tasks.map((t) => stateOf(t.id) ?? t.state ?? "");
    const bad = states.some((state) => state === "failed" || state === "abandoned");
    this.element.dataset.state = bad ? "failed" : states[0];
    if (type === "layer") {
      const counts = Map.groupBy(states, (state) => state);
      setText(this.words[1], [...counts].map(([state, { length }]) => `${signs[state] ?? ""} ${length} ${state}`).slice(0, LINES).join("  "));
      return;
    }
    tasks.slice(0, LINES).forEach((t, i) => {
      setText(this.signs[i], `${signs[states[i]] ?? "○"} `);
      setText(this.words[i], cut(t.id ?? "task"));
      this.texts[i].dataset.state = states[i];
    });
  }
}

// fonts are those of the kinds of text, as in graph.css.
const fonts = { name: ["500 12px", "--sans"], resource: ["11.5px", "--mono"], small: ["11px", "--sans"] };

// linesOf returns what a box says: its tasks, what it provides, and its name.
function linesOf(node) {
  if (node.type === "layer") {
    return lines([node.name], "name").concat(lines([node.tasks.length ? "● 00000 running  ✕ 000 failed" : `${node.nodes.length} nodes`], "small"));
  }
  if (node.type === "resource") return lines([node.name], "resource");
  const tasks = lines(node.tasks.map((t) => `● ${t.id ?? "task"}`), "name");
  const provides = lines(node.provides.map((r) => r.name), "resource");
  if (node.type === "value" && provides.length) return provides;
  return [...tasks, ...provides, ...lines([short(node.name)], tasks.length + provides.length ? "small" : "name")];
}

// lines bounds the number of lines and their length.
function lines(texts, kind) {
  const all = texts.slice(0, LINES).map((text) => ({ text: cut(text), kind }));
  if (texts.length > LINES) all.push({ text: `and ${texts.length - LINES} more`, kind: "small" });
  return all;
}

function short(name) {
  return name.replace(/^\(\*?(\w+)\)\./, "$1.");
}

function cut(text) {
  const line = text.replace(/\s+/g, " ");
  return line.length > 42 ? `${line.slice(0, 41)}…` : line;
}

function width(text, size, family) {
  measure.font = `${size} ${getComputedStyle(document.documentElement).getPropertyValue(family)}`;
  measure.textRendering = "geometricPrecision";
  return measure.measureText(text).width;
}

function drawCluster(name, [left, top, right, bottom]) {
  const [x, y] = [Math.min(left, right), Math.min(top, bottom)];
  return s("g", { class: "cluster" },
    s("rect", { x, y, width: Math.abs(right - left), height: Math.abs(bottom - top), rx: 8 }),
    s("text", { x: x + 9, y: y + 16 }, name));
}

// drawLink draws the curve of a link; its points come from the tail on.
function drawLink({ weak }, points = []) {
  const [x, y, ...rest] = points;
  const path = points.length < 4 ? "" : `M${x} ${y}C${rest.join(" ")}`;
  return s("path", { class: weak ? "link weak" : "link", d: path, "marker-end": "url(#arrow)" });
}

function arrows() {
  return s("defs", {}, s("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
    s("path", { d: "M0 1 7.5 4 0 7z" })));
}
