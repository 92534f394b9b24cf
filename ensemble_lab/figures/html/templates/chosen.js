// The image that is chosen: its numbers, its classes, and what each member says.

const LEAST_MEAN = 0.005;

function renderChoice() {
  for (const tile of document.querySelectorAll(".tile.active")) tile.classList.remove("active");
  const row = state.chosen;
  const tile = row === null ? null : byId(tileId(row));
  tile?.classList.add("active");
  if (tile) byId("tiles").setAttribute("aria-activedescendant", tile.id);
  else byId("tiles").removeAttribute("aria-activedescendant");
  byId("chosen-body").hidden = row === null;
  byId("chosen-title").replaceChildren(
    ...(row === null ? ["No image is chosen"] : [`${COLUMNS.index[row]}: `, ...pairParts(row)]),
  );
  if (row !== null) renderChosen(row);
}

function pairParts(row) {
  const name = (number) => build("bdi", { textContent: nameClass(number) });
  if (isRight(row)) return [name(COLUMNS.label[row]), " (right)"];
  return [name(COLUMNS.label[row]), " → ", name(COLUMNS.predicted[row])];
}

function renderChosen(row) {
  drawPicture(byId("chosen-picture"), row);
  byId("facts").replaceChildren(...listFacts(row).map(buildFact));
  byId("mark").setAttribute("aria-pressed", marks.has(row));
  byId("link").href = `#i=${COLUMNS.index[row]}`;
  byId("note").textContent = DATA.notes[row] ?? "";
  byId("note").hidden = !DATA.notes[row];
  byId("mean-head").textContent = MEANS ? "mean p" : "";
  byId("classes").tBodies[0].replaceChildren(...listClasses(row).map((each) => buildClass(row, each)));
  const members = [...DATA.members.keys()];
  byId("members").classList.toggle("named", DATA.isNamed);
  byId("members").tBodies[0].replaceChildren(...members.map((member) => buildMember(row, member)));
  byId("absent").hidden = !MEANS || KEPT.has(row);
}

function listFacts(row) {
  const facts = [["votes", `${COLUMNS.votes_for_predicted[row]} of ${N_MEMBERS}`]];
  if (!isRight(row)) facts.push(["for label", `${COLUMNS.votes_for_label[row]}`]);
  if (MEANS) {
    if (!isRight(row)) facts.push(["gap", renderSigned(COLUMNS.gap[row])]);
    facts.push(["margin", renderSigned(COLUMNS.margin[row])]);
    facts.push(["confidence", renderShare(COLUMNS.confidence[row])]);
  }
  if (COLUMNS.tied[row]) facts.push(["tie", "a tie policy decided"]);
  for (const [name, facet] of FACETS) facts.push([name, facet.values[facet.places[row]] || "not known"]);
  return facts;
}

function buildFact([name, value]) {
  return build("div", {}, build("dt", { textContent: name, dir: "auto" }), build("dd", { textContent: value, dir: "auto" }));
}

/** Classes with their mean (null where only votes are known) and votes, the likeliest first. */
function listClasses(row) {
  const known = MEANS ? shownClasses(row) : [];
  const numbers = [...new Set([...known, COLUMNS.label[row], ...votesOf(row)])];
  const classes = numbers.map((number, k) => ({
    number,
    mean: MEANS ? (k < known.length ? meanOf(row, k) : NaN) : null,
    votes: countVotes(row, number),
  }));
  const matters = ({ number, mean, votes }) => votes || mean >= LEAST_MEAN || number === COLUMNS.label[row];
  // A mean that the page does not keep is below all those that it keeps.
  const rank = ({ mean }) => (Number.isNaN(mean) ? -1 : mean);
  return classes.filter(matters).sort((a, b) => rank(b) - rank(a) || b.votes - a.votes);
}

function votesOf(row) {
  return VOTES.slice(row * N_MEMBERS, (row + 1) * N_MEMBERS);
}

function kindOf(row, number) {
  if (number === COLUMNS.label[row]) return "label";
  return number === COLUMNS.predicted[row] ? "predicted" : "other";
}

function buildClass(row, { number, mean, votes }) {
  const kind = kindOf(row, number);
  const role = kind === "other" || isRight(row) ? "" : ` (${kind})`;
  const head = build("th", { scope: "row" }, build("bdi", { textContent: nameClass(number) }), role);
  const share = mean ?? votes / N_MEMBERS;
  return build("tr", {}, head, numberCell(mean === null ? "" : renderShare(mean)), barCell(kind, share || 0), numberCell(votes));
}

function buildMember(row, member) {
  const vote = voteOf(row, member);
  const label = COLUMNS.label[row];
  const cells = [
    build("th", { scope: "row", textContent: DATA.members[member] }),
    buildVote(vote, isWrong(row, member)),
  ];
  for (const number of [vote, label]) {
    const share = probabilityOf(row, member, number);
    cells.push(numberCell(renderShare(share)), barCell(kindOf(row, number), share ?? 0));
  }
  return build("tr", { className: isWrong(row, member) ? "wrong" : "" }, ...cells);
}

/** The mark comes first where a long name may be cut. */
function buildVote(vote, isWrong) {
  const parts = [build("bdi", { textContent: nameClass(vote) }), isWrong ? "✗" : ""];
  if (DATA.isNamed) parts.reverse();
  return build("td", { title: nameClass(vote) }, parts[0], " ", parts[1]);
}

function numberCell(text) {
  return build("td", { className: "number", textContent: text });
}

function barCell(kind, share) {
  return build("td", { className: "bar" }, buildBar(kind, share));
}
