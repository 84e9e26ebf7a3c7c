package org.peft4j.transformers.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Optional;
import org.peft4j.error.PeftException;

/**
 * Reads the shapes of a T5 or mT5 from its {@code config.json}. Without {@code
 * tie_word_embeddings}, the head of T5 is tied and that of mT5 is not, as in their checkpoints; a
 * file that says so is believed. (Hugging Face transformers 5 ties both whatever the file says.)
 */
public final class T5ConfigReader {
  private static final String T5 = "t5";
  private static final String MT5 = "mt5";
  private static final int POSITION_BUCKETS = 32;

  private T5ConfigReader() {}

  /**
   * Reads a file.
   *
   * @return empty if it is of another family
   * @throws PeftException if a size is missing or impossible
   */
  public static Optional<T5Config> read(Path file) {
    JsonNode json = ModelConfigReader.parse(file);
    String modelType = json.path("model_type").asText();
    if (!modelType.equals(T5) && !modelType.equals(MT5)) {
      return Optional.empty();
    }
    ConfigFields fields = new ConfigFields(file.toString(), json);
    T5Config config = read(modelType, fields);
    fields.throwProblems("can be planned");
    return Optional.of(config);
  }

  private static T5Config read(String modelType, ConfigFields fields) {
    boolean mt5 = modelType.equals(MT5);
    fields.refuseUnless("is_encoder_decoder", true);
    String feedForward = fields.text("feed_forward_proj", mt5 ? "gated-gelu" : "relu");
    fields.check(
        feedForward.matches("(gated-)?\\w+"),
        "feed_forward_proj",
        "an activation, as in relu, or a gated one, as in gated-gelu");
    int layers = fields.positive("num_layers");
    return new T5Config(
        modelType,
        fields.positive("vocab_size"),
        fields.positive("d_model"),
        fields.positive("num_heads"),
        fields.positive("d_kv"),
        fields.positive("d_ff"),
        layers,
        fields.positive("num_decoder_layers", layers),
        fields.positive("relative_attention_num_buckets", POSITION_BUCKETS),
        feedForward.startsWith("gated-"),
        fields.flag("tie_word_embeddings", !mt5));
  }
}
