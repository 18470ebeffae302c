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

  // The kernel's page takes the place of what was shown at once: unless a video plays, and with what was ticked.
  const takeOver = () => {
    const first = document.getElementById("first");
    if (!first) return;
    const playing = [...first.querySelectorAll("video")].find((video) => !video.paused && !video.ended);
    if (playing) return playing.addEventListener("pause", takeOver, { once: true });
    const ticked = [...first.querySelectorAll(".tick input:checked")].map((box) => box.value);
    const focused = first.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const before = first.querySelector(".card, .tiles")?.getBoundingClientRect().top;
    first.remove();
    for (const box of document.querySelectorAll(".tick input")) box.checked ||= ticked.includes(box.value);
    if (focused) document.querySelector(`#content a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    const after = document.querySelector(".card, .tiles")?.getBoundingClientRect().top;
    if (scrollY > 0 && before !== undefined && after !== undefined) scrollBy({ top: after - before, behavior: "instant" });
  };

  const ready = (root) => {
    settle();
    localise(root);
    root.querySelectorAll("[data-instep]").forEach(step);
    if (root.querySelector("[data-complete]")) requestAnimationFrame(() => requestAnimationFrame(takeOver));
  };
  new MutationObserver(() => ready(document)).observe(document.body, { childList: true, subtree: true });
  ready(document);

  // The kernel behind a page ends when nobody used it for long: say so when the viewer comes back.
  const config = document.getElementById("jupyter-config-data");
  if (!config) return;
  const { baseUrl, kernelId } = JSON.parse(config.textContent);
  document.addEventListener("visibilitychange", async () => {
    if (document.hidden || document.getElementById("rested")) return;
    const found = await fetch(`${baseUrl}api/kernels/${kernelId}`).catch(() => null);
    if (!found || found.status !== 404) return;
    const note = document.createElement("p");
    note.id = "rested";
    note.className = "note";
    note.setAttribute("role", "alert");
    note.innerHTML = 'This page has rested. <a href="">Load it again</a> to go on.';
    document.getElementById("content").prepend(note);
  });
})();
