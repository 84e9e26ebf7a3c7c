package org.peft4j.transformers.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.error.PeftException;

/** What a checkpoint says about generation, and what is set on top of it. */
class GenerationFileTest {
  private final Path folder;

  GenerationFileTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void everySupportedFieldIsRead() throws IOException {
    write(
        "generation_config.json",
        """
        {"do_sample": true, "temperature": 0.6, "top_k": 20, "top_p": 0.8, "max_new_tokens": 7,
         "repetition_penalty": 1.05, "eos_token_id": [3, 5], "pad_token_id": 4, "bos_token_id": 1,
         "use_cache": false, "length_penalty": 2, "transformers_version": "5.18.0", "min_p": 0.1,
         "typical_p": 0.9, "min_length": 3, "min_new_tokens": 2, "no_repeat_ngram_size": 4,
         "bad_words_ids": [[3], [4, 5]], "suppress_tokens": [6], "begin_suppress_tokens": [7, 8],
         "forced_bos_token_id": 9, "forced_eos_token_id": 2, "stop_strings": "end",
         "num_beams": 1, "num_return_sequences": 2, "early_stopping": "never",
         "decoder_start_token_id": 11}""");

    assertThat(GenerationFile.read(folder))
        .isEqualTo(
            GenerationConfig.builder()
                .doSample(true)
                .temperature(0.6)
                .topK(20)
                .topP(0.8)
                .maxNewTokens(7)
                .repetitionPenalty(1.05)
                .eosTokenIds(List.of(3, 5))
                .padTokenId(4)
                .lengthPenalty(2)
                .minP(0.1)
                .typicalP(0.9)
                .minLength(3)
                .minNewTokens(2)
                .noRepeatNgramSize(4)
                .badWordsIds(List.of(List.of(3), List.of(4, 5)))
                .suppressTokens(List.of(6))
                .beginSuppressTokens(List.of(7, 8))
                .forcedBosTokenId(9)
                .forcedEosTokenIds(List.of(2))
                .stopStrings(List.of("end"))
                .numReturnSequences(2)
                .earlyStopping(EarlyStopping.NEVER)
                .decoderStartTokenId(11)
                .build());
  }

  @Test
  void beamsAreRead() throws IOException {
    write(
        "generation_config.json",
        "{\"num_beams\": 4, \"early_stopping\": true, \"length_penalty\": 0.6}");

    assertThat(GenerationFile.read(folder))
        .isEqualTo(
            GenerationConfig.builder()
                .numBeams(4)
                .earlyStopping(EarlyStopping.YES)
                .lengthPenalty(0.6)
                .build());
  }

  @Test
  void ownValuesGoFirst() throws IOException {
    write("generation_config.json", "{\"max_length\": 9, \"top_k\": 20, \"do_sample\": true}");

    GenerationConfig config = GenerationFile.read(folder, own -> own.maxNewTokens(3).topK(4));

    assertThat(config)
        .isEqualTo(GenerationConfig.builder().maxNewTokens(3).topK(4).doSample(true).build());
  }

  @Test
  void withoutTheFileConfigJsonIsRead() throws IOException {
    write("config.json", "{\"model_type\": \"llama\", \"repetition_penalty\": 1.5}");

    assertThat(GenerationFile.read(folder))
        .isEqualTo(GenerationConfig.builder().repetitionPenalty(1.5).build());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'num_beam_groups': 4                    | num_beam_groups is \"4\", which changes the text",
        "'guidance_scale': 1.5                   | guidance_scale is \"1.5\"",
        "'sequence_bias': [[[1], 0.5]]           | sequence_bias is \"[[[1],0.5]]\"",
        "'encoder_repetition_penalty': 0         | encoder_repetition_penalty is \"0\"; allowed: a number above 0.",
        "'encoder_no_repeat_ngram_size': -3      | encoder_no_repeat_ngram_size is \"-3\"; allowed: a whole number, 0 and above.",
        "'do_sample': true, 'top_h': 0.1         | top_h is \"0.1\"",
        "'do_sample': true, 'eta_cutoff': 0.9    | Remove it, or do not sample.",
        "'num_beams': 0                          | num_beams is \"0\"; allowed: a whole number, 1 and above.",
        "'min_p': 2                              | min_p is \"2\"; allowed: a number 0 to 1.",
        "'bad_words_ids': [3]                    | allowed: a list of words, each a list of token ids.",
        "'early_stopping': 3                     | allowed: true, false or \"never\".",
        "'stop_strings': [3]                     | allowed: a text, or a list of them.",
        "'do_sample': 1                          | do_sample is \"1\"; allowed: true or false.",
        "'top_p': 1.5                            | top_p is \"1.5\"; allowed: a number above 0, at most 1.",
        "'do_sample': true, 'temperature': 0     | temperature is \"0\"; allowed: a number above 0.",
        "'max_new_tokens': 0                     | max_new_tokens is \"0\"; allowed: a whole number, 1 and above.",
        "'eos_token_id': 'x'                     | allowed: a token id, or a list of them.",
      })
  void whatCannotBeIsRefusedByName(String fields, String message) throws IOException {
    write("generation_config.json", "{" + fields.replace('\'', '"') + "}");

    assertThatThrownBy(() -> GenerationFile.read(folder))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("generation_config.json: ")
        .hasMessageContaining(message);
  }

  /** As in transformers, which takes null as the default and looks at sampling only in draws. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'num_beams': 1, 'min_length': 0, 'bad_words_ids': null, 'suppress_tokens': []",
        "'eta_cutoff': 0.1, 'top_h': 0.9, 'temperature': 0",
        "'guidance_scale': 1, 'watermarking_config': null, 'token_healing': false",
      })
  void whatDoesNothingIsAccepted(String fields) throws IOException {
    write("generation_config.json", "{" + fields.replace('\'', '"') + "}");

    assertThat(GenerationFile.read(folder)).isEqualTo(GenerationConfig.builder().build());
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }
}
