package org.peft4j.config;

import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** The fields that the configs of all methods have. */
final class CommonFields {
  /** The version of Hugging Face PEFT whose files these are. */
  private static final String PEFT_VERSION = "0.21.0";

  private CommonFields() {}

  static <C extends PeftConfig, B extends CommonBuilder<B>> List<ConfigField<C, B>> of(
      String prefix) {
    return List.of(
        new ConfigField<>(
            "peft_type",
            "",
            "",
            (json, builder) -> json.any("peft_type"),
            config -> TextNode.valueOf(config.peftType())),
        ConfigField.ignored("peft_version", TextNode.valueOf(PEFT_VERSION)),
        ConfigField.ignored("auto_mapping", NullNode.getInstance()),
        ConfigField.ignored("inference_mode", BooleanNode.TRUE),
        field(
            "task_type",
            FieldType.TEXT.within(String.join(", ", CommonConfig.TASKS), task -> true),
            "The task; it decides which heads train whole.",
            CommonConfig::taskType,
            CommonBuilder::taskType),
        field(
            "base_model_name_or_path",
            FieldType.TEXT,
            "The base model's name: kept, never followed.",
            CommonConfig::baseModel,
            CommonBuilder::baseModel),
        field(
            "revision",
            FieldType.TEXT,
            "The base model's revision: kept, never followed.",
            CommonConfig::revision,
            CommonBuilder::revision),
        field(
            "target_modules",
            FieldType.SELECTOR,
            "The modules to adapt; the usual ones of the model's type by default.",
            CommonConfig::targetModules,
            CommonBuilder::target),
        field(
            "exclude_modules",
            FieldType.SELECTOR,
            "Modules to leave out.",
            CommonConfig::excludeModules,
            CommonBuilder::exclude),
        field(
            "modules_to_save",
            FieldType.TEXTS,
            "Modules that train as a full copy.",
            common -> unlessEmpty(common.modulesToSave()),
            (builder, names) -> builder.modulesToSave(names.toArray(String[]::new))),
        field(
            "layers_to_transform",
            FieldType.INTEGERS,
            "The layers to adapt, by index from 0; all by default.",
            common -> unlessEmpty(common.layersToTransform()),
            (builder, layers) -> builder.layersToTransform(layers.toArray(Integer[]::new))),
        field(
            "layers_pattern",
            FieldType.TEXTS,
            "Names of the containers whose indices layers_to_transform means.",
            common -> unlessEmpty(common.layersPattern()),
            (builder, names) -> builder.layersPattern(names.toArray(String[]::new))),
        field(
            "bias",
            FieldType.oneOf(List.of(Bias.values()), bias -> bias.json(prefix))
                .within("none, all, METHOD_only", bias -> true),
            "Which of the model's biases train: lora_only is those of LoRA's targets.",
            common -> Optional.of(common.bias()),
            CommonBuilder::bias));
  }

  private static <C extends PeftConfig, B extends CommonBuilder<B>, T> ConfigField<C, B> field(
      String name,
      FieldType<T> type,
      String help,
      Function<CommonConfig, Optional<T>> get,
      BiConsumer<B, T> set) {
    return ConfigField.of(name, type, help, config -> get.apply(config.common()), set);
  }

  private static <T> Optional<List<T>> unlessEmpty(List<T> list) {
    return Optional.of(list).filter(values -> !values.isEmpty());
  }
}
