"""What a network's score for a class rests on in an image: a map of it for each method. Needs torch.

Each method is a function of a `Score` and images: it works on any live module and leaves it as it was.
"""

from netspec.look.attribution.grad_cam import grad_cam
from netspec.look.attribution.guided_backprop import guided_backprop
from netspec.look.attribution.integrated_gradients import integrated_gradients
from netspec.look.attribution.occlusion import occlusion
from netspec.look.attribution.saliency import saliency
from netspec.look.attribution.score import Score, class_score
from netspec.look.attribution.smooth_grad import smooth_grad

__all__ = [
    "Score",
    "class_score",
    "grad_cam",
    "guided_backprop",
    "integrated_gradients",
    "occlusion",
    "saliency",
    "smooth_grad",
]
