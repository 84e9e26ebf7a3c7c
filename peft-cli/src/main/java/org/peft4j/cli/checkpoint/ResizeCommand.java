package org.peft4j.cli.checkpoint;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.options.Output;
import org.peft4j.transformers.checkpoint.ResizedVocabulary;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code peft resize}: writes a checkpoint with another number of tokens. */
@Command(
    name = "resize",
    customSynopsis = "peft resize --model DIR (--tokens N | --adapter DIR) --output DIR",
    header = "Give a checkpoint another number of tokens, for adapters that were trained so.",
    description =
        "With --adapter, the number and the new rows are those of the adapter's own embeddings."
            + " Other new rows are the mean of the old ones.",
    footer = {
      "",
      "Example:",
      "  peft resize --model my-model --adapter my-adapter --output my-larger-model"
    })
public final class ResizeCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;

  @Option(
      names = {"-m", "--model"},
      required = true,
      paramLabel = "DIR",
      description = "Folder of a Hugging Face checkpoint.")
  Path model = Path.of("");

  @Option(
      names = "--tokens",
      paramLabel = "N",
      description = "The number of tokens, 1 and above; fewer than now cut the last ones off.")
  Optional<Integer> tokens = Optional.empty();

  @Option(
      names = {"-a", "--adapter"},
      paramLabel = "DIR",
      description = "Folder of an adapter with embeddings of another number of tokens.")
  Optional<Path> adapter = Optional.empty();

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "DIR",
      description = "Folder to write: new, empty, or a checkpoint to replace.")
  Path output = Path.of("");

  @Override
  public void run() {
    if (tokens.isPresent() == adapter.isPresent()) {
      throw new ParameterException(
          Objects.requireNonNull(spec).commandLine(), "give one of --tokens and --adapter");
    }
    tokens.ifPresent(count -> ResizedVocabulary.write(model, count, output));
    int count =
        adapter
            .map(given -> ResizedVocabulary.writeFor(model, given, output))
            .or(() -> tokens)
            .orElseThrow();
    Output.of(spec).println("checkpoint with " + count + " tokens written to " + output);
  }
}
