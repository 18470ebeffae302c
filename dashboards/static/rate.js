// The rating page: two videos in step, answers by key or by touch, one request an answer.
(() => {
  const SLOW_MS = 10000; // so long the page waits for a whole video; then the beginning is enough
  const LEAST_MS = 300; // that a pair is shown: the second click of a double click is no answer
  const REPLY_MS = 20000;
  const at = (id) => document.getElementById(id);
  const left = at("left");
  const right = at("right");
  const here = location.pathname.replace(/\/$/, "");
  let current = null; // the name of the pair or clip on the page
  let scale = false; // one clip at a time, scored
  let since = 0; // when both videos could be seen
  let paused = false;
  let loading = false;
  let late = 0; // the timer of a slow network
  let allowed = "nothing"; // or "skip", or "all"

  const say = (text) => { at("trouble").textContent = text; at("trouble").hidden = !text; };
  const active = () => (scale ? [left] : [left, right]);
  const buttons = () => document.querySelectorAll("[data-choice], [data-score]");
  const allow = (what) => {
    allowed = what;
    at("rating").setAttribute("aria-busy", what !== "all");
    // not `disabled`: who goes by keyboard would lose the place
    for (const button of buttons()) button.setAttribute("aria-disabled", !(what === "all" || (what === "skip" && button.dataset.choice === "skip")));
  };
  const label = () => { at("play").lastChild.textContent = paused ? " play" : " pause"; };
  const pause = () => {
    paused = true;
    label();
    for (const video of active()) video.pause();
  };
  const play = () => {
    paused = false;
    label();
    for (const video of active()) video.play().catch((error) => {
      if (error.name !== "NotAllowedError") return;
      pause(); // as phones do that save power
      say("This browser does not start videos by itself: press play.");
    });
  };
  const restart = () => {
    for (const video of active()) video.currentTime = 0;
    if (!paused) play();
  };

  const begin = () => {
    loading = false;
    clearTimeout(late);
    restart();
    since = performance.now();
    setTimeout(() => allow("all"), LEAST_MS);
  };
  const check = (enough) => {
    if (loading && active().every((video) => video.readyState >= enough)) begin();
  };
  const wait = () => {
    loading = true;
    clearTimeout(late);
    late = setTimeout(() => {
      check(HTMLMediaElement.HAVE_CURRENT_DATA);
      if (!loading) return;
      allow("skip");
      say('The videos load slowly. Wait, press play, or choose "cannot say".');
      late = setInterval(() => { check(HTMLMediaElement.HAVE_CURRENT_DATA); if (!loading) say(""); }, 500);
    }, SLOW_MS);
  };
  for (const video of [left, right]) {
    video.addEventListener("canplaythrough", () => check(HTMLMediaElement.HAVE_ENOUGH_DATA));
    video.addEventListener("error", () => {
      if (!active().includes(video)) return;
      loading = false;
      clearTimeout(late);
      allow("skip");
      say('A video could not be loaded. Load the page again, or choose "cannot say".');
    });
    // the longer one ends a round
    video.addEventListener("ended", () => { if (active().every((one) => one.ended)) restart(); });
  }
  left.addEventListener("timeupdate", () => { // the right follows the left
    if (!scale && !left.ended && !right.ended && Math.abs(left.currentTime - right.currentTime) > 0.08) right.currentTime = left.currentTime;
  });

  const show = (next) => {
    at("count").textContent = `${next.done} of ${next.total}`;
    at("progress").value = next.total ? next.done / next.total : 1;
    say(next.note || "");
    scale = Boolean(next.scale);
    current = next.pair || next.clip;
    if (!current) {
      for (const video of [left, right]) video.pause();
      at("rating").hidden = true;
      at("end").hidden = false;
      at("left-out").textContent = next.note || "";
      at("thanks").focus();
      return;
    }
    for (const side of document.querySelectorAll(".side")) side.classList.remove("chosen");
    document.body.classList.toggle("scale", scale);
    document.querySelector(".side[data-choice=right]").hidden = scale;
    document.querySelector(".answers:not(.steps)").hidden = scale;
    document.querySelector(".steps").hidden = !scale;
    if (scale) {
      const side = document.querySelector(".side[data-choice=left]");
      side.tabIndex = -1; // no answer, only the picture
      side.setAttribute("aria-label", "The video");
    }
    at("question").textContent = next.question;
    at("prompt").textContent = next.prompt || "";
    at("prompt").hidden = !next.prompt;
    wait();
    left.src = `${here}/${current}/${scale ? "clip" : "left"}.mp4`;
    if (!scale) right.src = `${here}/${current}/right.mp4`;
    play(); // phones load nothing before
  };
  const ask = async (options) => {
    let answer;
    try {
      answer = await fetch(`${here}/answer`, { cache: "no-store", signal: AbortSignal.timeout(REPLY_MS), ...options });
    } catch {
      throw new Error("The server cannot be reached.");
    }
    const document = await answer.json().catch(() => ({}));
    if (answer.ok) return document;
    const error = new Error(document.error || "The server does not answer.");
    throw Object.assign(error, { remedy: document.remedy });
  };
  const choose = async (choice) => {
    if (current === null || !(allowed === "all" || (allowed === "skip" && choice === "skip"))) return;
    const before = allowed;
    allow("nothing");
    loading = false;
    clearTimeout(late);
    if (!scale) document.querySelector(`.side[data-choice="${choice}"]`)?.classList.add("chosen");
    const seconds = before === "all" ? Math.max(0, (performance.now() - since) / 1000) : 0;
    const answer = scale ? { clip: current, score: choice === "skip" ? null : choice, seconds } : { pair: current, choice, seconds };
    try {
      show(await ask({ method: "POST", body: JSON.stringify(answer) }));
    } catch (error) {
      for (const side of document.querySelectorAll(".side")) side.classList.remove("chosen");
      if (error.remedy === "stop") say(`${error.message} Your answers so far are kept.`);
      else if (error.remedy === "next") ask({}).then((next) => show({ note: error.message, ...next })).catch((again) => say(again.message));
      else {
        say(`${error.message} Your answer is not kept yet: choose again.`);
        if (before === "skip") wait();
        allow(before);
      }
    }
  };

  const nextSound = () => { // none, of 1, of 2: one of two sounds can be heard
    const [text, one, two] = !left.muted && !scale ? [" sound of 2, again for none", true, false]
      : left.muted && right.muted ? [scale ? " sound off" : " sound of 1, again for 2", false, true]
        : [" sound on", true, true];
    [left.muted, right.muted] = [one, two];
    at("mute").lastChild.textContent = text;
  };
  const keyOf = (event) => { // also where a keyboard writes other letters, or an input method waits
    if (/^[0-9a-z ]$/i.test(event.key)) return event.key.toLowerCase();
    const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
    return digit ? digit[1] : { KeyS: "s", KeyM: "m", Space: " " }[event.code];
  };
  const keys = { 1: "left", 2: "right", 0: "tie", s: "skip" };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const key = keyOf(event);
    if (key === " ") {
      if (event.target.closest("button")) return; // the button that has the focus is pressed
      event.preventDefault();
      if (paused) play(); else pause();
    } else if (key === "m") nextSound();
    else if (scale && /^[1-5]$/.test(key)) choose(Number(key));
    else if (scale ? key === "s" : keys[key]) choose(keys[key]);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (event.detail) button.blur(); // of a pointer: space stays that of the videos
    if (button.id === "play") { if (paused) { say(""); play(); } else pause(); }
    else if (button.id === "mute") nextSound();
    else if (event.detail > 1) return; // the second click of a double click
    else if (button.dataset.score) choose(Number(button.dataset.score));
    else if (!scale || button.dataset.choice === "skip") choose(button.dataset.choice);
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  allow("nothing");
  ask({}).then(show).catch((error) => say(`${error.message} Load the page again.`));
})();
