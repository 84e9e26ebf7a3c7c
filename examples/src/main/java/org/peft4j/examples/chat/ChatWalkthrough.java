package org.peft4j.examples.chat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.examples.bundled.BundledFiles;
import org.peft4j.examples.quickstart.TinyLlama;
import org.peft4j.lora.LoraConfig;
import org.peft4j.quantization.Quantization;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.data.chat.SupervisedData;
import org.peft4j.train.data.chat.SupervisedOptions;
import org.peft4j.train.data.chat.TrainOn;
import org.peft4j.train.data.task.DataFiles;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.metrics.TrainingListener;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.checkpoint.CheckpointWriter;

/**
 * A chat model learns from a JSON file of conversations, by LoRA on weights in 4 bits, and becomes
 * a model of its own. Arguments: {@code MODEL DATA OUTPUT}, a folder such as TinyLlama-Chat's, a
 * file and a folder to write; without them, a small Llama with the same chat template and a few
 * questions about small towns.
 */
public final class ChatWalkthrough {
  private static final int EPOCHS = 10;
  private static final int BATCH = 3;
  private static final int LENGTH = 256;
  private static final List<String> QUESTIONS =
      List.of("Where does Mina live?", "What does Gus like?");

  private final Path model;
  private final Path data;
  private final Path output;

  private ChatWalkthrough(Path model, Path data, Path output) {
    this.model = model;
    this.data = data;
    this.output = output;
  }

  public static void main(String[] arguments) {
    if (arguments.length == 3) {
      new ChatWalkthrough(Path.of(arguments[0]), Path.of(arguments[1]), Path.of(arguments[2]))
          .run();
    } else {
      small(temporary()).run();
    }
  }

  private static Path temporary() {
    try {
      return Files.createTempDirectory("chat");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ChatWalkthrough small(Path folder) {
    Path model = TinyLlama.unpack(folder.resolve("small-chat"));
    BundledFiles files = new BundledFiles("/chat/");
    files.unpack(model, "chat_template.jinja");
    new BundledFiles("/quickstart/base-model/").unpack(model, "tokenizer_config.json");
    files.unpack(folder, "town.json");
    return new ChatWalkthrough(model, folder.resolve("town.json"), folder);
  }

  private void run() {
    SupervisedData rows = read();
    Path adapter = output.resolve("adapter");
    train(rows, adapter);
    Path merged = merge(adapter);
    try (ChatModel own = ChatModel.load(merged, TransformerOptions.defaults())) {
      print("merged, loaded again", own);
    }
    System.out.println("\nEverything is in " + output);
  }

  /** The conversations, of which the assistant's turns are learned. */
  private SupervisedData read() {
    SupervisedData rows =
        DataFiles.of(model)
            .withSupervised(
                new SupervisedOptions(Optional.empty(), Optional.of(TrainOn.ASSISTANT), false))
            .withSequenceLength(LENGTH)
            .readSupervised(data);
    SupervisedData.Counts counts = rows.counts();
    System.out.printf(
        "%d conversations, %,d tokens, of which %.0f %% are learned%n",
        counts.rows(), counts.tokens(), 100 * counts.trainedShare());
    return rows;
  }

  /** LoRA on weights in 4 bits; the adapter of each epoch is saved. */
  private void train(SupervisedData rows, Path adapter) {
    TransformerOptions fourBits =
        TransformerOptions.defaults().withQuantization(Quantization.nf4());
    try (ChatModel chat = ChatModel.load(model, fourBits)) {
      print("base", chat);
      PeftModel<ComputationGraph> peft =
          chat.model().wrap(LoraConfig.builder().rank(16).alpha(32).targetAllLinear().build());
      System.out.println(peft.trainableParameters());
      long stepsOfEpoch = (rows.data().size() + BATCH - 1) / BATCH;
      FineTuningResult result =
          FineTuner.builder(peft, rows.data())
              .settings(
                  FineTuningSettings.builder()
                      .epochs(EPOCHS)
                      .batchSize(BATCH)
                      .groupByLength(true)
                      .learningRate(5e-3)
                      .build())
              .listener(new EachEpoch(peft, adapter, stepsOfEpoch))
              .build()
              .run();
      System.out.printf("%d steps%n", result.steps());
      peft.save(adapter);
      print("adapter", chat);
    }
  }

  /** Saves the adapter at the end of each epoch, and tells its last loss. */
  private record EachEpoch(PeftModel<ComputationGraph> peft, Path adapter, long steps)
      implements TrainingListener {
    @Override
    public void onStep(StepMetrics metrics) {
      if (metrics.step() % steps == 0) {
        long epoch = metrics.step() / steps;
        peft.save(adapter.resolveSibling("adapter-epoch-" + epoch));
        System.out.printf("epoch %d: loss %.3f%n", epoch, metrics.loss());
      }
    }
  }

  /** Into the weights as they were, not those in 4 bits; tokenizer and template come along. */
  private Path merge(Path adapter) {
    Path merged = output.resolve("merged");
    try (ChatModel chat = ChatModel.load(model, TransformerOptions.defaults())) {
      PeftModel<ComputationGraph> peft = chat.model().adapt(adapter);
      CheckpointWriter.of(chat.model()).merging(peft).write(merged);
    }
    return merged;
  }

  private static void print(String what, ChatModel chat) {
    System.out.println(what);
    QUESTIONS.forEach(
        question -> System.out.println("  " + question + " " + chat.answer(question)));
  }
}
