import cv2
import numpy as np
import pytest
from screens import Layout, Screen, draw_screen

from busdemo.imaging.boxes import Box
from busdemo.imaging.crops import MAY_HOLD_A_NAME, parse_crop, write_crop
from busdemo.imaging.images import Scan, ScanOptions, UnreadableImage, read_scan
from busdemo.phantoms import random_recipe, simulate


@pytest.fixture(scope="module")
def screen() -> Screen:
    made = simulate(random_recipe(np.random.default_rng(5)), 5)
    return draw_screen(made.image, made.mask)


def read(screen: Screen, crop: str) -> Scan:
    data = cv2.imencode(".png", screen.pixels)[1].tobytes()
    return read_scan(data, "screen.png", ScanOptions(crop=parse_crop(crop)))


def test_the_scan_area_is_found_only_when_asked_for(screen: Screen) -> None:
    assert read(screen, "none").area is None
    scan = read(screen, "auto")
    assert scan.area == screen.box
    assert np.array_equal(scan.inside, screen.pixels[screen.box.window()])
    assert np.array_equal(scan.pixels, screen.pixels)


def test_what_is_left_out_is_told_and_a_name_is_pointed_at(screen: Screen) -> None:
    notes = read(screen, "auto").notes
    left, top, width, height = write_crop(screen.box).split(",")
    assert notes == (
        f"only the scan area is looked at, {width}x{height} px from {left}, {top}",
        f"there are letters around it: {MAY_HOLD_A_NAME}",
    )


def test_where_nothing_is_written_no_name_is_pointed_at(screen: Screen) -> None:
    silent = draw_screen(
        np.ascontiguousarray(screen.pixels[screen.box.window()]),
        np.ascontiguousarray(screen.mask[screen.box.window()]),
        Layout(words=False, names=False),
    )
    assert len(read(silent, "auto").notes) == 1


def test_a_box_is_taken_as_it_is_given(screen: Screen) -> None:
    scan = read(screen, "10, 20,300,200")
    assert scan.area == Box(10, 20, 310, 220)
    assert scan.inside.shape == (200, 300)
    assert write_crop(scan.area) == "10,20,300,200"


def test_all_of_the_picture_is_no_crop(screen: Screen) -> None:
    scan = read(screen, "0,0,1280,960")
    assert (scan.area, scan.notes) == (None, ())
    assert write_crop(scan.area) == "none"


@pytest.mark.parametrize("crop", ["1000,0,300,300", "0,0,8,300", "0,900,300,61"])
def test_a_box_outside_the_picture_is_refused(screen: Screen, crop: str) -> None:
    with pytest.raises(UnreadableImage, match="is not inside the image of 1280x960 px"):
        read(screen, crop)


@pytest.mark.parametrize("words", ["", "yes", "1,2,3", "1,2,3,4,5", "-1,0,20,20", "a,b,c,d"])
def test_other_words_are_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"^A crop is auto, none or x,y,w,h in px"):
        parse_crop(words)


def test_values_are_put_back_where_they_were(screen: Screen) -> None:
    scan = read(screen, "10,20,300,200")
    whole = scan.put_back(np.ones((200, 300), np.float32))
    assert whole.shape == scan.pixels.shape
    assert whole[20:220, 10:310].all()
    assert whole.sum() == 200 * 300
