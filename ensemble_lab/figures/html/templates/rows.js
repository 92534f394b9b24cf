// Which rows are shown, and in which order.

/** Number by which rows are ordered, smallest first; equal rows go by index, absent numbers last. */
const ORDERS = {
  given: (row) => row,
  gap: (row) => -COLUMNS.gap[row],
  margin: (row) => COLUMNS.margin[row],
  confidence: (row) => -COLUMNS.confidence[row],
  votes: (row) => -COLUMNS.votes_for_predicted[row],
  pair: (row) => COLUMNS.label[row] * 65536 + COLUMNS.predicted[row],
  index: (row) => COLUMNS.index[row],
};

const IS_TICKED = {
  /** All members that are ticked, not any. */
  wrong: (row, places) => [...places].every((member) => isWrong(row, member)),
  outcome: (row, places) => places.has(Number(isRight(row))),
  tied: (row, places) => places.has(COLUMNS.tied[row]),
};

function matches(row) {
  if (state.isOnlyMarked && !marks.has(row)) return false;
  if (state.pairs.size && !state.pairs.has(`${COLUMNS.label[row]}:${COLUMNS.predicted[row]}`))
    return false;
  for (const [column, [low, high]] of state.bounds)
    if (!(COLUMNS[column][row] >= low && COLUMNS[column][row] <= high)) return false;
  for (const [key, places] of state.ticked) if (!isTicked(row, key, places)) return false;
  return true;
}

function isTicked(row, key, places) {
  if (key in IS_TICKED) return IS_TICKED[key](row, places);
  return places.has(FACETS.get(key.slice(3)).places[row]);
}

function listRows() {
  const wanted = state.find.length ? new Set(state.find) : null;
  const rows = [];
  for (let row = 0; row < N_ROWS; row++)
    if ((!wanted || wanted.has(COLUMNS.index[row])) && matches(row)) rows.push(row);
  return sortRows(rows);
}

function sortRows(rows) {
  const order = ORDERS[state.sort];
  const sign = state.isReversed ? -1 : 1;
  const keys = new Map(rows.map((row) => [row, sign * order(row)]));
  return rows.sort((a, b) => compare(keys.get(a), keys.get(b)) || COLUMNS.index[a] - COLUMNS.index[b]);
}

function compare(a, b) {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
  return a - b;
}
