/* All queries that panels ask for within one moment go out as one request; each answer is handed over as its line arrives. */
(function (P) {
  "use strict";
  const session = P.session;
  let waiting = [];
  let timer = null;
  let running = 0;
  P.batchState = P.emitter();

  /* job: {queries: [...], variables, done(results), fail(error)}. Returns a function that drops the job. */
  P.batch = (job) => {
    job.results = {};
    job.open = job.queries.length;
    waiting.push(job);
    if (timer === null) timer = window.setTimeout(flush, 0); // all panels that come into view together ask together
    return () => { job.dropped = true; if (job.leave) job.leave(); };
  };

  function flush() {
    timer = null;
    const jobs = waiting.filter((job) => !job.dropped);
    waiting = [];
    const groups = new Map();
    for (const job of jobs) {
      const key = JSON.stringify([job.from || session.from, job.to || session.to, job.variables]);
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(job);
    }
    for (const group of groups.values()) send(group);
  }

  async function send(jobs) {
    const abort = new AbortController();
    const byKey = new Map();
    const queries = [];
    jobs.forEach((job, number) => {
      job.leave = () => { if (jobs.every((each) => each.dropped)) abort.abort(); };
      for (const query of job.queries) {
        const key = number + ":" + query.refId;
        byKey.set(key, [job, query.refId]);
        queries.push(Object.assign({}, query, { key }));
      }
    });
    const first = jobs[0];
    begin();
    try {
      const body = { from: first.from || session.from, to: first.to || session.to, variables: first.variables, queries };
      const answer = await P.post("/api/ds/query", body, abort.signal);
      await P.readLines(answer, (line) => take(line, byKey, jobs));
      for (const job of jobs) if (job.open > 0 && !job.dropped) job.fail(new Error(P.t("The answer ended early")));
    } catch (error) {
      if (error.name !== "AbortError") for (const job of jobs) if (!job.dropped) job.fail(error);
    } finally {
      end();
    }
  }

  function take(line, byKey, jobs) {
    if (line.key === undefined) {
      session.shown = { from: line.from, to: line.to };
      for (const job of jobs) job.span = { from: line.from, to: line.to };
      return;
    }
    const [job, refId] = byKey.get(line.key);
    job.results[refId] = line;
    job.open -= 1;
    if (job.open === 0 && !job.dropped) job.done(job.results, job.span);
  }

  function begin() { running += 1; session.busy = true; P.batchState.emit(true); }
  function end() {
    running -= 1;
    session.busy = running > 0;
    session.last = Date.now();
    P.batchState.emit(session.busy);
  }

  /* Lets the browser do what waits: input, painting, the drawing of what is there already. */
  const TURN_MS = 8;
  const channel = new MessageChannel();
  const waitingTurns = [];
  channel.port1.onmessage = () => waitingTurns.shift()();
  P.turn = () => new Promise((resolve) => { waitingTurns.push(resolve); channel.port2.postMessage(null); });

  P.readLines = async (answer, each) => {
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    let turn = performance.now();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      rest += decoder.decode(value, { stream: true });
      const lines = rest.split("\n");
      rest = lines.pop();
      for (const line of lines) {
        if (!line) continue;
        each(JSON.parse(line));
        if (performance.now() - turn > TURN_MS) { await P.turn(); turn = performance.now(); }
      }
    }
  };

  /* Drawings one after the other, never two heavy ones in one go: between them the browser paints and takes input. */
  const queue = [];
  let drawing = false;
  P.draw = (work) => {
    queue.push(work);
    if (!drawing) drawAll();
  };
  async function drawAll() {
    drawing = true;
    while (queue.length) {
      await P.turn();
      const began = performance.now();
      while (queue.length && performance.now() - began < TURN_MS) {
        try { queue.shift()(); } catch (error) { window.reportError(error); } // one broken chart, not all after it
      }
    }
    drawing = false;
  }

  let plotly = null;
  P.plotly = () => {
    if (!plotly) {
      plotly = new Promise((resolve, reject) => {
        if (window.Plotly) { resolve(window.Plotly); return; }
        const script = document.createElement("script");
        script.src = document.querySelector("link[data-plotly]").href;
        script.onload = () => resolve(window.Plotly);
        script.onerror = () => reject(new Error(P.t("The chart library could not be loaded")));
        document.head.appendChild(script);
      });
    }
    return plotly;
  };
})(window.pharos);
