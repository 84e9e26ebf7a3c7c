package org.peft4j.examples.embeddings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.examples.tiny.TinyEncoder;
import org.peft4j.transformers.evaluation.TextPair;

/** The example on an encoder with random weights and made-up places. */
class MeaningSearchTest {
  private static final List<String> NAMES = List.of("mill", "anchor", "crown", "swan", "plough");
  private static final List<String> FOODS = List.of("french", "indian", "italian", "english");
  private static final List<String> PRICES = List.of("cheap", "fair", "costly", "high");
  private static final List<String> AREAS = List.of("riverside", "centre", "park");

  @Test
  void takesTheFirstSentenceOfEachMeaning(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("pairs.csv");
    Files.writeString(
        file,
        "mr,ref\n\"name[a], area[b]\",A is in B.\n\"name[a], area[b]\",In B is A.\nname[c],\"C, then.\"\n");

    assertThat(Meanings.read(file).pairs())
        .containsExactly(
            TextPair.of("name[a], area[b]", "A is in B."), TextPair.of("name[c]", "C, then."));
  }

  @Test
  void findsMoreAndMergesToTheSameVectors(@TempDir Path folder) throws IOException {
    List<String> words =
        Stream.of(NAMES, FOODS, PRICES, AREAS, List.of("in", "the", "serves", "food", ",", "."))
            .flatMap(List::stream)
            .toList();
    Path model = TinyEncoder.write(folder, words);
    List<String> rows = rows();
    Path training = write(folder.resolve("training.csv"), rows.subList(0, 200));
    Path held = write(folder.resolve("held.csv"), rows.subList(200, rows.size()));

    String printed =
        TinyEncoder.printed(
            () ->
                MeaningSearch.main(
                    new String[] {
                      model.toString(),
                      training.toString(),
                      held.toString(),
                      folder.resolve("merged").toString(),
                      "80"
                    }));

    double before = recall(printed, "before");
    assertThat(recall(printed, "after")).isGreaterThan(before + 0.2);
    assertThat(recall(printed, "merged")).isEqualTo(recall(printed, "after"));
    assertThat(number(printed, "difference of the vectors: (\\S+)")).isLessThan(1e-5);
  }

  private static List<String> rows() {
    List<String> rows = new ArrayList<>();
    for (String name : NAMES) {
      for (String food : FOODS) {
        for (String price : PRICES) {
          for (String area : AREAS) {
            rows.add(
                "\"%s , %s , %s , %s\",in the %s the %s serves %s %s food ."
                    .formatted(name, food, price, area, area, name, price, food));
          }
        }
      }
    }
    Collections.shuffle(rows, new Random(5));
    return rows;
  }

  private static Path write(Path file, List<String> rows) throws IOException {
    return Files.writeString(file, "mr,ref\n" + String.join("\n", rows) + "\n");
  }

  private static double recall(String printed, String when) {
    return number(printed, when + ":\\s+recall@1 ([\\d.]+)");
  }

  private static double number(String printed, String pattern) {
    return Pattern.compile(pattern)
        .matcher(printed)
        .results()
        .map(found -> Double.parseDouble(found.group(1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError(printed));
  }
}
