// From a picture with sizes to a picture with places, by Graphviz in a worker.

const INCH = 72; // Graphviz measures boxes in inches, and places in points
const policy = globalThis.trustedTypes?.createPolicy("dashboard", {
  createScriptURL: (url) => (url === "worker.js" ? url : ""),
});
let worker;
let tickets = 0;
const waiting = new Map();

function start() {
  worker = new Worker(policy?.createScriptURL("worker.js") ?? "worker.js", { type: "module" });
  worker.onmessage = ({ data: { ticket, layout, error } }) => {
    const { resolve, reject } = waiting.get(ticket);
    waiting.delete(ticket);
    if (error) reject(new Error(error));
    else resolve(layout);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    for (const { reject } of waiting.values()) reject(new Error("Graphviz does not run in this browser"));
    waiting.clear();
  };
}

// layout gives boxes (with width and height) and clusters (with the width of their
// titles) places, in ranks from left to right (LR) or from top to bottom (TB). It resolves
// to nodes, links and clusters by their number.
export async function layout(direction, boxes, links, clusters) {
  if (!worker) start();
  const ticket = ++tickets;
  const graph = describe(direction, boxes, links, clusters);
  const result = await new Promise((resolve, reject) => {
    waiting.set(ticket, { resolve, reject });
    worker.postMessage({ ticket, graph });
  });
  return read(result);
}

function describe(direction, boxes, links, clusters) {
  return {
    graphAttributes: { rankdir: direction, nodesep: 0.14, ranksep: 0.4 },
    nodeAttributes: { shape: "box", fixedsize: true, label: "" },
    edgeAttributes: { arrowhead: "none" },
    nodes: boxes.map(({ width, height }, i) => ({ name: `n${i}`, attributes: { width: width / INCH, height: height / INCH } })),
    edges: links.map(({ from, to }, i) => ({ tail: `n${from}`, head: `n${to}`, attributes: { id: i } })),
    subgraphs: clusters.map(({ members, title }, i) => ({
      name: `cluster_${i}`,
      graphAttributes: { margin: 9, label: "x".repeat(Math.ceil(title / 7)), fontsize: 12, labeljust: "l" },
      nodes: members.map((member) => ({ name: `n${member}` })),
    })),
  };
}

function read(result) {
  const numbers = (text) => text.split(/[\s,]+/).map(Number);
  const nodes = [], clusters = [], links = [];
  for (const { name, pos, bb } of result.objects ?? []) {
    const number = Number(name.replace(/\D+/, ""));
    if (bb) clusters[number] = numbers(bb);
    else if (pos) nodes[number] = numbers(pos);
  }
  for (const { id, pos } of result.edges ?? []) if (pos) links[Number(id)] = numbers(pos.replace(/[se],\S+/g, "").trim());
  return { nodes, clusters, links, bounds: numbers(result.bb) };
}
