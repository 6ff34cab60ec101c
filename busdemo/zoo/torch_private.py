"""torch's private names, in one place, so that an upgrade breaks here and nowhere else.

Written against torch 2.13. `tests/zoo/test_torch_private.py` holds each of them to what it is used
for, and `make canary` runs that with the newest torch.
"""

from collections.abc import Callable

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["TorchDispatchMode", "change_class", "computes_bfloat16"]


def computes_bfloat16() -> bool:
    """Has this processor instructions for it? Without them it is slower than float32."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def change_class(module: nn.Module, derive: Callable[[type[nn.Module]], type[nn.Module]]) -> None:
    """Let a module be of a class derived from its own; weights, hooks and names stay."""
    module.__class__ = derive(type(module))
