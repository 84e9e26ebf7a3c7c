package org.peft4j.bottleneck;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The function between the two projections; files are written with its first name. */
public enum NonLinearity {
  /** {@code max(x, 0)}. */
  RELU("relu"),
  /** {@code x}, or {@code 0.01·x} below 0. */
  LEAKY_RELU("leakyrelu", "leaky_relu"),
  /** {@code x·Φ(x)}. */
  GELU("gelu", "gelu_orig"),
  /** GELU by tanh, as in GPT-2. */
  GELU_NEW("gelu_new", "gelu_pytorch_tanh"),
  /** {@code x·σ(x)}. */
  SWISH("swish", "silu"),
  /** Hyperbolic tangent. */
  TANH("tanh"),
  /** {@code σ(x) = 1/(1 + e⁻ˣ)}. */
  SIGMOID("sigmoid"),
  /** {@code x}. */
  LINEAR("linear");

  private final List<String> names;

  NonLinearity(String... names) {
    this.names = List.of(names);
  }

  /** Its name in a config file. */
  public String json() {
    return names.get(0);
  }

  static Optional<NonLinearity> named(String name) {
    return Arrays.stream(values()).filter(f -> f.names.contains(name)).findFirst();
  }

  static List<String> allNames() {
    return Arrays.stream(values()).flatMap(f -> f.names.stream()).toList();
  }
}
