package org.peft4j.transformers.internal.family;

import java.util.Map;
import java.util.TreeMap;
import org.peft4j.kernel.Activation;

/** A field with Hugging Face transformers' name of an activation. */
public final class ActivationField {
  private static final Map<String, Activation> BY_NAME =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("relu", Activation.RELU),
              Map.entry("gelu", Activation.GELU),
              Map.entry("gelu_python", Activation.GELU),
              Map.entry("gelu_accurate", Activation.GELU_TANH),
              Map.entry("gelu_fast", Activation.GELU_TANH),
              Map.entry("gelu_new", Activation.GELU_TANH),
              Map.entry("gelu_python_tanh", Activation.GELU_TANH),
              Map.entry("gelu_pytorch_tanh", Activation.GELU_TANH),
              Map.entry("quick_gelu", Activation.QUICK_GELU),
              Map.entry("silu", Activation.SILU),
              Map.entry("swish", Activation.SILU),
              Map.entry("tanh", Activation.TANH)));

  private ActivationField() {}

  public static Activation read(ConfigFields fields, String name, String absent) {
    Activation activation = BY_NAME.get(fields.text(name, absent));
    fields.check(activation != null, name, String.join(", ", BY_NAME.keySet()));
    return activation == null ? Activation.RELU : activation;
  }
}
