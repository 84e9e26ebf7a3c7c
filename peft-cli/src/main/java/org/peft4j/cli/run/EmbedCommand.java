package org.peft4j.cli.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.cli.options.Output;
import org.peft4j.cli.options.TaskOption;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.SafetensorsWriter;
import org.peft4j.safetensors.TensorSink;
import org.peft4j.transformers.Encoder;
import org.peft4j.transformers.VectorPooling;
import org.peft4j.transformers.VectorSettings;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.prediction.PredictionOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code peft embed}: the vector of each row of a file. */
@Command(
    name = "embed",
    customSynopsis =
        "peft embed [--model DIR] [--adapter DIR]... --data FILE --output FILE [OPTION]...",
    header = "Write the vectors of texts.",
    description = {
      "Reads the field text of each row, and writes the vectors in their order: .safetensors with a"
          + " tensor embeddings [rows, width]; or .jsonl with a line of {\"vector\": […]} for each"
          + " row, and its id if it has one."
    },
    footer = {
      "",
      "Examples:",
      "  peft embed --model all-minilm-l6-v2 --data docs.jsonl --output docs.safetensors",
      "  peft embed --adapter my-adapter --data docs.csv --columns text=body,id=number \\",
      "    --pooling cls --no-normalize --output docs.jsonl"
    })
public final class EmbedCommand implements Runnable {
  private static final String TENSOR = "embeddings";
  private static final int BATCHES = 16;

  /** Pooling by what is typed: {@link VectorPooling} knows arrays, and so loads late. */
  private enum Pooling {
    MEAN,
    CLS,
    FIRST,
    LAST
  }

  @Spec @Nullable CommandSpec spec;
  @Mixin FoundModel model = new FoundModel();
  @Mixin RowOptions rows = new RowOptions();
  @Mixin TaskOption task = new TaskOption();

  @Option(
      names = "--pooling",
      paramLabel = "NAME",
      description =
          "Vector of a text: the mean of its hidden states; cls or first, that of its first token;"
              + " or last (default: as 1_Pooling/config.json in the model's folder says, or mean).")
  Optional<Pooling> pooling = Optional.empty();

  @Option(
      names = "--normalize",
      negatable = true,
      description =
          "Give each vector the length 1, or leave it as it is (default: as modules.json in the"
              + " model's folder says, or yes).")
  Optional<Boolean> normalize = Optional.empty();

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "The file to write, as a whole or not at all: .safetensors or .jsonl.")
  Path output = Path.of("");

  @Override
  public void run() {
    boolean tensors = isSafetensors();
    Path folder = model.folder(spec);
    TaskHead head = model.encoder(task.task());
    PredictionOptions options = rows.prediction();
    List<InputRow> inputs = rows.read(Task.FEATURE_EXTRACTION);
    try (OpenModel open = model.open(folder, head)) {
      Encoder encoder = (Encoder) open.base();
      task.tell(encoder.adapters());
      VectorSettings settings = settings(folder, options);
      PredictionOptions cut = settings.in(options);
      RowResults<float[]> vectors =
          RowResults.plain(
              Math.multiplyExact(BATCHES, options.batchSize()),
              texts -> encoder.embed(texts, settings.pooling(), settings.normalised(), cut));
      if (tensors) {
        writeTensor(inputs, encoder, vectors);
      } else {
        writeLines(inputs, encoder, vectors);
      }
      Output.of(spec)
          .println(
              "%d vectors of %d written to %s".formatted(inputs.size(), width(encoder), output));
    }
  }

  private boolean isSafetensors() {
    String name = output.toString().toLowerCase(Locale.ROOT);
    if (!name.endsWith(".safetensors") && !name.endsWith(".jsonl")) {
      throw new PeftException(
          "--output is " + output + "; allowed: a name that ends in .safetensors or .jsonl.");
    }
    return name.endsWith(".safetensors");
  }

  /** The options, then what the folder says. */
  private VectorSettings settings(Path folder, PredictionOptions options) {
    if (pooling.isPresent() && normalize.isPresent()) {
      return new VectorSettings(kind(pooling.get()), normalize.get(), options.longestInput());
    }
    VectorSettings own = VectorSettings.read(folder);
    return new VectorSettings(
        pooling.map(EmbedCommand::kind).orElse(own.pooling()),
        normalize.orElse(own.normalised()),
        own.longestInput());
  }

  private static VectorPooling kind(Pooling pooling) {
    return switch (pooling) {
      case MEAN -> VectorPooling.MEAN;
      case CLS, FIRST -> VectorPooling.FIRST;
      case LAST -> VectorPooling.LAST;
    };
  }

  private static int width(Encoder encoder) {
    return encoder.architecture().hiddenSize();
  }

  private void writeTensor(List<InputRow> inputs, Encoder encoder, RowResults<float[]> vectors) {
    SafetensorsWriter.to(output)
        .metadata("format", "pt")
        .tensor(TENSOR, DType.F32, inputs.size(), width(encoder))
        .write(
            sink -> {
              try {
                vectors.of(inputs, encoder.adapters(), (row, vector) -> add(sink, vector));
              } catch (UncheckedIOException e) {
                throw e.getCause();
              }
            });
  }

  private static void add(TensorSink sink, float[] vector) {
    try {
      sink.writeFloats(TENSOR, vector, 0, vector.length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void writeLines(List<InputRow> inputs, Encoder encoder, RowResults<float[]> vectors) {
    JsonLinesOutput.write(
        output,
        out ->
            vectors.of(
                inputs,
                encoder.adapters(),
                (row, vector) -> {
                  ObjectNode object = row.object();
                  ArrayNode values = object.putArray("vector");
                  for (float value : vector) {
                    values.add(value);
                  }
                  out.accept(object);
                }));
  }
}
