package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A user's mistake gives exit status 1 and one clear line, without a stack trace. */
class MessagesTest {
  private final Path folder;

  MessagesTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    Files.createDirectories(folder.resolve("empty"));
    Files.createDirectories(folder.resolve("json"));
    Files.writeString(folder.resolve("json/config.json"), "{\"model_type\": ");
    Files.createDirectories(folder.resolve("xlnet"));
    Files.writeString(folder.resolve("xlnet/config.json"), "{\"model_type\": \"xlnet\"}");
    Files.writeString(folder.resolve("notes.md"), "Notes");
    Files.createDirectories(folder.resolve("old/checkpoint-12"));
    Files.writeString(folder.resolve("file"), "not a folder");
    Files.writeString(folder.resolve("bad.safetensors"), "0123456789");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "eval -m @/none -d INPUTS                 | There is no model folder",
        "eval -m @/file -d INPUTS                 | is a file; give the folder of a Hugging Face",
        "eval -m @/empty -d INPUTS                | has no config.json",
        "eval -m @/json -d INPUTS                 | is not valid JSON",
        "eval -m @/xlnet -d INPUTS                | model_type \"xlnet\" is not supported",
        "eval -m LLAMA -d @/notes.md              | is not a supported file type; use .txt",
        "eval -m LLAMA -d @/none.txt              | no tokenizer.json",
        "eval -m LLAMA -d @/bad.safetensors       | bad.safetensors",
        "eval -m LLAMA -d INPUTS --batch-size 0   | --batch-size is 0; allowed: 1 and above",
        "eval -m LLAMA -d INPUTS --last 2         | 2.0; allowed: above 0, below 1",
        "eval -m LLAMA -a @/none -d INPUTS        | There is no adapter folder",
        "eval -m LLAMA -a @/empty -d INPUTS       | There is no adapter_model.safetensors in",
        "eval -m LLAMA -a GPT2 -d INPUTS          | matches no site of this model",
        "train -m LLAMA -d INPUTS -o @/o -t qproj | Nearest: q_proj (2 sites)",
        "train -m LLAMA -d INPUTS -o @/o -t a,,b  | contains an empty name",
        "train -m LLAMA -d INPUTS -o @/o -t regex:( | is not a regular expression",
        "train -m LLAMA -d INPUTS -o @/o --rank -1 | r is -1; allowed: 1 to",
        "train -m LLAMA -d INPUTS -o @/o --alpha 0 | lora_alpha is 0.0; allowed",
        "train -m LLAMA -d INPUTS -o @/o --dropout 1 | lora_dropout is 1.0; allowed: 0 up to",
        "train -m LLAMA -d INPUTS -o @/o --set colour=1 | LORA has no field \"colour\"",
        "train -m LLAMA -d INPUTS -o @/o --method lore | Nearest: \"lora\"",
        "train -m LLAMA -d INPUTS -o @/o --set peft_type=IA3 | choose the method with --method",
        "train -m LLAMA -d INPUTS -o @/o --set lora_alhpa=3 | Nearest: \"lora_alpha\"",
        "train -m LLAMA -d INPUTS -o @/o --method ia3 --rank 4 | --rank does not go with IA3",
        "train -m LLAMA -d INPUTS -o @/o --init-text a | --init-text does not go with LORA",
        "train -m LLAMA -d INPUTS -o @/o --method p-tuning | num_virtual_tokens, the length of the",
        "plan LLAMA --method prompt-tuning --virtual-tokens 2 --set prompt_tuning_init_text=a | TEXT",
        "train -m LLAMA -d INPUTS -o @/o --method prompt-tuning --virtual-tokens 2 --init-text a | no tokenizer.json",
        "train -m LLAMA -d INPUTS -o @/o --steps -1 | --steps is -1; allowed",
        "train -m LLAMA -d INPUTS -o @/o --learning-rate -1 | --learning-rate is -1.0; allowed",
        "train -m LLAMA -d INPUTS -o @/o --epochs 0 | --epochs is 0; allowed: 1 and above, or set --steps.",
        "train -m LLAMA -d INPUTS -o @/o --grad-accumulation 0 | --grad-accumulation is 0; allowed",
        "train -m LLAMA -d INPUTS -o @/o --batch-size 9 --drop-last | nothing would train",
        "train -m LLAMA -d INPUTS -o @/o --keep 0 | --keep is 0; allowed: 1 and above.",
        "train -m LLAMA -d INPUTS -o @/o --save-every -3 | --save-every is -3; allowed: 0 and above.",
        "train -m LLAMA -d INPUTS -o @/o --resume @/none | There is no checkpoint in",
        "train -m LLAMA -d INPUTS -o @/old        | checkpoint-12 is of an earlier training. Go on from",
        "train -m LLAMA -d INPUTS -o @/o --resume @/old | is not a checkpoint of a training",
        "train -m LLAMA -d INPUTS -o @/o --keep-best los --eval INPUTS --eval-every 1 | Nearest: \"loss\"",
        "train -m LLAMA -d INPUTS -o @/o --keep-best loss:up --eval INPUTS --eval-every 1 | such as loss, or",
        "train -m LLAMA -d INPUTS -o @/o --patience 0 --eval INPUTS --eval-every 1 | --patience is 0; allowed: 1",
        "train -m LLAMA -d INPUTS -o @/o --patience 1 --min-change -2 --eval INPUTS --eval-every 1 | --min-change is -2.0; allowed",
        "train -m LLAMA -d INPUTS -o @/o --max-tokens 0 | --max-tokens is 0; allowed: 1",
        "train -m LLAMA -d INPUTS -o @/o --warmup-ratio 2 | --warmup-ratio is 2.0; allowed: 0 to 1",
        "train -m LLAMA -d INPUTS -o @/o --warmup-ratio 0.1 --warmup-steps 3 | without --warmup-steps only",
        "train -m LLAMA -d INPUTS -o @/o --learning-rate-of lora_C=1 | \"lora_C\" is of no tensor",
        "train -m LLAMA -d INPUTS -o @/o --learning-rate-of a=-1 | is -1.0; allowed: 0 and above",
        "train -m LLAMA -d INPUTS -o @/o --adapter-config @/none.json | none.json",
        "train -m LLAMA -d INPUTS -o @/file/o     | Cannot write to the output folder",
        "merge -m LLAMA -a ADAPTER -o LLAMA       | LLAMA",
        "forward -m LLAMA -i INPUTS -o @/no/f     | does not exist; create it first",
        "forward -m LLAMA -i INPUTS -o @/f --gradients | give one with --adapter",
        "forward -m LLAMA -i WEIGHTS -o @/f       | input_ids",
        "generate -m LLAMA -p Hello               | no tokenizer.json",
        "predict -m @/none -d INPUTS              | There is no model folder",
        "predict -m LLAMA -d @/none.jsonl         | none.jsonl",
        "eval -m LLAMA -d @/rows.parquet          | rows.parquet is a Parquet file, which is not read here. Convert it to JSON Lines, for example by python",
        "predict -m LLAMA -d @/rows.parquet       | lines=True, force_ascii=False)\", and give rows.jsonl.",
        "predict -m LLAMA -d @/notes.md           | is not a file of rows; use one of .jsonl",
        "predict -a @/none -d INPUTS              | There is no adapter folder",
        "embed -m LLAMA -d @/a.jsonl -o @/o       | allowed: a name that ends in .safetensors",
        "inspect @/none                           | There is nothing at",
        "inspect @/empty                          | holds neither a config.json nor",
        "inspect @/bad.safetensors                | bad.safetensors",
        "plan @/none                              | There is nothing at",
        "plan @/empty                             | has no config.json",
        "plan @/xlnet                             | model_type \"xlnet\" is not supported",
        "plan LLAMA -t qproj                      | Nearest: q_proj (2 sites)",
        "plan LLAMA --batch 0 --length -1         | --length is -1; allowed: 1 and above",
        "plan LLAMA --rank 0                      | r is 0; allowed: 1 to",
        "init -c @/none.json -o @/o               | There is no file",
        "init -c @/xlnet/config.json -o @/o       | model_type \"xlnet\" is not supported",
      })
  void mistakesAreToldInOneLine(String line, String message) {
    Object[] arguments =
        line.replace("@", folder.toString())
            .replace("LLAMA", Run.LLAMA.toString())
            .replace("INPUTS", Run.INPUTS.toString())
            .replace("ADAPTER", Run.ADAPTER.toString())
            .replace("GPT2", Run.GOLDEN.resolve("gpt2_c_attn/adapter").toString())
            .replace("WEIGHTS", Run.LLAMA.resolve("model.safetensors").toString())
            .split(" ");

    Run run = Run.of(arguments);

    assertThat(run.status()).as(run.err()).isEqualTo(1);
    assertThat(run.err())
        .contains(message.replace("LLAMA", Run.LLAMA.toString()))
        .startsWith("peft " + arguments[0] + ": ");
    assertThat(run.err().lines()).hasSize(1);
    assertThat(folder.resolve("o")).doesNotExist();
  }

  @Test
  void debugShowsTheStackTrace() {
    assertThat(Run.of("inspect", folder.resolve("none"), "--debug").err())
        .contains("org.peft4j.error.PeftException", "\tat org.peft4j");
  }

  @Test
  void anAdapterOfAnotherLayoutIsRefusedWhateverItsFile() {
    Path adapter = Path.of(System.getProperty("peft4j.data"), "adapters", "bloom-560m-lora");
    assumeTrue(Files.isDirectory(adapter), () -> adapter + " is not here");

    Run run = Run.of("eval", "-m", Run.LLAMA, "-a", adapter, "-d", Run.INPUTS);

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("query_key_value");
  }
}
