package org.peft4j.transformers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.transformers.prediction.PredictionOptions;

/**
 * How a model makes vectors of texts by default: as the files of sentence-transformers in its
 * folder say, {@code modules.json}, {@code 1_Pooling/config.json} and {@code
 * sentence_bert_config.json}; without a {@code modules.json} the means of hidden states, of length
 * 1.
 *
 * @param pooling from hidden states to a vector
 * @param normalised whether each vector has the length 1: the module {@code 2_Normalize}
 * @param longestInput the most tokens of a text ({@code max_seq_length}); empty for what the model
 *     takes
 */
public record VectorSettings(VectorPooling pooling, boolean normalised, OptionalInt longestInput) {
  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 16);
  private static final String MODULES = "modules.json";
  private static final String PROMPT = "default_prompt_name";

  /** The modes of pooling by the names of sentence-transformers; those without one are refused. */
  private static final Map<String, VectorPooling> MODES =
      Map.of(
          "mean", VectorPooling.MEAN, "cls", VectorPooling.FIRST, "lasttoken", VectorPooling.LAST);

  /** A flag for each mode, in files of before {@code pooling_mode}. */
  private static final Map<String, String> FLAGS = flags();

  private static Map<String, String> flags() {
    Map<String, String> flags = new LinkedHashMap<>();
    flags.put("pooling_mode_cls_token", "cls");
    flags.put("pooling_mode_max_tokens", "max");
    flags.put("pooling_mode_mean_tokens", "mean");
    flags.put("pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens");
    flags.put("pooling_mode_weightedmean_tokens", "weightedmean");
    flags.put("pooling_mode_lasttoken", "lasttoken");
    return flags;
  }

  /**
   * Those of a model's folder.
   *
   * @throws PeftException if a file is broken, or asks for what is not supported: another mode of
   *     pooling, several at once, modules beside Transformer, Pooling and Normalize, or a default
   *     prompt before each text; with its name
   */
  public static VectorSettings read(Path folder) {
    Path file = folder.resolve(MODULES);
    if (!Files.exists(file)) {
      return new VectorSettings(VectorPooling.MEAN, true, OptionalInt.empty());
    }
    VectorPooling pooling = VectorPooling.MEAN;
    List<String> kinds = new ArrayList<>();
    for (JsonNode module : JSON.read(file)) {
      String type = module.path("type").asText();
      String kind = type.substring(type.lastIndexOf('.') + 1);
      kinds.add(kind);
      if (kind.equals("Pooling")) {
        pooling = pooling(within(folder, file, module.path("path").asText()));
      }
    }
    boolean normalised = kinds.contains("Normalize");
    if (!kinds.equals(List.of("Transformer", "Pooling"))
        && !kinds.equals(List.of("Transformer", "Pooling", "Normalize"))) {
      throw new PeftException(
          "%s has the modules %s; supported: Transformer, Pooling and maybe Normalize, in this order. %s"
              .formatted(file, kinds, otherwise()));
    }
    requireNoPrompt(folder.resolve("config_sentence_transformers.json"));
    return new VectorSettings(pooling, normalised, longestOf(folder));
  }

  /** Paths in files stay in the folder. */
  private static Path within(Path folder, Path file, String path) {
    Path module = folder.resolve(path).normalize();
    if (path.isEmpty() || !module.startsWith(folder.normalize())) {
      throw new PeftException(
          "%s has a module in %s; allowed: a folder in that of the model."
              .formatted(file, Quoted.quoted(path)));
    }
    return module.resolve("config.json");
  }

  private static VectorPooling pooling(Path file) {
    ObjectNode json = JSON.readObject(file);
    List<String> modes = new ArrayList<>();
    JsonNode mode = json.path("pooling_mode");
    if (mode.isArray()) {
      mode.forEach(each -> modes.add(each.asText()));
    } else if (!mode.isMissingNode()) {
      modes.add(mode.asText());
    } else {
      FLAGS.forEach(
          (flag, name) -> {
            if (json.path(flag).asBoolean(false)) {
              modes.add(name);
            }
          });
    }
    String only = modes.isEmpty() ? "mean" : modes.get(0);
    if (modes.size() > 1 || !MODES.containsKey(only)) {
      throw new PeftException(
          "%s asks for the pooling %s; supported: one of cls, lasttoken and mean. %s"
              .formatted(file, modes, otherwise()));
    }
    return MODES.get(only);
  }

  private static void requireNoPrompt(Path file) {
    JsonNode name =
        Files.exists(file) ? JSON.readObject(file).path(PROMPT) : MissingNode.getInstance();
    if (!name.isMissingNode() && !name.isNull()) {
      throw new PeftException(
          "%s has the %s %s, a text before each text, which is not put there. Put it before your texts. %s"
              .formatted(file, PROMPT, Quoted.quoted(name.asText()), otherwise()));
    }
  }

  private static String otherwise() {
    return "To make vectors in another way, say the pooling and whether they have the length 1.";
  }

  /**
   * The most tokens of a text, {@code max_seq_length} of {@code sentence_bert_config.json}; empty
   * if the folder does not say it.
   *
   * @throws PeftException if it is no whole number from 1 on
   */
  public static OptionalInt longestOf(Path folder) {
    Path file = folder.resolve("sentence_bert_config.json");
    JsonNode most =
        Files.exists(file)
            ? JSON.readObject(file).path("max_seq_length")
            : MissingNode.getInstance();
    if (most.isMissingNode() || most.isNull()) {
      return OptionalInt.empty();
    }
    if (!most.canConvertToInt() || !most.isIntegralNumber() || most.intValue() < 1) {
      throw new PeftException(
          "%s has the max_seq_length %s; allowed: whole numbers from 1 on.".formatted(file, most));
    }
    return OptionalInt.of(most.intValue());
  }

  /** Options without a longest input, with these settings' if they have one. */
  public PredictionOptions in(PredictionOptions options) {
    return options.longestInput().isEmpty() && longestInput.isPresent()
        ? options.withLongestInput(longestInput.getAsInt())
        : options;
  }
}
