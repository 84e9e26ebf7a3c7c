package org.peft4j.examples.headlines;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.examples.tiny.TinyEncoder;
import org.peft4j.transformers.Seq2SeqLanguageModel;
import org.peft4j.transformers.generation.GenerationFile;

class HeadlinesTest {
  private static final Pattern SCORES =
      Pattern.compile("(\\w[^:\n]*): ([\\d,]+) parameters.*\n.*chrf ([\\d.]+)");

  /** {@code reference/small_t5.py} wrote what transformers makes of these texts. */
  @Test
  void threeBeamsOfEachTextAreThoseOfTransformers(@TempDir Path folder) throws IOException {
    SmallT5 files = SmallT5.unpack(folder);
    JsonNode cases =
        JsonMapper.builder()
            .build()
            .readTree(HeadlinesTest.class.getResourceAsStream("/headlines/beams.json"));
    List<String> sources = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (JsonNode each : cases) {
      sources.add(each.path("source").asText());
      each.path("beams").forEach(beam -> expected.add(beam.asText()));
    }

    try (Seq2SeqLanguageModel model = Seq2SeqLanguageModel.load(files.folder())) {
      List<String> written =
          model.predict(
              sources, GenerationFile.read(files.folder(), own -> own.numReturnSequences(3)));

      assertThat(written).hasSize(3 * cases.size()).isEqualTo(expected);
    }
  }

  @Test
  void bothAdaptersLearnToWriteHeadlines() throws IOException {
    String printed = TinyEncoder.printed(() -> Headlines.main(new String[] {"30"}));

    List<MatchResult> scores = SCORES.matcher(printed).results().toList();
    assertThat(scores).as(printed).extracting(found -> found.group(1)).hasSize(3);
    double base = Double.parseDouble(scores.get(0).group(3));
    assertThat(Double.parseDouble(scores.get(1).group(3))).as(printed).isGreaterThan(base + 0.2);
    assertThat(Double.parseDouble(scores.get(2).group(3))).as(printed).isGreaterThan(base);
    assertThat(printed.lines().filter(line -> line.startsWith("  → "))).hasSize(3);
  }
}
