package org.peft4j.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.peft4j.error.PeftException;

/** One description of a method's fields, and what follows from it: reading, writing and help. */
class ConfigFieldsTest {
  /** A config with a field of each sort. */
  private record Sample(CommonConfig common, int size, int rank, Optional<String> text)
      implements PeftConfig {
    Sample {
      List<String> problems = new ArrayList<>(common.problems());
      FieldType.RANK.check("r", rank, problems);
      CommonConfig.require("Sample config", problems);
    }

    @Override
    public String peftType() {
      return "SAMPLE";
    }

    @Override
    public Builder toBuilder() {
      return new Builder().common(common);
    }
  }

  private static final class Builder extends CommonBuilder<Builder> {
    private int size;
    private int rank = 8;
    private Optional<String> text = Optional.empty();

    @Override
    protected Builder self() {
      return this;
    }

    Builder size(int value) {
      size = value;
      return this;
    }

    Builder rank(int value) {
      rank = value;
      return this;
    }

    Builder text(String value) {
      text = Optional.of(value);
      return this;
    }

    @Override
    public Sample build() {
      return new Sample(common(), size, rank, text);
    }
  }

  private static final ConfigFields<Sample, Builder> FIELDS =
      ConfigFields.of("Sample", "sample", Builder::new, Builder::build)
          .addRequired("size", FieldType.INTEGER, "How large.", Sample::size, Builder::size, 5)
          .add("r", FieldType.RANK, "The rank.", Sample::rank, Builder::rank)
          .role(FieldRole.RANK)
          .addOptional("text", FieldType.TEXT, "A text.", Sample::text, Builder::text)
          .ignore("runtime", TextNode.valueOf("python"))
          .ignore(List.of("first", "second"))
          .refuse("variant", BooleanNode.FALSE)
          .refuse(List.of("third", "fourth"))
          .omit("revision", "text");

  private static ObjectNode json(String text) throws JsonProcessingException {
    return (ObjectNode) new JsonMapper().readTree(text.replace('\'', '"'));
  }

  private static Sample read(String text) throws JsonProcessingException {
    return FIELDS.read(new ConfigReader(json(text)));
  }

  private static List<String> names(List<ConfigField<Sample, Builder>> fields) {
    return fields.stream().map(ConfigField::name).toList();
  }

  private static ConfigField<Sample, Builder> field(String name) {
    return FIELDS.all().stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void everyFieldIsReadAndAbsentOnesHaveTheBuildersDefaults() throws JsonProcessingException {
    assertThat(read("{'size': 3, 'r': 4, 'text': 'a', 'target_modules': ['q']}"))
        .isEqualTo(new Builder().size(3).rank(4).text("a").targetModules("q").build());
    assertThat(read("{'size': 3, 'r': null}")).isEqualTo(new Builder().size(3).build());
  }

  @Test
  void fieldsOfAllMethodsComeFirst() {
    assertThat(names(FIELDS.common()))
        .containsExactly(
            "peft_type",
            "peft_version",
            "auto_mapping",
            "inference_mode",
            "task_type",
            "base_model_name_or_path",
            "revision",
            "target_modules",
            "exclude_modules",
            "modules_to_save",
            "layers_to_transform",
            "layers_pattern",
            "bias");
    assertThat(names(FIELDS.own()))
        .containsExactly(
            "size", "r", "text", "runtime", "first", "second", "variant", "third", "fourth");
    assertThat(FIELDS.all()).hasSize(FIELDS.common().size() + FIELDS.own().size());
    assertThat(FIELDS.method()).isEqualTo("Sample");
  }

  @Test
  void everyFieldOfAllMethodsIsReadAndWritten() throws JsonProcessingException {
    String text =
        "{'task_type': 'CAUSAL_LM', 'base_model_name_or_path': 'base', 'revision': 'main',"
            + " 'target_modules': ['q'], 'exclude_modules': '.*0.*', 'modules_to_save': ['head'],"
            + " 'layers_to_transform': [0, 2], 'layers_pattern': ['layers'],"
            + " 'bias': 'sample_only'}";

    CommonConfig common = read(text).common();

    assertThat(common)
        .isEqualTo(
            new Builder()
                .taskType("CAUSAL_LM")
                .baseModel("base")
                .revision("main")
                .targetModules("q")
                .excludeRegex(".*0.*")
                .modulesToSave("head")
                .layersToTransform(0, 2)
                .layersPattern("layers")
                .bias(Bias.TARGETS_ONLY)
                .build()
                .common());
    ObjectNode written = FIELDS.write(new Builder().common(common).build());
    json(text)
        .properties()
        .forEach(e -> assertThat(written.get(e.getKey())).isEqualTo(e.getValue()));
  }

  @Test
  void theBiasOfAnotherMethodIsRefused() {
    assertThatThrownBy(() -> read("{'bias': 'lora_only'}"))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Invalid Sample config: bias is \"lora_only\"; allowed: none, all, sample_only.");
  }

  @Test
  void allFieldsOfAWrongTypeAreToldAtOnceBeforeAnyValueIsChecked() {
    assertThatThrownBy(() -> read("{'size': 'big', 'r': 0, 'text': 1, 'variant': true}"))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Invalid Sample config: size is \"big\"; allowed: a whole number. text is 1; allowed: a"
                + " text. variant is set: this variant of Sample is not supported; allowed:"
                + " false.");
  }

  @Test
  void aValueThatIsNotAllowedIsToldByTheConfig() {
    assertThatThrownBy(() -> read("{'r': 0}"))
        .isInstanceOf(PeftException.class)
        .hasMessage("Invalid Sample config: r is 0; allowed: 1 to 1048576.");
  }

  @Test
  void ignoredFieldsTakeAnythingAndAreWrittenAsTheyAlwaysAre() throws JsonProcessingException {
    ObjectNode written =
        FIELDS.write(read("{'runtime': {'a': 1}, 'first': 7, 'peft_version': '0.1'}"));

    assertThat(written.get("runtime")).isEqualTo(TextNode.valueOf("python"));
    assertThat(written.get("first")).isEqualTo(NullNode.getInstance());
    assertThat(written.get("second")).isEqualTo(NullNode.getInstance());
    assertThat(written.get("peft_version")).hasToString("\"0.21.0\"");
  }

  @Test
  void refusedFieldsAreWrittenAsOff() {
    ObjectNode written = FIELDS.write(new Builder().build());

    assertThat(written.get("variant")).isEqualTo(BooleanNode.FALSE);
    assertThat(written.get("third")).isEqualTo(NullNode.getInstance());
  }

  @Test
  void fieldsOfALaterVersionAreKeptAndWrittenBack() throws JsonProcessingException {
    Sample config = read("{'later': {'a': [1, 2]}, 'size': 3}");

    assertThat(config.common().unknown()).containsOnlyKeys("later");
    assertThat(FIELDS.write(config).get("later")).isEqualTo(json("{'a': [1, 2]}"));
    assertThat(FIELDS.read(new ConfigReader(FIELDS.write(config)))).isEqualTo(config);
  }

  @Test
  void omittedFieldsAreWrittenOnlyWhereTheyAreSet() {
    ObjectNode without = FIELDS.write(new Builder().build());
    ObjectNode with = FIELDS.write(new Builder().text("a").revision("main").build());

    assertThat(without.has("text")).isFalse();
    assertThat(without.has("revision")).isFalse();
    assertThat(without.get("task_type")).isEqualTo(NullNode.getInstance());
    assertThat(with.get("text")).isEqualTo(TextNode.valueOf("a"));
    assertThat(with.get("revision")).isEqualTo(TextNode.valueOf("main"));
  }

  @Test
  void everyFieldButTheRequiredHasADefault() {
    ObjectNode defaults = FIELDS.defaults();

    assertThat(defaults.has("size")).isFalse();
    assertThat((JsonNode) defaults.get("r")).hasToString("8");
    assertThat(defaults.get("bias")).hasToString("\"none\"");
    assertThat(defaults.get("peft_type")).hasToString("\"SAMPLE\"");
    assertThat(defaults.size()).isEqualTo(FIELDS.all().size() - 1);
  }

  @Test
  void aFieldWithHelpCanBeSetAndOneWithAnExampleMustBe() {
    assertThat(field("r").settable()).isTrue();
    assertThat(field("r").required()).isFalse();
    assertThat(field("r").allowed()).isEqualTo("1 to 1048576");
    assertThat(field("size").required()).isTrue();
    assertThat(field("size").allowed()).isEmpty();
    assertThat(field("runtime").settable()).isFalse();
    assertThat(field("variant").settable()).isFalse();
    assertThat(field("peft_type").settable()).isFalse();
  }

  @Test
  void aRoleIsThatOfTheFieldAddedLast() {
    assertThat(FIELDS.withRole(FieldRole.RANK).map(ConfigField::name)).contains("r");
    assertThat(FIELDS.withRole(FieldRole.ALPHA)).isEmpty();
  }

  @Test
  void aDescriptionNeverChanges() {
    ConfigFields<Sample, Builder> before =
        ConfigFields.of("Sample", "sample", Builder::new, Builder::build);

    before.ignore("more", NullNode.getInstance());
    before.omit("bias");

    assertThat(before.own()).isEmpty();
    assertThat(before.write(new Builder().build()).has("bias")).isTrue();
  }
}
