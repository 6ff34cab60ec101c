// template.js: the markup of the findings.

export const TEMPLATE = `<div class="bd-findings-view">
  <section class="bd-findings" aria-labelledby="bd-findings-title">
    <header>
      <h2 id="bd-findings-title">Findings</h2>
      <p class="bd-findings-about" role="status"></p>
    </header>
    <div class="bd-findings-list"></div>
  </section>
</div>`;
