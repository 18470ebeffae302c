// The results of a campaign: sorts and filters the table, and draws two of its columns against each other.
"use strict";
for (const section of document.querySelectorAll("[data-results]")) {
  const table = section.querySelector("table");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const names = heads.map((head) => head.dataset.column);
  const rows = [...body.rows];
  const figures = [...section.querySelectorAll("figure[data-row]")];
  const find = (name) => section.querySelector(`[name="${name}"]`);
  const value = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent;
  const number = (text) => (text.trim() === "" ? NaN : Number(text));

  const compare = (column, sign) => (one, other) => {
    const [a, b] = [value(one, column), value(other, column)];
    const [x, y] = [number(a), number(b)];
    if (Number.isNaN(x) || Number.isNaN(y)) {
      if (a === "" || b === "") return (a === "") - (b === "");
      return sign * (Number.isNaN(x) - Number.isNaN(y) || a.localeCompare(b));
    }
    return sign * (x - y);
  };

  const sortBy = (column) => {
    const descending = heads[column].getAttribute("aria-sort") === "ascending";
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", descending ? "descending" : "ascending");
    rows.sort(compare(column, descending ? -1 : 1));
    body.append(...rows);
  };

  // words are looked for in all cells; score>0.5, seed=7 and model!=slow look at one column
  const test = (word) => {
    const parts = /^(.+?)(>=|<=|!=|>|<|=)(.*)$/.exec(word);
    const column = parts ? names.indexOf(parts[1]) : -1;
    if (column < 0) return (row) => row.textContent.toLowerCase().includes(word.toLowerCase());
    const [, , sign, text] = parts;
    return (row) => {
      const cell = value(row, column);
      const [x, y] = [number(cell), number(text)];
      const numbers = !Number.isNaN(x) && !Number.isNaN(y);
      if (sign === "=") return numbers ? x === y : cell === text;
      if (sign === "!=") return numbers ? x !== y : cell !== text;
      if (!numbers) return false;
      return { ">": x > y, "<": x < y, ">=": x >= y, "<=": x <= y }[sign];
    };
  };

  const filter = () => {
    const tests = find("filter").value.split(/\s+/).filter(Boolean).map(test);
    const visible = new Set();
    for (const row of rows) {
      row.hidden = !tests.every((fits) => fits(row));
      if (!row.hidden) visible.add(row.dataset.row);
    }
    for (const figure of figures) figure.hidden = !visible.has(figure.dataset.row);
    section.querySelector("output").textContent = `${visible.size} of ${rows.length} rows`;
    draw();
  };

  const element = (name, attributes, ...children) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, text] of Object.entries(attributes)) node.setAttribute(key, text);
    node.append(...children);
    return node;
  };

  const draw = () => {
    const [x, y] = [find("x").value, find("y").value].map((name) => names.indexOf(name));
    const place = section.querySelector("[data-scatter]");
    place.replaceChildren();
    if (x < 0 || y < 0) return;
    const points = rows
      .filter((row) => !row.hidden)
      .map((row) => ({ x: number(value(row, x)), y: number(value(row, y)), name: row.dataset.row }))
      .filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
    if (points.length === 0) return;
    const [width, height, left, low] = [640, 320, 70, 40];
    const scale = (key, from, to) => {
      const all = points.map((point) => point[key]);
      const [least, most] = [Math.min(...all), Math.max(...all)];
      const span = most - least || 1;
      return { least, most, at: (n) => (least === most ? (from + to) / 2 : from + ((n - least) / span) * (to - from)) };
    };
    const [across, up] = [scale("x", left, width - 20), scale("y", height - low, 20)];
    const label = (text, at, anchor = "middle") => element("text", { x: at[0], y: at[1], "text-anchor": anchor }, text);
    const short = (n) => String(Number(n.toPrecision(4)));
    const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${names[y]} by ${names[x]}` });
    svg.append(
      element("path", { d: `M${left} 20V${height - low}H${width - 20}`, fill: "none", stroke: "currentColor" }),
      label(short(across.least), [across.at(across.least), height - 22]),
      label(`${names[x]}`, [(left + width) / 2, height - 6]),
      label(short(up.least), [left - 6, up.at(up.least)], "end"),
      label(names[y], [left, 14], "start"),
    );
    if (across.most > across.least) svg.append(label(short(across.most), [across.at(across.most), height - 22]));
    if (up.most > up.least) svg.append(label(short(up.most), [left - 6, up.at(up.most) + 4], "end"));
    for (const point of points) {
      const facts = `${point.name}: ${names[x]} ${short(point.x)}, ${names[y]} ${short(point.y)}`;
      const dot = element("circle", { cx: across.at(point.x), cy: up.at(point.y), r: 5 }, element("title", {}, facts));
      svg.append(element("a", { href: `#row-${point.name}` }, dot));
    }
    place.append(svg);
  };

  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => sortBy(column)));
  section.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  find("filter").addEventListener("input", filter);
  find("x").addEventListener("change", draw);
  find("y").addEventListener("change", draw);
  section.querySelector("[data-controls]").hidden = false;
  filter();
}
