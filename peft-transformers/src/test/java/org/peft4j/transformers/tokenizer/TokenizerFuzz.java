package org.peft4j.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.peft4j.error.PeftException;

/**
 * Loads damaged tokenizers and gives each that is taken a number of texts. It is a program, since a
 * fault in native code ends the process: the last file is then still in the folder.
 */
final class TokenizerFuzz {
  private static final List<String> SEEDS =
      List.of(
          "llama",
          "llama-no-config",
          "llama3",
          "tekken",
          "qwen2",
          "gpt2-prefix",
          "opt",
          "t5",
          "unigram-as-is",
          "bert",
          "roberta");
  private static final int TEXTS = 100;
  private static final Duration MAX_TIME = Duration.ofSeconds(20);

  private final Path folder;
  private final Random random;
  private final TokenizerMutations mutations;
  private int taken;
  private int refused;
  private int inputs;

  private TokenizerFuzz(Path folder, long seed) throws IOException {
    this.folder = folder;
    random = new Random(seed);
    List<JsonNode> seeds = new ArrayList<>();
    for (String name : SEEDS) {
      seeds.add(TokenizerCase.of(name).json());
    }
    mutations = new TokenizerMutations(seeds, random);
  }

  /** Arguments: a folder, the number of inputs, a seed. */
  public static void main(String[] arguments) throws IOException {
    TokenizerFuzz fuzz = new TokenizerFuzz(Path.of(arguments[0]), Long.parseLong(arguments[2]));
    int wanted = Integer.parseInt(arguments[1]);
    while (fuzz.inputs < wanted) {
      fuzz.tryOne();
    }
    System.out.printf(
        "%d inputs, %d files taken, %d refused%n", fuzz.inputs, fuzz.taken, fuzz.refused);
  }

  private void tryOne() throws IOException {
    for (Map.Entry<String, JsonNode> file : mutations.files().properties()) {
      TokenizerCase.write(folder, file.getKey(), file.getValue());
    }
    inputs++;
    long started = System.nanoTime();
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      taken++;
      List<String> texts = Stream.generate(mutations::text).limit(TEXTS).toList();
      Files.write(
          folder.resolve("texts.txt"),
          String.join("\n\n", texts).getBytes(StandardCharsets.UTF_16));
      for (String text : texts) {
        inputs++;
        encode(tokenizer, text);
      }
    } catch (PeftException expected) {
      refused++;
    }
    if (System.nanoTime() - started > MAX_TIME.toNanos()) {
      throw new IllegalStateException("An input took more than " + MAX_TIME + ".");
    }
  }

  private void encode(Tokenizer tokenizer, String text) {
    try {
      int[] ids = tokenizer.encode(text, random.nextBoolean());
      tokenizer.decode(ids, random.nextBoolean());
      tokenizer.decode(random.ints(random.nextInt(20), -2, 600).toArray(), false);
      tokenizer.encode(input(text), limit());
    } catch (PeftException expected) {
      // No token for a character, or half of one.
    }
  }

  private TextInput input(String text) {
    return switch (random.nextInt(3)) {
      case 0 -> TextInput.of(text);
      case 1 -> TextInput.pair(text, mutations.text());
      default -> TextInput.words(List.of(text.split(" ")));
    };
  }

  private TextLimit limit() {
    int tokens = 1 + random.nextInt(20);
    return random.nextBoolean()
        ? TextLimit.of(tokens)
        : TextLimit.windows(tokens, random.nextInt(5));
  }
}
