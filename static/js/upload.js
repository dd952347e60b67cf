// Resumable uploads: each chosen file is a row; tus sends it in pieces and goes on after whatever broke.
(() => {
  const PIECE_BYTES = 64 * 1024 * 1024;
  const ENDINGS = [
    ["bam", /\.bam$/i],
    ["cram", /\.cram$/i],
    ["vcf", /\.vcf(\.gz)?$/i],
    ["bed", /\.(bed(\.gz)?|interval_list)$/i],
    ["fasta", /\.(fa|fasta|fna)(\.gz)?$/i],
  ];

  const form = document.getElementById("upload");
  if (!form) return;
  const words = JSON.parse(document.getElementById("upload-words").textContent);
  const queue = document.getElementById("upload-queue");
  const body = queue.querySelector("tbody");
  const submit = form.querySelector("button[type=submit]");
  const picker = document.getElementById("upload-files");
  const rows = new Set();

  const part = (row, name) => row.element.querySelector(`[data-part=${name}]`);
  const act = (row, name) => row.element.querySelector(`[data-act=${name}]`);
  const said = (text) => {
    document.getElementById("upload-said").textContent = text;
  };
  const size = (bytes) => {
    const units = ["B", "KB", "MB", "GB", "TB"];
    const step = Math.min(units.length - 1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1000)));
    return `${(bytes / 1000 ** step).toFixed(step ? 1 : 0)} ${units[step]}`;
  };
  const show = (row, state, text) => {
    row.state = state;
    part(row, "state").textContent = text;
    act(row, "pause").hidden = state !== "sending";
    act(row, "resume").hidden = state !== "paused" && state !== "failed";
    act(row, "remove").hidden = state === "sending" || state === "done";
    part(row, "kind").disabled = state !== "waiting";
    submit.disabled = ![...rows].some((other) => other.state === "waiting");
  };

  const chosenLibrary = () => {
    const select = form.elements.run_library;
    const option = select.selectedOptions[0];
    const [run, library] = option && option.value ? option.textContent.split(" (")[0].split(" · ") : ["", ""];
    return { run, library };
  };

  const problem = (error) => {
    const answer = error.originalResponse && error.originalResponse.getBody();
    try {
      return JSON.parse(answer).message;
    } catch {
      return words.broken;
    }
  };

  const uploadOf = (row) =>
    new tus.Upload(row.file, {
      endpoint: form.dataset.endpoint,
      chunkSize: PIECE_BYTES,
      retryDelays: [0, 1000, 2000, 5000, 10000, 20000, 30000],
      headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
      metadata: {
        filename: row.file.name,
        kind: part(row, "kind").value,
        genome: form.elements.genome.value,
        ...chosenLibrary(),
      },
      removeFingerprintOnSuccess: true,
      // The same file for another library is another upload.
      fingerprint: async (file, options) =>
        ["exomark", file.name, file.size, file.lastModified, JSON.stringify(options.metadata)].join("-"),
      onAfterResponse: (_request, response) => {
        row.publicId = response.getHeader("Upload-File") || row.publicId;
      },
      onProgress: (sent, whole) => {
        const share = whole ? Math.floor((100 * sent) / whole) : 100;
        part(row, "progress").value = share;
        const seconds = (performance.now() - row.begun) / 1000;
        const speed = seconds > 1 ? ` · ${size((sent - row.before) / seconds)}/s` : "";
        part(row, "state").textContent = `${share} %${speed}`;
      },
      onError: (error) => show(row, "failed", problem(error)),
      onSuccess: () => {
        part(row, "progress").value = 100;
        show(row, "done", words.arrived);
        said(`${row.file.name}: ${words.arrived}`);
        const link = part(row, "link");
        link.href = form.dataset.fileUrl.replace("00000000-0000-0000-0000-000000000000", row.publicId);
        link.hidden = false;
      },
    });

  const send = async (row) => {
    show(row, "sending", words.starting);
    row.begun = performance.now();
    row.before = 0;
    if (!row.upload) {
      row.upload = uploadOf(row);
      const [earlier] = await row.upload.findPreviousUploads();
      if (earlier) row.upload.resumeFromPreviousUpload(earlier);
    }
    row.upload.start();
  };

  const pause = async (row) => {
    await row.upload.abort();
    show(row, "paused", words.paused);
  };

  const remove = (row) => {
    if (row.upload) row.upload.abort(true).catch(() => {});
    rows.delete(row);
    row.element.remove();
    queue.hidden = rows.size === 0;
    submit.disabled = ![...rows].some((other) => other.state === "waiting");
  };

  const add = (file) => {
    const element = document.getElementById("upload-row").content.firstElementChild.cloneNode(true);
    const row = { file, element, upload: null, publicId: "" };
    rows.add(row);
    body.append(element);
    part(row, "name").textContent = file.name;
    part(row, "size").textContent = size(file.size);
    const known = ENDINGS.find(([, ending]) => ending.test(file.name));
    part(row, "kind").value = known ? known[0] : "other";
    act(row, "pause").addEventListener("click", () => pause(row));
    act(row, "resume").addEventListener("click", () => send(row));
    act(row, "remove").addEventListener("click", () => remove(row));
    const isTooLarge = file.size > Number(form.dataset.mostBytes);
    show(row, isTooLarge ? "refused" : "waiting", isTooLarge ? words.tooLarge : words.waiting);
  };

  const take = () => {
    [...picker.files].forEach(add);
    picker.value = "";
    queue.hidden = rows.size === 0;
  };
  picker.addEventListener("change", take);
  take(); // what was chosen while this script was still on its way

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    [...rows].filter((row) => row.state === "waiting").forEach(send);
  });

  window.addEventListener("beforeunload", (event) => {
    if ([...rows].some((row) => row.state === "sending")) event.preventDefault();
  });
})();
