// palette.js: the colours of annotators. From Paul Tol's "light" and "bright" schemes, safe for
// colour-blind eyes and bright enough for a dark scan, without the three that mean hit, extra and
// missed. The ninth annotator begins again with dashed lines, the seventeenth with dotted ones.

const TRUTH_COLOUR = '#ffffff';
const PALETTE = ['#99ddff', '#eedd88', '#ffaabb', '#bbcc33', '#ee8866', '#b39ddb', '#44bb99', '#d0d0d0'];
const DASHES = [[], [7, 4], [2, 4]];

// The first colour and dash that nobody has; `taken`: annotators.
function pickLook(taken) {
  const looks = DASHES.flatMap((_, dash) => PALETTE.map((colour) => ({ colour, dash })));
  const isFree = (look) => !taken.some((one) => one.colour === look.colour && one.dash === look.dash);
  return looks.find(isFree) || looks[taken.length % looks.length];
}
