// Comments on a video: at the moment that the player shows, on a part of the picture that is drawn
// over it; a comment that is clicked shows its moment and its part.
(() => {
  const WHOLE = 1000; // thousandths of a picture
  const video = document.querySelector(".stage video");
  const comments = document.getElementById("comments");
  if (!video || !comments) return;
  const fps = comments.dataset.fps.split("/").reduce((a, b) => a / b);
  const form = document.getElementById("comment");
  const frame = document.createElement("div");
  frame.className = "picture";
  video.replaceWith(frame);
  const box = document.createElement("div");
  box.className = "box";
  box.hidden = true;
  frame.append(video, box);

  // --- the picture within the player, which has bars beside it or above
  const picture = () => {
    const { clientWidth: w, clientHeight: h, videoWidth, videoHeight } = video;
    const scale = Math.min(w / (videoWidth || w), h / (videoHeight || h));
    const [width, height] = [(videoWidth || w) * scale, (videoHeight || h) * scale];
    return { left: (w - width) / 2, top: (h - height) / 2, width, height };
  };
  const show = (region) => {
    box.hidden = !region;
    if (!region) return;
    const { left, top, width, height } = picture();
    const [x, y, w, h] = region;
    Object.assign(box.style, {
      left: `${left + (x * width) / WHOLE}px`, top: `${top + (y * height) / WHOLE}px`,
      width: `${(w * width) / WHOLE}px`, height: `${(h * height) / WHOLE}px`,
    });
  };

  comments.addEventListener("click", (event) => {
    const link = event.target.closest("a.at");
    if (!link) return;
    event.preventDefault();
    video.pause();
    video.currentTime = (Number(link.dataset.frame) + 0.5) / fps; // the middle of the frame
    show(link.dataset.region?.split(",").map(Number));
    frame.scrollIntoView({ block: "nearest" });
  });
  video.addEventListener("play", () => show(null));
  if (!form) return;

  // --- a new comment
  const time = form.elements.time;
  const region = form.elements.region;
  let typed = false;
  time.addEventListener("input", () => { typed = true; });
  const moment = () => {
    if (typed || !video.currentTime) return;
    const hundredths = Math.floor(video.currentTime * 100);
    time.value = `${Math.floor(hundredths / 6000)}:${((hundredths % 6000) / 100).toFixed(2).padStart(5, "0")}`;
  };
  for (const name of ["pause", "seeked", "timeupdate"]) video.addEventListener(name, moment);

  const button = form.querySelector("[data-mark]");
  const cover = document.createElement("div");
  cover.className = "cover";
  cover.hidden = true;
  frame.append(cover);
  button.hidden = false;
  const marking = (on) => {
    cover.hidden = !on;
    button.setAttribute("aria-pressed", String(on));
    if (!on) return;
    video.pause();
    frame.scrollIntoView({ block: "center" }); // below many comments the picture is out of sight
  };
  button.addEventListener("click", () => {
    region.value = "";
    show(null);
    marking(cover.hidden);
  });
  let from = null;
  const at = (event) => {
    const area = picture();
    const bounds = frame.getBoundingClientRect();
    const part = (value, start, size) => Math.round(Math.min(1, Math.max(0, (value - start) / size)) * WHOLE);
    return [part(event.clientX - bounds.left, area.left, area.width), part(event.clientY - bounds.top, area.top, area.height)];
  };
  const between = ([x, y], [u, v]) => [Math.min(x, u), Math.min(y, v), Math.abs(x - u), Math.abs(y - v)];
  cover.addEventListener("pointerdown", (event) => {
    from = at(event);
    cover.setPointerCapture(event.pointerId);
  });
  cover.addEventListener("pointermove", (event) => { if (from) show(between(from, at(event))); });
  cover.addEventListener("pointerup", (event) => {
    const drawn = between(from, at(event));
    from = null;
    if (!drawn[2] || !drawn[3]) return show(null);
    region.value = drawn.join(",");
    show(drawn);
    marking(false);
    moment();
    form.elements.text.focus();
  });
})();
