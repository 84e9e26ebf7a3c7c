package org.peft4j.examples.classification;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.examples.tiny.TinyEncoder;
import org.peft4j.transformers.evaluation.LabelledText;

class FewTweetsTest {
  private final Path folder;
  private final Path file;

  FewTweetsTest(@TempDir Path folder) {
    this.folder = folder;
    this.file = folder.resolve("train.csv");
  }

  @BeforeEach
  void tweets() throws IOException {
    List<String> lines = new ArrayList<>(List.of("Tweet text,Label,ID"));
    for (int i = 0; i < 13; i++) {
      boolean complaint = i % 3 == 0;
      lines.add(
          "\"%s, %s\",%s,%d"
              .formatted(
                  complaint ? "broken" : "fine",
                  "late ".repeat(i + 1),
                  complaint ? "complaint" : "no complaint",
                  i));
    }
    Files.write(file, lines);
  }

  @Test
  void halvesHaveEachTweetOnceAndBothLabels() {
    List<LabelledText> all = Tweets.read(file);
    Tweets halves = Tweets.halves(all, 4);

    assertThat(halves.training()).hasSize(3 + 4);
    assertThat(halves.held()).hasSize(2 + 4);
    assertThat(complaints(halves.training())).isEqualTo(3);
    assertThat(complaints(halves.held())).isEqualTo(2);
    List<LabelledText> joined = new ArrayList<>(halves.training());
    joined.addAll(halves.held());
    assertThat(joined).containsExactlyInAnyOrderElementsOf(all);
    assertThat(Tweets.halves(all, 5)).isNotEqualTo(halves);
  }

  private static long complaints(List<LabelledText> tweets) {
    return tweets.stream().filter(tweet -> tweet.labels().contains("complaint")).count();
  }

  @Test
  void printsARowOfEachMethod() throws IOException {
    Path model = TinyEncoder.write(folder, List.of("broken", "fine", "late", ","));

    String printed =
        TinyEncoder.printed(
            () -> FewTweets.main(new String[] {model.toString(), file.toString(), "2"}));

    assertThat(printed)
        .containsPattern("LoRA, r 8 \\| [\\d,]+ \\| [\\d.]+ ± [\\d.]+ \\| [\\d.]+ ± [\\d.]+ \\|")
        .contains("| (IA)3 |", "| prompt, 10 tokens |", "| bottleneck (Pfeiffer) |");
  }
}
