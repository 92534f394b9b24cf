// What is done with rows: choose, mark, copy, save.

/** Show again what the state asks for. A chosen row that is no longer shown is let go. */
function update() {
  shown = listRows();
  if (!shown.includes(state.chosen)) state.chosen = shown[0] ?? null;
  pageNumber = pageOf(state.chosen);
  renderAll();
  keepAddress();
}

function renderAll() {
  renderTiles();
  showControls();
  showStatus();
  showPages();
}

function keepAddress() {
  history.replaceState(null, "", writeHash());
}

function pageOf(row) {
  return Math.max(0, Math.floor(shown.indexOf(row) / PER_PAGE));
}

function choose(row) {
  if (row === undefined) return;
  state.chosen = row;
  if (pageOf(row) !== pageNumber) turnTo(pageOf(row));
  renderChoice();
  byId(tileId(row)).scrollIntoView({ block: "nearest" });
  keepAddress();
}

function turnTo(number) {
  pageNumber = number;
  renderTiles();
  showPages();
}

/** Choose the row so many places on, or stay at an end. */
function step(places) {
  const here = shown.indexOf(state.chosen);
  const wanted = here < 0 ? 0 : here + places;
  choose(shown[Math.min(Math.max(wanted, 0), shown.length - 1)]);
}

function mark(row) {
  if (row === null) return;
  toggle(marks, row);
  byId(tileId(row))?.setAttribute("aria-selected", marks.has(row));
  byId("mark").setAttribute("aria-pressed", marks.has(state.chosen));
  if (state.isOnlyMarked) update();
  else showStatus();
}

function rowsToTake(otherwise) {
  return marks.size ? sortRows([...marks]) : otherwise;
}

async function copy() {
  const rows = rowsToTake(state.chosen === null ? [] : [state.chosen]);
  const text = rows.map((row) => COLUMNS.index[row]).join(",");
  if (!text) return tell("nothing to copy");
  try {
    await navigator.clipboard.writeText(text);
    tell(`copied ${text.length > 60 ? `${count(rows.length)} indices` : text}`);
  } catch {
    offer(text);
  }
}

function offer(text) {
  byId("clip-text").value = text;
  byId("clip").showModal();
  byId("clip-text").select();
}

function tell(text) {
  byId("told").textContent = text;
}

/** A row as `ensemble-lab errors --format json` writes it. */
function plainRow(row) {
  const at = (name) => (Number.isNaN(COLUMNS[name][row]) ? null : COLUMNS[name][row]);
  return {
    index: at("index"),
    label: at("label"),
    predicted: at("predicted"),
    pair: `${at("label")}->${at("predicted")}`,
    gap: at("gap"),
    margin: at("margin"),
    confidence: at("confidence"),
    p_predicted: at("p_predicted"),
    p_label: at("p_label"),
    votes_for_predicted: at("votes_for_predicted"),
    votes_for_label: at("votes_for_label"),
    tied: Boolean(at("tied")),
    wrong_members: DATA.members.filter((_, member) => isWrong(row, member)),
  };
}

function renderJson(rows) {
  return `[\n${rows.map((row) => JSON.stringify(plainRow(row))).join(",\n")}\n]\n`;
}

function renderCsv(rows) {
  const lines = rows.map((row) => Object.values(plainRow(row)).map(renderCell).join(","));
  return [Object.keys(plainRow(rows[0])).join(","), ...lines, ""].join("\n");
}

function renderCell(value) {
  if (value === null) return "";
  if (typeof value === "boolean") return value ? "True" : "False";
  return Array.isArray(value) ? value.join(" ") : String(value);
}

function save(format) {
  const rows = rowsToTake(shown);
  if (!rows.length) return tell("nothing to save");
  const [render, type] = { csv: [renderCsv, "text/csv"], json: [renderJson, "application/json"] }[format];
  const address = URL.createObjectURL(new Blob([render(rows)], { type }));
  build("a", { href: address, download: `${fileStem()}.${format}` }).click();
  URL.revokeObjectURL(address);
  tell(`saved ${count(rows.length)} rows as ${fileStem()}.${format}`);
}

function fileStem() {
  return `${DATA.name}-${DATA.split}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replace(/^-/, "");
}
