package org.peft4j.transformers.family;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.peft4j.internal.NearestNames;

/** The supported family nearest to one that is not, for error messages. */
final class NearestFamily {
  /** Families that are built like another of a different name. */
  private static final Map<String, String> KIN =
      Map.ofEntries(
          Map.entry("codegen", "gptj"),
          Map.entry("camembert", "roberta"),
          Map.entry("xlm-roberta-xl", "xlm-roberta"),
          Map.entry("deberta", "bert"),
          Map.entry("deberta-v2", "bert"),
          Map.entry("gemma3", "gemma3_text"),
          Map.entry("mixtral", "mistral"),
          Map.entry("ministral", "mistral"),
          Map.entry("mpt", "bloom"),
          Map.entry("phimoe", "phi3"),
          Map.entry("pythia", "gpt_neox"),
          Map.entry("gpt_neox_japanese", "gpt_neox"),
          Map.entry("refinedweb", "falcon"),
          Map.entry("refinedwebmodel", "falcon"),
          Map.entry("stablelm", "llama"),
          Map.entry("starcoder", "gpt_bigcode"),
          Map.entry("longt5", "t5"),
          Map.entry("switch_transformers", "t5"));

  private NearestFamily() {}

  /** That of the same kin, or of a similar name; empty if there is none. */
  static Optional<String> of(String modelType, Collection<String> supported) {
    String name = modelType.toLowerCase(Locale.ROOT);
    return Optional.ofNullable(KIN.get(name))
        .filter(supported::contains)
        .or(() -> byName(name, supported));
  }

  /** One whose name it continues, otherwise one of which it differs in a third of the letters. */
  private static Optional<String> byName(String name, Collection<String> supported) {
    return supported.stream()
        .filter(name::startsWith)
        .max(Comparator.comparingInt(String::length))
        .or(
            () ->
                supported.stream()
                    .min(Comparator.comparingInt(s -> NearestNames.distance(name, s)))
                    .filter(s -> 3 * NearestNames.distance(name, s) <= s.length()));
  }
}
