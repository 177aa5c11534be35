const ns = "http://www.w3.org/2000/svg";
const width = 600;
const height = 130;
const top = 2;
const gap = 0.22;

/**
 * Draws bars for counts, oldest first; the last one is still growing. Bars are
 * kept between calls, so that a new snapshot moves them. bound shows what the
 * uppermost line stands for; describe(i) names the time of a bar.
 */
export function drawBars({ svg, bound }, counts, describe) {
  if (svg.childElementCount === 0) prepare(svg, counts.length);
  const most = niceBound(Math.max(...counts, 1));
  const step = width / counts.length;
  const bars = svg.querySelectorAll("rect");
  counts.forEach((count, i) => {
    const tall = count === 0 ? 0 : Math.max((count / most) * (height - top), 3);
    const bar = bars[i];
    bar.setAttribute("x", String(i * step + (step * gap) / 2));
    bar.setAttribute("y", String(height - tall));
    bar.setAttribute("width", String(step * (1 - gap)));
    bar.setAttribute("height", String(tall));
    bar.firstChild.textContent = `${describe(i)}: ${count}`;
  });
  bound.textContent = String(most);
  const sum = counts.reduce((a, b) => a + b, 0);
  svg.setAttribute("aria-label", `${sum} views in all, ${Math.max(...counts)} at most, ${counts.at(-1)} in the last step`);
}

function prepare(svg, bars) {
  svg.setAttribute("viewBox", `0 0 ${width} ${height + 1}`);
  svg.setAttribute("preserveAspectRatio", "none");
  for (const y of [top, (top + height) / 2, height]) svg.append(shape("line", { x1: 0, x2: width, y1: y, y2: y }));
  for (let i = 0; i < bars; i++) {
    const bar = shape("rect", { rx: 1.5, class: i === bars - 1 ? "growing" : "bar" });
    bar.append(shape("title"));
    svg.append(bar);
  }
}

function shape(tag, attributes = {}) {
  const made = document.createElementNS(ns, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

/** The next of 1, 2, 5, 10, 20, 50, …: an axis that seldom changes. */
function niceBound(most) {
  for (let power = 1; ; power *= 10) {
    for (const digit of [1, 2, 5]) if (digit * power >= most) return digit * power;
  }
}
