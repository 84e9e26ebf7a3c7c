package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.table.Table;
import org.peft4j.train.data.task.DataFiles;
import org.peft4j.train.data.task.RowLabels;
import org.peft4j.train.objective.CrossEntropy;
import org.peft4j.train.objective.InBatchNegatives;
import org.peft4j.train.objective.Objective;
import org.peft4j.train.objective.VectorObjective;
import org.peft4j.transformers.AutoPeft;
import org.peft4j.transformers.Encoder;
import org.peft4j.transformers.QuestionAnswerer;
import org.peft4j.transformers.Seq2SeqLanguageModel;
import org.peft4j.transformers.SequenceClassifier;
import org.peft4j.transformers.TokenClassifier;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.VectorPooling;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.Families;

/**
 * A new head is trained from rows until what it says changes, saved with its adapter and its
 * labels, and says the same when both are loaded again.
 */
class TaskTrainingTest {
  private static final Path MODELS = GoldenCase.FOLDER.resolve("predictions");
  private static final int STEPS = 60;
  private static final String CAT = "The cat has a hat";
  private static final String KING = "Once there was a king";

  /** What a model says of two texts. */
  private interface Saying extends Function<TransformerModel, Object> {}

  private static Arguments of(
      Task task, String model, String name, String rows, Saying saying, Object learned) {
    return Arguments.of(task, MODELS.resolve(model), name, rows, saying, learned);
  }

  static Stream<Arguments> tasks() {
    return Stream.of(
        of(
            Task.SEQ_CLS,
            "bert_vectors",
            "a.csv",
            "text,label\n" + (CAT + ",pet\n" + KING + ",man\n").repeat(4),
            model ->
                ((SequenceClassifier) model)
                    .predict(List.of(CAT, KING)).stream().map(scores -> scores.scores()).toList(),
            List.of("pet", "man")),
        of(
            Task.TOKEN_CLS,
            "bert_vectors",
            "a.conll",
            "cat B-PET\nhas O\nking B-MAN\n\n".repeat(4),
            model -> ((TokenClassifier) model).predict(List.of("cat", "has", "king")).tags(),
            List.of("B-PET", "O", "B-MAN")),
        of(
            Task.QUESTION_ANS,
            "bert_vectors",
            "a.jsonl",
            ("{\"question\": \"what?\", \"context\": \""
                    + CAT
                    + "\", \"answers\": [{\"text\": \"hat\", \"answer_start\": 14}]}\n")
                .repeat(4),
            model -> ((QuestionAnswerer) model).predict("what?", CAT).text(),
            "hat"),
        of(
            Task.FEATURE_EXTRACTION,
            "bert_vectors",
            "a.tsv",
            "text\ttext_pair\n" + (CAT + "\thats\n" + KING + "\tkings\n").repeat(1),
            model -> ((Encoder) model).embed(List.of(CAT)).get(0),
            Optional.empty()),
        of(
            Task.SEQ_2_SEQ_LM,
            "t5_text",
            "a.csv",
            "source,target\n" + (CAT + ",hat\n" + KING + ",king\n").repeat(4),
            model -> ((Seq2SeqLanguageModel) model).predict(CAT),
            Optional.empty()));
  }

  private static TaskHead head(Task task, Path model, Path file) {
    return task == Task.SEQ_CLS || task == Task.TOKEN_CLS
        ? RowLabels.head(
            Table.of(file), task, Families.read(model), Optional.empty(), Optional.empty())
        : TaskHead.of(task);
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void whatIsLearnedIsSaidAgainByTheLoadedAdapter(
      Task task,
      Path folder,
      String name,
      String rows,
      Saying saying,
      Object learned,
      @TempDir Path temporary)
      throws IOException {
    Path file = Files.writeString(temporary.resolve(name), rows);
    Path adapter = temporary.resolve("adapter");
    TaskHead head = head(task, folder, file);
    LoraConfig lora = LoraConfig.builder().rank(8).alpha(16).targetModules("all-linear").build();
    DataFiles files = DataFiles.of(folder, head);
    Object said;
    try (TransformerModel model = Transformers.open(folder, head, TransformerOptions.defaults())) {
      PeftModel<ComputationGraph> peft = model.wrap(lora);
      Object before = saying.apply(model);
      List<Double> losses =
          files.areRelatedTexts()
              ? train(
                  peft,
                  new VectorObjective(new InBatchNegatives(), VectorPooling.MEAN),
                  files.readRelated(file))
              : train(peft, new CrossEntropy(), files.read(file));
      assertThat(losses.get(losses.size() - 1)).isLessThan(0.7 * losses.get(0));
      said = saying.apply(model);
      assertThat(said).usingRecursiveComparison().isNotEqualTo(before);
      requireLearned(said, learned);
      model.save(adapter);
    }
    try (TransformerModel again = AutoPeft.load(adapter)) {
      assertThat(again.getClass()).isEqualTo(classOf(task));
      assertThat(saying.apply(again)).usingRecursiveComparison().isEqualTo(said);
    }
  }

  private static Class<?> classOf(Task task) {
    return switch (task) {
      case SEQ_CLS -> SequenceClassifier.class;
      case TOKEN_CLS -> TokenClassifier.class;
      case QUESTION_ANS -> QuestionAnswerer.class;
      case FEATURE_EXTRACTION -> Encoder.class;
      case SEQ_2_SEQ_LM -> Seq2SeqLanguageModel.class;
      case CAUSAL_LM, IMAGE_CLASSIFICATION, IMAGE_TEXT, IMAGE_TO_TEXT ->
          throw new IllegalArgumentException(task + " is another test's");
    };
  }

  /** Labels that were learned have a high score; other answers are the learned ones, if any. */
  private static void requireLearned(Object said, Object learned) {
    if (said instanceof List<?> list && list.get(0) instanceof Map<?, ?>) {
      for (int i = 0; i < list.size(); i++) {
        Map<?, ?> scores = (Map<?, ?>) list.get(i);
        Object label = ((List<?>) learned).get(i);
        assertThat((Double) scores.get(label)).as("%s", label).isGreaterThan(0.5);
      }
    } else if (!learned.equals(Optional.empty())) {
      assertThat(said).isEqualTo(learned);
    }
  }

  private static <B extends Batch> List<Double> train(
      PeftModel<ComputationGraph> model, Objective<B> objective, Examples<B> data) {
    Steps steps = new Steps();
    FineTuner.builder(model, objective)
        .data(data)
        .settings(
            FineTuningSettings.builder()
                .steps(STEPS)
                .batchSize(8)
                .learningRate(1e-2)
                .seed(1)
                .build())
        .listener(steps)
        .build()
        .run();
    return steps.losses();
  }
}
