// Times in the reader's own zone, each with the offset that held then. What the server wrote, UTC, stays in the title.
const hours = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const date = { day: "numeric", month: "short" };
const clock = new Intl.DateTimeFormat(undefined, { ...hours, second: "2-digit" });
const moment = new Intl.DateTimeFormat("en-GB", { ...date, year: "numeric", ...hours, second: "2-digit" });
const exact = new Intl.DateTimeFormat("en-GB", { ...date, year: "numeric", ...hours, second: "2-digit", timeZoneName: "longOffset" });
const day = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const tick = new Intl.DateTimeFormat("en-GB", date);
const edge = new Intl.DateTimeFormat("en-GB", { ...date, ...hours });
const HOUR = 3_600_000;

function zoneName() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone?.replaceAll("_", " ") || "UTC";
}

export function localTimes(within) {
  for (const time of within.querySelectorAll("time[data-show]")) {
    const at = new Date(time.dateTime);
    time.textContent = (time.dataset.show === "clock" ? clock : moment).format(at);
    if (zoneName() !== "UTC") time.title = `${exact.format(at)}; ${time.title}`;
  }
}

export function localPage() {
  if (zoneName() === "UTC") return;
  localTimes(document);
  const said = document.querySelector("[data-zone]");
  if (said) said.textContent = `the time zone ${zoneName()}`;
  byLocalDay();
  localChart();
  localInputs();
}

// The server counts by hours and days of UTC: here each is called by the hours that it has for the reader.
function localChart() {
  for (const mark of document.querySelectorAll("[data-tick]")) mark.textContent = tick.format(new Date(mark.dataset.tick));
  for (const bar of document.querySelectorAll("[data-from]")) {
    const from = new Date(bar.dataset.from);
    const until = new Date(bar.dataset.until);
    const name = until - from > HOUR ? `${edge.format(from)} to ${edge.format(until)}` : edge.format(from);
    const told = bar.getAttribute("aria-label");
    if (told === null) {
      bar.textContent = name;
      continue;
    }
    const text = `${name}: ${told.slice(told.lastIndexOf(": ") + 2)}`;
    bar.setAttribute("aria-label", text);
    bar.querySelector("title").textContent = text;
  }
}

// Fields take times as their reader has them, and send UTC: an address means the same to whom it is passed on.
function localInputs() {
  for (const label of document.querySelectorAll("[data-zone-short]")) label.textContent = `(${zoneName()})`;
  for (const input of document.querySelectorAll("input[data-utc]")) {
    if (input.value) input.value = typed(new Date(`${input.value}Z`));
    input.form.addEventListener("formdata", (event) => {
      const at = new Date(input.value);
      if (input.value && !Number.isNaN(at.valueOf())) event.formData.set(input.name, at.toISOString().replace(/(:00)?\.000Z$/, "Z"));
    });
  }
}

function typed(at) {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().replace(/(:00)?\.000Z$/, "");
}

// The day of a row as the reader has it.
export function dayOf(row) {
  const text = day.format(new Date(row.querySelector("time").dateTime));
  return text.replace(/^(\w+),? /, "$1, ");
}

// The server made a section for each day of UTC; here each row goes to its local day.
function byLocalDay() {
  const days = document.querySelector("[data-days]");
  const rows = days ? [...days.querySelectorAll("[data-event]")] : [];
  if (rows.length === 0) return;
  const model = days.querySelector(".day");
  const sections = [];
  let name = null;
  for (const row of rows) {
    if (dayOf(row) !== name) {
      name = dayOf(row);
      sections.push(section(model, name));
    }
    sections.at(-1).querySelector("ol").append(row);
  }
  days.replaceChildren(...sections);
}

export function section(model, name) {
  const made = model.cloneNode(false);
  const title = document.createElement("h2");
  const list = document.createElement("ol");
  title.textContent = name;
  title.dataset.day = "";
  list.className = "card events";
  made.append(title, list);
  return made;
}
