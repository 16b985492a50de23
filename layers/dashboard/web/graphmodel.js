// The wiring graph as data: what needs what, and which part of it to draw.

export const LIMIT = 250; // boxes of a picture

// Model has the graph of the node by ID. A node is a constructor, with its tasks, or a
// resource; links go from what needs to what is needed. In a picture, a resource is part
// of the box of the constructor that provides it, unless it is a group.
export class Model {
  nodes = new Map(); // by ID
  layers = new Map(); // names, with the nodes of each
  #needs = new Map();
  #users = new Map();

  constructor(graph) {
    for (const { name, bundle } of graph.layers) this.layers.set(name, { id: `layer ${name}`, type: "layer", name, bundle, layer: name, nodes: [], tasks: [] });
    for (const c of graph.constructors) this.#add({ ...c, type: c.kind === "value" ? "value" : "constructor", name: c.function || c.kind, tasks: [], provides: [] });
    for (const r of graph.resources) this.#add({ ...r, type: "resource", name: r.label, tasks: [] });
    for (const t of graph.tasks) this.nodes.get(t.constructor)?.tasks.push(t);
    this.links = graph.edges.map((e) => ({ ...e, weak: Boolean(e.optional || e.soft) }));
    for (const { from, to } of this.links) {
      push(this.#needs, from, to);
      push(this.#users, to, from);
    }
    this.#settle();
    this.boxes = [...this.nodes.values()].filter((n) => !n.box).length;
    this.slowest = Math.max(0, ...graph.constructors.map((c) => c.duration ?? 0));
  }

  #add(node) {
    this.nodes.set(node.id, node);
  }

  // settle puts each resource with one provider into the box and the layer of that.
  #settle() {
    for (const node of this.nodes.values()) {
      const providers = node.type === "resource" ? this.direct(node.id, "needs") : [];
      if (providers.length === 1 && !node.group) {
        const provider = this.nodes.get(providers[0]);
        provider.provides.push(node);
        Object.assign(node, { layer: provider.layer, box: provider.id });
      }
      const layer = this.layers.get(node.layer);
      layer?.nodes.push(node);
      layer?.tasks.push(...node.tasks);
    }
  }

  get(id) {
    return this.nodes.get(id) ?? this.layers.get(id.replace(/^layer /, ""));
  }

  // direct returns the IDs next to one, in one direction: "needs" or "users".
  direct(id, direction) {
    return (direction === "needs" ? this.#needs : this.#users).get(id) ?? [];
  }

  // reach returns all IDs that one leads to, nearest first, up to a limit.
  reach(id, direction, limit = Infinity) {
    const found = new Set([id]);
    for (const at of found) {
      for (const next of this.direct(at, direction)) {
        if (found.size > limit) break;
        found.add(next);
      }
    }
    found.delete(id);
    return found;
  }

  // find returns the nodes that fit all words.
  find(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return [];
    const text_ = (n) => `${n.name} ${n.layer ?? ""} ${n.package ?? ""} ${n.location ?? ""} ${n.tasks.map((t) => t.id ?? "").join(" ")}`.toLowerCase();
    return [...this.nodes.values()].filter((n) => words.every((word) => text_(n).includes(word)));
  }

  // boxOf returns the ID of the box that shows a node.
  boxOf(id) {
    return this.nodes.get(id)?.box ?? id;
  }

  // whole is the picture of all nodes.
  whole() {
    return this.#part(this.nodes.keys());
  }

  // around is the picture of one node with what it needs and who needs it.
  around(id) {
    const needs = this.reach(id, "needs", LIMIT / 2);
    return this.#part([id, ...needs, ...this.reach(id, "users", LIMIT - 2 - needs.size)]);
  }

  #part(ids) {
    const keep = new Set([...ids].map((id) => this.boxOf(id)));
    const nodes = [...keep].map((id) => this.nodes.get(id));
    const links = new Map();
    for (const link of this.links) {
      const [from, to] = [this.boxOf(link.from), this.boxOf(link.to)];
      if (from === to || !keep.has(from) || !keep.has(to)) continue;
      const key = `${from} ${to}`;
      links.set(key, { from, to, weak: link.weak && (links.get(key)?.weak ?? true) });
    }
    const clusters = new Map();
    for (const node of nodes) if (node.layer) push(clusters, node.layer, node.id);
    return { nodes, links: [...links.values()], clusters };
  }

  // folded is the picture of the layers: one needs another if a constructor of it needs
  // what the other provides.
  folded() {
    const layers = [...this.layers.values()].filter((layer) => layer.nodes.length > 0);
    const seen = new Map();
    for (const { from: user, to: resource } of this.links) {
      for (const provider of this.direct(resource, "needs")) {
        const [a, b] = [this.nodes.get(user).layer, this.nodes.get(provider)?.layer];
        if (this.nodes.get(user).type === "resource" || !a || !b || a === b) continue;
        seen.set(`${a} ${b}`, { from: `layer ${a}`, to: `layer ${b}`, weak: false });
      }
    }
    return { nodes: layers, links: [...seen.values()], clusters: new Map() };
  }
}

function push(map, key, value) {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
