// What the reader asks for, and the same as the end of an address: #pair=4:9&sort=gap&i=6576

const state = emptyState();
/** Rows that are marked. A mark outlives filters, and is in no address. */
const marks = new Set();

function emptyState() {
  return {
    pairs: new Set(),
    bounds: new Map(), // column -> [low, high]
    ticked: new Map(), // facet -> places of values
    find: [],
    isOnlyMarked: false,
    sort: "given",
    isReversed: false,
    chosen: null, // row
  };
}

function readHash(hash) {
  const asked = emptyState();
  for (const [key, value] of new URLSearchParams(hash.replace(/^#/, ""))) readPart(asked, key, value);
  return asked;
}

function readPart(asked, key, value) {
  if (key === "i") asked.chosen = ROW_OF.get(Number(value)) ?? null;
  else if (key === "pair" && /^\d+:\d+$/.test(value)) asked.pairs.add(value);
  else if (key === "find") asked.find = readIndices(value);
  else if (key === "marked") asked.isOnlyMarked = true;
  else if (key === "sort" && Object.hasOwn(ORDERS, value)) asked.sort = value;
  else if (key === "reverse") asked.isReversed = true;
  else if (document.querySelector(`[data-column="${CSS.escape(key)}"]`)) readBounds(asked, key, value);
  else readTick(asked, key, value);
}

function readBounds(asked, column, value) {
  const [low, high] = value.split("..").map(Number);
  if (low <= high) asked.bounds.set(column, [low, high]);
}

/** Values are named, not numbered: a link stays true when the page is written again. */
function readTick(asked, key, value) {
  const place = valuesOf(key).indexOf(value);
  if (place < 0) return;
  if (!asked.ticked.has(key)) asked.ticked.set(key, new Set());
  asked.ticked.get(key).add(place);
}

function valuesOf(key) {
  if (key === "wrong") return DATA.members;
  if (key === "outcome") return ["wrong", "right"];
  if (key === "tied") return ["no", "yes"];
  return (key.startsWith("by-") && FACETS.get(key.slice(3))?.values) || [];
}

function readIndices(text) {
  return [...new Set((text.match(/\d+/g) ?? []).map(Number))];
}

function writeHash() {
  const parts = new URLSearchParams();
  for (const pair of state.pairs) parts.append("pair", pair);
  for (const [column, [low, high]] of state.bounds) parts.append(column, `${low}..${high}`);
  for (const [key, places] of state.ticked)
    for (const place of places) parts.append(key, valuesOf(key)[place]);
  if (state.find.length) parts.append("find", state.find.join(","));
  if (state.isOnlyMarked) parts.append("marked", "1");
  if (state.sort !== "given") parts.append("sort", state.sort);
  if (state.isReversed) parts.append("reverse", "1");
  if (state.chosen !== null) parts.append("i", COLUMNS.index[state.chosen]);
  // Colons and commas mean nothing in this part of an address; plain, they can be read.
  return `#${parts}`.replaceAll("%3A", ":").replaceAll("%2C", ",");
}
