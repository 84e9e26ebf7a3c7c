package org.peft4j.transformers.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.Rotary;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.ProblemType;

/** Settings that would change the model's outputs are refused with their value. */
class FamiliesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "llama   | model_type | \"xlnet\" | \"xlnet\" is not supported. Supported are: llama,"
            + " mistral, qwen2, qwen3,",
        "llama   | hidden_act | \"mish\" | hidden_act is \"mish\"; allowed: gelu, gelu_accurate",
        "llama   | partial_rotary_factor | 0.5 | partial_rotary_factor is 0.5; allowed: only 1",
        "llama   | num_key_value_heads | 3 | num_key_value_heads is 3; allowed: a divisor of"
            + " num_attention_heads 4",
        "llama   | hidden_size | \"x\" | hidden_size is \"x\"; allowed: 1 to 1048576",
        "mistral | sliding_window | 0 | sliding_window is 0; allowed: 1 to",
        "qwen2   | use_sliding_window | 1 | use_sliding_window is 1; allowed: true or false.",
        "llama   | pad_token_id | 56 | pad_token_id is 56; allowed: null, or the id of a token,"
            + " below vocab_size 56.",
        "opt     | pad_token_id | -57 | pad_token_id is -57; allowed: null, or the id of a token,"
            + " below vocab_size 56.",
        "gpt2    | activation_function | \"mish\" | activation_function is \"mish\"; allowed: gelu,"
            + " gelu_accurate",
        "gpt2    | hidden_size | 25 | hidden_size is 25; allowed: the value of n_embd, 24",
        "gpt2    | scale_attn_by_inverse_layer_idx | true | scale_attn_by_inverse_layer_idx is"
            + " true; allowed: only false",
        "gpt2    | reorder_and_upcast_attn | true | reorder_and_upcast_attn is true; allowed: only"
            + " false",
        "llama_classifier | problem_type | \"ranking\" | problem_type is \"ranking\"; allowed:"
            + " single_label_classification, multi_label_classification, regression",
        "llama_classifier | num_labels | 2 | num_labels is 2; allowed: the number of labels in"
            + " id2label, 3",
        "gpt2_classifier | num_labels | 1000001 | num_labels is 1000001; allowed: 1 to 1000000",
        "llama_classifier | id2label | {\"0\": \"a\", \"2\": \"b\"} | allowed: an object of names"
            + " by number, 0 and up",
        "llama_classifier | id2label | {\"0\": \"a\", \"1\": \"a\"} | allowed: a different name for"
            + " each label",
        "gpt2    | is_causal | false | is_causal is false; allowed: only true",
        "qwen2   | layer_types | [\"full_attention\"] | allowed: one for each of num_hidden_layers"
            + " 2",
        "opt     | layer_norm_elementwise_affine | false | layer_norm_elementwise_affine is false;"
            + " allowed: only true",
        "opt     | activation_function | \"mish\" | activation_function is \"mish\"; allowed: gelu,"
            + " gelu_accurate, gelu_fast, gelu_new, gelu_python, gelu_python_tanh,"
            + " gelu_pytorch_tanh, quick_gelu, relu, silu, swish, tanh",
        "llama   | quantization_config | {\"bits\": 4} | quant_method is missing; allowed:"
            + " bitsandbytes, gptq, awq, peft4j.",
        "gemma2  | sliding_window | null | sliding_attention needs a sliding_window.",
        "gemma2  | use_bidirectional_attention | true | allowed: only false",
        "gemma3  | attn_logit_softcapping | 5.0 | attn_logit_softcapping is 5.0; allowed: only null.",
        "gemma   | hidden_activation | \"silu\" | allowed: only gelu_pytorch_tanh",
        "phi3_long | rope_scaling | {\"type\": \"yarn\"} | type is \"yarn\"; allowed: default, longrope, su.",
        "phi3    | rope_parameters | {\"partial_rotary_factor\": 0.1} | partial_rotary_factor is 0.1;"
            + " allowed: up to 1, and so that an even number of the 8 features of a head rotates",
        "smollm3 | no_rope_layers | [1] | no_rope_layers is [1]; allowed: a list of at least 2 numbers 0 and 1.",
        "gptj    | rotary_dim | 9 | rotary_dim is 9; allowed: an even number up to the 8 features of a head.",
        "gpt_neo | attention_types | [[[\"global\"], 3]] | together num_layers 2.",
        "gpt_neo | attention_layers | [\"local\", \"local\"] | allowed: the blocks of attention_types, [global, local].",
        "bloom   | apply_residual_connection_post_layernorm | true | allowed: only false",
        "falcon_new | parallel_attn | false | allowed: only true with new_decoder_architecture.",
        "falcon_new | num_kv_heads | 3 | num_kv_heads is 3; allowed: a divisor of num_attention_heads 4.",
        "falcon  | num_ln_in_parallel_attn | 2 | allowed: only 1 without new_decoder_architecture.",
        "gpt2    | pruned_heads | {\"0\": [1]} | pruned_heads is {\"0\":[1]}; allowed: only {}",
        "gpt2    | add_cross_attention | true | add_cross_attention is true; allowed: only false",
      })
  void anUnsupportedSettingIsRefused(
      String base, String field, String value, String message, @TempDir Path folder) {
    Path file = ConfigFile.of(base, folder).with(field, value).write();

    assertThatThrownBy(() -> Families.read(file))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({
    "gpt2, n_embd, hidden_size",
    "gpt2, n_positions, max_position_embeddings",
    "gpt2, n_head, num_attention_heads",
    "gpt2, n_layer, num_hidden_layers",
  })
  void aFieldMayHaveItsSecondName(String base, String name, String second, @TempDir Path folder) {
    ConfigFile file = ConfigFile.of(base, folder);
    String value = file.fields().get(name).toString();

    assertThat(file.with(name, "").with(second, value).read()).isEqualTo(file.read());
  }

  @ParameterizedTest
  @CsvSource({"llama, 2048", "mistral, 131072", "qwen2, 32768", "opt, 2048"})
  void theLengthMayBeMissing(String base, int expected, @TempDir Path folder) {
    ConfigFile file = ConfigFile.of(base, folder).with("max_position_embeddings", "");

    assertThat(file.read().maxPositions()).isEqualTo(expected);
  }

  @Test
  void labelsAreThoseOfAClassifierOnly() {
    assertThat(Families.read(Golden.base("llama_classifier")).labels())
        .contains(Labels.of("bad", "middling", "good"));
    assertThat(Families.read(Golden.base("gpt2_classifier")).labels())
        .contains(Labels.of("LABEL_0", "LABEL_1"));
    assertThat(Families.read(Golden.base("gpt2")).labels()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "num_labels | 1 | REGRESSION",
        "num_labels | 3 | SINGLE_LABEL_CLASSIFICATION",
        "problem_type | \"regression\" | REGRESSION",
        "problem_type | \"multi_label_classification\" | MULTI_LABEL_CLASSIFICATION",
      })
  void oneLabelIsANumberUnlessTheConfigSaysWhatItIs(
      String field, String value, ProblemType expected, @TempDir Path folder) {
    ConfigFile file = ConfigFile.of("gpt2_classifier", folder).with(field, value);

    assertThat(file.read().head()).isInstanceOf(HeadPart.Sequence.class);
    assertThat(((HeadPart.Sequence) file.read().head()).problem()).isEqualTo(expected);
  }

  @Test
  void bothLayoutsOfRotarySettingsAreRead() {
    assertThat(rotary("llama_rope_linear")).isEqualTo(new Rotary(10_000, new Rotary.Linear(2.5)));
    assertThat(rotary("llama_rope_dynamic"))
        .isEqualTo(new Rotary(10_000, new Rotary.Dynamic(4, 12)));
  }

  private static Rotary rotary(String base) {
    AttentionPart attention =
        Families.read(Golden.base(base)).body().blocks().get(0).attentions().get(0);
    return ((AttentionPart.RotaryPositions) attention.positions()).rotary();
  }

  /** A similar name is no promise: what such a model computes differs somewhere. */
  @ParameterizedTest
  @CsvSource({
    "mixtral, mistral",
    "qwen3_moe, qwen3",
    "gemma3, gemma3_text",
    "phi3small, phi3",
    "olmo3, olmo2",
    "Llama, llama",
    "granitemoe, granite",
    "deberta-v2, bert",
    "camembert, roberta",
  })
  void theNearestFamilyIsNamed(String modelType, String nearest, @TempDir Path folder) {
    Path file = ConfigFile.of("llama", folder).with("model_type", '"' + modelType + '"').write();

    assertThatThrownBy(() -> Families.read(file))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(
            "model_type \"%s\" is not supported. The nearest is %s, which computes something else.",
            modelType, nearest);
  }

  @Test
  void aFamilyWithoutKinHasNoNearestOne(@TempDir Path folder) {
    Path file = ConfigFile.of("llama", folder).with("model_type", "\"mamba\"").write();

    assertThatThrownBy(() -> Families.read(file)).hasMessageNotContaining("nearest");
  }
}
