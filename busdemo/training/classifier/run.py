"""Training the classifier: from the encoder of the segmentation network whose masks it sees."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from busdemo.evaluation.datasets import read_index
from busdemo.inference.memory import keep_freed_memory
from busdemo.inference.segmenter import SegmenterPool
from busdemo.training.classifier.plan import CONFIG, ClassTraining
from busdemo.training.classifier.samples import read_class_samples
from busdemo.training.classifier.task import CLASSIFYING
from busdemo.training.loop import TrainingRun
from busdemo.training.pretrained import read_imagenet_weights
from busdemo.training.train import widen_depthwise_convolutions
from busdemo.zoo.architectures.lesion_classifier import LesionClassifier, build_classifier
from busdemo.zoo.cards import WEIGHTS, read_cards


def train_classifier(
    training: ClassTraining,
    data: Path,
    runs: Path,
    *,
    weights: Path = WEIGHTS,
    workers: int = 0,
) -> float:
    """Do one training, or go on with it; the best mean of accuracy and AUC on the val split.

    `runs/<id>/` gets the predicted masks and what every run keeps; the model they are from is in
    `weights`.
    """
    keep_freed_memory()
    recipe, mask_from = training.recipe, training.mask_from
    pool, folder = SegmenterPool(read_cards(weights)), runs / training.id
    train, validation = (
        read_class_samples(
            training.choose(read_index(data, split)), pool, mask_from, recipe.final_side_px, folder
        )
        for split in ("train", "val")
    )
    torch.manual_seed(recipe.seed)
    network = build_classifier(CONFIG)
    network.load_state_dict(start_from_segmenter(network, weights / mask_from))
    # Nothing is known of the classes yet, and the encoder's gradients start from what is learned.
    nn.init.zeros_(network.head.weight)
    nn.init.zeros_(network.head.bias)
    widen_depthwise_convolutions(network)
    run = TrainingRun(network, recipe, folder, task=CLASSIFYING, workers=workers)
    return run.train(train, validation)


def start_from_segmenter(network: LesionClassifier, folder: Path) -> dict[str, Tensor]:
    """The classifier's values with the encoder of a segmentation network of the same kind.

    The convolution behind its last map, which a segmentation network lacks, is ImageNet's.
    """
    published = {
        key.removeprefix("encoder."): value.float() if value.is_floating_point() else value
        for key, value in load_file(folder / "model.safetensors").items()
        if key.startswith("encoder.model.")
    }
    state = dict(network.state_dict())
    state |= {
        key: value
        for name, value in read_imagenet_weights().items()
        if (key := f"model.{name}") in state and state[key].shape == value.shape
    }
    return state | published
