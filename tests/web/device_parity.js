// device_parity.js: what a browser's modules make of image files: node device_parity.js FOLDER, where
// job.json names the files and the model. Writes scans.bin (grey, then levels, file by file) and sizes.json.

import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { fitScan, prepareScan, quantizeMap, restoreMap } from '../../busdemo/ui/web/core/fit.js';
import { readScan } from '../../busdemo/ui/web/core/imagefile.js';

const RUNTIME = new URL('../../busdemo/ui/web/vendor/onnxruntime/', import.meta.url);
const folder = process.argv[2], { files, model, input } = JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8'));

const ort = await import(new URL('ort.mjs', RUNTIME).href);
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = brotliDecompressSync(readFileSync(new URL('ort-wasm-simd-threaded.wasm.br', RUNTIME)));
ort.env.logLevel = 'error';
const session = await ort.InferenceSession.create(readFileSync(model), { executionProviders: ['wasm'] });

const out = openSync(join(folder, 'scans.bin'), 'w'), sizes = [];
for (const file of files) {
  const scan = await readScan(new Uint8Array(readFileSync(file)), file, () => Promise.reject(new Error('Only PNG is read here.')));
  const fit = fitScan(scan.width, scan.height, input), shape = [1, input.mean.length, input.height, input.width];
  const { logits } = await session.run({ image: new ort.Tensor('float32', prepareScan(scan.pixels, fit, input), shape) });
  writeSync(out, scan.pixels);
  writeSync(out, quantizeMap(restoreMap(logits.data, fit, input)));
  sizes.push([scan.width, scan.height]);
}
closeSync(out);
writeFileSync(join(folder, 'sizes.json'), JSON.stringify(sizes));
process.exit(0);
