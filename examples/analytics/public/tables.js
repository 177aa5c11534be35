import { element } from "../shared/element.js";

/** The pages, with a bar behind each that tells its share. */
export function showPages(body, pages) {
  const most = Math.max(...pages.map((page) => page.views), 1);
  fill(body, pages, ({ page, visitors, views }) => row(page, [visitors, views], views / most));
}

export function showReferrers(body, referrers) {
  const most = Math.max(...referrers.map((referrer) => referrer.views), 1);
  fill(body, referrers, ({ host, views }) => row(host, [views], views / most));
}

// The row of a table without entries is the page's own: it stays until there are some.
function fill(body, entries, make) {
  if (entries.length > 0) body.replaceChildren(...entries.map(make));
}

function row(name, figures, share) {
  const made = element(
    "tr",
    {},
    element("th", { scope: "row" }, element("span", { class: "share" }), element("span", { class: "name", text: name })),
    ...figures.map((figure) => element("td", { text: String(figure) })),
  );
  made.style.setProperty("--share", share.toFixed(3));
  return made;
}
