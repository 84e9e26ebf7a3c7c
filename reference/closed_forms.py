"""Writes the golden files of methods that Hugging Face PEFT does not have: python closed_forms.py"""

import setting  # first: sets the environment

import shutil

from forms import bottleneck, compacter, delta_lora, mora

FOLDER = setting.GOLDEN / "closed_forms"
ALL = {**mora.ALL, **bottleneck.ALL, **compacter.ALL, **delta_lora.ALL}


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name, form in ALL.items():
        setting.write_tensors(FOLDER / f"{name}.safetensors", form.tensors(name))
    settings = {name: {"description": form.description, **form.settings} for name, form in ALL.items()}
    setting.write_json(FOLDER / "closed_forms.json", settings)
