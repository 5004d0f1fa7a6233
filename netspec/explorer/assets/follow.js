// A page that is served asks whether its spec has changed, and what was chosen in it outlives a reload.

const OFTEN = 250;

/** Whether the page is served by netspec, and so asks it for changes. */
const served = () => document.documentElement.dataset.tag;

/** What the page keeps over a reload; with `more`, that is kept, too. */
export function kept(more) {
  if (!served()) return {};
  const now = { ...JSON.parse(sessionStorage.getItem("netspec") ?? "{}"), ...more };
  sessionStorage.setItem("netspec", JSON.stringify(now));
  return now;
}

/** Reload the page once netspec has another one. */
export function follow() {
  if (!served()) return;
  const ask = async () => {
    try {
      const answer = await fetch(location.href, { headers: { "If-None-Match": served() }, cache: "no-store" });
      if (answer.status === 200) return location.reload();
    } catch {
      // netspec is not there for now
    }
    setTimeout(ask, OFTEN);
  };
  setTimeout(ask, OFTEN);
}
