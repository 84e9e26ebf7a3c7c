package org.peft4j.diffusion.internal.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.transformers.internal.family.ConfigFields;

/** Which models of diffusers are supported, and the refusal of others by their names. */
final class Supported {
  private static final String WHAT =
      "Supported: the UNet2DConditionModel of Stable Diffusion 1.x and 2.x, and its AutoencoderKL.";

  /** Known models that are not supported, by a part of their classes' names. */
  private static final Map<String, String> OTHERS =
      Map.of(
          "StableDiffusionXL", "Stable Diffusion XL",
          "StableDiffusion3", "Stable Diffusion 3",
          "SD3Transformer", "Stable Diffusion 3",
          "Flux", "Flux");

  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 20);

  private Supported() {}

  /**
   * The folder of a part of a model: that part's own, or the pipeline's in which it lies.
   *
   * @throws PeftException if the pipeline is another model's
   */
  static Path part(Path folder, String name) {
    Path index = folder.resolve("model_index.json");
    if (Files.isRegularFile(index)) {
      String pipeline = JSON.readObject(index).path("_class_name").asText("");
      refuseOther(index, pipeline);
    }
    Path inside = folder.resolve(name);
    return Files.isDirectory(inside) ? inside : folder;
  }

  private static void refuseOther(Path file, String className) {
    OTHERS.forEach(
        (part, model) -> {
          if (className.contains(part)) {
            throw new PeftException(
                file + " is of " + model + " (" + className + "), which is not supported. " + WHAT);
          }
        });
  }

  /** Refuses a config of another class. */
  static void requireClass(Path file, JsonNode json, String wanted) {
    String found = json.path("_class_name").asText(wanted);
    refuseOther(file, found);
    if (!found.equals(wanted)) {
      throw new PeftException(file + " is of a " + found + ", not of a " + wanted + ". " + WHAT);
    }
  }

  /** Refuses what a model reads beside a text and a time step. */
  static void refuseOtherConditions(ConfigFields fields) {
    String added = fields.text("addition_embed_type", "");
    fields.check(
        added.isEmpty(),
        "addition_embed_type",
        added.equals("text_time")
            ? "only null; it is Stable Diffusion XL's, which is not supported. " + WHAT
            : "only null. " + WHAT);
    fields.ignore("addition_embed_type_num_heads");
    if (!added.isEmpty()) {
      fields.ignore("addition_time_embed_dim", "projection_class_embeddings_input_dim");
    }
    for (String name :
        List.of(
            "class_embed_type",
            "num_class_embeds",
            "addition_time_embed_dim",
            "projection_class_embeddings_input_dim",
            "encoder_hid_dim",
            "encoder_hid_dim_type")) {
      if (added.isEmpty()) {
        fields.absent(name);
      } else {
        fields.ignore(name);
      }
    }
    fields.only("class_embeddings_concat", false);
  }
}
