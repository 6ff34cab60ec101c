"""smp's U-Net++ as the recipe book has it, against MONAI's: the same nested grid."""

from collections.abc import Callable

import torch
from monai.networks.nets.basic_unetplusplus import BasicUNetPlusPlus
from torch import Tensor, nn

from busdemo.training.recipe import NETWORKS
from busdemo.zoo.loading import build_network

Node = tuple[int, int]
"""Level (0 the finest) and column (0 the encoder) of a map in figure 1 of arXiv 1807.10165."""

Sources = tuple[Node, frozenset[Node]]
"""The map a node enlarges, and the maps it takes beside it."""

PAPER: dict[Node, Sources] = {
    (level, column): (
        (level + 1, column - 1),
        frozenset((level, earlier) for earlier in range(column)),
    )
    for column in range(1, 5)
    for level in range(5 - column)
}


def grid(
    network: nn.Module, nodes: dict[Node, nn.Module], read_encoder: Callable[[], list[Tensor]]
) -> dict[Node, Sources]:
    """Which maps every node took in one pass, found by comparing the maps themselves."""
    inputs: dict[Node, tuple[Tensor, Tensor]] = {}
    maps: dict[Node, Tensor] = {}

    def keep(node: Node, given: tuple[Tensor, Tensor], output: Tensor) -> None:
        inputs[node], maps[node] = given, output

    for node, module in nodes.items():
        module.register_forward_hook(
            lambda _module, given, output, node=node: keep(node, given, output)
        )
    with torch.inference_mode():
        network(torch.randn(1, 1, 64, 64))
    maps |= {(level, 0): one for level, one in enumerate(read_encoder())}

    found: dict[Node, Sources] = {}
    for node, (deep, beside) in inputs.items():
        (below,) = (source for source, one in maps.items() if one is deep)
        level = {key: one for key, one in maps.items() if key[0] == node[0]}
        parts = beside.split(level[node[0], 0].shape[1], dim=1)
        found[node] = (
            below,
            frozenset(
                key for part in parts for key, one in level.items() if torch.equal(one, part)
            ),
        )
        assert len(parts) == len(found[node][1])
        assert deep.shape[2] * 2 == beside.shape[2]
    return found


def monais_grid() -> dict[Node, Sources]:
    # The sixth number is the width of the last node, here that of its level like all others.
    network = BasicUNetPlusPlus(2, 1, 1, features=(4, 6, 8, 10, 12, 4)).eval()
    encoder: list[Tensor] = []
    for level in range(5):
        network.get_submodule(f"conv_{level}_0").register_forward_hook(
            lambda _module, _inputs, output: encoder.append(output)
        )
    nodes = {
        (level, column): network.get_submodule(f"upcat_{level}_{column}") for level, column in PAPER
    }
    return grid(network, nodes, lambda: encoder)


def smps_grid() -> dict[Node, Sources]:
    network = build_network(NETWORKS["unet-plus-plus"]).eval()
    encoder: list[Tensor] = []
    network.encoder.register_forward_hook(  # type: ignore[union-attr]
        lambda _module, _inputs, features: encoder.extend(features[1:])
    )
    # smp counts its levels from below and its columns from the right.
    nodes = {
        (level, column): network.get_submodule(f"decoder.blocks.x_{4 - level - column}_{3 - level}")
        for level, column in PAPER
    }
    return grid(network, nodes, lambda: encoder)


def test_both_have_the_papers_grid_of_ten_nodes() -> None:
    """Each node enlarges the node below and left and takes all earlier nodes of its level.

    Widths, normalisation and the way up differ between the two (transposed convolutions there,
    nearest neighbour here), so that weights cannot be copied; what is compared is which maps reach
    which node. smp adds one step to full resolution, because its encoder starts at half of it.
    """
    assert len(PAPER) == 10
    assert monais_grid() == smps_grid() == PAPER


def test_a_nodes_convolution_takes_the_earlier_nodes_and_the_enlarged_map() -> None:
    monai = BasicUNetPlusPlus(2, 1, 1, features=(4, 6, 8, 10, 12, 4))
    smp = build_network(NETWORKS["unet-plus-plus"])
    smp_widths = smp.encoder.out_channels[1:]  # type: ignore[union-attr, index]
    for level, column in PAPER:
        node = monai.get_submodule(f"upcat_{level}_{column}")
        enlarged = node.upsample.deconv.out_channels  # type: ignore[union-attr]
        taken = node.convs[0].conv.in_channels  # type: ignore[index, union-attr]
        assert taken == column * (4, 6, 8, 10)[level] + enlarged

        node = smp.get_submodule(f"decoder.blocks.x_{4 - level - column}_{3 - level}")
        below = smp_widths[level + 1]
        if level + column == 4 and column > 1:  # the outermost diagonal has the decoder's widths
            below = NETWORKS["unet-plus-plus"]["decoder_channels"][2 - level]
        assert node.get_submodule("conv1.0").in_channels == column * smp_widths[level] + below
    assert sum(isinstance(module, nn.ConvTranspose2d) for module in monai.modules()) == 10
    assert len(smp.decoder.blocks) == 11  # type: ignore[arg-type, union-attr]
