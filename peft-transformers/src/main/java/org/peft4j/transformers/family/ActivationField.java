package org.peft4j.transformers.family;

import java.util.Map;
import java.util.TreeMap;
import org.peft4j.kernel.Activation;

/** A field with Hugging Face transformers' name of an activation. */
final class ActivationField {
  private static final Map<String, Activation> BY_NAME =
      new TreeMap<>(
          Map.of(
              "relu", Activation.RELU,
              "gelu", Activation.GELU,
              "gelu_new", Activation.GELU_TANH,
              "gelu_pytorch_tanh", Activation.GELU_TANH,
              "silu", Activation.SILU,
              "swish", Activation.SILU));

  private ActivationField() {}

  static Activation read(ConfigFields fields, String name, String absent) {
    Activation activation = BY_NAME.get(fields.text(name, absent));
    fields.check(activation != null, name, String.join(", ", BY_NAME.keySet()));
    return activation == null ? Activation.RELU : activation;
  }
}
