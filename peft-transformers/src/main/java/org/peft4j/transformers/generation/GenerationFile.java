package org.peft4j.transformers.generation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.DoublePredicate;
import java.util.function.UnaryOperator;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import org.peft4j.internal.json.JsonReader;

/**
 * What a checkpoint says about generation: {@code generation_config.json}, or where it is missing
 * the same fields of {@code config.json}, as {@code generate} of Hugging Face transformers takes
 * them. A field that is absent or null has its default.
 *
 * <pre>{@code
 * GenerationConfig config = GenerationFile.read(folder, own -> own.maxNewTokens(50));
 * }</pre>
 *
 * <p>A field that would change the text and is not supported is refused by name; {@link
 * UnsupportedFields} has them. Fields about speed and what else {@code generate} returns, and those
 * of beams where there are none, do not matter.
 */
public final class GenerationFile {
  private static final String NAME = "generation_config.json";
  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 16);

  private final Path file;
  private final ObjectNode json;
  private final List<String> problems = new ArrayList<>();

  private GenerationFile(Path file) {
    this.file = file;
    json = JSON.readObject(file);
  }

  /**
   * The config of {@code generate} without arguments.
   *
   * @param folder a checkpoint
   * @throws PeftException if a value is impossible, or a field is not supported; names all of them
   */
  public static GenerationConfig read(Path folder) {
    return read(folder, UnaryOperator.identity());
  }

  /**
   * The config of {@code generate} with arguments.
   *
   * @param folder a checkpoint
   * @param own sets values that go before the file's
   * @throws PeftException if a value is impossible, or a field is not supported; names all of them
   */
  public static GenerationConfig read(Path folder, UnaryOperator<GenerationConfigBuilder> own) {
    Path file = folder.resolve(NAME);
    return new GenerationFile(Files.exists(file) ? file : folder.resolve("config.json")).read(own);
  }

  private GenerationConfig read(UnaryOperator<GenerationConfigBuilder> own) {
    GenerationConfigBuilder builder = GenerationConfig.builder();
    boolean sampling = flag("do_sample");
    builder.doSample(sampling);
    whole("max_length", 1).ifPresent(builder::maxLength);
    whole("max_new_tokens", 1).ifPresent(builder::maxNewTokens);
    if (sampling || !(json.path("temperature").asDouble(1) == 0)) {
      number("temperature", value -> value > 0, "above 0").ifPresent(builder::temperature);
    }
    whole("top_k", 0).ifPresent(builder::topK);
    number("top_p", value -> value > 0 && value <= 1, "above 0, at most 1")
        .ifPresent(builder::topP);
    number("repetition_penalty", value -> value > 0, "above 0")
        .ifPresent(builder::repetitionPenalty);
    endOfText().ifPresent(builder::eosTokenIds);
    whole("pad_token_id", -1).filter(id -> id >= 0).ifPresent(builder::padTokenId);
    GenerationConfigBuilder whole = own.apply(builder);
    problems.addAll(UnsupportedFields.in(json, whole.samples()));
    if (!problems.isEmpty()) {
      throw new PeftException(file + ": " + String.join(" ", problems));
    }
    return whole.build();
  }

  private Optional<List<Integer>> endOfText() {
    JsonNode node = json.path("eos_token_id");
    List<Integer> ids = new ArrayList<>();
    for (JsonNode id : node.isArray() ? node : List.of(node)) {
      if (id.isIntegralNumber() && id.canConvertToInt() && id.intValue() >= 0) {
        ids.add(id.intValue());
      } else if (!absent(id)) {
        problem("eos_token_id", node, "a token id, or a list of them");
      }
    }
    return ids.isEmpty() ? Optional.empty() : Optional.of(ids);
  }

  private boolean flag(String name) {
    JsonNode node = json.path(name);
    if (!absent(node) && !node.isBoolean()) {
      problem(name, node, "true or false");
    }
    return node.asBoolean();
  }

  private Optional<Integer> whole(String name, int least) {
    JsonNode node = json.path(name);
    if (absent(node)) {
      return Optional.empty();
    }
    if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < least) {
      problem(name, node, "a whole number, " + least + " and above");
    }
    return Optional.of(node.asInt());
  }

  private Optional<Double> number(String name, DoublePredicate allowed, String text) {
    JsonNode node = json.path(name);
    if (absent(node)) {
      return Optional.empty();
    }
    if (!node.isNumber() || !allowed.test(node.doubleValue())) {
      problem(name, node, "a number " + text);
    }
    return Optional.of(node.asDouble());
  }

  private static boolean absent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  private void problem(String name, JsonNode node, String allowed) {
    problems.add(name + " is " + Quoted.quoted(node.toString()) + "; allowed: " + allowed + ".");
  }
}
