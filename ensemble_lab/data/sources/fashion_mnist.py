"""Fashion-MNIST: Zalando's articles in MNIST's own format.

H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking
Machine Learning Algorithms" (arXiv:1708.07747, 2017).
"""

from ensemble_lab.data.sources.image_set import ImageSet
from ensemble_lab.data.sources.publication import Publication, PublishedFile

__all__ = ["FASHION_MNIST"]

FASHION_MNIST = ImageSet(
    Publication(
        title="Fashion-MNIST",
        address="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        files=(
            PublishedFile(
                "train-images-idx3-ubyte.gz",
                "sha256:3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            PublishedFile(
                "train-labels-idx1-ubyte.gz",
                "sha256:a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            PublishedFile(
                "t10k-images-idx3-ubyte.gz",
                "sha256:346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            PublishedFile(
                "t10k-labels-idx1-ubyte.gz",
                "sha256:67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        ),
        # The second is the name in Keras's cache, the third that of torchvision.
        folders=("fashion_mnist", "fashion-mnist", "FashionMNIST/raw"),
    ),
    class_names=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
)
