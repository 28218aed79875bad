// Times in the reader's own zone. What the server wrote, UTC, stays in the title.
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const moment = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const zone = new Intl.DateTimeFormat("en", { timeZoneName: "longOffset" });

export function localTimes(within) {
  for (const time of within.querySelectorAll("time[data-show]")) {
    const at = new Date(time.dateTime);
    time.textContent = (time.dataset.show === "clock" ? clock : moment).format(at);
  }
}

export function localPage() {
  localTimes(document);
  const offset = zone.formatToParts(new Date()).find((part) => part.type === "timeZoneName").value;
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const said = document.querySelector("[data-zone]");
  if (said) said.textContent = name && name !== "UTC" ? `those of ${name.replaceAll("_", " ")} (${offset})` : "UTC";
  byLocalDay();
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
