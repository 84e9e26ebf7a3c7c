package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Conversations on the command line: what would be learned of them, training, and answers. */
class ChatTest {
  private static final Path TEMPLATES =
      Run.GOLDEN.resolve("../../../../../peft-chat/src/test/resources/chat/templates").normalize();
  private static final String TALK =
      "{\"messages\": [{\"role\": \"user\", \"content\": \"Who had a cat?\"},"
          + " {\"role\": \"assistant\", \"content\": \"The king's son.\"}]}";

  private final Path folder;
  private final Path model;

  ChatTest(@TempDir Path folder) {
    this.folder = folder;
    this.model = folder.resolve("model");
  }

  @BeforeEach
  void makeAChatModel() throws IOException {
    Files.createDirectory(model);
    try (Stream<Path> files = Files.list(Run.GOLDEN.resolve("predictions/llama_text"))) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    Files.copy(TEMPLATES.resolve("chatml.jinja"), model.resolve("chat_template.jinja"));
  }

  private Path rows(String... lines) throws IOException {
    return Files.write(folder.resolve("rows.jsonl"), List.of(lines));
  }

  private static Run done(Object... arguments) {
    Run run = Run.of(arguments);
    assertThat(run.status()).as(run.err()).isZero();
    return run;
  }

  @Test
  void dataCountsRowsAndTokens() throws IOException {
    Path rows = rows(TALK, TALK.replace("son.", "three daughters, and one son, who was a cat."));

    Run run =
        done("data", "-m", model, "-d", rows, "--train-on", "assistant", "--sequence-length", 57);

    assertThat(run.out().lines())
        .containsExactly(
            "--- " + rows + ", line 1: 55 tokens, 10 learned",
            "<|im_start|>user",
            "Who had a cat?<|im_end|>",
            "<|im_start|>assistant",
            "[[The king's son.<|im_end|>]]",
            "",
            "--- " + rows + ", line 2: 57 tokens, 13 learned, cut",
            "<|im_start|>user",
            "Who had a cat?<|im_end|>",
            "<|im_start|>assistant",
            "[[The king's three daughters]]",
            "2 rows: 1 cut, 0 left out",
            "112 tokens, the longest row 57",
            "23 learned (20.5 %)");
  }

  @Test
  void dataColoursWhatIsLearned() throws IOException {
    Run run =
        done(
            "data",
            "-m",
            model,
            "-d",
            rows(TALK.replace("son.", "s\\u001bon.")),
            "--train-on",
            "assistant",
            "--color",
            "always");

    assertThat(run.out())
        .contains("assistant\n\u001b[32mThe king's s\\u001bon.<|im_end|>\u001b[0m\n")
        .doesNotContain("[[");
  }

  @Test
  void dataNamesTheRowWithNothingToLearn() throws IOException {
    Path rows = rows(TALK, "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}");
    Run run = Run.of("data", "-m", model, "-d", rows, "--train-on", "assistant");

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains(rows + ", line 2 has nothing to learn");
  }

  @Test
  void trainLearnsTheAssistantsTurns() throws IOException {
    Run run =
        done(
            "train",
            "-m",
            model,
            "-d",
            rows(TALK),
            "--train-on",
            "assistant",
            "--steps",
            2,
            "-o",
            folder.resolve("adapter"));

    assertThat(run.out()).contains("training data: 1 sequences, 10 labelled tokens");
  }

  @Test
  void trainTakesNoiseAndGroups() throws IOException {
    Object[] train = {
      "train",
      "-m",
      model,
      "-d",
      rows(TALK, TALK.replace("king", "x"), TALK),
      "--steps",
      3,
      "-o",
      folder.resolve("adapter")
    };
    String plain = losses(train);

    assertThat(losses(train, "--neftune-alpha", 5)).isNotEqualTo(plain);
    assertThat(losses(train, "--group-by-length", "--batch-size", 1)).isNotEqualTo(plain);
    assertThat(Run.of(with(train, "--neftune-alpha", -1)).err())
        .contains("--neftune-alpha is -1.0; allowed: 0 and above, finite.");
    assertThat(Run.of(with(train, "--group-by-length", "--no-shuffle")).err())
        .contains("--group-by-length is true; allowed: false without shuffle.");
  }

  private static Object[] with(Object[] train, Object... more) {
    return Stream.concat(Stream.of(train), Stream.of(more)).toArray();
  }

  private static String losses(Object[] train, Object... more) {
    return done(with(train, more))
        .out()
        .lines()
        .filter(line -> line.startsWith("step "))
        .map(line -> line.replaceAll("learning.*", ""))
        .toList()
        .toString();
  }

  @Test
  void optionsOfConversationsAreForLanguageModels() throws IOException {
    Run run =
        Run.of(
            "train",
            "-m",
            Run.GOLDEN.resolve("predictions/bert_sequence"),
            "-d",
            rows(TALK),
            "--train-on",
            "all",
            "-o",
            folder.resolve("adapter"));

    assertThat(run.err())
        .contains("--train-on, --chat-template and --truncation-side are for the task causal-lm");
  }

  @Test
  void generateGivesTheTemplatesTextAndPrintsTheAnswer() throws IOException {
    String text =
        "<|im_start|>system\nBe good.<|im_end|>\n<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\n";
    Path rows =
        rows(
            "{\"messages\": [{\"role\": \"system\", \"content\": \"Be good.\"}, {\"role\": \"user\", \"content\": \"Who?\"}]}");
    Object[] settings = {"--no-sample", "-n", "6", "--ignore-generation-config"};

    String asked = generated(settings, "--chat", "--system", "Be good.", "--prompt", "Who?");
    String read = generated(settings, "--messages", rows);
    Files.delete(model.resolve("chat_template.jinja"));
    String given =
        generated(
            settings,
            "--chat-template",
            TEMPLATES.resolve("chatml.jinja"),
            "--system",
            "Be good.",
            "-p",
            "Who?");
    Path fixed = Files.writeString(folder.resolve("fixed.jinja"), text + "\n");
    String same = generated(settings, "--chat-template", fixed, "-p", "x");

    assertThat(asked).isNotBlank().doesNotContain("Who?");
    assertThat(read).isEqualTo(asked);
    assertThat(given).isEqualTo(asked);
    assertThat(same).isEqualTo(asked);
  }

  /** As a trainer in Python leaves it there, too. */
  @Test
  void theTemplateOfATrainingIsKeptBesideTheAdapter() throws IOException {
    Files.delete(model.resolve("chat_template.jinja"));
    Path adapter = folder.resolve("adapter");
    Path merged = folder.resolve("merged");
    Path template = TEMPLATES.resolve("phi3.jinja");
    Object[] ask = {"--chat", "-p", "Who?", "-n", 4, "--no-sample"};
    done(
        "train",
        "-m",
        model,
        "-d",
        rows(TALK),
        "--steps",
        1,
        "--chat-template",
        template,
        "-o",
        adapter);
    done("merge", "-m", model, "-a", adapter, "-o", merged);

    assertThat(adapter.resolve("chat_template.jinja")).hasSameTextualContentAs(template);
    assertThat(merged.resolve("chat_template.jinja")).hasSameTextualContentAs(template);
    String answer = done(with(new Object[] {"generate", "-m", model, "-a", adapter}, ask)).out();
    assertThat(answer)
        .isEqualTo(
            done(with(
                    new Object[] {
                      "generate", "-m", model, "-a", adapter, "--chat-template", template
                    },
                    ask))
                .out());
    Run without = Run.of(with(new Object[] {"generate", "-m", model}, ask));
    assertThat(without.err()).contains("has no chat template");
  }

  private String generated(Object[] settings, Object... more) {
    return done(Stream.concat(
                Stream.of("generate", "-m", model),
                Stream.concat(Stream.of(settings), Stream.of(more)))
            .toArray())
        .out();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "generate -m MODEL                          | give --prompt TEXT, or --messages FILE",
        "generate -m MODEL --messages x.jsonl -p y  | leave --prompt and --system out",
        "generate -m MODEL --chat -p y --chat-template none.jinja | Cannot read the chat template none.jinja",
        "data -m MODEL -d x.txt                     | rows to look at are those of causal language models",
        "data -m MODEL -d none.jsonl                | none.jsonl",
        "data -m MODEL -d none.jsonl -n -1          | --preview is -1; allowed: 0 and above.",
        "data -m MODEL -d none.jsonl --sequence-length 1 | --sequence-length is 1; allowed: 2 and above.",
      })
  void mistakesAreTold(String line, String message) {
    Run run = Run.of((Object[]) line.strip().replace("MODEL", model.toString()).split(" +"));

    assertThat(run.status()).isNotZero();
    assertThat(run.err()).contains(message);
  }
}
