package org.peft4j.vision;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import org.peft4j.internal.json.JsonReader;

/** Finds and reads the file that describes a model's image processor. */
final class ProcessorFile {
  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 16);
  private static final String OF_ALL = "processor_config.json";
  private static final String OF_IMAGES = "preprocessor_config.json";

  private ProcessorFile() {}

  static ImageProcessor read(Path folder) {
    Path whole = folder.resolve(OF_ALL);
    if (Files.exists(whole)
        && JSON.readObject(whole).path("image_processor") instanceof ObjectNode nested) {
      return processor(whole + ", image_processor", nested, folder);
    }
    Path file = folder.resolve(OF_IMAGES);
    if (!Files.exists(file)) {
      throw new PeftException(
          "%s has no %s, which says how pictures are prepared. Copy it from where the model is from."
              .formatted(folder, OF_IMAGES));
    }
    return processor(file.toString(), JSON.readObject(file), folder);
  }

  private static ImageProcessor processor(String source, ObjectNode json, Path folder) {
    ProcessorFields fields = new ProcessorFields(source, json);
    ProcessorKind kind = kind(fields, source, folder);
    Optional<ResizeRule> resize =
        fields.flag("do_resize", true)
            ? Optional.of(fields.resize(kind.resize, kind.square()))
            : Optional.empty();
    fields.known("size", "default_to_square", "crop_size", "rescale_factor");
    Resampling resampling = fields.resampling(kind.resampling);
    Optional<PictureSize> crop =
        fields.flag("do_center_crop", kind.crop.isPresent())
            ? Optional.of(fields.crop(kind.crop))
            : Optional.empty();
    OptionalDouble rescale =
        fields.flag("do_rescale", true)
            ? OptionalDouble.of(fields.number("rescale_factor", 1.0 / 255))
            : OptionalDouble.empty();
    Normalization given = fields.normalization(kind.normalization);
    Optional<Normalization> normalization =
        fields.flag("do_normalize", true) ? Optional.of(given) : Optional.empty();
    fields.flag("do_convert_rgb", true); // Pictures are in RGB when they are read.
    fields.refuseTrue("do_pad", "use_square_size");
    fields.onlyText("data_format", "channels_first");
    fields.end();
    return new ImageProcessor(resize, resampling, crop, rescale, normalization);
  }

  private static ProcessorKind kind(ProcessorFields fields, String source, Path folder) {
    Optional<String> name =
        fields.text("image_processor_type").or(() -> fields.text("feature_extractor_type"));
    if (name.isPresent()) {
      return ProcessorKind.ofClass(name.get())
          .orElseThrow(
              () ->
                  new PeftException(
                      source
                          + " is of the kind "
                          + Quoted.quoted(name.get())
                          + "; supported: "
                          + ProcessorKind.names()
                          + "."));
    }
    String type = modelType(folder.resolve("config.json"));
    return ProcessorKind.ofModel(type)
        .orElseThrow(
            () ->
                new PeftException(
                    "%s names no image_processor_type, and the model_type %s of config.json has none that is known; supported: %s."
                        .formatted(source, Quoted.quoted(type), ProcessorKind.names())));
  }

  private static String modelType(Path config) {
    if (!Files.exists(config)) {
      return "";
    }
    JsonNode type = JSON.readObject(config).path("model_type");
    return type.isTextual() ? type.textValue() : "";
  }
}
