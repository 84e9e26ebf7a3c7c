package org.peft4j.examples.pictures;

import java.nio.file.Path;
import java.util.List;
import org.peft4j.examples.bundled.BundledFiles;

/**
 * The model that comes with the examples, and pictures for an adapter. {@code
 * reference/small_unet.py} made both.
 *
 * @param model draws forms of 28 × 28 pixels, black on white, by their names
 * @param night four of the forms in colours on dark blue, with a {@code metadata.jsonl}
 * @param outlines of all forms
 */
record SmallUNet(Path model, Path night, Outlines outlines) {
  /** The forms that the model knows. */
  static final List<String> FORMS =
      List.of("circle", "square", "star", "heart", "ring", "triangle", "cross", "moon");

  /** How many of them, the first ones, the pictures of night show. */
  static final int LEARNED = 4;

  /** A side of the pictures. */
  static final int SIZE = 28;

  private static final String RESOURCES = "/pictures/";
  private static final int EACH = 10;

  /** Unpacks all of it to a folder. */
  static SmallUNet unpack(Path folder) {
    Path model = folder.resolve("small-unet");
    unpack(model, "unet", "config.json", "diffusion_pytorch_model.safetensors");
    unpack(model, "text_encoder", "config.json", "model.safetensors");
    unpack(model, "tokenizer", "vocab.json", "merges.txt", "tokenizer_config.json");
    unpack(model, "scheduler", "scheduler_config.json");
    Path night = folder.resolve("night");
    BundledFiles pictures = new BundledFiles(RESOURCES + "night/");
    pictures.unpack(night, "metadata.jsonl");
    for (String form : FORMS.subList(0, LEARNED)) {
      for (int i = 0; i < EACH; i++) {
        pictures.unpack(night, form + "-" + i + ".png");
      }
    }
    new BundledFiles(RESOURCES).unpack(folder, "outlines.png");
    return new SmallUNet(model, night, Outlines.read(folder.resolve("outlines.png")));
  }

  /** Unpacks an adapter that {@link FormsAtNight} has trained. */
  static Path adapter(Path folder) {
    return new BundledFiles(RESOURCES + "night-lora/")
        .unpack(folder, "adapter_config.json", "adapter_model.safetensors");
  }

  private static void unpack(Path model, String part, String... names) {
    new BundledFiles(RESOURCES + "small-unet/" + part + "/").unpack(model.resolve(part), names);
  }

  static String caption(String form) {
    return "a " + form;
  }
}
