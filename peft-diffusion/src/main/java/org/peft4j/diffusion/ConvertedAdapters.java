package org.peft4j.diffusion;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.diffusion.file.LoraFile;
import org.peft4j.error.PeftException;
import org.peft4j.internal.FileTrees;
import org.peft4j.site.Site;

/** Adapters in other forms than PEFT's, by way of a temporary folder in PEFT's. */
final class ConvertedAdapters {
  private ConvertedAdapters() {}

  static PeftModel<ComputationGraph> load(ComputationGraph graph, Path file, List<Site> sites) {
    return inFolder(
        folder -> {
          Map<String, Path> parts = LoraFile.toPeft(file, sites, folder);
          Path unet = parts.get("unet");
          if (unet == null) {
            throw new PeftException(file + " has an adapter for " + parts.keySet() + " only.");
          }
          return Peft.load(graph, unet);
        });
  }

  static void save(PeftModel<ComputationGraph> model, Path to) {
    inFolder(
        folder -> {
          model.save(Peft.DEFAULT_ADAPTER, folder.resolve("adapter"));
          LoraFile.write(folder.resolve("adapter"), Optional.empty(), to);
          return to;
        });
  }

  private static <T> T inFolder(Function<Path, T> work) {
    try {
      Path folder = Files.createTempDirectory("peft4j-adapter");
      try {
        return work.apply(folder);
      } finally {
        FileTrees.delete(folder);
      }
    } catch (IOException e) {
      throw new PeftException("No temporary folder: " + e.getMessage() + ".", e);
    }
  }
}
