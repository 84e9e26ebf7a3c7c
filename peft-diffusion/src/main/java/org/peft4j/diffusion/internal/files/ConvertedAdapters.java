package org.peft4j.diffusion.internal.files;

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
public final class ConvertedAdapters {
  /** The part of a file that is the UNet's. */
  public static final String UNET = "unet";

  /** The part of a file that is the text encoder's, and the name of its adapter. */
  public static final String TEXT = "text_encoder";

  private ConvertedAdapters() {}

  /**
   * Gives the folders of PEFT with the parts of a file, which are deleted afterwards.
   *
   * @param sites of the UNet
   */
  public static <T> T parts(Path file, List<Site> sites, Function<Map<String, Path>, T> use) {
    return inFolder(folder -> use.apply(LoraFile.toPeft(file, sites, folder)));
  }

  /** Puts the UNet's part of a file on its graph. */
  public static PeftModel<ComputationGraph> load(
      ComputationGraph graph, Path file, List<Site> sites) {
    return parts(
        file,
        sites,
        parts -> {
          Path unet = parts.get(UNET);
          if (unet == null) {
            throw new PeftException(file + " has an adapter for " + parts.keySet() + " only.");
          }
          return Peft.load(graph, unet);
        });
  }

  /** Writes diffusers' file: of the UNet's adapter, and of the text encoder's if there is one. */
  public static void save(PeftModel<ComputationGraph> model, Path to) {
    inFolder(
        folder -> {
          Path unet = folder.resolve(UNET);
          model.save(Peft.DEFAULT_ADAPTER, unet);
          Optional<Path> text =
              model.adapters().contains(TEXT)
                  ? Optional.of(folder.resolve(TEXT))
                  : Optional.empty();
          text.ifPresent(own -> model.save(TEXT, own));
          LoraFile.write(unet, text, to);
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
