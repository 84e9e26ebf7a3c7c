package org.peft4j.vision;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The image processors of transformers that are supported, with what each does unless told. */
enum ProcessorKind {
  VIT(
      "ViTImageProcessor",
      List.of("vit"),
      Resampling.BILINEAR,
      new ResizeRule.Exactly(new PictureSize(224, 224)),
      Optional.empty(),
      Constants.HALF),
  DEIT(
      "DeiTImageProcessor",
      List.of("deit"),
      Resampling.BICUBIC,
      new ResizeRule.Exactly(new PictureSize(256, 256)),
      Optional.of(new PictureSize(224, 224)),
      Constants.HALF),
  CLIP(
      "CLIPImageProcessor",
      List.of("clip", "clip_vision_model"),
      Resampling.BICUBIC,
      new ResizeRule.ShortestEdge(224),
      Optional.of(new PictureSize(224, 224)),
      Constants.OPENAI),
  BLIP(
      "BlipImageProcessor",
      List.of("blip"),
      Resampling.BICUBIC,
      new ResizeRule.Exactly(new PictureSize(384, 384)),
      Optional.empty(),
      Constants.OPENAI);

  private static final class Constants {
    static final Normalization HALF =
        new Normalization(List.of(0.5, 0.5, 0.5), List.of(0.5, 0.5, 0.5));
    static final Normalization OPENAI =
        new Normalization(
            List.of(0.48145466, 0.4578275, 0.40821073),
            List.of(0.26862954, 0.26130258, 0.27577711));
  }

  private static final List<String> ENDINGS = List.of("Fast", "Pil");

  final String className;
  final List<String> modelTypes;
  final Resampling resampling;
  final ResizeRule resize;
  final Optional<PictureSize> crop;
  final Normalization normalization;

  ProcessorKind(
      String className,
      List<String> modelTypes,
      Resampling resampling,
      ResizeRule resize,
      Optional<PictureSize> crop,
      Normalization normalization) {
    this.className = className;
    this.modelTypes = modelTypes;
    this.resampling = resampling;
    this.resize = resize;
    this.crop = crop;
    this.normalization = normalization;
  }

  /** Whether {@code size}, if it is one number, is that of both sides; else of the shorter one. */
  boolean square() {
    return this != CLIP;
  }

  /** The kind of that class, whose name may be an older one or another backend's. */
  static Optional<ProcessorKind> ofClass(String name) {
    String plain = name.replaceFirst("FeatureExtractor$", "ImageProcessor");
    for (String ending : ENDINGS) {
      plain = plain.endsWith(ending) ? plain.substring(0, plain.length() - ending.length()) : plain;
    }
    String wanted = plain;
    return Arrays.stream(values()).filter(each -> each.className.equals(wanted)).findFirst();
  }

  /** The kind that models of a {@code model_type} have. */
  static Optional<ProcessorKind> ofModel(String type) {
    return Arrays.stream(values()).filter(each -> each.modelTypes.contains(type)).findFirst();
  }

  static String names() {
    return Arrays.stream(values()).map(each -> each.className).collect(Collectors.joining(", "));
  }
}
