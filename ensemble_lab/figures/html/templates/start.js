// From events to actions, and the first picture.

const KEYS_OF_TILES = {
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  ArrowUp: () => step(-countColumns()),
  ArrowDown: () => step(countColumns()),
  Home: () => step(-N_ROWS),
  End: () => step(N_ROWS),
  PageUp: () => step(-PER_PAGE),
  PageDown: () => step(PER_PAGE),
  " ": () => mark(state.chosen),
};
const KEYS = {
  c: copy,
  e: () => save("csv"),
  E: () => save("json"),
  "/": () => byId("find").focus(),
};

function pressKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const action = actionOf(event);
  if (!action) return;
  event.preventDefault();
  action();
}

function actionOf({ key, target }) {
  if (target.id === "tiles" && key in KEYS_OF_TILES) return KEYS_OF_TILES[key];
  const isWriting = target.matches("input[type=search], select, textarea");
  return isWriting ? undefined : KEYS[key];
}

function clickTile(event) {
  const tile = event.target.closest(".tile");
  if (!tile) return;
  const row = Number(tile.dataset.row);
  choose(row);
  if (event.shiftKey || event.ctrlKey || event.metaKey) mark(row);
}

function listen() {
  document.addEventListener("keydown", pressKey);
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-pair]");
    if (button) togglePair(button.dataset.pair);
  });
  document.addEventListener("change", ({ target }) => {
    if (target.dataset.facet) tick(target.dataset.facet, Number(target.value));
  });
  document.addEventListener("input", ({ target }) => {
    if (target.dataset.column) slide(target);
    if ("narrows" in target.dataset) narrow(target);
  });
  byId("tiles").addEventListener("click", clickTile);
  onClick({
    previous: () => choose(shown[(pageNumber - 1) * PER_PAGE]),
    next: () => choose(shown[(pageNumber + 1) * PER_PAGE]),
    clear: showEverything,
    copy,
    "export-csv": () => save("csv"),
    "export-json": () => save("json"),
    mark: () => mark(state.chosen),
    theme: changeTheme,
    "clip-close": () => byId("clip").close(),
    skip: skipToTiles,
  });
  onChange({
    sort: (value) => (state.sort = value),
    reverse: (_, isOn) => (state.isReversed = isOn),
    "only-marked": (_, isOn) => (state.isOnlyMarked = isOn),
  });
  byId("find").addEventListener("input", ({ target }) => {
    state.find = readIndices(target.value);
    update();
  });
  addEventListener("hashchange", followAddress);
  matchMedia("print").addEventListener("change", ({ matches }) => layOut(matches));
  addEventListener("beforeprint", () => layOut(true));
  addEventListener("afterprint", () => layOut(false));
}

function onClick(actions) {
  for (const [id, action] of Object.entries(actions)) byId(id).addEventListener("click", action);
}

function onChange(actions) {
  for (const [id, change] of Object.entries(actions))
    byId(id).addEventListener("change", ({ target }) => {
      change(target.value, target.checked);
      update();
    });
}

function showEverything() {
  Object.assign(state, emptyState(), { chosen: state.chosen });
  for (const input of document.querySelectorAll("[data-narrows]")) {
    input.value = "";
    narrow(input);
  }
  update();
}

function skipToTiles(event) {
  event.preventDefault();
  byId("tiles").focus();
}

function followAddress() {
  const index = /[#&]i=(\d+)/.exec(location.hash)?.[1];
  Object.assign(state, readHash(location.hash));
  update();
  const isAbsent = index !== undefined && !ROW_OF.has(Number(index));
  tell(isAbsent ? `index ${index} is not on this page` : "");
  if (index !== undefined && !isAbsent) byId(tileId(state.chosen))?.scrollIntoView({ block: "nearest" });
}

/** For paper: all rows that are shown, not a page of them. */
function layOut(isOn) {
  if (isOn === isPrinting) return;
  isPrinting = isOn;
  renderTiles();
  showStatus();
}

async function start() {
  if (matchMedia("(max-width: 60rem)").matches) byId("filters").open = false;
  listen();
  // A sheet that is not decoded yet draws nothing.
  await Promise.all(Array.from(document.querySelectorAll("img.sheet"), (sheet) => sheet.decode()));
  if (location.hash) followAddress();
  else showFirst();
  document.documentElement.dataset.ready = Math.round(performance.now());
}

/** All rows, the first one chosen; an address that says nothing stays as it is. */
function showFirst() {
  shown = listRows();
  state.chosen = shown[0] ?? null;
  renderAll();
}

await start();
