"""Reads the card of an adapter folder as Hugging Face's Hub does: python model_card.py FOLDER"""

import sys
from pathlib import Path

from huggingface_hub import ModelCard

card = ModelCard.load(Path(sys.argv[1]) / "README.md")
print(card.data.to_dict())
for result in card.data.eval_results or []:
    print(f"{result.task_type} on {result.dataset_name}: {result.metric_type} {result.metric_value}")
assert card.data.library_name == "peft" and "peft4j" in card.data.tags and card.data.base_model
