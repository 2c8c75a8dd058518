"use strict";
(() => {
  const root = document.documentElement;
  const toggle = document.querySelector("#theme");
  const dark = () => root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const show = () => toggle.setAttribute("aria-pressed", String(dark()));
  toggle.hidden = false;
  toggle.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; show(); });
  show();

  const compare = (a, b) => a.localeCompare(b, root.lang, { sensitivity: "base" });
  const order = (column, numeric, sign) => (first, second) => {
    const [a, b] = [first, second].map(row => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim());
    if (!numeric) return sign * compare(a, b);
    if (a === "" || b === "") return (a === "") - (b === "");
    return sign * (Number(a) - Number(b));
  };

  document.querySelectorAll("table.sortable").forEach(table => {
    const body = table.tBodies[0];
    const headers = [...table.tHead.rows[0].cells];
    headers.forEach((header, column) => {
      header.querySelector("button").addEventListener("click", () => {
        const numeric = header.classList.contains("number");
        const now = header.getAttribute("aria-sort");
        const rising = numeric ? now === "descending" : now !== "ascending";
        headers.forEach(other => other.setAttribute("aria-sort", "none"));
        header.setAttribute("aria-sort", rising ? "ascending" : "descending");
        body.append(...[...body.rows].sort(order(column, numeric, rising ? 1 : -1)));
      });
    });
  });

  document.querySelectorAll("input.filter").forEach(input => {
    const rows = [...document.getElementById(input.getAttribute("aria-controls")).tBodies[0].rows];
    const count = document.getElementById(input.dataset.count);
    const plain = text => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    input.closest(".tools").hidden = false;
    input.addEventListener("input", () => {
      const words = plain(input.value.trim()).split(/\s+/);
      rows.forEach(row => { row.hidden = !words.every(word => plain(row.cells[0].textContent).includes(word)); });
      const left = rows.filter(row => !row.hidden).length;
      count.textContent = input.value.trim() ? `${left} / ${rows.length}` : "";
    });
  });

  const links = new Map([...document.querySelectorAll("nav a")].map(link => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver(entries => entries.filter(entry => entry.isIntersecting).forEach(entry => {
    links.forEach(link => link.removeAttribute("aria-current"));
    links.get(entry.target.id)?.setAttribute("aria-current", "true");
  }), { rootMargin: "-15% 0px -75% 0px" });
  document.querySelectorAll("main > section[id]").forEach(section => seen.observe(section));
})();
