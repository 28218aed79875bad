// What goes on by itself is looked at again; without scripts the page reloads itself.
import { localTimes } from "./times.js";

export function refresh() {
  const shown = document.querySelector("[data-refresh]");
  const seconds = Number(shown?.dataset.refresh);
  if (seconds > 0) setTimeout(() => look(shown), seconds * 1000);
}

async function look(shown) {
  if (document.hidden) {
    document.addEventListener("visibilitychange", () => look(shown), { once: true });
    return;
  }
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected || answer.status === 404) {
      location.replace(answer.url);
      return;
    }
    if (answer.ok) replace(shown, new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // the service is away for a moment: the next look tells
  }
  refresh();
}

function replace(shown, page) {
  const fresh = page.querySelector("[data-refresh]");
  if (!fresh) return;
  localTimes(fresh);
  shown.replaceWith(fresh);
  // buttons are left alone until there are others, so that nobody loses the one they are on
  const actions = document.querySelector("[data-actions]");
  const others = page.querySelector("[data-actions]");
  if (actions && others && actions.dataset.actions !== others.dataset.actions) actions.replaceWith(others);
}
