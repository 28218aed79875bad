// What the pointer is on, told beside the chart's title; browsers' own tooltips come late and small.
export function readout() {
  for (const chart of document.querySelectorAll(".chart")) {
    const line = chart.querySelector("[data-readout]");
    const usual = line.textContent;
    for (const bar of chart.querySelectorAll("a[aria-label]")) {
      bar.addEventListener("pointerenter", () => { line.textContent = bar.getAttribute("aria-label"); });
      bar.addEventListener("pointerleave", () => { line.textContent = usual; });
      bar.querySelector("title").remove();
    }
  }
}
