// What the page knows: columns decoded from its JSON.

const ARRAYS = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float64: Float64Array,
};

function unpack({ type, base64 }) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new ARRAYS[type](bytes.buffer);
}

const DATA = JSON.parse(byId("data").textContent);
const COLUMNS = Object.fromEntries(
  Object.entries(DATA.columns).map(([name, column]) => [name, unpack(column)]),
);
const N_ROWS = COLUMNS.index.length;
const N_MEMBERS = DATA.members.length;
const VOTES = unpack(DATA.votes);
const CLASSES = DATA.classes && unpack(DATA.classes);
const MEANS = DATA.means && unpack(DATA.means);
const PROBABILITIES = unpack(DATA.probabilities);
const KEPT = new Map(Array.from(unpack(DATA.kept), (row, place) => [row, place]));
const FACETS = new Map(DATA.facets.map((facet) => [facet.name, facet]));
for (const facet of FACETS.values()) facet.places = unpack(facet.places);
const ROW_OF = new Map(Array.from(COLUMNS.index, (index, row) => [index, row]));

function byId(id) {
  return document.getElementById(id);
}

function isRight(row) {
  return COLUMNS.label[row] === COLUMNS.predicted[row];
}

function voteOf(row, member) {
  return VOTES[row * N_MEMBERS + member];
}

function isWrong(row, member) {
  return voteOf(row, member) !== COLUMNS.label[row];
}

function countVotes(row, number) {
  let count = 0;
  for (let member = 0; member < N_MEMBERS; member++) count += voteOf(row, member) === number;
  return count;
}

/** The classes whose probabilities the page has for a row, in the order they are kept. */
function shownClasses(row) {
  const start = row * DATA.nShown;
  return Array.from({ length: DATA.nShown }, (_, k) => (CLASSES ? CLASSES[start + k] : k));
}

/** Mean probability of the k-th shown class. */
function meanOf(row, k) {
  return MEANS[row * DATA.nShown + k] / 65535;
}

/** A member's probability of a class, or null where the page does not keep it. */
function probabilityOf(row, member, number) {
  const place = KEPT.get(row);
  const k = shownClasses(row).indexOf(number);
  if (place === undefined || k < 0) return null;
  return PROBABILITIES[(place * N_MEMBERS + member) * DATA.nShown + k] / 100;
}

function nameClass(number) {
  return DATA.classNames[number];
}

function renderShare(share) {
  return share === null || Number.isNaN(share) ? "–" : share.toFixed(2);
}

/** With its sign, as the other pictures write it. */
function renderSigned(number) {
  if (Number.isNaN(number)) return "–";
  if (number === 0) return "0.00";
  return `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(2)}`;
}

function renderPair(row) {
  const label = nameClass(COLUMNS.label[row]);
  return isRight(row) ? label : `${label} → ${nameClass(COLUMNS.predicted[row])}`;
}

/** A row in one sentence, for those who hear it. */
function describe(row) {
  const parts = [`label ${nameClass(COLUMNS.label[row])}`];
  if (isRight(row)) parts.push("right");
  else parts.push(`predicted ${nameClass(COLUMNS.predicted[row])}`);
  if (MEANS && !isRight(row)) parts.push(`gap ${renderSigned(COLUMNS.gap[row])}`);
  if (MEANS && isRight(row)) parts.push(`margin ${renderSigned(COLUMNS.margin[row])}`);
  parts.push(`${COLUMNS.votes_for_predicted[row]} of ${N_MEMBERS} votes`);
  if (COLUMNS.tied[row]) parts.push("tie");
  return `Index ${COLUMNS.index[row]}: ${parts.join(", ")}`;
}
