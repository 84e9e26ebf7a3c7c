package org.peft4j.examples.classification;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.examples.tiny.TinyEncoder;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.transformers.AutoPeft;
import org.peft4j.transformers.SequenceClassifier;
import org.peft4j.transformers.tokenizer.Tokenizer;

/** The example on an encoder with random weights and made-up reviews, whose adjective tells all. */
class EncoderSentimentTest {
  private static final List<String> BAD = List.of("dull", "bland", "tired");
  private static final List<String> GOOD = List.of("warm", "lively", "clever");
  private static final List<String> THINGS = List.of("story", "plot", "cast", "ending", "score");
  private static final int LINES = 800;

  private final Path folder;
  private final Path model;

  EncoderSentimentTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    this.model =
        TinyEncoder.write(
            folder,
            Stream.of(BAD, GOOD, THINGS, List.of("a", "with", ".")).flatMap(List::stream).toList());
  }

  @BeforeEach
  void reviews() throws IOException {
    Random random = new Random(3);
    Files.write(folder.resolve("rt-polarity.neg"), lines(BAD, random));
    Files.write(folder.resolve("rt-polarity.pos"), lines(GOOD, random));
  }

  private static List<String> lines(List<String> adjectives, Random random) {
    return IntStream.range(0, LINES)
        .mapToObj(
            i ->
                "a %s %s with a %s . "
                    .formatted(
                        adjectives.get(random.nextInt(adjectives.size())),
                        THINGS.get(random.nextInt(THINGS.size())),
                        THINGS.get(random.nextInt(THINGS.size()))))
        .toList();
  }

  @Test
  void everyTenthSentenceIsHeldOutAndTheOthersAlternate() {
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      Reviews reviews = Reviews.read(folder, tokenizer, 6);

      assertThat(reviews.held().size()).isEqualTo(2 * LINES / 10);
      assertThat(reviews.training()).hasSize(2 * LINES * 9 / 10);
      TokenBatch batch = reviews.alternating().batch(0, 1, 2, 3);
      assertThat(batch.labels()).isEqualTo(new int[][] {{0}, {1}, {0}, {1}});
      assertThat(batch.inputIds()[0]).hasSize(6);
    }
  }

  @Test
  void learnsAndSavesAnAdapterThatAutoPeftLoads() throws IOException {
    Path output = folder.resolve("output");

    String printed =
        TinyEncoder.printed(
            () ->
                EncoderSentiment.main(
                    new String[] {model.toString(), folder.toString(), output.toString()}));

    assertThat(accuracy(printed, "after")).isGreaterThan(95);
    assertThat(Files.readAllLines(output.resolve("metrics.jsonl")))
        .hasSize(2 * LINES * 9 / 10 / 32);
    try (SequenceClassifier loaded = AutoPeft.load(output, SequenceClassifier.class)) {
      assertThat(loaded.predict("a clever cast with a plot .").label()).isEqualTo("positive");
      assertThat(loaded.predict("a bland ending with a plot .").label()).isEqualTo("negative");
    }
  }

  @Test
  void beginsWithTheAdapterThatIsGiven() throws IOException {
    Path first = folder.resolve("first");
    String one = run(first);
    String two = run(folder.resolve("second"), first.toString());

    assertThat(accuracy(two, "before")).isEqualTo(accuracy(one, "after"));
  }

  private String run(Path output, String... start) throws IOException {
    String[] arguments =
        Stream.concat(
                Stream.of(model.toString(), folder.toString(), output.toString()), Stream.of(start))
            .toArray(String[]::new);
    return TinyEncoder.printed(() -> EncoderSentiment.main(arguments));
  }

  private static double accuracy(String printed, String when) {
    MatchResult found =
        Pattern.compile("accuracy " + when + " ([\\d.]+) %")
            .matcher(printed.toLowerCase(Locale.ROOT))
            .results()
            .findFirst()
            .orElseThrow(() -> new AssertionError(printed));
    return Double.parseDouble(found.group(1));
  }
}
