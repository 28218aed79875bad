// New events on top of the list, as they are stored. The server sends whole rows.
import { dayOf, localTimes, section } from "./times.js";

const MOST_ROWS = 200;

export function follow() {
  const history = document.querySelector("[data-live]");
  const address = history?.dataset.live;
  if (!address || !window.EventSource) return;
  const state = history.querySelector(".live");
  const source = new EventSource(address);
  state.hidden = false;
  source.addEventListener("open", () => tell(state, "on", "Live"));
  source.addEventListener("error", () => {
    const over = source.readyState === EventSource.CLOSED;
    tell(state, "off", over ? "Not live; reload for what is new" : "Connecting again");
  });
  source.addEventListener("event", (message) => arrive(history, message.data));
  // a page that is kept for the back button must not hold a connection
  window.addEventListener("pagehide", () => source.close());
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

function tell(state, value, words) {
  if (state.dataset.state === value && state.textContent === words) return;
  state.dataset.state = value;
  state.textContent = words;
}

function arrive(history, html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const row = holder.content.querySelector("[data-event]");
  const days = history.querySelector("[data-days]");
  if (!row || shown(days, row)) return;
  row.classList.add("fresh");
  place(days, row);
  localTimes(row);
  const rows = days.querySelectorAll("[data-event]");
  if (rows.length > MOST_ROWS) rows[rows.length - 1].remove();
}

// An id alone names no event: one of another scope may have it too.
function shown(days, row) {
  const { event, scope } = row.dataset;
  return days.querySelector(`[data-event="${CSS.escape(event)}"][data-scope="${CSS.escape(scope)}"]`);
}

// Newest first by id, which is order of time: what was stored late goes where it belongs.
function place(days, row) {
  days.querySelector("[data-empty]")?.remove();
  const later = [...days.querySelectorAll("[data-event]")].find((other) => other.dataset.event < row.dataset.event);
  const beside = later?.closest(".day");
  const name = dayOf(row);
  if (beside && beside.querySelector("[data-day]").textContent === name) {
    later.before(row);
    return;
  }
  const before = [...days.querySelectorAll(".day")].find((each) => each.querySelector("[data-day]").textContent === name);
  if (before) {
    before.querySelector("ol").append(row);
    return;
  }
  const model = document.createElement("section");
  model.className = "day";
  const made = section(model, name);
  made.querySelector("ol").append(row);
  if (beside) beside.before(made);
  else days.append(made);
}
