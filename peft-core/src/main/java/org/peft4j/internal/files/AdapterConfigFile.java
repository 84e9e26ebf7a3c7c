package org.peft4j.internal.files;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod;

/** The text of {@code adapter_config.json}: bounded, strict, and never more than data. */
final class AdapterConfigFile {
  private static final long MAX_BYTES = 4 << 20;

  private static final ObjectMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(64)
                          .maxStringLength(100_000)
                          .maxNameLength(1_000)
                          .maxNumberLength(100)
                          .maxDocumentLength(MAX_BYTES)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final ObjectWriter PRETTY = JSON.writer().with(SerializationFeature.INDENT_OUTPUT);

  private AdapterConfigFile() {}

  /** The bytes of a file, if it is not too large. */
  private static byte[] bytes(Path file) {
    try {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new PeftException(
            file + " has " + size + " bytes; an adapter config may have " + MAX_BYTES + ".");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new PeftException("Cannot read " + file + ": " + e.getMessage() + ".", e);
    }
  }

  /**
   * The config in {@code file}.
   *
   * @param baseModel what replaces its base model's name
   */
  static PeftConfig parse(Path file, Optional<String> baseModel) {
    JsonNode node;
    try {
      node = JSON.readTree(bytes(file));
    } catch (JsonProcessingException e) {
      throw new PeftException(file + " is not valid JSON: " + e.getOriginalMessage() + ".", e);
    } catch (IOException e) {
      throw new PeftException("Cannot read " + file + ": " + e.getMessage() + ".", e);
    }
    if (!(node instanceof ObjectNode json)) {
      throw new PeftException(file + " is no JSON object.");
    }
    JsonNode type = json.get("peft_type");
    if (type == null || !type.isTextual()) {
      throw new PeftException(file + " has no peft_type; it names the method, \"LORA\" say.");
    }
    baseModel.ifPresent(name -> json.put("base_model_name_or_path", name));
    PeftMethod<?> method;
    try {
      method = Methods.named(type.textValue());
      return method.readConfig(new ConfigReader(json));
    } catch (PeftException e) {
      throw new PeftException(file + ": " + e.getMessage(), e);
    }
  }

  /** The text of {@code json}, its keys sorted as Hugging Face PEFT sorts them. */
  static byte[] format(ObjectNode json) {
    Map<String, JsonNode> sorted = new TreeMap<>();
    json.properties().forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
    try {
      return PRETTY.writeValueAsBytes(sorted);
    } catch (JsonProcessingException e) {
      throw new PeftException("Cannot write the config: " + e.getOriginalMessage(), e);
    }
  }
}
