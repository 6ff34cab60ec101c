// template.js: the markup of the table of models.

export const TEMPLATE = `<div class="bd-models-view">
  <section class="bd-zoo" aria-labelledby="bd-zoo-title">
    <header>
      <h2 id="bd-zoo-title">All models</h2>
      <p class="bd-zoo-count" role="status"></p>
      <input class="bd-zoo-search" type="search" placeholder="Search name, family, year, start" aria-label="Search the models">
    </header>
    <div class="bd-zoo-scroll" tabindex="0" role="region" aria-label="Table of all models">
      <table><tbody><tr><td class="bd-zoo-wait">Reading the cards…</td></tr></tbody></table>
    </div>
    <p class="bd-zoo-note"></p>
  </section>
</div>`;
