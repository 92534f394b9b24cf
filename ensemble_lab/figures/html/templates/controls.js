// The controls: what they change in the state, and the state shown in them.

function toggle(set, value) {
  if (!set.delete(value)) set.add(value);
}

function togglePair(pair) {
  toggle(state.pairs, pair);
  update();
}

function tick(key, place) {
  const places = state.ticked.get(key) ?? new Set();
  toggle(places, place);
  if (places.size) state.ticked.set(key, places);
  else state.ticked.delete(key);
  update();
}

/** The two ends of a slider push each other along, so that low is never above high. */
function slide(input) {
  const [low, high] = endsOf(input.dataset.column);
  if (input === low) high.value = Math.max(high.value, low.value);
  else low.value = Math.min(low.value, high.value);
  // As numbers: one may read "0" where the other reads "0.0".
  const isWhole = Number(low.value) === Number(low.min) && Number(high.value) === Number(high.max);
  if (isWhole) state.bounds.delete(input.dataset.column);
  else state.bounds.set(input.dataset.column, [Number(low.value), Number(high.value)]);
  update();
}

function endsOf(column) {
  return document.querySelectorAll(`input[data-column="${column}"]`);
}

function showControls() {
  for (const button of document.querySelectorAll("[data-pair]"))
    button.setAttribute("aria-pressed", state.pairs.has(button.dataset.pair));
  for (const box of document.querySelectorAll("[data-facet]"))
    box.checked = state.ticked.get(box.dataset.facet)?.has(Number(box.value)) ?? false;
  for (const output of document.querySelectorAll("[data-shows]")) showBounds(output);
  byId("sort").value = state.sort;
  byId("reverse").checked = state.isReversed;
  byId("only-marked").checked = state.isOnlyMarked;
  if (document.activeElement !== byId("find")) byId("find").value = state.find.join(", ");
}

function showBounds(output) {
  const column = output.dataset.shows;
  const [low, high] = endsOf(column);
  [low.value, high.value] = state.bounds.get(column) ?? [low.min, high.max];
  const digits = low.step === "1" ? 0 : 2;
  const render = ({ value }) => Number(value).toFixed(digits).replace("-", "−");
  output.textContent = `${render(low)} to ${render(high)}`;
}

function showStatus() {
  const parts = [`${count(shown.length)} of ${count(N_ROWS)} shown`];
  if (marks.size) parts.push(`${count(marks.size)} marked`);
  const absent = state.find.filter((index) => !ROW_OF.has(index));
  if (absent.length) parts.push(`not on this page: ${absent.join(", ")}`);
  if (isPrinting && shown.length > MOST_PRINTED) parts.push(`the first ${count(MOST_PRINTED)} printed`);
  byId("status").textContent = parts.join("; ");
}

function showPages() {
  const nPages = Math.ceil(shown.length / PER_PAGE);
  byId("pages").hidden = nPages < 2;
  byId("previous").disabled = pageNumber === 0;
  byId("next").disabled = pageNumber >= nPages - 1;
  const first = pageNumber * PER_PAGE;
  const last = Math.min(first + PER_PAGE, shown.length);
  byId("page-number").textContent = `${count(first + 1)} to ${count(last)} of ${count(shown.length)}`;
}

function count(number) {
  return number.toLocaleString("en");
}

/** Hide the values of a list that do not hold the text. */
function narrow(input) {
  const text = input.value.trim().toLowerCase();
  for (const item of input.parentElement.querySelectorAll("li"))
    item.hidden = !item.textContent.toLowerCase().includes(text);
}

const THEMES = ["system", "light", "dark"];

function changeTheme() {
  const now = document.documentElement.dataset.theme ?? "system";
  const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
  document.documentElement.dataset.theme = next;
  byId("theme-name").textContent = next;
}
