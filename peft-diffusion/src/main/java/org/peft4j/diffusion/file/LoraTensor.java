package org.peft4j.diffusion.file;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.peft4j.error.PeftException;

/**
 * What a tensor of a file is.
 *
 * @param part the model that it belongs to
 * @param module the path of the module there; with underscores for dots in kohya's form
 * @param kind which of the module's tensors
 * @param underscores whether the path is kohya's
 */
record LoraTensor(Part part, String module, Kind kind, boolean underscores) {
  /** A model of Stable Diffusion. */
  enum Part {
    UNET("unet", "lora_unet_"),
    TEXT("text_encoder", "lora_te_");

    private final String name;
    private final String kohya;

    Part(String name, String kohya) {
      this.name = name;
      this.kohya = kohya;
    }

    /** Its name in diffusers. */
    String title() {
      return name;
    }
  }

  /** A tensor of a module. */
  enum Kind {
    A,
    B,
    ALPHA,
    MAGNITUDE
  }

  /** Models whose adapters are not for Stable Diffusion 1 or 2, by the prefixes of keys. */
  private static final Map<String, String> OTHERS =
      Map.of(
          "text_encoder_2.", "Stable Diffusion XL",
          "lora_te2_", "Stable Diffusion XL",
          "transformer.", "Stable Diffusion 3 or Flux",
          "lora_transformer_", "Flux");

  private static final Map<String, Kind> ENDS =
      Map.ofEntries(
          Map.entry(".lora_A.weight", Kind.A),
          Map.entry(".lora_B.weight", Kind.B),
          Map.entry(".lora.down.weight", Kind.A),
          Map.entry(".lora.up.weight", Kind.B),
          Map.entry(".lora_linear_layer.down.weight", Kind.A),
          Map.entry(".lora_linear_layer.up.weight", Kind.B),
          Map.entry("_lora.down.weight", Kind.A),
          Map.entry("_lora.up.weight", Kind.B),
          Map.entry(".lora_down.weight", Kind.A),
          Map.entry(".lora_up.weight", Kind.B),
          Map.entry(".alpha", Kind.ALPHA),
          Map.entry(".dora_scale", Kind.MAGNITUDE),
          Map.entry(".lora_magnitude_vector.weight", Kind.MAGNITUDE),
          Map.entry(".lora_magnitude_vector", Kind.MAGNITUDE));

  private static final Pattern TEXT_MODULE =
      Pattern.compile(
          "(?:text_model_)?encoder_layers_(\\d+)_(self_attn|mlp)_(q_proj|k_proj|v_proj|out_proj|fc1|fc2)");

  /**
   * Reads a key.
   *
   * @throws PeftException if it is of another model or form
   */
  static LoraTensor of(String key, String file) {
    OTHERS.forEach(
        (prefix, model) -> {
          if (key.startsWith(prefix)) {
            throw new PeftException(
                file + " is an adapter for " + model + " (" + key + "), which is not supported.");
          }
        });
    String rest = key.replaceFirst("^lora_te1_", "lora_te_");
    for (Part part : Part.values()) {
      for (String prefix : List.of(part.name + ".", part.kohya)) {
        if (rest.startsWith(prefix)) {
          boolean underscores = prefix.equals(part.kohya);
          return tensor(part, rest.substring(prefix.length()), underscores)
              .orElseThrow(() -> unknown(key, file));
        }
      }
    }
    throw unknown(key, file);
  }

  private static Optional<LoraTensor> tensor(Part part, String rest, boolean underscores) {
    return ENDS.entrySet().stream()
        .filter(end -> rest.endsWith(end.getKey()))
        .max((a, b) -> Integer.compare(a.getKey().length(), b.getKey().length()))
        .map(
            end -> {
              String module = rest.substring(0, rest.length() - end.getKey().length());
              return new LoraTensor(part, today(module), end.getValue(), underscores);
            });
  }

  /** diffusers' first versions had layers of LoRA in an attention's processor. */
  private static String today(String module) {
    String plain = module.replace(".processor.", ".");
    return plain.endsWith(".to_out") ? plain + ".0" : plain;
  }

  private static PeftException unknown(String key, String file) {
    return new PeftException(
        file
            + " has a tensor "
            + key
            + ", which is none of LoRA's in the forms of diffusers (unet.….lora_A.weight) or kohya"
            + " (lora_unet_….lora_down.weight).");
  }

  /**
   * The path of its module with dots.
   *
   * @param known the UNet's paths by their form with underscores
   */
  String path(Map<String, String> known, String file) {
    if (part == Part.UNET) {
      String path = known.get(module.replace('.', '_'));
      if (path == null) {
        throw new PeftException(
            file
                + " adapts "
                + module
                + ", which this UNet does not have"
                + (module.contains("input_blocks")
                    ? ": the names are those of another program"
                    : "")
                + ".");
      }
      return path;
    }
    Matcher parts = TEXT_MODULE.matcher(module.replace('.', '_'));
    if (!parts.matches()) {
      throw new PeftException(file + " adapts " + module + ", which no text encoder has.");
    }
    return "text_model.encoder.layers."
        + parts.group(1)
        + "."
        + parts.group(2)
        + "."
        + parts.group(3);
  }
}
