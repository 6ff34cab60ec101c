// link.js: the Compare view as words of the address, beside those of the workspace.

import { followWords, fragmentOf, writeWords } from '../workspace/link.js';
/** @import { CompareView } from './view.js' */

const PICTURES = ['outlines', 'swipe', 'blink'], MAPS = ['votes', 'disagreement', 'pair'];

/**
 * @param {CompareView} desk
 */
export function writeLink(desk) {
  const words = writeWords(desk.store);
  words.set('picture', desk.picture);
  words.set('map', desk.map);
  return fragmentOf('compare', words);
}

/**
 * Show what a link asks for; each part by itself.
 * @param {CompareView} desk
 * @param {Map<string, string>} words
 */
export function followLink(desk, words) {
  const picture = words.get('picture') || '', map = words.get('map') || '';
  followWords(desk.store, words);
  if (PICTURES.includes(picture)) desk.picture = picture;
  if (MAPS.includes(map)) desk.map = map;
  desk.changed('masks', 'map');
}
