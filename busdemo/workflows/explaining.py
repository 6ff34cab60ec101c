"""Heat maps of what a model looked at and how sure it is, and when to look again."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal, get_args

from busdemo.imaging.arrays import GreyImage, Levels, ProbabilityMap
from busdemo.imaging.images import Scan
from busdemo.imaging.masks import quantize
from busdemo.inference.augmented import predict_views
from busdemo.inference.heat_maps import NotExplained
from busdemo.inference.segmenter import SegmenterPool
from busdemo.scoring.uncertainty import (
    MOST_SPREAD,
    measure_doubt,
    measure_entropy,
    measure_spread,
)
from busdemo.workflows.classifying import classifier_of, predict_levels
from busdemo.zoo.blueprint import Block
from busdemo.zoo.cards import Card
from busdemo.zoo.classes import CLASSES, MAPS
from busdemo.zoo.files import NotNow, UnusableModel
from busdemo.zoo.referral import read_referral

Kind = Literal["gradcam", "gate", "tta", "classifier", "entropy", "zoo"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Hint:
    """Whether to look again at a mask: its doubt in [0, 1], nan where nothing is marked.

    `cutoff` is None where none was measured for the model.
    """

    doubt: float
    cutoff: float | None

    @property
    def again(self) -> bool:
        """True where the doubt reaches the cut-off."""
        return self.cutoff is not None and self.doubt >= self.cutoff


def hint_at(levels: Levels, card: Card) -> Hint:
    """The hint for a model's levels (H, W), at its frozen threshold."""
    referral = read_referral(card)
    return Hint(measure_doubt(levels, card.stop), None if referral is None else referral.cutoff)


@dataclass(frozen=True)
class Part:
    """What a heat map may be of: `id` is "MODEL:LAYER" or "CLASS:LAYER", `label` its words."""

    id: str
    label: str


@dataclass(frozen=True, eq=False)
class Look:
    """A heat map (H, W) float32 in [0, `top`] of one model, and what else there is to look at."""

    kind: Kind
    about: str
    """The name of the network it is of: a recipe's is a member's."""
    part: str
    """Id of the part it shows."""
    parts: tuple[Part, ...]
    values: ProbabilityMap
    top: float = 1.0


def look_at(
    pool: SegmenterPool, model_id: str, image: GreyImage, kind: Kind, part: str = ""
) -> Look:
    """A heat map for an image (H, W) uint8; the usual part when none is named.

    A recipe's parts are its members. Raises NotExplained with one sentence when there is nothing
    to show, UnusableModel when the model cannot run, KeyError for an unknown id.
    """
    card = pool.cards[model_id]
    if kind in ("classifier", "entropy", "zoo"):
        return _LOOKS[kind](pool, card, image, part)
    members = card.members or (model_id,)
    if kind == "gate" and card.members:
        members = tuple(member for member in members if _has_gates(pool, member))
        if not members:
            raise NotExplained(f"No member of {card.name} has attention gates.")
    member, _, layer = (part or f"{members[0]}:").partition(":")
    if member not in members:
        raise NotExplained(f"{card.name} has no part {part!r}.")
    look = _LOOKS[kind](pool, pool.cards[member], image, layer)
    if not card.members:
        return look
    names = tuple(Part(f"{one}:", pool.cards[one].name) for one in members)
    return Look(kind, look.about, f"{member}:", names, look.values, look.top)


def look_within_scan(
    pool: SegmenterPool, model_id: str, scan: Scan, kind: Kind, part: str = ""
) -> Look:
    """A heat map for a scan, in the frame of its whole picture; as `look_at`."""
    look = look_at(pool, model_id, scan.inside, kind, part)
    return replace(look, values=scan.put_back(look.values))


def _look_at_layer(pool: SegmenterPool, card: Card, image: GreyImage, layer: str) -> Look:
    from busdemo.inference.explain import explain_mask
    from busdemo.inference.layers import list_layers

    heat = explain_mask(pool, card.id, image, layer)
    parts = tuple(Part(f"{card.id}:{b.name}", describe_layer(b)) for b in list_layers(card))
    return Look("gradcam", card.name, f"{card.id}:{heat.layer}", parts, heat.values)


def _look_at_gate(pool: SegmenterPool, card: Card, image: GreyImage, gate: str) -> Look:
    from busdemo.inference.explain import explain_gates

    gates = explain_gates(pool, card.id, image)
    by_name = {heat.layer: heat for heat in gates}
    if gate and gate not in by_name:
        raise NotExplained(f"{card.name} has no gate {gate!r}; it has {', '.join(by_name)}.")
    parts = tuple(
        Part(f"{card.id}:{name}", f"{number} of {len(gates)} from the finest ({name})")
        for number, name in enumerate(by_name, start=1)
    )
    heat = by_name[gate] if gate else gates[0]
    return Look("gate", card.name, f"{card.id}:{heat.layer}", parts, heat.values)


def _look_at_views(pool: SegmenterPool, card: Card, image: GreyImage, layer: str) -> Look:
    if layer:
        raise NotExplained("The spread of views is of a whole model, not of a layer.")
    views = predict_views(pool.get(card.id), image)
    return Look("tta", card.name, f"{card.id}:", (), views.deviation, MOST_SPREAD)


def _look_at_classifier(pool: SegmenterPool, _card: Card, image: GreyImage, part: str) -> Look:
    from busdemo.inference.explain import explain_class

    slot = classifier_of(pool)
    try:
        levels = predict_levels(image, slot, pool)
        found = slot.get().classify_levels(image, levels)
    except NotNow:
        raise
    except UnusableModel as error:
        raise NotExplained(f"The classifier is switched off: {error}") from error
    parts = tuple(
        Part(f"{name}:{layer}", f"{name} ({getattr(found, name):.2f}), {words}")
        for name in CLASSES
        for layer, words in reversed(MAPS.items())
    )
    usual = f"{found.likeliest}:{parts[0].id.partition(':')[2]}"
    asked = part or usual
    if asked not in {one.id for one in parts}:
        raise NotExplained(f"The classifier has no part {part!r}.")
    name, _, layer = asked.partition(":")
    heat = explain_class(slot.get(), image, levels, name, layer)
    return Look("classifier", f"the classifier for {name}", asked, parts, heat.values)


def _look_at_entropy(pool: SegmenterPool, card: Card, image: GreyImage, _layer: str) -> Look:
    levels = quantize(pool.predict(card.id, image))
    return Look("entropy", card.name, f"{card.id}:", (), measure_entropy(levels))


def _look_at_zoo(pool: SegmenterPool, _card: Card, image: GreyImage, _layer: str) -> Look:
    maps, predictions = [], pool.look_at(image)
    for model_id, card in pool.cards.items():
        if card.members or model_id in pool.problems:
            continue  # a recipe would count its members twice
        with suppress(UnusableModel):
            maps.append(quantize(predictions.predict(model_id)))
    if len(maps) < 2:
        raise NotExplained("Disagreement needs the answers of two models.")
    return Look("zoo", f"{len(maps)} models", ":", (), measure_spread(maps), MOST_SPREAD)


_LOOKS: dict[Kind, Callable[[SegmenterPool, Card, GreyImage, str], Look]] = {
    "gradcam": _look_at_layer,
    "gate": _look_at_gate,
    "tta": _look_at_views,
    "classifier": _look_at_classifier,
    "entropy": _look_at_entropy,
    "zoo": _look_at_zoo,
}


def describe_layer(block: Block) -> str:
    """A layer in words: "decoder, 96 × 96 px, 32 channels (decoder.blocks.3)"."""
    size = f"{block.side_px} × {block.side_px} px"
    return f"{block.role}, {size}, {block.channels} channels ({block.name})"


def _has_gates(pool: SegmenterPool, model_id: str) -> bool:
    from busdemo.inference.layers import list_gates

    return bool(list_gates(pool.get(model_id).engine.network))
