package org.peft4j.transformers.family;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;

/** The head that a saved adapter needs on a base model that has none. */
class AdapterTaskTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final Path BARE = GOLDEN.resolve("bases/bert_features");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  private Path adapter(String name) throws IOException {
    Path source = GOLDEN.resolve("encoders").resolve(name).resolve("adapter");
    Path copy = Files.createDirectory(folder.resolve(name));
    for (String file : new String[] {"adapter_config.json", "adapter_model.safetensors"}) {
      Files.copy(source.resolve(file), copy.resolve(file));
    }
    return copy;
  }

  @Test
  void labelsOfAnAdapterFromPythonAreCountedInItsHead() throws IOException {
    Path distil = GOLDEN.resolve("bases/distilbert_answers");

    TaskHead head = AdapterTask.of(adapter("distilbert_sequence_lora"), distil);

    assertThat(head).isEqualTo(TaskHead.sequences(Labels.count(3)));
  }

  @Test
  void namesAndProblemAreThoseBesideTheAdapter() throws IOException {
    Path adapter = adapter("bert_several");
    TaskHead trained =
        TaskHead.sequences(
            Labels.of("dull", "funny", "long"), ProblemType.MULTI_LABEL_CLASSIFICATION);
    ModelArchitecture model = Families.read(BARE, trained);

    AdapterTask.write(adapter, BARE, model);

    assertThat(AdapterTask.of(adapter, BARE)).isEqualTo(trained);
    assertThat(Families.read(adapter).head()).isEqualTo(model.head());
  }

  @Test
  void theBaseModelsOwnLabelsCountIfThereAreAsMany() throws IOException {
    TaskHead head =
        AdapterTask.of(adapter("roberta_tokens_lora"), GOLDEN.resolve("bases/roberta_tokens"));

    assertThat(head.task()).isEqualTo(Task.TOKEN_CLS);
    assertThat(head.labels())
        .isEqualTo(Families.read(GOLDEN.resolve("bases/roberta_tokens")).labels());
  }

  @Test
  void labelsThatAreCountedAreOfTheKindThatTheBaseModelSays() throws IOException {
    Path several = GOLDEN.resolve("bases/bert_several/config.json");
    String five =
        "\"id2label\": {\"0\": \"a\", \"1\": \"b\", \"2\": \"c\", \"3\": \"d\", \"4\": \"e\"}";
    Path base =
        Files.writeString(
            folder.resolve("config.json"),
            Files.readString(several)
                .replaceFirst("\"id2label\": \\{[^}]*}", five)
                .replaceFirst("\"label2id\": \\{[^}]*},", ""));

    TaskHead head = AdapterTask.of(adapter("bert_several"), base);

    assertThat(head)
        .isEqualTo(TaskHead.sequences(Labels.count(3), ProblemType.MULTI_LABEL_CLASSIFICATION));
  }
}
