"""Writes captions that a tiny BLIP makes of random pictures, greedily, with beams, and after a prompt: python captions.py"""

import setting  # first: sets the environment

import torch

import bases

FOLDER = setting.GOLDEN / "captions"
WAYS: dict[str, dict] = {
    "greedy": dict(max_new_tokens=9, do_sample=False),
    "beams": dict(max_new_tokens=8, num_beams=3),
    "beams_returned": dict(max_new_tokens=7, num_beams=4, num_return_sequences=2, length_penalty=0.5),
    "prompt": dict(max_new_tokens=6, do_sample=False),
}


def main() -> None:
    model = bases.load("blip")
    pixels = torch.randn((3, 3, 20, 20), generator=setting.generator("captions"))
    tensors = {"pixel_values": pixels}
    for name, options in WAYS.items():
        prompt = torch.tensor([[54, 17, 9, 3]]).repeat(3, 1) if name == "prompt" else None  # the last token is cut
        given = {} if prompt is None else {"input_ids": prompt, "attention_mask": torch.ones_like(prompt)}
        tensors[name] = model.generate(pixels, **given, **options)
    setting.write_tensors(FOLDER / "captions.safetensors", tensors)


if __name__ == "__main__":
    main()
