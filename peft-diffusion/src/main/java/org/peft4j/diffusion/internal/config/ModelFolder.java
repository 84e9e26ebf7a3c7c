package org.peft4j.diffusion.internal.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonReader;

/** The files of a model of diffusers. */
public final class ModelFolder {
  private static final String WEIGHTS = "diffusion_pytorch_model";

  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 20);

  /** The files that hold weights, the preferred first. */
  private static final List<String> FILES =
      List.of(
          WEIGHTS + ".safetensors",
          WEIGHTS + ".safetensors.index.json",
          WEIGHTS + ".fp16.safetensors",
          WEIGHTS + ".bin");

  private ModelFolder() {}

  /**
   * The folder of a part of a model, {@code unet} or {@code vae}: that part's own, or the whole
   * model's in which it lies.
   *
   * @throws PeftException if the whole model is of another kind
   */
  public static Path part(Path folder, String name) {
    return Supported.part(folder, name);
  }

  /** The config of a part. */
  public static Path config(Path folder) {
    return folder.resolve("config.json");
  }

  /**
   * The config of a part.
   *
   * @param path the config itself, the part's folder, or the whole model's
   * @throws PeftException if the whole model is of another kind
   */
  public static Path configOf(Path path, String name) {
    return Files.isRegularFile(path) ? path : config(part(path, name));
  }

  /** Whether a folder is one of diffusers, or a file a config of it: they name their classes. */
  public static boolean isDiffusers(Path path) {
    if (Files.isDirectory(path)) {
      return Files.isRegularFile(path.resolve("model_index.json"))
          || Files.isRegularFile(path.resolve("unet/config.json"))
          || isDiffusers(config(path));
    }
    return Files.isRegularFile(path)
        && path.toString().endsWith(".json")
        && JSON.read(path).has("_class_name");
  }

  /**
   * The weights of a part.
   *
   * @throws PeftException if there are none
   */
  public static Path weights(Path folder) {
    return FILES.stream()
        .map(folder::resolve)
        .filter(Files::isRegularFile)
        .findFirst()
        .orElseThrow(
            () ->
                new PeftException(
                    folder + " has no weights. Looked for: " + String.join(", ", FILES) + "."));
  }
}
