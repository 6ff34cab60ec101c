// template.js: the markup of the viewer. What may come from a file is filled in as text.

export const TEMPLATE = `<div class="bd-view bd-segment-view">
  <section class="bd-viewer" aria-label="Segmentation viewer" data-case="" data-overlay="fill" data-mode="one">
    <div class="bd-surface">
      <div class="bd-bar" role="toolbar" aria-label="Viewer tools">
        <label class="bd-model bd-in-one"><span class="bd-sr">Model</span><select class="bd-model-select"></select></label>
        <button type="button" class="bd-tool bd-sheet-opener" popovertarget="bd-segment-tools">Tools</button>
        <div class="bd-sheet" id="bd-segment-tools" popover role="group" aria-label="Tools">
          <div class="bd-pair" role="group" aria-label="Mode">
            <button type="button" class="bd-tool" data-mode-button="one" aria-pressed="true" title="One model and the reference (C)">One model</button>
            <button type="button" class="bd-tool" data-mode-button="several" aria-pressed="false" title="Models side by side (C)">Compare models</button>
          </div>
          <button type="button" class="bd-tool" data-term="two-stage" data-do-two-stage aria-pressed="false">Two-stage</button>
          <div class="bd-compare bd-in-several" role="group" aria-label="What is compared">
            <div class="bd-menu">
              <button type="button" class="bd-tool" data-opens="models" aria-expanded="false" title="Pick models">Models <b></b></button>
              <div class="bd-popover bd-picker" role="group" aria-label="Models to compare" hidden>
                <p class="bd-picker-note" role="alert" hidden></p>
                <div class="bd-picker-list"></div>
              </div>
            </div>
            <div class="bd-whose">
              <span>Threshold</span>
              <div class="bd-pair" role="group" aria-label="Threshold">
                <button type="button" class="bd-tool" data-threshold-button="own" aria-pressed="true" title="Every model at its own threshold">Each its own</button>
                <button type="button" class="bd-tool" data-threshold-button="shared" aria-pressed="false" title="All models at one threshold">One for all</button>
              </div>
              <span class="bd-at-frozen">each frozen on validation data</span>
              <button type="button" class="bd-link bd-all-frozen" hidden>Back to the frozen ones</button>
              <label class="bd-shared" hidden><input type="range" min="1" max="199" step="1" value="100" aria-label="Threshold of all models"><output></output></label>
            </div>
            <div class="bd-maps" role="group" aria-label="Maps">
              <button type="button" class="bd-tool" data-shows-button="votes" aria-pressed="true" title="How many models mark each pixel">Vote map</button>
              <button type="button" class="bd-tool" data-shows-button="pair" aria-pressed="true" title="Two masks against each other">A/B map</button>
            </div>
          </div>
          <div class="bd-tools">
            <div class="bd-menu">
              <button type="button" class="bd-tool" data-opens="window" aria-expanded="false" title="Brightness and contrast of the scan">Window</button>
              <div class="bd-popover" data-popover="window" hidden>
                <label>Brightness <input type="range" class="bd-brightness" min="-100" max="100" step="1" value="0"></label>
                <label>Contrast <input type="range" class="bd-contrast" min="-100" max="100" step="1" value="0"></label>
                <button type="button" class="bd-tool" data-do="window-reset">Back to the scan as it is</button>
              </div>
            </div>
            <button type="button" class="bd-tool" data-do="invert" aria-pressed="false" title="Invert the grey values (I)">Invert</button>
            <button type="button" class="bd-tool bd-in-one" data-do="heat" aria-pressed="false" title="Show the probability behind the prediction (H)">Heat map</button>
            <button type="button" class="bd-tool bd-strip-opener bd-in-one" data-term="processing" aria-expanded="false">Processing<b></b></button>
            <div class="bd-pair" role="group" aria-label="Overlay style">
              <button type="button" class="bd-tool" data-do="fill" aria-pressed="true" title="Filled overlay (O: fill, outline, off)">Fill</button>
              <button type="button" class="bd-tool" data-do="outline" aria-pressed="false" title="Outlined overlay (O: fill, outline, off)">Outline</button>
            </div>
            <label class="bd-opacity"><span>Opacity</span> <input type="range" class="bd-opacity-range" min="0" max="100" step="5" value="50"> <output class="bd-opacity-value">50 %</output></label>
            <button type="button" class="bd-tool bd-icon" data-do="view-reset" aria-label="Reset the view" title="Reset zoom and position (0)">
              <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M9.5 2.5h4v4M6.5 13.5h-4v-4M13.5 2.5l-5 5M2.5 13.5l5-5" fill="none" stroke="currentColor" stroke-width="1.5"/></svg>
            </button>
            <button type="button" class="bd-tool bd-icon" data-do="keys" aria-label="Keys" title="Keys (?)">?</button>
            <div class="bd-menu bd-menu-end">
              <button type="button" class="bd-tool" data-opens="download" aria-expanded="false">Download</button>
              <div class="bd-popover" data-popover="download" hidden>
                <p class="bd-item-heading bd-of bd-in-several"></p>
                <button type="button" class="bd-item" data-export="mask">Mask <span>PNG, this threshold</span></button>
                <button type="button" class="bd-item" data-export="overlay">Overlay <span>PNG, full size</span></button>
                <button type="button" class="bd-item" data-export="receipt">Receipt <span>JSON, to reproduce it</span></button>
                <button type="button" class="bd-item" data-do="link">Copy link <span class="bd-link-note" role="status">example, models, thresholds, steps, view</span></button>
              </div>
            </div>
          </div>
        </div>
      </div>
      <div class="bd-strip bd-in-one" role="group" aria-label="Processing of the mask" hidden>
        <button type="button" class="bd-tool" data-step="keep" aria-pressed="false" title="Keep the largest lesion only">Largest only</button>
        <span class="bd-step"><button type="button" class="bd-tool" data-step="smallest_px" aria-pressed="false" title="Drop lesions of fewer pixels">At least</button><input type="text" inputmode="numeric" data-size="smallest_px" aria-label="Smallest lesion in px">px</span>
        <button type="button" class="bd-tool" data-step="fill_holes" aria-pressed="false" title="Fill background that the lesion surrounds">Fill holes</button>
        <span class="bd-step"><button type="button" class="bd-tool" data-step="opening_px" aria-pressed="false" title="Keep what a disc of this radius fits into">Open</button><input type="text" inputmode="numeric" data-size="opening_px" aria-label="Radius of opening in px">px</span>
        <span class="bd-step"><button type="button" class="bd-tool" data-step="closing_px" aria-pressed="false" title="Close gaps that a disc of this radius does not fit into">Close</button><input type="text" inputmode="numeric" data-size="closing_px" aria-label="Radius of closing in px">px</span>
        <span class="bd-step"><button type="button" class="bd-tool" data-step="smoothing_px" aria-pressed="false" title="Smooth the outline: what most of a disc of this radius says">Smooth</button><input type="text" inputmode="numeric" data-size="smoothing_px" aria-label="Radius of smoothing in px">px</span>
        <button type="button" class="bd-tool bd-raw-button" aria-pressed="false" title="Show the mask before processing in a pane of its own">Raw mask too</button>
        <span class="bd-whose-steps"></span>
        <button type="button" class="bd-link bd-own-steps" hidden>Back to the model’s own</button>
        <span class="bd-before-after"></span>
        <p class="bd-strip-note" role="alert" hidden></p>
      </div>
      <div class="bd-lookbar" role="group" aria-label="Heat map" hidden>
        <label>Look at <select class="bd-look-kind"></select></label>
        <label class="bd-look-part" hidden><span>Layer</span> <select></select></label>
        <label>Opacity <input type="range" min="0" max="100" step="5" value="100"> <output></output></label>
        <p class="bd-look-says"></p>
      </div>
      <p class="bd-message" role="alert" hidden></p>
      <p class="bd-two-stage-note" role="status" hidden></p>
      <div class="bd-panes bd-in-one">
        <figure class="bd-pane" data-pane="original" tabindex="0" aria-label="Scan: arrow keys move it, + and − zoom, 0 shows all"><canvas role="img" aria-label="Original scan"></canvas><i class="bd-cross-x"></i><i class="bd-cross-y"></i><div class="bd-veil" hidden></div><figcaption>Original</figcaption></figure>
        <figure class="bd-pane" data-pane="reference"><canvas role="img" aria-label="Reference mask"></canvas><i class="bd-cross-x"></i><i class="bd-cross-y"></i><div class="bd-veil" hidden></div><figcaption><button type="button" class="bd-term" data-term="truth">Reference</button></figcaption></figure>
        <figure class="bd-pane" data-pane="raw" hidden><canvas role="img" aria-label="Predicted mask before processing"></canvas><i class="bd-cross-x"></i><i class="bd-cross-y"></i><div class="bd-veil" hidden></div><figcaption>Prediction · raw</figcaption></figure>
        <figure class="bd-pane" data-pane="prediction"><canvas role="img" aria-label="Predicted mask"></canvas><i class="bd-cross-x"></i><i class="bd-cross-y"></i><div class="bd-scale" hidden><span>1</span><canvas width="1" height="200" aria-hidden="true"></canvas><span>0</span></div><div class="bd-veil" hidden></div><figcaption>Prediction</figcaption></figure>
        <figure class="bd-pane" data-pane="overlay"><canvas role="img" aria-label="Prediction and reference over the scan"></canvas><i class="bd-cross-x"></i><i class="bd-cross-y"></i><div class="bd-veil" hidden></div><figcaption>Overlay</figcaption></figure>
      </div>
      <div class="bd-grid bd-in-several" role="group" aria-label="Compared models">
        <figure class="bd-cell" data-map="votes">
          <div class="bd-pane"><canvas role="img" aria-label="How many models mark each pixel"></canvas><i class="bd-cross-x"></i><i class="bd-cross-y"></i><div class="bd-veil" hidden></div></div>
          <span class="bd-name"></span>
          <figcaption>
            <ol class="bd-steps" aria-label="Pixels by number of models that mark them"></ol>
            <p class="bd-sentence"></p>
          </figcaption>
        </figure>
        <figure class="bd-cell" data-map="pair">
          <div class="bd-pane"><canvas role="img" aria-label="A against B"></canvas><i class="bd-cross-x"></i><i class="bd-cross-y"></i><div class="bd-veil" hidden></div></div>
          <span class="bd-name">A against B</span>
          <figcaption>
            <div class="bd-sides">
              <label data-side="a"><i></i>A <select aria-label="A"></select></label>
              <label data-side="b"><i></i>B <select aria-label="B"></select></label>
            </div>
            <div class="bd-pair" role="group" aria-label="Colours of the A/B map">
              <button type="button" class="bd-tool" data-colouring="marks" aria-pressed="true">Who marks it</button>
              <button type="button" class="bd-tool" data-colouring="right" aria-pressed="false" title="Where the two differ, one of them agrees with the reference">Who is right</button>
            </div>
            <ul class="bd-sums" data-colours="marks">
              <li data-side="a"><i></i>A only <b data-pair="aOnly"></b> px</li>
              <li data-side="b"><i></i>B only <b data-pair="bOnly"></b> px</li>
              <li data-side="both"><i></i>both <b data-pair="both"></b> px</li>
              <li><i></i>neither <b data-pair="neither"></b> px</li>
            </ul>
            <ul class="bd-sums" data-colours="right" hidden>
              <li data-side="a"><i></i>A is right <b data-pair="aRight"></b> px<span data-share="aRight"></span></li>
              <li data-side="b"><i></i>B is right <b data-pair="bRight"></b> px<span data-share="bRight"></span></li>
              <li><i></i>they agree <b data-pair="agree"></b> px</li>
              <li data-side="line"><i></i>outline of the reference</li>
            </ul>
          </figcaption>
        </figure>
      </div>
      <template class="bd-cell-blank">
        <figure class="bd-cell">
          <div class="bd-pane"><canvas role="img"></canvas><i class="bd-cross-x"></i><i class="bd-cross-y"></i><div class="bd-veil" hidden></div></div>
          <button type="button" class="bd-name" aria-pressed="false"></button>
          <figcaption>
            <p class="bd-cell-line"><span class="bd-cell-score"><span>Dice <b data-cell-number="dice"></b></span> <span>IoU <b data-cell-number="iou"></b></span></span><span class="bd-cell-area"><b data-cell-number="area"></b> px predicted</span><span class="bd-chip" hidden></span></p>
            <p class="bd-cell-stage"></p>
            <div class="bd-own"><span><i></i><input type="range" min="1" max="199" step="1" value="100"></span><output></output></div>
          </figcaption>
        </figure>
      </template>
      <div class="bd-legend">
        <div class="bd-keys">
          <span class="bd-of bd-in-several"></span>
          <span class="bd-key" data-key="hit"><i></i>hit <b>–</b> px</span>
          <span class="bd-key" data-key="extra"><i></i>extra <b>–</b> px</span>
          <span class="bd-key" data-key="missed"><i></i>missed <b>–</b> px</span>
          <span class="bd-key" data-key="predicted" hidden><i></i>predicted <b>–</b> px, no reference to compare with</span>
        </div>
        <div class="bd-readout"></div>
      </div>
    </div>
    <div class="bd-row">
      <div class="bd-card bd-threshold">
        <div class="bd-top">
          <span class="bd-of-stop bd-in-several"></span>
          <label class="bd-top-label">Threshold <input class="bd-number" type="number" min="0.005" max="0.995" step="0.005" value="0.500" inputmode="decimal"></label>
          <button type="button" class="bd-term bd-frozen" data-term="frozen"></button>
          <button type="button" class="bd-link" data-do="frozen" hidden>Return to it</button>
          <span class="bd-stop-note" role="alert" hidden></span>
          <span class="bd-curve-title">Dice at every threshold, raw</span>
        </div>
        <div class="bd-plot-area">
          <div class="bd-ticks" aria-hidden="true"><span>1</span><span>.5</span><span>0</span></div>
          <div class="bd-plot">
            <svg viewBox="0 0 198 100" preserveAspectRatio="none" role="img" aria-label="Dice at every threshold, one line a model"></svg>
            <i class="bd-frozen-line" aria-hidden="true"></i>
            <i class="bd-cursor" aria-hidden="true"></i>
            <i class="bd-dot" aria-hidden="true" hidden></i>
            <p class="bd-plot-note" hidden></p>
            <span class="bd-curve-name" aria-hidden="true" hidden></span>
          </div>
          <div class="bd-slider"><i class="bd-track" aria-hidden="true"><i></i></i><input type="range" class="bd-stop" min="1" max="199" step="1" value="100" aria-label="Threshold"></div>
          <div class="bd-axis" aria-hidden="true"><span data-at="1">0.005</span><span data-at="50">0.25</span><span data-at="100">0.50</span><span data-at="150">0.75</span><span data-at="199">0.995</span></div>
        </div>
        <div class="bd-presence" role="group" aria-label="Presence" hidden>
          <label>Presence <input type="range" class="bd-cut-off" min="0" max="99" step="1" value="0" aria-label="Cut-off of presence"></label>
          <b class="bd-presence-says" role="status"></b>
          <button type="button" class="bd-link" data-presence="raw" title="The mask as it would be without a cut-off" hidden>Show the raw mask</button>
          <button type="button" class="bd-link" data-presence="own" hidden>Back to the model’s own</button>
          <span class="bd-presence-worth"></span>
        </div>
        <p class="bd-hint" data-idle="true">Moving the threshold to raise Dice on this image is fitting to the answer; the frozen one was set on validation data.</p>
      </div>
      <div class="bd-card bd-numbers">
        <p class="bd-of bd-in-several"></p>
        <p class="bd-stage"></p>
        <div class="bd-big">
          <div><button type="button" class="bd-term" data-term="dice">Dice</button><b data-number="dice">–</b></div>
          <div><button type="button" class="bd-term" data-term="iou">IoU</button><b data-number="iou">–</b></div>
        </div>
        <p class="bd-verdict"><span class="bd-chip" data-tone="none" hidden></span><span class="bd-verdict-note"></span></p>
        <div class="bd-small">
          <div><span>Precision</span><b data-number="precision">–</b></div>
          <div><span>Recall</span><b data-number="recall">–</b></div>
          <div><span>Predicted area</span><b data-number="area">–</b></div>
        </div>
      </div>
    </div>
    <div class="bd-card bd-lesions bd-in-one" role="group" aria-label="Lesions">
      <div class="bd-lesions-top">
        <b>Lesions</b>
        <span class="bd-lesions-sum"></span>
        <span class="bd-spacing">
          <label>Pixel size <input type="text" inputmode="decimal" class="bd-spacing-box" placeholder="unknown"> mm per px</label>
          <button type="button" class="bd-mark" aria-pressed="false" title="Click the two ends of a known length on the scan">Mark a known length</button>
          <label hidden>Length <input type="text" inputmode="decimal" class="bd-length-box"> mm</label>
        </span>
      </div>
      <p class="bd-spacing-note" role="alert" hidden></p>
      <div class="bd-lesions-scroll">
        <table hidden>
          <thead><tr><th scope="col">No.</th><th scope="col">Area</th><th scope="col" title="Between the two pixel corners farthest apart">Longest</th><th scope="col" title="Whole extent at right angles to the longest">Perpendicular</th><th scope="col" title="Height of its box over the box’s width; above 1 it is taller than wide">Depth / width</th><th scope="col">Centre x, y</th><th scope="col" title="Mean probability over its pixels">Mean p</th><th scope="col">Reference</th></tr></thead>
          <tbody></tbody>
        </table>
      </div>
      <p class="bd-lesions-more"></p>
    </div>
    <p class="bd-sr bd-live" role="status" aria-live="polite"></p>
  </section>
</div>`;
