// Draws measurements: a table of the newest, and a curve of a minute.

const SHOWN = 60;
const FULL = 15000; // kilowatts
const [WIDTH, HEIGHT] = [600, 160];
const find = (id) => document.getElementById(id);
const sum = ({ kilowatts }) => Object.values(kilowatts).reduce((all, one) => all + one, 0);
const number = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
let shown = [];

export function showAll(measurements) {
  shown = measurements;
  draw();
}

export function showNew(measurement) {
  if (shown.some(({ id }) => id >= measurement.id)) return; // the reply had it
  shown = [...shown, measurement].slice(-SHOWN);
  draw();
}

function draw() {
  const newest = shown.at(-1);
  if (!newest) return;
  find("total").textContent = number.format(sum(newest));
  const points = shown.map(point);
  find("curve").setAttribute("points", points.join(" "));
  find("area").setAttribute("points", [`${x(0)},${HEIGHT}`, ...points, `${WIDTH},${HEIGHT}`].join(" "));
  find("rows").replaceChildren(...Object.entries(newest.kilowatts).map(row));
}

function point(measurement, index) {
  return `${x(index)},${(HEIGHT - (sum(measurement) * HEIGHT) / FULL).toFixed(1)}`;
}

function x(index) {
  return (WIDTH - ((shown.length - 1 - index) * WIDTH) / (SHOWN - 1)).toFixed(1);
}

function row([name, kilowatts]) {
  const made = find("row").content.firstElementChild.cloneNode(true);
  const [title, value, load] = made.cells;
  title.textContent = name;
  value.textContent = number.format(kilowatts);
  load.firstElementChild.value = kilowatts;
  load.firstElementChild.ariaLabel = `Load of ${name}`;
  return made;
}
