// A kernel as the widget manager of VS Code wants one: what widgets send goes to `toKernel`,
// messages of the real kernel come by `fromKernel`.
window.makeKernel = () => {
  const signal = () => ({ connect: () => true, disconnect: () => true, emit() {} });
  const targets = {};
  const comms = {};
  const sent = {};
  let count = 0;
  const text = (buffer) => {
    const bytes = new Uint8Array(buffer.buffer || buffer, buffer.byteOffset || 0, buffer.byteLength);
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  };
  const view = (base64) =>
    new DataView(Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0)).buffer);
  const comm = (commId, targetName) => {
    const send = (data, metadata, buffers) => {
      const msg_id = `page-${(count += 1)}`;
      const future = { msg: { header: { msg_id } }, done: Promise.resolve(), dispose() {} };
      sent[msg_id] = Object.assign(future, { onReply() {}, onIOPub() {}, onStdin() {} });
      const message = { msg_id, comm_id: commId, data, buffers: (buffers || []).map(text) };
      window.toKernel(JSON.stringify(message));
      return future;
    };
    comms[commId] = { commId, targetName, isDisposed: false, send, open() {}, close() {} };
    return comms[commId];
  };
  window.fromKernel = (message) => {
    const { header, parent_header: parent, content } = message;
    message.buffers = message.buffers.map(view);
    if (header.msg_type === "comm_open")
      targets[content.target_name](comm(content.comm_id, content.target_name), message);
    else if (header.msg_type === "comm_msg") comms[content.comm_id]?.onMsg?.(message);
    else sent[parent.msg_id]?.onIOPub(message);
  };
  return {
    ...{ id: "kernel", name: "python3", username: "", clientId: "", status: "idle" },
    ...{ connectionStatus: "connected", model: { id: "kernel", name: "python3" } },
    ...{ isDisposed: false, handleComms: true, serverSettings: {} },
    ...{ statusChanged: signal(), connectionStatusChanged: signal(), iopubMessage: signal() },
    ...{ unhandledMessage: signal(), anyMessage: signal(), disposed: signal() },
    pendingInput: signal(),
    registerCommTarget: (name, call) => {
      targets[name] = call;
    },
    removeCommTarget() {},
    createComm: (target, id) => comm(id, target),
    hasComm: (id) => id in comms,
    requestCommInfo: async () => ({ content: { status: "ok", comms: {} } }),
    registerMessageHook() {},
    removeMessageHook() {},
  };
};
window.makeManager = (kernel, anywidget) => {
  window.failures = [];
  const scripts = {
    widgetsRegisteredInRequireJs: new Set(),
    errorHandler: (...facts) => window.failures.push(facts.join(" ")),
    successHandler() {},
    loadWidgetScript: async (name) => {
      if (name === "anywidget") requirejs.config({ paths: { anywidget } });
      else window.failures.push(`asked for ${name}`);
    },
  };
  const node = document.querySelector("#out");
  window.manager = new window.vscIPyWidgets.WidgetManager(kernel, node, scripts, () => {});
  window.show = async (id) => {
    const view = await window.manager.create_view(await window.manager.get_model(id), {});
    await window.manager.display_view({}, view, { node });
  };
};
