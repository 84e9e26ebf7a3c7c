package org.peft4j.transformers.internal.family.vision;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.transformers.architecture.CheckpointNames;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.SpecialTokens;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.CommonFields;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Family;

/**
 * CLIP (Radford et al., 2021): a causal text model and a vision model, each with a projection, and
 * both together. {@code clip_text_model} is the text encoder of Stable Diffusion.
 *
 * <p>Files and adapters of before transformers 5 put {@code text_model.} or {@code vision_model.}
 * before the names of a model of one tower; today only those with a projection do.
 */
public enum ClipFamily implements Family {
  /** Texts alone. */
  TEXT("clip_text_model", "CLIPTextModel", "text_model"),
  /** Pictures alone. */
  VISION("clip_vision_model", "CLIPVisionModel", "vision_model"),
  /** Both. */
  BOTH("clip", "CLIPModel", "text_model");

  private static final String PROJECTED = "WithProjection";

  private final String modelType;
  private final String className;
  private final String tower;

  ClipFamily(String modelType, String className, String tower) {
    this.modelType = modelType;
    this.className = className;
    this.tower = tower;
  }

  @Override
  public String modelType() {
    return modelType;
  }

  @Override
  public List<Task> tasks() {
    return List.of(this == BOTH ? Task.IMAGE_TEXT : Task.FEATURE_EXTRACTION);
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    fields.ignore("tie_word_embeddings");
    return this == BOTH ? both(fields) : one(fields);
  }

  private ModelArchitecture one(ConfigFields fields) {
    boolean projected =
        fields.texts("architectures").stream().anyMatch(name -> name.endsWith(PROJECTED));
    String prefix = projected ? tower + "." : "";
    Optional<String> former = projected ? Optional.empty() : Optional.of(tower + ".");
    ClipTower parts =
        this == TEXT
            ? ClipTower.text(fields, prefix, former)
            : ClipTower.pictures(fields, prefix, former);
    int width = fields.size("projection_dim", 512);
    return new ModelArchitecture(
        new CheckpointNames(
            modelType,
            className + (projected ? PROJECTED : ""),
            tower,
            Set.of(prefix + "embeddings.position_ids"),
            Map.of(),
            Optional.empty()),
        parts.positions(),
        this == TEXT ? parts.tokens(fields) : SpecialTokens.none(),
        Optional.empty(),
        parts.stack(),
        parts.vector(projected ? Optional.of(width) : Optional.empty()));
  }

  private ModelArchitecture both(ConfigFields fields) {
    ConfigFields texts = part(fields, "text_config");
    ConfigFields images = part(fields, "vision_config");
    ClipTower text = ClipTower.text(texts, "text_model.", Optional.empty());
    ClipTower pictures = ClipTower.pictures(images, "vision_model.", Optional.empty());
    texts.ignore("projection_dim"); // Of models of one tower.
    images.ignore("projection_dim");
    fields.ignore("initializer_factor"); // Each tower has its own.
    Optional<Integer> width = Optional.of(fields.size("projection_dim", 512));
    return new ModelArchitecture(
        new CheckpointNames(
            modelType,
            className,
            "clip",
            Set.of("text_model.embeddings.position_ids", "vision_model.embeddings.position_ids")),
        text.positions(),
        text.tokens(texts),
        Optional.empty(),
        Optional.of(pictures.stack()),
        text.stack(),
        new HeadPart.Pairs(
            text.vector(width),
            pictures.vector(width),
            HeadPart.Scale.of(
                "logit_scale", fields.positiveNumber("logit_scale_init_value", 2.6592))));
  }

  /**
   * The config of a tower; in files of before, {@code …_dict} takes its place where it is there.
   */
  private static ConfigFields part(ConfigFields fields, String name) {
    String dict = name + "_dict";
    boolean other = fields.has(dict);
    ConfigFields part = fields.object(other ? dict : name);
    if (other) {
      fields.ignore(name);
    }
    CommonFields.read(part);
    part.ignore("model_type", "tie_word_embeddings");
    part.only("is_encoder_decoder", false);
    return part;
  }
}
