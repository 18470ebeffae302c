// The rating page: two videos in step, answers by key or by touch, one request an answer.
(() => {
  const at = (id) => document.getElementById(id);
  const left = at("left");
  const right = at("right");
  const videos = [left, right];
  const here = location.pathname.replace(/\/$/, "");
  let shown = null; // the name of the pair or clip that is shown
  let scale = false; // one clip at a time, scored
  let since = 0; // when both videos could be seen
  let sending = false;
  let paused = false;

  const trouble = (text) => { at("trouble").textContent = text; at("trouble").hidden = !text; };
  const busy = (on) => {
    at("rating").setAttribute("aria-busy", on);
    for (const button of document.querySelectorAll("[data-choice], [data-score]")) button.disabled = on;
  };
  const play = () => {
    paused = false;
    at("play").lastChild.textContent = " pause";
    for (const video of scale ? [left] : videos) video.play().catch(() => {});
  };
  const pause = () => {
    paused = true;
    at("play").lastChild.textContent = " play";
    for (const video of videos) video.pause();
  };
  const restart = () => {
    for (const video of videos) video.currentTime = 0;
    if (!paused) play();
  };
  // the longer one ends a round; the right follows the left
  for (const video of videos) video.addEventListener("ended", () => { if (scale || videos.every((v) => v.ended)) restart(); });
  left.addEventListener("timeupdate", () => {
    if (!scale && !left.ended && !right.ended && Math.abs(left.currentTime - right.currentTime) > 0.08) right.currentTime = left.currentTime;
  });
  const ready = (video) => new Promise((resolve, reject) => {
    video.oncanplaythrough = resolve;
    video.onerror = () => reject(new Error("A video could not be loaded."));
  });

  const show = async (next) => {
    at("count").textContent = `${next.done} of ${next.total}`;
    at("progress").value = next.total ? next.done / next.total : 1;
    scale = Boolean(next.scale);
    if (!next.pair && !next.clip) {
      at("rating").hidden = true;
      at("end").hidden = false;
      return;
    }
    for (const side of document.querySelectorAll(".side")) side.classList.remove("chosen");
    shown = next.pair || next.clip;
    document.body.classList.toggle("scale", scale);
    document.querySelector(".side[data-choice=right]").hidden = scale;
    document.querySelector(".answers:not(.steps)").hidden = scale;
    document.querySelector(".steps").hidden = !scale;
    at("question").textContent = next.question;
    at("prompt").textContent = next.prompt || "";
    at("prompt").hidden = !next.prompt;
    const loaded = (scale ? [left] : videos).map(ready);
    left.src = `${here}/${shown}/${scale ? "clip" : "left"}.mp4`;
    if (!scale) right.src = `${here}/${shown}/right.mp4`;
    try {
      await Promise.all(loaded);
    } catch (error) {
      trouble(`${error.message} Choose "cannot say", or load the page again.`);
    }
    restart();
    since = performance.now();
    busy(false);
  };
  const ask = async (options) => {
    const answer = await fetch(`${here}/answer`, { cache: "no-store", ...options });
    const document = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(document.error || "The server does not answer.");
    return document;
  };
  const choose = async (choice) => {
    if (sending || shown === null || at("rating").getAttribute("aria-busy") === "true") return;
    sending = true;
    busy(true);
    if (!scale) document.querySelector(`.side[data-choice="${choice}"]`)?.classList.add("chosen");
    const seconds = Math.max(0, (performance.now() - since) / 1000);
    try {
      const answer = scale ? { clip: shown, score: choice === "skip" ? null : choice, seconds } : { pair: shown, choice, seconds };
      const next = await ask({ method: "POST", body: JSON.stringify(answer) });
      trouble("");
      sending = false;
      await show(next);
    } catch (error) {
      trouble(`${error.message} Your answer is not kept yet: choose again.`);
      busy(false);
    }
    sending = false;
  };

  const toggleSound = () => {
    left.muted = !left.muted;
    right.muted = true; // one of two sounds can be heard
    at("mute").lastChild.textContent = left.muted ? " sound on" : " sound of 1, again for 2";
  };
  const nextSound = () => {
    if (!left.muted) {
      left.muted = true;
      right.muted = false;
      at("mute").lastChild.textContent = " sound of 2, again for none";
    } else if (!right.muted) {
      right.muted = true;
      at("mute").lastChild.textContent = " sound on";
    } else toggleSound();
  };
  const keys = { 1: "left", 2: "right", 0: "tie", s: "skip" };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key === " ") {
      event.preventDefault();
      if (paused) play(); else pause();
    } else if (event.key === "m") nextSound();
    else if (scale && /^[1-5]$/.test(event.key)) choose(Number(event.key));
    else if (scale ? event.key === "s" : keys[event.key]) choose(keys[event.key]);
  });
  for (const button of document.querySelectorAll("[data-choice]")) button.addEventListener("click", () => { if (!scale || button.dataset.choice === "skip") choose(button.dataset.choice); });
  for (const button of document.querySelectorAll("[data-score]")) button.addEventListener("click", () => choose(Number(button.dataset.score)));
  at("play").addEventListener("click", () => (paused ? play() : pause()));
  at("mute").addEventListener("click", nextSound);
  busy(true);
  ask({}).then(show).catch((error) => trouble(error.message));
})();
