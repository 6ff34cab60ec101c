// template.js: the markup of the benchmark.

export const TEMPLATE = `<div class="bd-bench-view">
  <div class="bd-bench" aria-busy="true">
    <section class="bd-card bd-bench-head" aria-labelledby="bd-bench-title">
      <div class="bd-bench-about">
        <h2 id="bd-bench-title">Benchmark</h2>
        <div data-part="about" role="status"><p>Reading the run…</p></div>
        <p class="bd-error" role="alert" hidden></p>
      </div>
      <div class="bd-bench-own">
        <label class="bd-drop">
          <input type="file" accept=".parquet" aria-describedby="bd-bench-drop-note">
          <b>Drop a run of your own</b>
          <span id="bd-bench-drop-note">rows.parquet of <code>busdemo evaluate --out</code>, up to 20 MB; read in memory, deleted at once</span>
        </label>
        <button type="button" data-act="close" hidden>Back to the shipped run</button>
      </div>
    </section>
    <div class="bd-bench-run" hidden>
      <section class="bd-card" aria-labelledby="bd-board-title">
        <header>
          <h2 id="bd-board-title">Leaderboard</h2>
          <label>Images <select data-choice="dataset"></select></label>
          <label>Models <select data-choice="stages"></select></label>
        </header>
        <div data-part="leaderboard"></div>
      </section>
      <section class="bd-card" aria-labelledby="bd-more-title">
        <header class="bd-pickers">
          <h2 id="bd-more-title">Two models in detail</h2>
          <label><i class="bd-first"></i> <span class="bd-hidden">First model</span><select data-choice="a"></select></label>
          <label><i class="bd-second"></i> <span class="bd-hidden">Second model</span><select data-choice="b"></select></label>
        </header>
        <div class="bd-sections"></div>
      </section>
      <section class="bd-card" data-part="papers" hidden></section>
    </div>
  </div>
</div>`;
