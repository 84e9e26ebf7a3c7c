package org.peft4j.diffusion.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.peft4j.diffusion.file.LoraFile;
import org.peft4j.diffusion.internal.files.ConvertedAdapters;
import org.peft4j.error.PeftException;
import org.peft4j.site.Site;

/**
 * The folders of PEFT that a path means: a file of diffusers or kohya with its parts; a folder with
 * the UNet's adapter, and maybe the text encoder's in {@code text_encoder} below; or a folder with
 * {@code unet} and {@code text_encoder} below.
 *
 * @param unet empty if there is an adapter of the text encoder alone
 * @param text empty if there is none of the text encoder
 */
record SavedAdapters(Path path, Optional<Path> unet, Optional<Path> text) {
  private static final String CONFIG = "adapter_config.json";

  /**
   * Gives the folders, of which those of a file are temporary.
   *
   * @param sites of the UNet
   * @throws PeftException if there is no adapter
   */
  static <T> T in(Path path, List<Site> sites, Function<SavedAdapters, T> use) {
    Optional<Path> file = LoraFile.find(path);
    if (file.isPresent()) {
      return ConvertedAdapters.parts(file.get(), sites, parts -> use.apply(of(path, parts)));
    }
    Optional<Path> inside = folder(path.resolve(ConvertedAdapters.UNET));
    Optional<Path> text = folder(path.resolve(ConvertedAdapters.TEXT));
    Optional<Path> unet = folder(path).or(() -> inside);
    // Without any, reading the folder tells what is missing.
    return use.apply(
        new SavedAdapters(path, unet.isEmpty() && text.isEmpty() ? Optional.of(path) : unet, text));
  }

  private static SavedAdapters of(Path path, Map<String, Path> parts) {
    return new SavedAdapters(
        path,
        Optional.ofNullable(parts.get(ConvertedAdapters.UNET)),
        Optional.ofNullable(parts.get(ConvertedAdapters.TEXT)));
  }

  private static Optional<Path> folder(Path path) {
    return Files.isRegularFile(path.resolve(CONFIG)) ? Optional.of(path) : Optional.empty();
  }

  /** One of the two, where it must be there. */
  Path require(Optional<Path> part, String model) {
    return part.orElseThrow(
        () -> new PeftException(path + " has no adapter of the " + model + "."));
  }
}
