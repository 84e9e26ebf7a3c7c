"""Methods that Hugging Face PEFT does not have, each written from its paper's formulas in FP64."""
