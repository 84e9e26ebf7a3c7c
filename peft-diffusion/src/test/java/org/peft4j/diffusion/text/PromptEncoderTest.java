package org.peft4j.diffusion.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.SafetensorsFile;

/** Ids and states of prompts equal those of transformers' CLIP. */
class PromptEncoderTest {
  private static final Path FOLDER = Path.of("src", "test", "resources", "prompts");

  private static List<String> prompts() throws IOException {
    List<String> prompts = new ArrayList<>();
    new ObjectMapper()
        .readTree(Files.readString(FOLDER.resolve("prompts.json")))
        .forEach(each -> prompts.add(each.textValue()));
    return prompts;
  }

  @Test
  void idsAndStatesEqualTheReference() throws IOException {
    List<String> prompts = prompts();
    try (PromptEncoder encoder = PromptEncoder.load(FOLDER);
        SafetensorsFile file = SafetensorsFile.open(FOLDER.resolve("expected.safetensors"))) {
      assertThat(encoder.length()).isEqualTo(12);
      long[] ids = new long[prompts.size() * 12];
      file.readLongs("ids", 0, ids, 0, ids.length);
      for (int i = 0; i < prompts.size(); i++) {
        int[] own = encoder.ids(prompts.get(i));
        for (int t = 0; t < 12; t++) {
          assertThat(own[t]).as("%s, token %d", prompts.get(i), t).isEqualTo((int) ids[i * 12 + t]);
        }
      }
      float[] values = new float[prompts.size() * 12 * 12];
      file.readFloats("states", 0, values, 0, values.length);
      INDArray expected = Nd4j.createFromArray(values).reshape('c', prompts.size(), 12, 12);
      INDArray states = encoder.states(prompts);
      assertThat(states.shape()).isEqualTo(expected.shape());
      assertThat(states.sub(expected).amaxNumber().doubleValue())
          .isLessThan(1e-5 * expected.amaxNumber().doubleValue());
    }
  }

  @Test
  void brokenTokenizersAreNamed(@TempDir Path folder) throws IOException {
    Path tokenizer = Files.createDirectory(folder.resolve("tokenizer"));
    Files.writeString(tokenizer.resolve("vocab.json"), "{\"a\": 0}");
    assertThatThrownBy(() -> PromptEncoder.load(folder))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("vocab.json has no token <|startoftext|>");
    Files.copy(
        FOLDER.resolve("tokenizer/vocab.json"),
        tokenizer.resolve("vocab.json"),
        StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> PromptEncoder.load(folder))
        .hasMessageContaining("merges.txt is not there");
    Files.writeString(tokenizer.resolve("merges.txt"), "#version: 0.2\na b c\n");
    assertThatThrownBy(() -> PromptEncoder.load(folder))
        .hasMessageContaining("merges.txt, line 2 has 3 parts; allowed: 2.");
  }
}
