// looks.js: what the prediction pane may be coloured by, beside the mask: as planes of levels 0 to
// 199 and words for them. Entropy and disagreement are computed here, from the levels that are
// there already, by the same arithmetic as busdemo/scoring/uncertainty.py; the rest is asked for.

import { messageOf } from '../core/formats.js';
import { STOPS } from '../core/scoring.js';
import { entropyPlane, spreadPlane } from '../core/uncertainty.js';
import { isReady, sameSize } from '../workspace/layers.js';
/** @import { Size } from '../canvas/view.js' */
/** @import { Session } from './session.js' */
/** @import { ImageCache } from '../workspace/images.js' */
/** @import { Layer } from '../workspace/layers.js' */

/**
 * What the server said of a heat map, with its pixels once they are read.
 * @typedef {object} HeatAnswer
 * @property {string} kind
 * @property {string} model
 * @property {string} asked
 * @property {string} part
 * @property {{id: string, label: string}[]} parts
 * @property {any} levels
 * @property {string} about
 * @property {string} problem
 */

/**
 * What may be looked at; parts: what there are several of.
 * @type {Record<string, {name: string, unit: string, top: number, ends: [string, string], says: string, alongEdges?: boolean, parts?: string}>}
 */
export const LOOKS = {
  probability: {
    name: 'Probability', unit: '', top: 1, ends: ['1', '0'],
    says: 'How likely the model takes each pixel to be lesion. It is no chance of being right: it was trained, not measured.',
  },
  entropy: {
    name: 'Entropy', alongEdges: true, unit: 'bits', top: 1, ends: ['1 bit', '0'],
    says: 'Where this model is undecided: 1 bit at probability 0.5, 0 where it is sure. A model can be sure and wrong.',
  },
  zoo: {
    name: 'Zoo disagreement', alongEdges: true, unit: '', top: 0.5, ends: ['0.5', '0'],
    says: 'Standard deviation of the probabilities of {n} models. Models trained on the same images can be wrong together.',
  },
  tta: {
    name: 'Spread under flip and scale', alongEdges: true, unit: '', top: 0.5, ends: ['0.5', '0'], parts: 'Of',
    says: 'Standard deviation of the probabilities of {model} when the image is mirrored, shrunk and enlarged. Small spread is steady, not right.',
  },
  gradcam: {
    name: 'Grad-CAM', unit: 'of the highest', top: 1, ends: ['max', '0'], parts: 'Layer',
    says: 'Where this layer of {model} speaks for the pixels it marks at its frozen threshold, as a share of the highest value. It does not say whether the mask is correct.',
  },
  gate: {
    name: 'Attention gate', unit: '', top: 1, ends: ['1', '0'], parts: 'Gate',
    says: 'How much of the map this gate of {model} lets through at each place, 0 to 1. It is one step of the computation, not its reason.',
  },
  classifier: {
    name: 'Grad-CAM, classifier', unit: 'of the highest', top: 1, ends: ['max', '0'], parts: 'Class',
    says: 'Where this layer of {model} speaks for that class in its look at the whole scan, as a share of the highest value; its close-up of the mask is not shown. It can be calipers or text as well as a lesion, and is no reason to believe the class.',
  },
};

// What is looked at now, and what is known of it. Knows the session, but no markup.
export class Looks {
  /**
   * ask({kind, model, part}): of what only the server can compute.
   * @param {Session} session
   * @param {(wish: {kind: string, model: string, part: string}) => void} ask
   */
  constructor(session, ask) {
    this.session = session;
    this.ask = ask;
    this.kind = 'probability';
    /** @type {Record<string, number>} */
    this.opacities = { probability: 1 };
    /** @type {Record<string, string>} */
    this.parts = {}; // by kind and model: the layer, gate or member chosen; '' is the usual one
    /** @type {Map<string, HeatAnswer>} */
    this.answers = new Map(); // by key: what the server said, with its pixels once they are read
    /** @type {Set<string>} */
    this.asked = new Set();
    /** @type {WeakMap<Uint8Array, Uint8Array>} */
    this.planes = new WeakMap(); // by a model's levels: their entropies
    /** @type {{of: Uint8Array[], plane: Uint8Array | null}} */
    this.zoo = { of: [], plane: null };
  }

  forget() {
    this.answers = new Map();
    this.asked = new Set();
    this.planes = new WeakMap();
    this.zoo = { of: [], plane: null };
  }

  get opacity() {
    return this.opacities[this.kind] === undefined ? 0.6 : this.opacities[this.kind];
  }

  get part() {
    return this.parts[`${this.kind}/${this.session.state.model}`] || '';
  }

  get key() {
    return [this.kind, this.session.state.model, this.part].join('/');
  }

  get answer() {
    return this.answers.get(this.key) || null;
  }

  // What may be looked at of this kind and model, known from any answer.
  get offered() {
    const same = (/** @type {any} */ one) => one.kind === this.kind && one.model === this.session.state.model && one.parts.length > 0;
    const known = [...this.answers.values()].find(same);
    return { parts: known ? known.parts : [], part: this.part || (known ? known.part : '') };
  }

  // The models whose disagreement is shown; a recipe would count its members twice.
  get voters() {
    return this.session.state.layers.filter((layer) => isReady(layer) && !layer.recipe);
  }

  // ---- what a visitor may do

  /**
   * @param {string} kind
   */
  pick(kind) {
    this.kind = kind;
    this.session.showTools();
  }

  /**
   * @param {string} part
   */
  pickPart(part) {
    this.parts[`${this.kind}/${this.session.state.model}`] = part;
    this.session.showTools();
  }

  /**
   * @param {number} opacity
   */
  setOpacity(opacity) {
    this.opacities[this.kind] = opacity;
    this.session.showTools();
  }

  // ---- from and to the server

  // Ask once for what is looked at and not known.
  request() {
    const { state, chosen } = this.session, { kind, part, key } = this;
    if (!state.heat || !LOOKS[kind].parts || !isReady(chosen) || this.asked.has(key)) return;
    this.asked.add(key);
    this.ask({ kind, model: state.model, part });
  }

  /**
   * answers: [{kind, model, asked, part, parts, levels, about, problem}], with pixels in `levels`.
   * @param {HeatAnswer[]} answers
   */
  receive(answers) {
    for (const answer of answers) {
      for (const part of [answer.asked, answer.part]) {
        const key = [answer.kind, answer.model, part].join('/');
        this.answers.set(key, answer);
        this.asked.add(key);
      }
    }
  }

  // ---- what is seen

  // Levels of what is looked at, as many as the scan has pixels; null while there are none.
  get plane() {
    const { chosen } = this.session;
    if (!isReady(chosen)) return null;
    if (this.kind === 'probability') return chosen.levels;
    if (this.kind === 'entropy') return this.entropyOf(chosen.levels);
    if (this.kind === 'zoo') return this.spread();
    return this.answer && this.answer.levels;
  }

  /**
   * For the painter. The outline would hide what lies on it: there doubt is highest.
   * @param {Uint8Array} levels
   */
  describe(levels) {
    return { levels, opacity: this.opacity, contour: !LOOKS[this.kind].alongEdges };
  }

  /**
   * @param {Uint8Array} levels
   */
  entropyOf(levels) {
    if (!this.planes.has(levels)) this.planes.set(levels, entropyPlane(levels));
    return this.planes.get(levels);
  }

  spread() {
    const maps = this.voters.map((layer) => /** @type {Uint8Array} */ (layer.levels));
    if (maps.length < 2) return null;
    if (maps.length !== this.zoo.of.length || maps.some((levels, i) => levels !== this.zoo.of[i])) {
      this.zoo = { of: maps, plane: spreadPlane(maps) };
    }
    return this.zoo.plane;
  }

  // What the pane says in place of a heat map; '' when there is one.
  get veil() {
    const { chosen } = this.session;
    if (!isReady(chosen) || this.plane) return '';
    if (this.kind === 'zoo') return 'Disagreement needs the answers of two models.';
    return this.answer ? this.answer.problem : 'Asking the server…';
  }

  get sentence() {
    const { chosen } = this.session, about = (this.answer && this.answer.about) || (chosen ? chosen.name : '');
    return LOOKS[this.kind].says.replace('{n}', String(this.voters.length)).replace('{model}', about);
  }

  /**
   * The value under the cursor, in words.
   * @param {number} i
   */
  readAt(i) {
    const { kind, plane } = this, look = LOOKS[kind];
    if (!this.session.state.heat || kind === 'probability' || !plane) return '';
    const value = ((plane[i] + 0.5) / STOPS) * look.top;
    return [look.name, value.toFixed(2), look.unit].filter(Boolean).join(' ');
  }
}

/**
 * Read the pixels of the server's answers; one that cannot be read says so in its place.
 * @param {HeatAnswer[]} answers
 * @param {ImageCache} images
 * @param {Size} image
 */
export async function readLooks(answers, images, image) {
  return Promise.all(answers.map(async (answer) => {
    if (answer.problem) return { ...answer, levels: null };
    try {
      const picture = await images.get(answer.levels.url);
      if (!sameSize(picture, image)) throw new Error('It has another size than the scan.');
      return { ...answer, levels: picture.pixels };
    } catch (error) {
      return { ...answer, levels: null, problem: `The heat map cannot be read. ${messageOf(error)}` };
    }
  }));
}
