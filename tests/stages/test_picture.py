"""A matrix as a PNG."""

import base64
import io

import numpy as np
from PIL import Image

from stages.page.picture import picture
from tests.support.networks import numbers


def pixels(values):
    address = picture(values)
    head, _, content = address.partition(",")
    assert head == "data:image/png;base64"
    return np.array(Image.open(io.BytesIO(base64.b64decode(content))).convert("RGBA")).astype(int)


def test_the_sign_is_the_hue_and_the_size_the_opacity():
    red, _, blue, opacity = pixels(np.array([[-1.0, -0.5, 0.0, 0.5, 1.0]]))[0].T
    assert opacity.tolist() == [254, 128, 0, 128, 254]
    assert (blue > red)[:2].all() and (red > blue)[3:].all()


def test_a_matrix_of_any_size_is_a_whole_picture():
    for shape in ((1, 1), (100, 100), (256, 256), (300, 500)):
        shown = pixels(numbers().uniform(-1, 1, shape))
        assert shown.shape == (*shape, 4)
