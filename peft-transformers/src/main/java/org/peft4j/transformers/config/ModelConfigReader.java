package org.peft4j.transformers.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.peft4j.error.PeftException;

/**
 * Reads a {@code config.json}. A setting that this library would not honour is refused with its
 * value, never ignored.
 */
public final class ModelConfigReader {
  private static final long MAX_BYTES = 1 << 20;

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private ModelConfigReader() {}

  /**
   * Reads {@code folder/config.json}.
   *
   * @throws PeftException if it is no config of a supported family, or has an unsupported setting
   */
  public static ModelConfig read(Path folder) {
    Path file = folder.resolve("config.json");
    if (!Files.isRegularFile(file)) {
      throw new PeftException(
          folder + " has no config.json. A Hugging Face checkpoint folder is needed.");
    }
    return readFile(file);
  }

  /**
   * Reads a {@code config.json} by whatever name.
   *
   * @throws PeftException if it is no config of a supported family, or has an unsupported setting
   */
  public static ModelConfig readFile(Path file) {
    ConfigFields fields = new ConfigFields(file.toString(), parse(file));
    String modelType = fields.text("model_type", "");
    Family family =
        Family.of(modelType)
            .orElseThrow(
                () ->
                    new PeftException(
                        file
                            + ": model_type \""
                            + modelType
                            + "\" is not supported. Supported are: "
                            + Family.supported()
                            + "."));
    ModelConfig config =
        family == Family.GPT2 ? Gpt2Config.read(fields) : LlamaConfig.read(family, fields);
    Optional<Labels> labels = LabelsReader.read(fields);
    fields.throwProblems("can be run here");
    return labels.map(config::withLabels).orElse(config);
  }

  static JsonNode parse(Path file) {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new PeftException(
            file + " has " + Files.size(file) + " bytes; the limit is " + MAX_BYTES + ".");
      }
      return MAPPER.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new PeftException(file + " is no valid JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
  }
}
