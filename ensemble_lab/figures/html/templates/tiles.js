// The tiles: one for each row of the page of images that is shown.

const PER_PAGE = 200;
const MOST_PRINTED = 1000;

let shown = []; // rows that match, in order
let pageNumber = 0;
let isPrinting = false;

function rowsOfPage() {
  if (isPrinting) return shown.slice(0, MOST_PRINTED);
  return shown.slice(pageNumber * PER_PAGE, (pageNumber + 1) * PER_PAGE);
}

function renderTiles() {
  const rows = rowsOfPage();
  const start = isPrinting ? 0 : pageNumber * PER_PAGE;
  byId("tiles").replaceChildren(...rows.map((row, place) => buildTile(row, start + place)));
  renderChoice();
}

function buildTile(row, position) {
  const tile = build("div", { role: "option", id: tileId(row), className: "tile" });
  tile.dataset.row = row;
  tile.setAttribute("aria-label", describe(row));
  tile.setAttribute("aria-posinset", position + 1);
  tile.setAttribute("aria-setsize", shown.length);
  tile.setAttribute("aria-selected", marks.has(row));
  const picture = build("canvas", { className: "picture" });
  drawPicture(picture, row);
  tile.append(buildHead(row), picture, buildPair(row), buildVotes(row), buildWords(row));
  for (const part of tile.children) part.setAttribute("aria-hidden", "true");
  return tile;
}

function tileId(row) {
  return `tile-${COLUMNS.index[row]}`;
}

function buildHead(row) {
  const index = build("b", { textContent: COLUMNS.index[row] });
  const number = isRight(row) ? COLUMNS.margin[row] : COLUMNS.gap[row];
  const what = isRight(row) ? "margin" : "gap";
  const value = build("span", { textContent: MEANS ? renderSigned(number) : "", title: what });
  return build("div", { className: "head" }, index, value);
}

/** Names have a line each, or the first of two long ones would leave the second no room. */
function buildPair(row) {
  const name = (number) => build("bdi", { textContent: nameClass(number), title: nameClass(number) });
  const label = build("span", {}, name(COLUMNS.label[row]));
  const end = isRight(row)
    ? build("i", { textContent: "right" })
    : build("span", {}, "→ ", name(COLUMNS.predicted[row]));
  return build("div", { className: DATA.isNamed ? "pair named" : "pair" }, label, " ", end);
}

/** From the left: votes for the predicted class, for others, for the label. */
function buildVotes(row) {
  const against = isRight(row) ? 0 : COLUMNS.votes_for_predicted[row];
  const own = COLUMNS.votes_for_label[row];
  const bar = build("div", { className: "votes" });
  for (const [kind, count] of [
    ["predicted", against],
    ["other", N_MEMBERS - against - own],
    ["label", own],
  ])
    if (count) bar.append(buildBar(kind, count / N_MEMBERS));
  return bar;
}

function buildBar(kind, share) {
  const bar = build("span", { className: kind });
  bar.style.width = `${100 * share}%`;
  return bar;
}

function buildWords(row) {
  const words = [`${COLUMNS.votes_for_predicted[row]} of ${N_MEMBERS}`];
  if (COLUMNS.tied[row]) words.push("tie");
  return build("div", { className: "words", textContent: words.join(" · ") });
}

function drawPicture(canvas, row) {
  const { width, height, nColumns, nPerSheet } = DATA.sprite;
  const sheet = document.querySelectorAll("img.sheet")[Math.floor(row / nPerSheet)];
  const place = row % nPerSheet;
  canvas.width = width;
  canvas.height = height;
  const left = (place % nColumns) * width;
  const top = Math.floor(place / nColumns) * height;
  canvas.getContext("2d").drawImage(sheet, left, top, width, height, 0, 0, width, height);
}

/** How many tiles stand side by side. */
function countColumns() {
  return getComputedStyle(byId("tiles")).gridTemplateColumns.split(" ").length;
}

function build(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
