package org.peft4j.transformers.inspection;

/** A safetensors file, or several with an index. */
public record TensorsDescription(TensorTable tensors) implements Description {
  @Override
  public String text() {
    return tensors.text();
  }
}
