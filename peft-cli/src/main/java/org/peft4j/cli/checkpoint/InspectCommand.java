package org.peft4j.cli.checkpoint;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.options.Output;
import org.peft4j.transformers.inspection.Inspection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code peft inspect}: describes a folder or file. */
@Command(
    name = "inspect",
    customSynopsis = "peft inspect PATH",
    header = "Describe a model folder, an adapter folder or a safetensors file.",
    description =
        "Prints sites or tensors with shapes, types and counts. Reads only configs and headers,"
            + " so files of any size are quick.",
    footer = {"", "Examples:", "  peft inspect my-model", "  peft inspect my-adapter"})
public final class InspectCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;

  @Parameters(
      paramLabel = "PATH",
      description = "A model folder, an adapter folder, a safetensors file or an index of several.")
  Path path = Path.of("");

  @Override
  public void run() {
    Output.of(spec).print(Inspection.of(path).text());
  }
}
