package org.peft4j.train.card;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.peft4j.lora.LoraConfig;
import org.peft4j.plan.TrainableParameters;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.transformers.config.Task;

class ModelCardTest {
  private static ModelCard card(
      String name, String base, Task task, Optional<Evaluation> evaluation) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("rank", "8");
    settings.put("set", "a|b=`c`");
    return new ModelCard(
        name,
        LoraConfig.builder().baseModel(base).build(),
        task,
        new TrainableParameters(1792, 17_568),
        "reviews.csv",
        evaluation,
        settings);
  }

  @Test
  void aCardTellsWhatWasTrainedAndHowWell() {
    Evaluation evaluation = new Evaluation(0.5, 17, Map.of("accuracy", 0.875));

    assertThat(card("stars", "org/bert", Task.SEQ_CLS, Optional.of(evaluation)).text())
        .isEqualTo(
            """
            ---
            library_name: peft
            base_model: "org/bert"
            pipeline_tag: text-classification
            tags:
            - lora
            - peft4j
            model-index:
            - name: "stars"
              results:
              - task:
                  type: text-classification
                dataset:
                  type: "reviews.csv"
                  name: "reviews.csv"
                metrics:
                - type: "loss"
                  value: 0.5
                - type: "accuracy"
                  value: 0.875
            ---

            # stars

            An adapter for `org/bert`, trained with `lora` by PEFT4J.

            - Task: `SEQ_CLS`
            - Trained: 1,792 of 17,568 parameters (10.20 %)
            - Data: `reviews.csv`
            - Held-out loss: 0.500000
            - Held-out accuracy: 0.875000

            ## Use

            ```python
            from peft import AutoPeftModelForSequenceClassification
            from transformers import AutoTokenizer

            model = AutoPeftModelForSequenceClassification.from_pretrained("path/to/this/folder")
            tokenizer = AutoTokenizer.from_pretrained("org/bert")
            ```

            ```java
            try (SequenceClassifier model = AutoPeft.load(Path.of("path/to/this/folder"), SequenceClassifier.class)) {
              System.out.println(model.predict("A text."));
            }
            ```

            ## Training

            | setting | value |
            |---|---|
            | `rank` | `8` |
            | `set` | `` a\\|b=`c` `` |
            """);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '´',
      value = {
        "plain | `plain`",
        "a`b | ``a`b``",
        "`a | `` `a ``",
        "a``b` | ``` a``b` ```",
        "a%nb | `a b`",
      })
  void codeStaysCode(String text, String code) {
    assertThat(Markdown.code(text.replace("%n", "\n"))).isEqualTo(code);
  }

  @Test
  void namesFromOutsideStayTexts() {
    String text =
        card(
                "<script>alert(1)</script>\n---\n[x](javascript:y)",
                "a\"\nlicense: mit\n---\n```",
                Task.CAUSAL_LM,
                Optional.of(new Evaluation(Double.POSITIVE_INFINITY, 1)))
            .text();

    assertThat(text)
        .doesNotContain("\nlicense")
        .contains("base_model: \"a\\\" license: mit --- ```\"", "value: .inf")
        .contains("# &lt;script\\>alert\\(1\\)&lt;/script\\> \\-\\-\\- \\[x\\]\\(javascript:y\\)");
    assertThat(text.substring(text.indexOf("\n---\n"))).doesNotContain("<script>", "[x](");
    assertThat(text.lines().filter(line -> line.equals("---"))).hasSize(2);
    assertThat(text.lines().filter(line -> line.startsWith("```"))).hasSize(4);
  }

  @ParameterizedTest
  @EnumSource(Task.class)
  void everyTaskTellsHowItsAdapterIsLoaded(Task task) throws IOException {
    String text = card("a", "b", task, Optional.empty()).text();
    String name = text.replaceAll("(?s).*try \\((\\w+) model.*", "$1");

    String python = task.readsPictures() ? "PeftModel" : "AutoPeftModelFor";
    assertThat(text).contains("from peft import " + python).doesNotContain("model-index");
    assertThat(
            Path.of("../peft-transformers/src/main/java/org/peft4j/transformers", name + ".java"))
        .exists();
  }

  @Test
  void aFileOfSomebodyElseStays(@TempDir Path folder) throws IOException {
    ModelCard card = card("a", "b", Task.CAUSAL_LM, Optional.empty());

    assertThat(card.write(folder)).isTrue();
    assertThat(card.write(folder)).isTrue();
    Files.writeString(folder.resolve("README.md"), "# Mine\n");
    assertThat(card.write(folder)).isFalse();
    assertThat(folder.resolve("README.md")).hasContent("# Mine\n");
  }
}
