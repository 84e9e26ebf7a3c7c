"""Writes small pictures in many forms, and what transformers makes of them: python pictures.py

Pixels as load_image reads them, pictures resized by Pillow with every filter, and pixel_values of the image processors of ViT, DeiT, CLIP
and BLIP with Pillow.
"""

import setting  # first: sets the environment

import io
import json
import struct
import zlib

import numpy as np
import torch
from PIL import Image
from transformers.image_utils import load_image
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.deit.image_processing_pil_deit import DeiTImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

FOLDER = setting.GOLDEN.parents[4] / "peft-vision/src/test/resources/pictures"
FILES = FOLDER / "files"
WIDTH, HEIGHT = 37, 29


def pixels(name: str, height: int, width: int, channels: int) -> np.ndarray:
    """A slope and a few waves with noise: something that JPEG changes a little, and every filter differently."""
    noise = torch.rand((height, width, channels), generator=setting.generator(name)).numpy()
    y, x, c = np.mgrid[0:height, 0:width, 0:channels].astype(np.float64)
    waves = np.sin(x / (2.0 + c)) + np.cos((y + 3 * c) / 3.0)
    return np.clip(255 * (0.35 + 0.2 * waves + 0.25 * noise + 0.2 * x / width), 0, 255).astype(np.uint8)


def png(height: int, width: int, depth: int, kind: int, rows: bytes, interlaced: int = 0) -> bytes:
    """A PNG file of filtered rows, for forms that Pillow does not write."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def rows(values: np.ndarray) -> bytes:
    """Rows without a filter, of whole bytes, big-endian."""
    return b"".join(b"\0" + row.astype(values.dtype.newbyteorder(">")).tobytes() for row in values)


def adam7(values: np.ndarray) -> bytes:
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    return b"".join(rows(values[y::dy, x::dx]) for y, x, dy, dx in passes)


def wide(name: str, channels: int) -> np.ndarray:
    """Values of 16 bits."""
    high = pixels(name, HEIGHT, WIDTH, channels).astype(np.uint16)
    low = pixels(name + " low", HEIGHT, WIDTH, channels)
    return high * 256 + low


def saved(image: Image.Image, **options) -> bytes:
    data = io.BytesIO()
    image.save(data, **options)
    return data.getvalue()


def packed(depth: int) -> bytes:
    """Grey of 1, 2 or 4 bits."""
    values = pixels(f"grey {depth}", HEIGHT, WIDTH, 1)[:, :, 0] >> (8 - depth)
    bits = np.unpackbits(values[:, :, None], axis=2)[:, :, 8 - depth :].reshape(HEIGHT, -1)
    return b"".join(b"\0" + np.packbits(row).tobytes() for row in bits)


def files() -> dict[str, bytes]:
    color = Image.fromarray(pixels("color", HEIGHT, WIDTH, 3))
    grey = Image.fromarray(pixels("grey", HEIGHT, WIDTH, 1)[:, :, 0])
    alpha = Image.fromarray(pixels("alpha", HEIGHT, WIDTH, 4))
    palette = color.quantize(23)
    jpeg = {"format": "JPEG", "quality": 90}
    made = {
        "color.png": saved(color, format="PNG"),
        "strip.png": saved(Image.fromarray(pixels("strip", 11, 50, 3)), format="PNG"),
        "tall.png": saved(Image.fromarray(pixels("tall", 41, 13, 3)), format="PNG"),
        "grey.png": saved(grey, format="PNG"),
        "grey_alpha.png": saved(grey.convert("LA"), format="PNG"),
        "color_alpha.png": saved(alpha, format="PNG"),
        "palette.png": saved(palette, format="PNG"),
        "palette_2.png": saved(color.quantize(4), format="PNG", bits=2),
        "palette_alpha.png": saved(palette, format="PNG", transparency=bytes(range(0, 230, 10))),
        "color_key.png": saved(color, format="PNG", transparency=color.getpixel((3, 4))),
        "grey_1.png": png(HEIGHT, WIDTH, 1, 0, packed(1)),
        "grey_2.png": png(HEIGHT, WIDTH, 2, 0, packed(2)),
        "grey_4.png": png(HEIGHT, WIDTH, 4, 0, packed(4)),
        "grey_16.png": png(HEIGHT, WIDTH, 16, 0, rows(wide("grey 16", 1) >> 7)),
        "grey_alpha_16.png": png(HEIGHT, WIDTH, 16, 4, rows(wide("grey alpha 16", 2))),
        "color_16.png": png(HEIGHT, WIDTH, 16, 2, rows(wide("color 16", 3))),
        "color_alpha_16.png": png(HEIGHT, WIDTH, 16, 6, rows(wide("color alpha 16", 4))),
        "interlaced.png": png(HEIGHT, WIDTH, 8, 2, adam7(pixels("interlaced", HEIGHT, WIDTH, 3)), 1),
        "color_420.jpg": saved(color, subsampling="4:2:0", **jpeg),
        "color_422.jpg": saved(color, subsampling="4:2:2", **jpeg),
        "color_444.jpg": saved(color, subsampling="4:4:4", **jpeg),
        "rgb.jpg": saved(color, keep_rgb=True, **jpeg),
        "progressive.jpg": saved(color, progressive=True, **jpeg),
        "grey.jpg": saved(grey, **jpeg),
        "cmyk.jpg": saved(alpha.convert("RGB").convert("CMYK"), **jpeg),
    }
    plain = made["color_444.jpg"]
    length = struct.unpack(">H", plain[4:6])[0]
    assert plain[6:10] == b"JFIF"
    made["no_jfif.jpg"] = plain[:2] + plain[4 + length :]
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        exif[0x010F] = "maker"
        made[f"turned_{orientation}.jpg"] = saved(color, exif=exif, **jpeg)
    exif = Image.Exif()
    exif[0x0112] = 6
    made["turned.png"] = saved(color, format="PNG", exif=exif)
    made["turned_xmp.jpg"] = saved(color, xmp=b'<x:xmpmeta><rdf:Description tiff:Orientation="8"/></x:xmpmeta>', **jpeg)
    return made


VIT = {"image_processor_type": "ViTImageProcessorFast", "size": {"height": 18, "width": 20}, "resample": 2}
PROCESSORS = {
    "vit": (ViTImageProcessorPil, VIT),
    "vit_number": (ViTImageProcessorPil, {"feature_extractor_type": "ViTFeatureExtractor", "size": 16, "image_mean": [0.4, 0.5, 0.6]}),
    "deit": (DeiTImageProcessorPil, {"image_processor_type": "DeiTImageProcessor", "size": {"height": 19, "width": 17}, "crop_size": 15}),
    "clip": (
        CLIPImageProcessorPil,
        {"image_processor_type": "CLIPFeatureExtractor", "size": 16, "crop_size": {"height": 13, "width": 14}, "do_convert_rgb": True},
    ),
    "clip_small": (
        CLIPImageProcessorPil,
        {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 9}, "crop_size": {"height": 12, "width": 16}},
    ),
    "blip": (BlipImageProcessorPil, {"image_processor_type": "BlipImageProcessor", "size": {"height": 21, "width": 21}, "resample": 3}),
    "edges": (
        CLIPImageProcessorPil,
        {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 12, "longest_edge": 19}, "do_center_crop": False, "resample": 1},
    ),
    "within": (
        ViTImageProcessorPil,
        {"image_processor_type": "ViTImageProcessor", "size": {"max_height": 20, "max_width": 17}, "do_normalize": False, "resample": 4},
    ),
    "one_mean": (
        ViTImageProcessorPil,
        {"image_processor_type": "ViTImageProcessor", "size": [17, 15], "image_mean": 0.3, "image_std": 0.7, "rescale_factor": 0.01, "resample": 5},
    ),
    "bytes": (
        ViTImageProcessorPil,
        {"image_processor_type": "ViTImageProcessor", "do_resize": False, "do_rescale": False, "image_std": [3.0, 4.0, 5.0], "resample": 0},
    ),
}
PREPARED = ("color.png", "strip.png", "tall.png", "grey.png", "color_alpha.png", "color_420.jpg", "turned_6.jpg")


def main() -> None:
    FILES.mkdir(parents=True, exist_ok=True)
    read = {}
    for name, data in files().items():
        (FILES / name).write_bytes(data)
        read[name] = torch.from_numpy(np.array(load_image(str(FILES / name))))
    setting.write_tensors(FOLDER / "pixels.safetensors", read)

    resized = {}
    color = load_image(str(FILES / "color.png"))
    for code in range(6):
        for width, height in ((16, 11), (60, 50), (37, 7), (90, 29), (1, 1), (36, 30)):
            small = color.resize((width, height), resample=code)
            resized[f"{code} {width} {height}"] = torch.from_numpy(np.array(small))
    resized["grey"] = torch.from_numpy(np.array(color.convert("L")))
    setting.write_tensors(FOLDER / "resized.safetensors", resized)

    for name, (kind, config) in PROCESSORS.items():
        folder = FOLDER / "processors" / name
        folder.mkdir(parents=True, exist_ok=True)
        nested = name == "blip"
        text = {"processor_class": "BlipProcessor", "image_processor": config} if nested else config
        file = folder / ("processor_config.json" if nested else "preprocessor_config.json")
        file.write_text(json.dumps(text, indent=2) + "\n")
        processor = kind.from_pretrained(folder)
        prepared = {}
        for each in PREPARED:
            values = processor(load_image(str(FILES / each)), return_tensors="pt")["pixel_values"]
            prepared[each] = values.float()
        setting.write_tensors(folder / "pixel_values.safetensors", prepared)


main()
