// What keeps people from using a page, as a list of sentences: names, structure, contrast.
() => {
  const found = [];
  const tell = (element, what) => found.push(`${element.outerHTML.replace(/\s+/g, " ").slice(0, 110)} ${what}`);
  const shown = (element) => element.checkVisibility({ checkVisibilityCSS: true }) && element.getClientRects().length > 0;

  const textOf = (ids) => ids.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
  function nameOf(element) {
    const by = element.getAttribute("aria-labelledby");
    return (
      (by && textOf(by)) || element.getAttribute("aria-label") || [...(element.labels ?? [])].map((l) => l.textContent).join(" ") ||
      element.getAttribute("alt") || (element.matches("input, select, textarea") ? "" : element.textContent) || element.getAttribute("title") || ""
    ).trim();
  }
  for (const element of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [role=img], [role=region], nav, aside")) {
    if (!nameOf(element)) tell(element, "has no accessible name");
  }

  for (const [selector, number] of [["main", 1], ["h1", 1], ["header", 1], ["footer", 1], ["title", 1]]) {
    const there = document.querySelectorAll(selector === "title" ? "head > title" : selector).length;
    if (there !== number) found.push(`the page has ${there} of ${selector}, not ${number}`);
  }
  if (!document.documentElement.lang) found.push("the page names no language");
  let level = 1;
  for (const heading of document.querySelectorAll("main :is(h1, h2, h3, h4)")) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) tell(heading, `skips a level after h${level}`);
    level = own;
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of ids.filter((each, place) => ids.indexOf(each) !== place)) found.push(`the id ${id} is there twice`);
  for (const list of document.querySelectorAll("ol, ul")) {
    if ([...list.children].some((child) => child.tagName !== "LI")) tell(list, "holds more than list items");
  }
  for (const element of document.querySelectorAll("[aria-labelledby], [aria-describedby]")) {
    for (const id of `${element.getAttribute("aria-labelledby") ?? ""} ${element.getAttribute("aria-describedby") ?? ""}`.trim().split(/\s+/)) {
      if (!document.getElementById(id)) tell(element, `points to ${id}, which is not there`);
    }
  }

  const brush = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  function painted(layers) {
    brush.clearRect(0, 0, 1, 1);
    for (const layer of layers) {
      brush.fillStyle = layer;
      brush.fillRect(0, 0, 1, 1);
    }
    return [...brush.getImageData(0, 0, 1, 1).data];
  }
  const base = getComputedStyle(document.body).backgroundColor;
  function layersBelow(element) {
    const layers = [];
    for (let each = element; each; each = each.parentElement) layers.unshift(getComputedStyle(each).backgroundColor);
    return [base, ...layers];
  }
  const part = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  function ratio(one, other) {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !shown(element) || element.closest(".hidden-visually, svg, .skip, option, optgroup")) continue;
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const wanted = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const below = layersBelow(element);
    const contrast = ratio(painted([...below, style.color]), painted(below));
    if (contrast < wanted) tell(element, `has a contrast of ${contrast.toFixed(2)}, not ${wanted}`);
  }
  for (const field of document.querySelectorAll("input:not([type=hidden], [type=checkbox]), select, textarea")) {
    if (!shown(field)) continue;
    const below = layersBelow(field.parentElement);
    const contrast = ratio(painted([...below, getComputedStyle(field).borderTopColor]), painted(below));
    if (contrast < 3) tell(field, `has an edge of contrast ${contrast.toFixed(2)}, not 3`);
  }
  if (document.documentElement.scrollWidth > innerWidth) {
    found.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${innerWidth}`);
  }
  return found;
}
