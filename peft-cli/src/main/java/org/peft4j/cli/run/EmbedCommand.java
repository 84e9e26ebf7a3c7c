package org.peft4j.cli.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.cli.options.Output;
import org.peft4j.cli.options.TaskOption;
import org.peft4j.cli.picture.PictureRows;
import org.peft4j.cli.picture.PictureVectors;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.SafetensorsWriter;
import org.peft4j.safetensors.TensorSink;
import org.peft4j.train.data.table.Row;
import org.peft4j.transformers.Encoder;
import org.peft4j.transformers.VectorPooling;
import org.peft4j.transformers.VectorSettings;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.Families;
import org.peft4j.transformers.prediction.PredictionOptions;
import org.peft4j.vision.ImageProcessor;
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
    header = "Write the vectors of texts or pictures.",
    description = {
      "Reads the field text of each row, and writes the vectors in their order: .safetensors with a"
          + " tensor embeddings [rows, width]; or .jsonl with a line of {\"vector\": […]} for each"
          + " row, and its id if it has one.",
      "A model that reads pictures reads file_name, or a folder; ViT gives the state of the class"
          + " token, CLIP image_embeds, and of rows without file_name, or with --texts,"
          + " text_embeds."
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
              + " or last (default: as 1_Pooling/config.json in the model's folder says, or mean;"
              + " of pictures cls).")
  Optional<Pooling> pooling = Optional.empty();

  @Option(
      names = "--normalize",
      negatable = true,
      description =
          "Give each vector the length 1, or leave it as it is (default: as modules.json in the"
              + " model's folder says, or yes).")
  Optional<Boolean> normalize = Optional.empty();

  @Option(
      names = "--texts",
      description = "Of rows with pictures and texts, embed the texts: CLIP.")
  boolean texts;

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
    Task own = Families.read(folder).task();
    if (Families.read(folder).pictures().isPresent()) {
      pictures(folder, own, tensors);
      return;
    }
    requireText();
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

  private void requireText() {
    if (texts || rows.pictures.broken.isPresent()) {
      throw new PeftException(
          (texts ? "--texts" : "--broken-pictures")
              + " is for models that read pictures; leave it out.");
    }
  }

  private void pictures(Path folder, Task own, boolean tensors) {
    TaskHead head = own == Task.IMAGE_TEXT ? TaskHead.of(own) : model.encoder(task.task());
    if (own == Task.IMAGE_TO_TEXT) {
      throw new PeftException(
          folder + " writes captions, and gives no vectors; use 'peft predict'.");
    }
    List<Row> read = rows.pictures();
    boolean ofTexts = texts || own == Task.IMAGE_TEXT && !read.get(0).has("file_name");
    List<ObjectNode> objects = new ArrayList<>();
    List<float[]> vectors = new ArrayList<>();
    try (OpenModel open = model.open(folder, head)) {
      PictureVectors of =
          new PictureVectors(open.base(), pooling.map(EmbedCommand::kind), normalize.orElse(true));
      if (ofTexts) {
        for (int from = 0; from < read.size(); from += rows.batchSize) {
          List<Row> some = read.subList(from, Math.min(read.size(), from + rows.batchSize));
          vectors.addAll(of.ofTexts(some.stream().map(row -> row.text("text")).toList()));
        }
        read.forEach(row -> objects.add(InputRow.object(row)));
      } else {
        ImageProcessor processor = ImageProcessor.read(folder);
        new PictureRows<>(of::ofPictures, processor, rows.pictures.broken(), rows.batchSize)
            .of(
                read,
                (row, vector) -> {
                  objects.add(InputRow.object(row).put("file_name", row.text("file_name")));
                  vectors.add(vector);
                });
      }
    }
    write(objects, vectors, tensors);
  }

  private void write(List<ObjectNode> objects, List<float[]> vectors, boolean tensors) {
    int width = vectors.isEmpty() ? 0 : vectors.get(0).length;
    if (tensors) {
      SafetensorsWriter.to(output)
          .metadata("format", "pt")
          .tensor(TENSOR, DType.F32, vectors.size(), width)
          .write(sink -> vectors.forEach(vector -> add(sink, vector)));
    } else {
      JsonLinesOutput.write(
          output,
          out -> {
            for (int i = 0; i < vectors.size(); i++) {
              out.accept(put(vectors.get(i), objects.get(i)));
            }
          });
    }
    Output.of(spec)
        .println("%d vectors of %d written to %s".formatted(vectors.size(), width, output));
  }

  private static ObjectNode put(float[] vector, ObjectNode object) {
    ArrayNode values = object.putArray("vector");
    for (float value : vector) {
      values.add(value);
    }
    return object;
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
                (row, vector) -> out.accept(put(vector, row.object()))));
  }
}
