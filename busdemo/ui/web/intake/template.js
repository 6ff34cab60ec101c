// template.js: the markup of the intake.

export const TEMPLATE = `<div class="bd-intake-view">
  <div class="bd-intake">
    <section aria-labelledby="bd-intake-scan">
      <h2 id="bd-intake-scan">Your scan</h2>
      <div class="bd-device" hidden>
        <label><input type="checkbox" role="switch"> On this device</label>
        <progress max="1" hidden aria-label="How much of the model has arrived"></progress>
        <div class="bd-note" role="status"></div>
      </div>
      <label class="bd-drop" data-drop="image">
        <input type="file" accept=".png,.jpg,.jpeg,.bmp,.tif,.tiff,.webp,.gif,.avif,.heic,.dcm,.dicom,.nii,.gz,.nrrd,.mha,.npy,.npz,application/dicom" aria-describedby="bd-image-note">
        <b>Drop an image</b>
        <span>a picture, DICOM, NIfTI, NRRD, MetaImage or NumPy, up to 20 MB; no identifiable data, please</span>
      </label>
      <div id="bd-image-note" class="bd-note" data-note="image" role="status"></div>
      <div class="bd-note bd-seen" data-note="seen" role="status"></div>
      <label class="bd-frame" hidden>
        Frame <input type="number" min="1" step="1" value="1"> of <output></output>
      </label>
      <div class="bd-crop" hidden>
        <button type="button" data-act="crop"></button>
        <details>
          <summary>Mark the scan area by hand</summary>
          <div class="bd-crop-picture"><img alt="The picture; drag over it to mark the scan area" draggable="false"><i></i></div>
          <label>x, y, width, height in px <input type="text" inputmode="numeric" autocomplete="off" spellcheck="false"></label>
        </details>
      </div>
      <label class="bd-drop" data-drop="mask">
        <input type="file" multiple accept=".png,.jpg,.jpeg,.bmp,.tif,.tiff,.webp,.gif,.avif,.heic,.dcm,.dicom,.nii,.gz,.nrrd,.mha,.npy,.npz,.json,.geojson,.csv,.txt,.xml,application/dicom" aria-describedby="bd-mask-note">
        <b>Drop a mask</b>
        <span>one or several files for this image: pictures, volumes, DICOM SEG, COCO, CVAT, Label Studio, LabelMe, VIA, YOLO and others</span>
      </label>
      <div id="bd-mask-note" class="bd-note" data-note="mask" role="status"></div>
      <div class="bd-reading">
        <label hidden>This scan is, in that file, <select data-reading="name"></select></label>
        <label hidden>Label <select data-reading="label"></select></label>
        <label hidden title="Shapes with a lower score are left out">Scores from <input type="number" min="0" max="1" step="0.05" data-reading="score"></label>
      </div>
      <div class="bd-actions">
        <button type="button" data-act="invert" hidden>Exchange lesion and background</button>
        <button type="button" data-act="remove" hidden>Remove mask</button>
      </div>
      <p class="bd-note bd-kept">What you open and draw is kept in this browser only, to be back after a reload. <button type="button" data-act="forget">Forget it</button></p>
    </section>
    <section aria-labelledby="bd-intake-examples">
      <h2 id="bd-intake-examples">Or an example</h2>
      <div class="bd-examples"></div>
    </section>
  </div>
</div>`;
