// The storyboard editor: cards with pictures, a bar to scale, and the newest video beside the one
// before. It shows `state` and sends each act as a `command`; Python decides what becomes of it.

const PATIENCE_MS = 8000; // for an answer of the kernel
const STEP_SECONDS = 0.1; // of a retime by the keyboard

function node(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "disabled" || name === "draggable" || name === "hidden") element[name] = value;
    else if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function videoUrl(bytes) {
  if (!bytes || !bytes.byteLength) return "";
  return URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
}

// Whether the page behind an element is dark: each front end has another way to say so. A canvas
// reads colours however they are written.
function isDark(element) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  for (let at = element; at; at = at.parentNode || at.host) {
    if (!(at instanceof Element)) continue;
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = getComputedStyle(at).backgroundColor;
    brush.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = brush.getImageData(0, 0, 1, 1).data;
    if (alpha > 128) return 0.3 * red + 0.6 * green + 0.1 * blue < 128;
  }
  // The outputs of VS Code and Colab have no colour behind them: their text tells.
  brush.clearRect(0, 0, 1, 1);
  brush.fillStyle = getComputedStyle(element).color;
  brush.fillRect(0, 0, 1, 1);
  const [red, green, blue] = brush.getImageData(0, 0, 1, 1).data;
  return 0.3 * red + 0.6 * green + 0.1 * blue > 160;
}

class Board {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.open = new Set(); // cards whose direction is in sight
    this.drafts = new Map(); // what is typed and not yet entered, by field
    this.count = Date.now();
    this.urls = new Map();
    this.toolbar = node("div", { class: "lotus-tools", role: "toolbar", "aria-label": "storyboard" });
    this.cards = node("ol", { class: "lotus-cards" });
    this.cast = node("details", { class: "lotus-cast" });
    this.bar = node("div", { class: "lotus-bar", role: "group", "aria-label": "timeline" });
    this.line = node("p", { class: "lotus-status", role: "status" });
    this.progress = node("progress", { max: 100 });
    this.videos = node("div", { class: "lotus-videos" });
    this.code = node("pre");
    const shown = node("details", { class: "lotus-code" }, node("summary", {}, "The same in Python"), this.code);
    root.replaceChildren(this.toolbar, this.cards, this.cast, this.bar, node("div", { class: "lotus-line" }, this.progress, this.line), this.videos, shown);
    for (const part of ["state", "pictures", "status", "preview", "video", "before"])
      model.on(`change:${part}`, this[`on_${part}`] = () => this[`show_${part}`]());
    this.hideSnapshot();
    this.themes = new MutationObserver(() => this.show_theme());
    for (const element of [document.documentElement, document.body]) this.themes.observe(element, { attributes: true });
    this.seen = new IntersectionObserver(() => this.show_theme()); // the page behind it is there by then
    this.seen.observe(root);
    this.show_state();
    this.show_status();
    this.show_videos();
  }

  send(action, facts = {}) {
    this.count += 1;
    const n = this.count;
    this.model.set("command", { action, ...facts, n });
    this.model.save_changes();
    setTimeout(() => {
      const answered = this.model.get("status").answered || 0;
      if (answered >= n || this.model.get("status").rendering) return;
      this.say("No answer: the kernel is busy, or not there. To edit again, run this cell again.", true);
    }, PATIENCE_MS);
  }

  show_theme() {
    this.root.classList.toggle("lotus-dark", isDark(this.root.parentNode));
  }

  // What a saved notebook shows in the board's place is not needed while the board is alive.
  hideSnapshot() {
    const mark = (this.model.get("state") || {}).mark;
    if (!mark || document.getElementById(`${mark}-style`)) return;
    document.head.append(node("style", { id: `${mark}-style` }, `.${mark} { display: none }`));
  }

  invalid(scene, field) {
    return this.state.invalid.find((one) => one.scene === scene && one.field === field);
  }

  show_state() {
    this.state = this.model.get("state");
    if (!this.state || !this.state.scenes) return;
    const focused = this.root.getRootNode().activeElement;
    const place = focused && this.root.contains(focused) ? focused.dataset.place : null;
    const range = place && "selectionStart" in focused ? [focused.selectionStart, focused.selectionEnd] : null;
    this.cards.replaceChildren(...this.state.scenes.map((scene) => this.card(scene)));
    this.show_tools();
    this.show_cast();
    this.show_bar();
    this.show_pictures();
    this.code.textContent = this.state.code;
    if (place) {
      const again = this.root.querySelector(`[data-place="${place}"]`);
      if (again) {
        again.focus({ preventScroll: true });
        if (range && range[0] !== null && again.setSelectionRange && again.type !== "number") again.setSelectionRange(...range);
      }
    }
  }

  show_tools() {
    const { state } = this;
    const status = this.model.get("status") || {};
    const stuck = state.invalid.length > 0 || !state.price;
    const rendering = Boolean(status.rendering);
    this.toolbar.replaceChildren(
      this.button("↶ Undo", "undo", {}, { disabled: !state.can_undo || rendering }),
      this.button("↷ Redo", "redo", {}, { disabled: !state.can_redo || rendering }),
      this.button(`Render${state.price ? ` for ${state.price}` : ""}`, "render", {}, { disabled: stuck || rendering, class: "lotus-primary" }),
      this.button("Stop", "stop", {}, { hidden: !rendering }),
      node("span", { class: "lotus-facts" }, `${state.scenes.length} scenes, ${state.seconds} s`),
    );
  }

  button(text, action, facts = {}, attributes = {}) {
    const place = `${action}-${facts.scene || ""}-${facts.to || ""}`;
    return node("button", { type: "button", "data-place": place, onclick: () => this.send(action, facts), ...attributes }, text);
  }

  card(scene) {
    const n = scene.number;
    const last = n === this.state.scenes.length;
    const handle = node("span", {
      class: "lotus-handle", draggable: true, title: "drag to reorder",
      ondragstart: (event) => this.drag(event, n),
    }, `⠿ ${n}`);
    const head = node("div", { class: "lotus-head" }, handle,
      this.icon("←", `move scene ${n} to the left`, "move", { scene: n, to: n - 1 }, n === 1),
      this.icon("→", `move scene ${n} to the right`, "move", { scene: n, to: n + 1 }, last),
      this.icon("✂", `split scene ${n}`, "split", { scene: n }),
      this.icon("+", `add a scene behind scene ${n}`, "add", { scene: n }),
      this.icon("✕", `remove scene ${n}`, "remove", { scene: n }, this.state.scenes.length === 1),
    );
    const picture = node("button", {
      type: "button", class: "lotus-picture", "data-picture": scene.picture, "data-place": `preview-${n}-`,
      title: `preview scene ${n}`, "aria-label": `preview scene ${n}`, onclick: () => this.send("preview", { scene: n }),
    }, node("img", { alt: "", draggable: false }), node("span", { class: "lotus-play" }, "▶"));
    const fields = [
      this.field(scene, "description", "what it shows", "textarea", { rows: 3 }),
      this.field(scene, "caption", "caption", "input", { placeholder: "no caption" }),
      node("div", { class: "lotus-pair" },
        this.field(scene, "duration_seconds", "seconds", "input", { type: "number", step: STEP_SECONDS, min: 0 }),
        this.choice(scene, "camera", "camera", this.state.cameras)),
      last ? null : node("div", { class: "lotus-pair" },
        this.choice(scene, "transition", "to the next", this.state.transitions),
        scene.transition === "cut" ? null : this.field(scene, "transition_seconds", "its seconds", "input", { type: "number", step: STEP_SECONDS, min: 0 })),
      this.state.models.length ? this.choice(scene, "model", "model", ["", ...this.state.models]) : null,
      scene.source ? node("p", { class: "lotus-source" }, `from ${scene.source}`) : null,
      this.direction(scene),
    ];
    return node("li", {
      class: "lotus-card", "data-scene": n,
      ondragover: (event) => { if (this.dragged) { event.preventDefault(); event.currentTarget.classList.add("lotus-over"); } },
      ondragleave: (event) => event.currentTarget.classList.remove("lotus-over"),
      ondrop: (event) => this.drop(event, n),
    }, head, picture, ...fields);
  }

  // Who is in a scene, what is said and heard, what to follow and to avoid.
  direction(scene) {
    const n = scene.number;
    const names = this.state.cast.map((member) => member["cast.name"]);
    const fields = ["narration", "dialogue", "sound", "continuity", "references", "first_frame", "last_frame", "avoid"];
    const written = fields.filter((name) => scene[name]).length + (scene.cast.length ? 1 : 0);
    const more = node("details", {
      class: "lotus-more",
      ontoggle: (event) => (event.target.open ? this.open.add(n) : this.open.delete(n)),
    }, node("summary", { "data-place": `more-${n}-` }, `people, words, references${written ? ` (${written})` : ""}`),
      names.length ? node("fieldset", {}, node("legend", {}, "who is in it"), ...names.map((name) => this.presence(scene, name))) : null,
      this.field(scene, "narration", "narration", "textarea", { rows: 2, placeholder: "what a voice says" }),
      this.field(scene, "dialogue", "dialogue", "textarea", { rows: 2, placeholder: "Mara: Good morning" }),
      this.field(scene, "sound", "sound", "input", { placeholder: "rain on a tin roof" }),
      this.field(scene, "continuity", "continuity", "input", { placeholder: "same cup, now empty" }),
      this.field(scene, "references", "references", "textarea", { rows: 2, placeholder: "paths of pictures, one a line" }),
      this.field(scene, "first_frame", "first frame", "input", { placeholder: "path of a picture" }),
      this.field(scene, "last_frame", "last frame", "input", { placeholder: "path of a picture" }),
      this.field(scene, "avoid", "avoid", "input", { placeholder: "crowds, text" }));
    more.open = this.open.has(n) || fields.some((name) => this.invalid(n, name));
    return more;
  }

  presence(scene, name) {
    const box = node("input", {
      type: "checkbox", "data-place": `cast-${scene.number}-${name}`, "aria-label": `${name} in scene ${scene.number}`,
      onchange: (event) => {
        const others = scene.cast.filter((one) => one !== name);
        this.send("set", { scene: scene.number, field: "cast", value: event.target.checked ? [...others, name] : others });
      },
    });
    box.checked = scene.cast.includes(name);
    return node("label", { class: "lotus-check" }, box, name);
  }

  // People, products and places that stay the same from scene to scene.
  show_cast() {
    const { cast, kinds } = this.state;
    const open = this.cast.open || this.state.invalid.some((one) => one.field.startsWith("cast."));
    const members = cast.map((member) => node("li", { class: "lotus-member" },
      this.field(member, "cast.name", "name", "input", {}, "member"),
      this.choice(member, "cast.kind", "kind", kinds, "member"),
      this.field(member, "cast.description", "looks", "textarea", { rows: 2, placeholder: "clothes, hair, material" }, "member"),
      this.field(member, "cast.references", "pictures", "textarea", { rows: 2, placeholder: "paths, one a line" }, "member"),
      this.icon("✕", `remove member ${member.number}`, "remove_member", { scene: member.number })));
    this.cast.replaceChildren(
      node("summary", {}, `People, products and places${cast.length ? ` (${cast.length})` : ""}`),
      node("ol", { class: "lotus-members" }, ...members),
      this.button("Add one", "add_member"));
    this.cast.open = open;
  }

  icon(sign, title, action, facts, disabled = false) {
    return this.button(sign, action, facts, { title, "aria-label": title, disabled, class: "lotus-icon" });
  }

  drag(event, number) {
    this.dragged = number;
    event.dataTransfer.setData("text/plain", String(number));
    event.dataTransfer.effectAllowed = "move";
    event.stopPropagation();
  }

  drop(event, to) {
    event.preventDefault();
    event.stopPropagation();
    event.currentTarget.classList.remove("lotus-over");
    const scene = this.dragged;
    this.dragged = null;
    if (scene && scene !== to) this.send("move", { scene, to });
  }

  field(scene, name, label, tag, attributes, of = "scene") {
    const wrong = this.invalid(scene.number, name);
    const key = `${name}-${scene.number}-`;
    const number = attributes.type === "number";
    const control = node(tag, {
      ...attributes, "data-place": key, "aria-label": `${label} of ${of} ${scene.number}`,
      "aria-invalid": wrong ? "true" : null,
      value: String(this.drafts.get(key) ?? (wrong ? wrong.value : scene[name])),
      oninput: (event) => this.drafts.set(key, event.target.value),
      onkeydown: (event) => { if (event.key === "Enter" && tag === "input") event.target.blur(); event.stopPropagation(); },
      onchange: (event) => {
        this.drafts.delete(key);
        const text = event.target.value;
        this.send("set", { scene: scene.number, field: name, value: number && text !== "" ? Number(text) : text });
      },
    });
    const message = wrong ? node("span", { class: "lotus-wrong", role: "alert" }, wrong.message) : null;
    return node("label", {}, node("span", {}, label), control, message);
  }

  choice(scene, name, label, choices, of = "scene") {
    const all = choices.includes(scene[name]) ? choices : [scene[name], ...choices];
    const options = all.map((text) => node("option", { value: text }, text || "same as the others"));
    const control = node("select", {
      "data-place": `${name}-${scene.number}-`, "aria-label": `${label} of ${of} ${scene.number}`,
      onchange: (event) => this.send("set", { scene: scene.number, field: name, value: event.target.value }),
    }, ...options);
    control.value = scene[name];
    return node("label", {}, node("span", {}, label), control);
  }

  // The bar: scenes, transitions, captions and sound, each as long as it lasts.
  show_bar() {
    const { scenes, seconds, sound, beats } = this.state;
    const share = (length) => `${(100 * length) / seconds}%`;
    const blocks = node("div", { class: "lotus-row", "data-row": "scenes" });
    const captions = node("div", { class: "lotus-row lotus-low", "data-row": "captions" });
    let at = 0;
    for (const scene of scenes) {
      const n = scene.number;
      const block = node("div", {
        class: "lotus-block", draggable: true, "data-block": n, style: `left:${share(at)};width:${share(scene.duration_seconds)}`,
        title: `scene ${n}: ${scene.duration_seconds} s; drag to reorder`, ondragstart: (event) => this.drag(event, n),
        ondragover: (event) => { if (this.dragged) event.preventDefault(); }, ondrop: (event) => this.drop(event, n),
      }, `${n}`);
      if (scene.transition !== "cut" && n < scenes.length)
        blocks.append(node("div", {
          class: "lotus-mix", title: `${scene.transition}, ${scene.transition_seconds} s`,
          style: `left:${share(at + scene.duration_seconds)};width:${share(scene.transition_seconds)}`,
        }));
      blocks.append(block, this.edge(scene, at, share));
      if (scene.caption)
        captions.append(node("div", { class: "lotus-caption", title: scene.caption, style: `left:${share(at)};width:${share(scene.duration_seconds)}` }, scene.caption));
      at += scene.duration_seconds;
    }
    const tone = node("div", { class: "lotus-row lotus-low", "data-row": "sound" },
      sound ? node("div", { class: "lotus-sound", style: "left:0;width:100%" }, `♪ ${sound}`) : null,
      ...beats.filter((beat) => beat < seconds).map((beat) => node("i", { class: "lotus-beat", style: `left:${share(beat)}` })));
    const every = [0.5, 1, 2, 5, 10, 30].find((step) => seconds / step <= 16) || 60;
    const ruler = node("div", { class: "lotus-row lotus-ruler", "aria-hidden": "true" });
    for (let tick = 0; tick < seconds; tick += every) ruler.append(node("span", { style: `left:${share(tick)}` }, `${tick} s`));
    this.bar.replaceChildren(blocks, captions, tone, ruler);
  }

  edge(scene, at, share) {
    const n = scene.number;
    const retime = (value) => this.send("set", { scene: n, field: "duration_seconds", value: Math.max(STEP_SECONDS, Math.round(value * 20) / 20) });
    return node("div", {
      class: "lotus-edge", role: "slider", tabindex: 0, "data-place": `edge-${n}-`, "aria-label": `seconds of scene ${n}`,
      "aria-valuenow": scene.duration_seconds, "aria-valuemin": 0, "aria-valuetext": `${scene.duration_seconds} seconds`,
      title: `drag to retime scene ${n}`, style: `left:${share(at + scene.duration_seconds)}`,
      onkeydown: (event) => {
        const step = { ArrowLeft: -STEP_SECONDS, ArrowRight: STEP_SECONDS }[event.key];
        if (!step) return;
        event.preventDefault();
        event.stopPropagation();
        retime(scene.duration_seconds + step);
      },
      onpointerdown: (event) => {
        event.preventDefault();
        const handle = event.currentTarget;
        const width = this.bar.clientWidth;
        const start = event.clientX;
        let value = scene.duration_seconds;
        handle.setPointerCapture(event.pointerId);
        handle.onpointermove = (move) => {
          value = scene.duration_seconds + ((move.clientX - start) / width) * this.state.seconds;
          handle.style.left = share(at + Math.max(STEP_SECONDS, value));
          this.say(`scene ${n}: ${Math.max(STEP_SECONDS, value).toFixed(2)} s`, false);
        };
        handle.onpointerup = () => {
          handle.onpointermove = handle.onpointerup = null;
          if (Math.abs(value - scene.duration_seconds) >= 0.05) retime(value);
        };
      },
    });
  }

  show_pictures() {
    const pictures = this.model.get("pictures") || {};
    for (const card of this.cards.querySelectorAll("[data-picture]")) {
      const image = card.querySelector("img");
      const source = pictures[card.dataset.picture] || "";
      image.hidden = !source;
      if (source && image.src !== source) image.src = source;
    }
  }

  show_status() {
    const status = this.model.get("status") || {};
    this.say(status.text || "", status.bad);
    this.progress.hidden = !status.rendering;
    if (status.percent === undefined) this.progress.removeAttribute("value");
    else this.progress.value = status.percent;
    if (this.state && this.state.scenes && this.was !== Boolean(status.rendering)) this.show_tools();
    this.was = Boolean(status.rendering);
  }

  say(text, bad) {
    this.line.textContent = text;
    this.line.classList.toggle("lotus-wrong", Boolean(bad));
  }

  show_preview() { this.show_videos("preview"); }
  show_video() { this.show_videos("video"); }
  show_before() { this.show_videos(); }

  show_videos(plays = "") {
    const figures = [["before", "the one before"], ["video", "the newest video"], ["preview", "preview of a scene"]];
    for (const url of this.urls.values()) URL.revokeObjectURL(url);
    this.urls.clear();
    this.videos.replaceChildren(...figures.flatMap(([part, words]) => {
      const url = videoUrl(this.model.get(part));
      if (!url) return [];
      this.urls.set(part, url);
      const video = node("video", { src: url, controls: "", loop: part === "preview" ? "" : null, playsinline: "", "aria-label": words });
      if (part === plays) { video.muted = true; video.play().catch(() => {}); }
      return [node("figure", { "data-video": part }, video, node("figcaption", {}, words))];
    }));
  }

  close() {
    this.themes.disconnect();
    this.seen.disconnect();
    for (const part of ["state", "pictures", "status", "preview", "video", "before"])
      this.model.off(`change:${part}`, this[`on_${part}`]);
    for (const url of this.urls.values()) URL.revokeObjectURL(url);
  }
}

function render({ model, el }) {
  const root = node("div", { class: "lotus-board" });
  el.append(root);
  const board = new Board(model, root);
  return () => board.close();
}

export default { render };
