// The little that pages do by themselves: times in the viewer's zone, videos in step, a page that has rested.
(() => {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

  const localise = (root) => {
    for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
      time.title = time.textContent;
      time.textContent = format.format(new Date(time.dateTime));
    }
  };

  // What one of the videos does, the others do too; where it is matters more than when it was told.
  const step = (group) => {
    if (group.dataset.steps) return;
    group.dataset.steps = "yes";
    const others = (video) => [...group.querySelectorAll("video")].filter((other) => other !== video);
    const follow = (event) => {
      for (const other of others(event.target)) {
        if (Math.abs(other.currentTime - event.target.currentTime) > 0.08) other.currentTime = event.target.currentTime;
        if (event.type === "play" && other.paused) other.play().catch(() => {});
        if (event.type === "pause" && !other.paused && !event.target.ended) other.pause();
      }
    };
    for (const name of ["play", "pause", "seeked"]) group.addEventListener(name, follow, true);
    for (const video of group.querySelectorAll("video")) {
      video.preload = "auto";
      video.muted = video !== group.querySelector("video");
    }
  };

  // A grid of videos plays one at a time.
  document.addEventListener("play", (event) => {
    if (event.target.closest("[data-instep]")) return;
    for (const other of document.querySelectorAll("video")) if (other !== event.target) other.pause();
  }, true);

  // Voilà moves the cells into a frame of its own at the end of the body: back into the page with it.
  const settle = () => {
    const frame = document.querySelector("body > div#main");
    if (frame) document.getElementById("content").append(frame);
  };

  // Filters without a kernel: the page is opened again with what was chosen, and without what was not.
  document.addEventListener("change", (event) => {
    if (event.target.type !== "search") event.target.closest("form.filters")?.requestSubmit();
  });
  document.addEventListener("formdata", ({ target, formData }) => {
    if (!target.matches(".filters")) return;
    for (const [name, value] of [...formData]) if (!value || value === "0") formData.delete(name);
  });
  // Who was quicker than this script has chosen already.
  for (const select of document.querySelectorAll("form.filters select")) {
    if (!select.selectedOptions[0]?.defaultSelected && select.querySelector("[selected]")) select.form.requestSubmit();
  }

  // The kernel's page takes the place of what was shown at once: with what was ticked, but not while
  // a video plays or somebody chooses.
  const takeOver = () => {
    const first = document.getElementById("first");
    if (!first) return;
    const playing = [...first.querySelectorAll("video")].find((video) => !video.paused && !video.ended);
    if (playing) return playing.addEventListener("pause", takeOver, { once: true });
    if (first.querySelector(".filters :focus")) return first.addEventListener("focusout", () => setTimeout(takeOver), { once: true });
    const ticked = [...first.querySelectorAll(".tick input:checked")].map((box) => box.value);
    const focused = first.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const before = first.querySelector(".card, .tiles")?.getBoundingClientRect().top;
    first.remove();
    for (const box of document.querySelectorAll(".tick input")) box.checked ||= ticked.includes(box.value);
    if (focused) document.querySelector(`#content a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    const after = document.querySelector(".card, .tiles")?.getBoundingClientRect().top;
    if (scrollY > 0 && before !== undefined && after !== undefined) scrollBy({ top: after - before, behavior: "instant" });
  };

  const note = (text) => {
    if (document.getElementById("rested")) return;
    const shown = document.createElement("p");
    shown.id = "rested";
    shown.className = "note";
    shown.setAttribute("role", "alert");
    shown.innerHTML = `${text} <a href="">Load it again</a> to go on.`;
    document.getElementById("content").prepend(shown);
  };

  // On an overloaded machine a widget is given up after a minute: what was shown at once stays, and so do its filters.
  const lost = () => {
    const given = document.querySelector("#content .jupyter-widgets")?.textContent.includes("model not found");
    if (given && document.getElementById("first")) note("The machine is busy, so this page does not follow what happens.");
  };

  const ready = (root) => {
    settle();
    lost();
    localise(root);
    root.querySelectorAll("[data-instep]").forEach(step);
    if (root.querySelector("[data-complete]")) requestAnimationFrame(() => requestAnimationFrame(takeOver));
  };
  new MutationObserver(() => ready(document)).observe(document.body, { childList: true, subtree: true });
  ready(document);

  // Who leaves before the widgets are there says so, as Voilà does for them afterwards.
  const config = () => JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "null");
  addEventListener("pagehide", () => {
    const { baseUrl, kernelId } = config() ?? {};
    if (!kernelId || !document.getElementById("first")) return;
    const mark = new FormData();
    mark.append("_xsrf", document.cookie.match(/\b_xsrf=([^;]*)/)?.[1] ?? "");
    navigator.sendBeacon(`${baseUrl}voila/api/shutdown/${kernelId}`, mark);
  });

  // The kernel behind a page ends when nobody used it for long: say so when the viewer comes back.
  document.addEventListener("visibilitychange", async () => {
    const { baseUrl, kernelId } = config() ?? {};
    if (!kernelId || document.hidden) return;
    const found = await fetch(`${baseUrl}api/kernels/${kernelId}`).catch(() => null);
    if (!found || found.status !== 404) return;
    note("This page has rested.");
  });
})();
