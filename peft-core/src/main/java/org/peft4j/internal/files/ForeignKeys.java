package org.peft4j.internal.files;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Recognises the key layouts of other programs, which this library does not read. */
final class ForeignKeys {
  private static final Map<Pattern, String> LAYOUTS = new LinkedHashMap<>();

  static {
    LAYOUTS.put(
        Pattern.compile("(^|\\.)lora_(unet|te\\d?|transformer)_.*|.*\\.lora_(down|up)\\..*"),
        "keys of kohya's layout (lora_unet_…, lora_down), of image models");
    LAYOUTS.put(
        Pattern.compile(
            "(.*\\.)?(unet|text_encoder|text_encoder_2)\\..*|.*\\.(processor|lora_linear_layer)\\..*"
                + "|.*\\.lora\\.(down|up)\\..*"),
        "keys of diffusers' layout (unet.…, .lora.down), of image models");
    LAYOUTS.put(
        Pattern.compile(
            "(base_model\\.model\\.)?(encoder|decoder)\\.(layers|sentence_encoder)\\..*"),
        "keys of fairseq's layout (decoder.layers.…)");
    LAYOUTS.put(
        Pattern.compile(".*\\.lora_[AB]"), "keys of loralib's layout (lora_A without .weight)");
    LAYOUTS.put(
        Pattern.compile(".*\\.lora_[AB]\\.[^.]+\\.weight"),
        "keys with the adapter's name (lora_A.default.weight), which save_pretrained leaves out;"
            + " rename lora_A.NAME.weight to lora_A.weight");
  }

  private ForeignKeys() {}

  /** The layout of a file, by the keys that an adapter of this library has not. */
  static Optional<String> layout(Set<String> unexpected) {
    return LAYOUTS.entrySet().stream()
        .filter(
            layout ->
                unexpected.stream()
                    .map(key -> key.replaceFirst("^base_model\\.model\\.(?=lora_|unet|text_)", ""))
                    .anyMatch(key -> layout.getKey().matcher(key).matches()))
        .map(Map.Entry::getValue)
        .findFirst();
  }
}
