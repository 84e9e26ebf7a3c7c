"""Writes what each field of BLIP's and CLIP's text_config and vision_config changes: python fields_of_parts.py; needs what fields.py writes"""

import setting  # first: sets the environment

import copy
import json

from transformers import AutoConfig

import fields

PARTS = ("text_config", "vision_config")
NOT_TRIED = {"_name_or_path", "architectures", "id2label", "label2id", "model_type", "transformers_version", "return_dict"}


def of(name: str) -> dict:
    config = json.loads((fields.FOLDER / f"{name}.json").read_text(encoding="utf-8"))["config"]
    expected = fields.logits(AutoConfig.for_model(**copy.deepcopy(config)))
    result = {}
    for part in PARTS:
        own = config[part]
        changed = {field: fields.other(field, value) for field, value in own.items() if field not in NOT_TRIED}
        changed.update({field: value for field, value in fields.BESIDE.items() if field not in own})
        for field, value in changed.items():
            if value is None or value == own.get(field):
                continue
            other = {**config, part: {**own, field: value}}
            result[f"{part}.{field}"] = {"value": value, "effect": fields.effect(other, expected)}
    return {"fields": result}


if __name__ == "__main__":
    for name in ("blip", "clip"):
        setting.write_json(setting.GOLDEN / "fields-of-parts" / f"{name}.json", of(name))
