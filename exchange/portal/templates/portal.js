// The tabulator: a measure by one or two variables, from the cells that pages of tables show too.
"use strict";
(function () {
  const script = document.currentScript;
  const {subjects, words} = JSON.parse(document.getElementById("labels").textContent);
  const form = document.getElementById("choices");
  const fixed = document.getElementById("fixed");
  const result = document.getElementById("result");
  const heading = document.getElementById("result-heading");
  const download = document.getElementById("download");
  const TOTAL = -1;
  const data = {};
  let lines = [];

  // A data file calls this with its subject's cells.
  window.portalData = (name, content) => {
    data[name] = new Map(content.cells.map(([key, values, withheld]) => [key.join(), {key, values, withheld}]));
    if (form.subject.value === name) offer();
  };

  const options = (select, labels, chosen) => {
    select.replaceChildren(...labels.map(([value, label]) => new Option(label, value, false, String(value) === String(chosen))));
  };

  function load() {
    const name = form.subject.value;
    const subject = subjects[name];
    options(form.measure, subject.measures.map((measure, place) => [place, measure.label]));
    options(form.row, subject.variables.map((variable, place) => [place, variable.label]), subject.variables.length - 1);
    if (data[name]) { offer(); return; }
    const file = document.createElement("script");
    file.src = `${script.dataset.root}data/${name}.js`;
    document.head.append(file);
  }

  // The codes of a variable that there are cells of, with what is fixed so far.
  function codes(variable, chosen) {
    const found = new Set();
    for (const {key} of data[form.subject.value].values()) {
      if (chosen.every((code, place) => code === undefined || place === variable || key[place] === code)) found.add(key[variable]);
    }
    return [...found].sort((a, b) => (a === TOTAL) - (b === TOTAL) || a - b);
  }

  const label = (variable, code) => code === TOTAL ? words["table.total"] : variable.codes[code];

  function offer() {
    const subject = subjects[form.subject.value];
    const row = Number(form.row.value);
    const others = subject.variables.map((variable, place) => [place, variable.label]).filter(([place]) => place !== row);
    const before = form.column.value;
    options(form.column, [["", words["tabulator.none"]], ...others], before);
    filter();
  }

  // A choice for every variable that is neither row nor column; the total first, where there is one.
  function filter() {
    const subject = subjects[form.subject.value];
    const shown = [Number(form.row.value), form.column.value === "" ? undefined : Number(form.column.value)];
    const before = Object.fromEntries([...fixed.querySelectorAll("select")].map((select) => [select.name, select.value]));
    const chosen = subject.variables.map(() => undefined);
    const labels = [];
    subject.variables.forEach((variable, place) => {
      if (shown.includes(place)) return;
      const there = codes(place, chosen);
      const wanted = there.includes(Number(before[variable.name])) && before[variable.name] !== undefined
        ? Number(before[variable.name]) : there.includes(TOTAL) ? TOTAL : there[there.length - 1];
      chosen[place] = wanted;
      const select = document.createElement("select");
      select.name = variable.name;
      options(select, there.map((code) => [code, label(variable, code)]), wanted);
      const holder = document.createElement("label");
      holder.append(variable.label, select);
      labels.push(holder);
    });
    fixed.replaceChildren(...labels);
    show(chosen);
  }

  function number(value, measure) {
    const text = measure.isShare ? (100 * value).toFixed(1) : value.toFixed(0);
    const [whole, part] = text.split(".");
    const apart = whole.replace(/\B(?=(\d{3})+$)/g, words["number.thousands"]);
    return (part ? apart + words["number.decimal"] + part : apart) + (measure.isShare ? words["number.per_cent"] : "");
  }

  function cell(found, place, measure) {
    const td = document.createElement("td");
    const value = found && found.values[place];
    if (found && value !== null && value !== undefined) {
      td.textContent = number(value, measure);
      td.className = value ? "number" : "zero";
      return [td, measure.isShare ? (100 * value).toFixed(2) : value.toFixed(0)];
    }
    const withheld = found && found.withheld;
    td.className = withheld ? "withheld" : "none";
    const sign = document.createElement("span");
    sign.setAttribute("aria-hidden", "true");
    sign.textContent = withheld ? "[c]" : "–";
    const spoken = document.createElement("span");
    spoken.className = "spoken";
    spoken.textContent = withheld ? words["state.withheld"] : words["state.none"];
    td.append(sign, spoken);
    return [td, withheld ? "[c]" : ""];
  }

  function head(text, scope) {
    const th = document.createElement("th");
    th.scope = scope;
    th.textContent = text;
    return th;
  }

  // A text as part of a file's name: no accents, no signs.
  const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
    .replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");

  function show(chosen) {
    const subject = subjects[form.subject.value];
    const cells = data[form.subject.value];
    const place = Number(form.measure.value);
    const measure = subject.measures[place];
    const row = Number(form.row.value);
    const column = form.column.value === "" ? undefined : Number(form.column.value);
    const titled = measure.heading;
    const across = column === undefined ? [undefined] : codes(column, chosen);
    const titles = across.map((code) => code === undefined ? titled : label(subject.variables[column], code));
    const top = document.createElement("tr");
    top.append(...[subject.variables[row].label, ...titles].map((text) => head(text, "col")));
    lines = [[subject.variables[row].label, ...titles]];
    const body = codes(row, chosen).map((code) => {
      const tr = document.createElement("tr");
      if (code === TOTAL) tr.className = "total";
      const line = [label(subject.variables[row], code)];
      tr.append(head(line[0], "row"));
      for (const other of across) {
        const key = chosen.slice();
        key[row] = code;
        if (column !== undefined) key[column] = other;
        const [td, text] = cell(cells.get(key.join()), place, measure);
        tr.append(td);
        line.push(text);
      }
      lines.push(line);
      return tr;
    });
    const thead = document.createElement("thead");
    thead.append(top);
    const tbody = document.createElement("tbody");
    tbody.append(...body);
    result.replaceChildren(thead, tbody);
    const where = subject.variables.map((variable, n) => chosen[n] === undefined || chosen[n] === TOTAL ? null : variable.codes[chosen[n]]);
    const by = [subject.variables[row].label, ...(column === undefined ? [] : [subject.variables[column].label])];
    heading.textContent = [titled, by.join(" × "), ...where.filter(Boolean)].join(" · ");
    const title = `${subject.label} · ${heading.textContent}`;
    lines.unshift([title]);
    download.download = `${plain(title)}.csv`;
  }

  // No spreadsheet is to take a text for a formula.
  const field = (text) => `"${(/^[=+\-@\t\r]/.test(text) && isNaN(text) ? "'" : "") + text.replaceAll('"', '""')}"`;
  download.addEventListener("click", () => {
    const text = "\ufeff" + lines.map((line) => line.map(field).join(",")).join("\n") + "\n";
    download.href = URL.createObjectURL(new Blob([text], {type: "text/csv"}));
  });

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", (event) => {
    if (event.target === form.subject) load();
    else if (event.target === form.row) offer();
    else filter();
  });
  options(form.subject, Object.entries(subjects).map(([name, subject]) => [name, subject.label]));
  if (form.subject.options.length) {
    document.getElementById("own").hidden = false;
    load();
  }
})();
