// template.js: the markup of the comparison. What may come from a file is filled in as text.

export const TEMPLATE = `<div class="bd-view bd-compare-view">
  <section class="bd-viewer bd-desk" aria-label="Annotation comparison" data-case="" data-picture="outlines" data-map="votes" data-drawing="false" data-blind="false" data-maps="true">
    <div class="bd-columns">
      <div class="bd-side">
        <div class="bd-card bd-scan">
          <h2>Scan</h2>
          <p class="bd-scan-name"></p>
          <p class="bd-sub bd-scan-note"></p>
          <div class="bd-buttons">
            <div class="bd-menu">
              <button type="button" class="bd-small" data-opens="scan" aria-expanded="false">Change scan</button>
              <div class="bd-popover bd-light" hidden>
                <label class="bd-small bd-file">Open an image<input type="file" class="bd-image-file"></label>
                <p class="bd-sub">Or an example:</p>
                <div class="bd-examples"></div>
              </div>
            </div>
            <button type="button" class="bd-small" data-act="link">Copy link</button>
          </div>
          <label class="bd-sub bd-scan-frame" hidden>Frame <input type="number" min="1" step="1"> of <output></output></label>
          <label class="bd-sub bd-pixel-size">Pixel size <input type="text" inputmode="decimal" class="bd-spacing-box" placeholder="unknown" maxlength="12"> mm per px</label>
          <p class="bd-sub bd-said" role="status"></p>
        </div>
        <div class="bd-card bd-people">
          <div class="bd-head"><h2>Annotators <b class="bd-count"></b></h2><span class="bd-sub">Dice with the reference</span></div>
          <label class="bd-sub bd-labels" hidden>Compared under the label <select></select></label>
          <ol class="bd-list" aria-label="Annotators"></ol>
          <div class="bd-buttons">
            <label class="bd-small bd-file">Add masks<input type="file" class="bd-mask-files" multiple></label>
            <button type="button" class="bd-small" data-act="draw">Draw one</button>
            <div class="bd-menu">
              <button type="button" class="bd-small" data-opens="models" aria-expanded="false">Add models</button>
              <div class="bd-popover bd-light bd-zoo" hidden></div>
            </div>
            <div class="bd-menu">
              <button type="button" class="bd-small" data-opens="consensus" aria-expanded="false">Add consensus</button>
              <div class="bd-popover bd-light bd-consensus" hidden>
                <label class="bd-among">of <select class="bd-among-select"><option value="all">people and models</option><option value="people">people</option><option value="models">models</option><option value="chosen">those shown now</option></select></label>
                <button type="button" class="bd-small" data-rule="majority">Majority <span>more than half mark it</span></button>
                <button type="button" class="bd-small" data-rule="union">Union <span>anyone marks it</span></button>
                <button type="button" class="bd-small" data-rule="intersection">Intersection <span>all mark it</span></button>
                <button type="button" class="bd-small" data-rule="staple">STAPLE <span>weighs everyone by estimated sensitivity and specificity</span></button>
              </div>
            </div>
          </div>
          <p class="bd-error" role="alert" hidden></p>
          <div class="bd-sub bd-refused"></div>
        </div>
      </div>
      <div class="bd-main">
        <div class="bd-surface">
          <div class="bd-bar" role="toolbar" aria-label="Pictures">
            <div class="bd-pair" role="group" aria-label="Picture">
              <button type="button" class="bd-tool" data-picture-button="outlines" title="All outlines over the scan (1)">Outlines</button>
              <button type="button" class="bd-tool" data-picture-button="swipe" title="A to the left of the line, B to the right (2)">Swipe</button>
              <button type="button" class="bd-tool" data-picture-button="blink" title="A and B in turn (space bar)">Blink</button>
            </div>
            <button type="button" class="bd-tool bd-sheet-opener" popovertarget="bd-compare-tools">Tools</button>
            <div class="bd-sheet" id="bd-compare-tools" popover role="group" aria-label="Tools">
              <div class="bd-pair bd-map-choice" role="group" aria-label="Map">
                <button type="button" class="bd-tool" data-map-button="votes" title="How many of those shown mark each pixel">Votes</button>
                <button type="button" class="bd-tool" data-map-button="disagreement" title="Entropy of the votes: 0 where all agree, 1 where they are split evenly">Disagreement</button>
                <button type="button" class="bd-tool" data-map-button="pair" title="A only, B only, both">A against B</button>
              </div>
              <div class="bd-ab" role="group" aria-label="Two to compare">
                <label>A <select data-side="a" aria-label="A"></select></label>
                <button type="button" class="bd-tool bd-icon" data-act="swap" title="Exchange A and B (X)" aria-label="Exchange A and B">⇄</button>
                <label>B <select data-side="b" aria-label="B"></select></label>
              </div>
              <div class="bd-end">
                <div class="bd-menu bd-menu-end">
                  <button type="button" class="bd-tool" data-opens="window" aria-expanded="false" title="Brightness and contrast of the scan">Window</button>
                  <div class="bd-popover" data-popover="window" hidden>
                    <label>Brightness <input type="range" class="bd-brightness" min="-100" max="100" step="1" value="0"></label>
                    <label>Contrast <input type="range" class="bd-contrast" min="-100" max="100" step="1" value="0"></label>
                    <label>Fill <input type="range" class="bd-opacity-range" min="5" max="100" step="5" value="35"></label>
                    <button type="button" class="bd-tool" data-act="window-reset">Back to the scan as it is</button>
                  </div>
                </div>
                <button type="button" class="bd-tool bd-icon" data-act="view-reset" aria-label="Reset the view" title="Reset zoom and position (0)"><svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M9.5 2.5h4v4M6.5 13.5h-4v-4M13.5 2.5l-5 5M2.5 13.5l5-5" fill="none" stroke="currentColor" stroke-width="1.5"/></svg></button>
                <button type="button" class="bd-tool bd-icon" data-act="keys" aria-label="Keys" title="Keys (?)">?</button>
                <div class="bd-menu bd-menu-end">
                  <button type="button" class="bd-tool" data-opens="download" aria-expanded="false">Download</button>
                  <div class="bd-popover bd-downloads" hidden></div>
                </div>
              </div>
            </div>
          </div>
          <div class="bd-bar bd-drawbar" role="toolbar" aria-label="Drawing" hidden>
            <b class="bd-drawing-name"></b>
            <div class="bd-pair" role="group" aria-label="Tool">
              <button type="button" class="bd-tool" data-tool="brush" title="Brush (B)">Brush</button>
              <button type="button" class="bd-tool" data-tool="eraser" title="Eraser (E)">Eraser</button>
              <button type="button" class="bd-tool" data-tool="polygon" title="Polygon (P): click its corners; Enter, a double click or the first corner closes it">Polygon</button>
              <button type="button" class="bd-tool" data-tool="fill" title="Fill an enclosed region (F)">Fill</button>
              <button type="button" class="bd-tool" data-tool="move" title="Move (M); the space bar held, the middle button and two fingers always do">Move</button>
            </div>
            <label class="bd-opacity"><span>Size</span> <input type="range" class="bd-brush" min="1" max="150" step="1" value="12" title="Shift with the wheel, [ and ]"> <output class="bd-brush-value"></output></label>
            <button type="button" class="bd-tool" data-act="undo" title="Undo (Ctrl Z)">Undo</button>
            <button type="button" class="bd-tool" data-act="redo" title="Redo (Ctrl Y)">Redo</button>
            <label class="bd-from">Start from <select class="bd-start"></select></label>
            <label class="bd-check"><input type="checkbox" class="bd-blind"> Blind</label>
            <button type="button" class="bd-tool bd-done" data-act="done">Done</button>
          </div>
          <div class="bd-stages">
            <figure class="bd-pane" data-stage="picture" tabindex="0" aria-label="Scan: arrow keys move it, + and − zoom, 0 shows all"><canvas role="img" aria-label="Outlines over the scan"></canvas><div class="bd-divider" role="slider" tabindex="0" aria-label="Line between A and B" aria-valuemin="0" aria-valuemax="100" hidden><i></i></div><i class="bd-cross-x"></i><i class="bd-cross-y"></i><div class="bd-veil" hidden></div><figcaption></figcaption><figcaption class="bd-right" hidden></figcaption></figure>
            <figure class="bd-pane" data-stage="map"><canvas role="img" aria-label="Map"></canvas><i class="bd-cross-x"></i><i class="bd-cross-y"></i><div class="bd-veil" hidden></div><figcaption></figcaption></figure>
          </div>
          <div class="bd-legend"><div class="bd-keys"></div><div class="bd-readout"></div></div>
          <p class="bd-sentence"></p>
        </div>
        <div class="bd-figures">
          <div class="bd-surface bd-matrix-card">
            <div class="bd-top"><h2>Every pair</h2><select class="bd-metric" aria-label="Metric"></select><label class="bd-tolerance" hidden>within <input type="number" min="0" max="50" step="0.5" value="2"> px</label><span class="bd-status" role="status"></span></div>
            <div class="bd-scroll"><table class="bd-matrix"></table></div>
            <p class="bd-sub bd-matrix-note"></p>
          </div>
          <div class="bd-surface bd-against-card">
            <div class="bd-top"><h2>Against <span class="bd-reference-name"></span></h2></div>
            <div class="bd-scroll"><table class="bd-against"></table></div>
            <p class="bd-sub bd-against-note"></p>
          </div>
          <div class="bd-surface bd-nsd-card">
            <div class="bd-top"><h2>NSD at every tolerance</h2></div>
            <svg class="bd-nsd" viewBox="0 0 400 200" role="img" aria-label="NSD over the tolerance, one line an annotator"></svg>
            <p class="bd-sub">Share of both outlines that lie within the tolerance of each other.</p>
          </div>
          <div class="bd-surface bd-yardstick-card">
            <div class="bd-top"><h2>The yardstick: how well people agree</h2></div>
            <div class="bd-yardstick"></div>
            <p class="bd-sub bd-yardstick-sentence"></p>
            <table class="bd-staple" hidden></table>
          </div>
        </div>
      </div>
    </div>
    <p class="bd-sr bd-live" role="status" aria-live="polite"></p>
  </section>
</div>`;
